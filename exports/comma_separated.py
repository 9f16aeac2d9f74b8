"""Lists as CSV that spreadsheets open: UTF-8 with a byte order mark, RFC 4180, formulas defused."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exports.columns import Cell
    from exports.lists import Filter, List
    from resolvers.context import Context

MEDIA_TYPE = "text/csv; charset=utf-8"
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, in both widths."""
DEFUSED = "'"
"""Before such a cell: it shows as text then (OWASP, CSV injection)."""


def defused(cell: Cell) -> str:
    """A cell as text that no spreadsheet runs."""
    text = str(cell)
    return DEFUSED + text if isinstance(cell, str) and text.startswith(FORMULAS) else text


async def written(context: Context, what: List, wanted: Filter, locale: str) -> AsyncGenerator[bytes, None]:
    """The file, some rows at a time; raises what `List.pages` raises, before anything else."""
    async with aclosing(what.pages(context, wanted)) as pages:
        first = await anext(pages)
        yield codecs.BOM_UTF8 + _lines([what.heading(locale), *(what.cells(row, locale) for row in first)])
        async for page in pages:
            if page:
                yield _lines([what.cells(row, locale) for row in page])


def _lines(rows: Iterable[Iterable[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([defused(cell) for cell in row] for row in rows)
    return text.getvalue().encode()
