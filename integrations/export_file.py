"""A seller's CSV file as records: which encoding it is in, and on which line each record begins.

Reads as it goes: memory does not grow with the file, whatever is in it.
"""

from __future__ import annotations

import codecs
import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from integrations import errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

CHUNK_BYTES = 65_536
MAX_CELL_CHARS = 65_536
# Of one record, over all its lines. What is longer is a quote that never closes, or no text at all.
MAX_RECORD_CHARS = 1_048_576

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEADER_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one record and the physical lines it fills; the first line of a file is 1."""

    line: int
    last_line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Physical lines that make no record, and why."""

    line: int
    last_line: int
    message: str


def records(stream: BinaryIO, *, known_names: Collection[str]) -> Iterator[Record | Unreadable]:
    """The records of a CSV file in UTF-8 or GB18030, blank ones left out; the header is the first of them.

    The encoding is the one in which the beginning holds more of the known column names. Raises `ExportError`
    at once for a workbook or UTF-16; the rest is read as it is asked for.
    """
    head = _read_head(stream)
    if head.startswith(_WORKBOOKS):
        message = "this is a spreadsheet workbook: save it as CSV first"
        raise errors.ExportError(message)
    if head.startswith(_UTF16_MARKS):
        message = "this file is in UTF-16: save it as CSV in UTF-8 first"
        raise errors.ExportError(message)
    return _records(_Lines(_split(_decode(stream, head, _encoding(head, known_names)))))


class _TooLong(Exception):
    """A record has outgrown MAX_RECORD_CHARS."""


class _Lines:
    """Physical lines, counted; `begin` allows the next record its share of characters."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._room_chars = 0
        self.count = 0

    def begin(self) -> None:
        self._room_chars = MAX_RECORD_CHARS

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        self._room_chars -= len(line)
        if self._room_chars < 0:
            raise _TooLong
        return line


def _read_head(stream: BinaryIO) -> bytes:
    """The first chunk, whole even where the stream gives little at a time."""
    head = b""
    while len(head) < CHUNK_BYTES and (more := stream.read(CHUNK_BYTES - len(head))):
        head += more
    return head


def _encoding(head: bytes, known_names: Collection[str]) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"

    def names_seen(encoding: str) -> int:
        text = head[:_HEADER_BYTES].decode(encoding, "replace")
        return sum(name in text for name in known_names)

    return max(("utf-8", "gb18030"), key=names_seen)


def _decode(stream: BinaryIO, head: bytes, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    yield decoder.decode(head)
    while chunk := stream.read(CHUNK_BYTES):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _split(texts: Iterator[str]) -> Iterator[str]:
    """Lines with their ends, which csv wants to see; one that is too long loses its end, not its length."""
    rest = ""
    for text in texts:
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield line + "\n"
        rest = rest[: MAX_RECORD_CHARS + 1]
    if rest:
        yield rest


def _records(lines: _Lines) -> Iterator[Record | Unreadable]:
    reader = csv.reader(lines, skipinitialspace=True)
    while True:
        first = lines.count + 1
        lines.begin()
        try:
            cells = tuple(next(reader))
        except StopIteration:
            return
        except _TooLong:
            yield Unreadable(first, lines.count, "longer than a row can be: is a quote left open?")
        except csv.Error as error:
            yield Unreadable(first, lines.count, f"not CSV: {error}")
        else:
            if any(len(cell) > MAX_CELL_CHARS for cell in cells):
                yield Unreadable(first, lines.count, f"a cell is longer than {MAX_CELL_CHARS} characters")
            elif any(cell.strip() for cell in cells):
                yield Record(first, lines.count, cells)
