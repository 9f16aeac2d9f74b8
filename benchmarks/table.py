"""The tables as Markdown, and where `--write` keeps them in docs/benchmarks.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
START = "<!-- measured: written by `make bench ARGS=--write` -->"
END = "<!-- end -->"
_HEADING = re.compile(r"^### (\w+)\n", re.MULTILINE)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table with aligned columns, as lines."""
    wide = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    lines = ["|" + "|".join("-" * (each + 2) for each in wide) + "|"]
    for row in (head, *rows):
        cells = (f" {cell:<{each}} " for cell, each in zip(row, wide, strict=True))
        lines.append(f"|{'|'.join(cells)}|")
    return [lines[1], lines[0], *lines[2:]]


def kept(page: str, measured: Mapping[str, str], order: Sequence[str]) -> str:
    """The page with these parts in the place of what was measured of them before."""
    before, _, rest = page.partition(START)
    old, _, after = rest.partition(END)
    found = _HEADING.split(old)
    parts = {**dict(zip(found[1::2], (each.strip() for each in found[2::2]), strict=True)), **measured}
    written = "\n\n".join(f"### {name}\n{parts[name]}" for name in order if name in parts)
    return f"{before}{START}\n{written}\n{END}{after}"


def keep(measured: Mapping[str, str], order: Sequence[str]) -> None:
    """Write these parts into docs/benchmarks.md."""
    PAGE.write_text(kept(PAGE.read_text(), measured, order))
