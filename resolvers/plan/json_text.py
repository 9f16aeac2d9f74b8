"""SQL that writes JSON: `row_to_json` over a row of named values is the fastest there is, and keeps order."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_NAME = 63
"""PostgreSQL cuts identifiers after so many bytes."""
MOST_COLUMNS = 1_600
ARGUMENTS = 49
"""A function takes 100 arguments."""

Pair = tuple[str, str]
"""A key, and the SQL of its value."""


def one(pairs: Sequence[Pair], tail: str = "") -> str:
    """The object of one row; `tail` is FROM and WHERE. NULL when there is no such row."""
    if _as_row(pairs):
        return f'(SELECT row_to_json("r$") FROM (SELECT {_columns(pairs)}{tail}) "r$")'
    return f"(SELECT {_built(pairs)}{tail})"


def array(pairs: Sequence[Pair], tail: str) -> str:
    """The objects of all rows, in the order of `tail`, which is FROM, WHERE and ORDER BY."""
    if _as_row(pairs):
        body = f'SELECT json_agg(row_to_json("r$")) AS a FROM (SELECT {_columns(pairs)}{tail}) "r$"'
    else:
        body = f'SELECT json_agg("r$".o) AS a FROM (SELECT {_built(pairs)} AS o{tail}) "r$"'
    return f"(SELECT coalesce(a, '[]'::json) FROM ({body}) \"a$\")"


def _as_row(pairs: Sequence[Pair]) -> bool:
    # GraphQL names are ASCII: a character is a byte.
    return len(pairs) <= MOST_COLUMNS and all(len(key) <= LONGEST_NAME for key, _ in pairs)


def _columns(pairs: Sequence[Pair]) -> str:
    return ", ".join(f'{value} AS "{key}"' for key, value in pairs)


def _built(pairs: Sequence[Pair]) -> str:
    if not pairs:
        return "'{}'::json"
    chunks = [
        "json_build_object(" + ", ".join(f"'{key}', {value}" for key, value in part) + ")::text"
        for part in (pairs[start : start + ARGUMENTS] for start in range(0, len(pairs), ARGUMENTS))
    ]
    if len(chunks) == 1:
        return f"{chunks[0]}::json"
    inner = " || ', ' || ".join(f"substr(left({chunk}, -1), 2)" for chunk in chunks)
    return f"('{{' || {inner} || '}}')::json"
