"""HTML in which every text is escaped: only what these functions put together is markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_HIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
Lines = list[str]
"""Markup, a line each."""


def escaped(text: object) -> str:
    """A text, to be shown as it is; None is nothing. What is not to be seen in a line becomes a sign."""
    shown = "" if text is None else str(text)
    return html.escape(_HIDDEN.sub("\N{REPLACEMENT CHARACTER}", shown))


def facts(pairs: Iterable[tuple[str, object]]) -> Lines:
    """A list of names and values; what has no value is left out."""
    shown = [(name, value) for name, value in pairs if value is not None and value != ""]
    items = [f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in shown]
    return ["<dl>", *items, "</dl>"] if items else []


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> Lines:
    """A table; `empty` where it has no row."""
    body = ["<tr>" + "".join(f"<td>{escaped(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    if not body:
        return [f"<p>{escaped(empty)}</p>"]
    head = "".join(f"<th>{escaped(heading)}</th>" for heading in headings)
    return ["<table>", f"<thead><tr>{head}</tr></thead>", "<tbody>", *body, "</tbody>", "</table>"]


def section(title: str, *content: Lines) -> Lines:
    """A part of the page."""
    return [
        "<section>",
        f"<h2>{escaped(title)}</h2>",
        *(line for lines in content for line in lines),
        "</section>",
    ]


def data(identity: str, json: str) -> str:
    """JSON for programs, invisible and never run; nothing in it can end the element."""
    safe = json.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return f'<script type="application/json" id="{identity}">{safe}</script>'
