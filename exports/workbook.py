"""Lists as XLSX: texts are text cells, which no spreadsheet runs, money and numbers can be summed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import xlsxwriter  # type: ignore[import-untyped]

from exports.columns import Form
from resolvers.reads.refusals import TooMuch

if TYPE_CHECKING:
    from pathlib import Path

    from exports.columns import Cell, Row
    from exports.lists import Filter, List
    from resolvers.context import Context

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET_ROWS = 1_000_000
"""Rows of a sheet without its heading; Excel holds 1,048,576 with it. What is more goes on the next sheet."""
CELL_CHARACTERS = 32_767
"""What Excel holds in a cell."""
WIDTH = 20


async def write(
    context: Context, what: List, wanted: Filter, locale: str, path: Path, *, most: int | None = None
) -> int:
    """Write the list to `path`, and say how many rows it has.

    One row at a time is in memory. Rows are written beside the event loop, which goes on serving.

    Raises:
        TooMuch: it has more than `most` rows.
        Also what `List.pages` raises.
    """
    book = _Book(what, locale, path)
    try:
        async with aclosing(what.pages(context, wanted)) as pages:
            async for page in pages:
                if most is not None and book.rows + len(page) > most:
                    raise TooMuch(f"A workbook holds at most {most} rows: narrow the filter, or take CSV.")
                await asyncio.to_thread(book.add, page)
    finally:
        await asyncio.to_thread(book.close)
    return book.rows


class _Book:
    """A workbook that grows row by row."""

    def __init__(self, what: List, locale: str, path: Path) -> None:
        self.rows = 0
        self._what = what
        self._locale = locale
        # Texts are written as texts, whatever they look like: no formula, no link, no number.
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._bold = self._book.add_format({"bold": True})
        self._forms = {Form.MONEY: self._book.add_format({"num_format": "0.00"})}
        self._sheet = self._begin()

    def add(self, page: list[Row]) -> None:
        """Write these rows."""
        for row in page:
            place = self.rows % SHEET_ROWS
            if place == 0 and self.rows:
                self._sheet = self._begin()
            self.rows += 1
            for number, cell in enumerate(self._what.cells(row, self._locale)):
                self._write(place + 1, number, cell)

    def close(self) -> None:
        """Write the end of the file."""
        self._book.close()

    def _begin(self) -> Any:  # noqa: ANN401 - a worksheet: XlsxWriter has no types
        sheet = self._book.add_worksheet()
        heading = self._what.heading(self._locale)
        sheet.set_column(0, len(heading) - 1, WIDTH)
        sheet.freeze_panes(1, 0)
        for number, text in enumerate(heading):
            sheet.write_string(0, number, text, self._bold)
        return sheet

    def _write(self, row: int, number: int, cell: Cell) -> None:
        if isinstance(cell, str):
            if cell:
                self._sheet.write_string(row, number, cell[:CELL_CHARACTERS])
        else:
            self._sheet.write_number(row, number, cell, self._forms.get(self._what.columns[number].form))
