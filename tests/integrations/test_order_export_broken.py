"""Order exports that are broken, endless or random."""

from __future__ import annotations

import contextlib
import io
import random
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import errors, export_file, order_export
from tests.integrations.exports import (
    GOOD,
    SAMPLE,
    export,
    read,
    row_of,
)


@pytest.mark.parametrize("line", ["1", "1," * 13 + "1,1", '="3627371137129265660",月光'])
def test_a_row_with_other_cells_than_the_header_is_a_problem(line: str) -> None:
    """Too many cells are a broken quote, too few a file cut short."""
    (problem,) = read(export(GOOD).splitlines(keepends=True)[0] + line.encode("gb18030"))
    assert isinstance(problem, order_export.ExportProblem)
    assert "under 14 columns" in problem.message


def test_blank_lines_and_a_comma_at_the_end_are_no_problem() -> None:
    header, good = export(GOOD).splitlines()
    items = read(header + b"\r\n\r\n" + good + b",\r\n" + b"," * 13 + b"\r\n" + good)
    assert [item.line for item in items] == [3, 5]


def test_a_quote_left_open_costs_only_the_rows_it_swallows() -> None:
    """The problem says how far it went, and rows after it are read."""
    header, good = export(GOOD, encoding="utf-8").splitlines(keepends=True)
    filler = b"x" * 1_000 + b"\n"
    items = read(header + good + b'"open\n' + filler * 100 + b'"\n' + good)
    assert isinstance(items[0], order_export.ExportRow)
    assert isinstance(items[1], order_export.ExportProblem)
    assert (items[1].line, items[1].number) == (3, None)
    assert "up to line 104" in items[1].message
    assert isinstance(items[-1], order_export.ExportRow)
    assert items[-1].line == 105


@pytest.mark.parametrize(
    "junk", [b"\x00", b"\xff\xff", b"a\rb", b"x" * 3_000_000, b'"' + b"y" * 3_000_000 + b'"']
)
def test_junk_between_rows_is_a_problem_of_its_own_line(junk: bytes) -> None:
    header, good = export(GOOD, encoding="utf-8").splitlines(keepends=True)
    items = read(header + good + junk + b"\r\n" + good)
    assert [(type(item).__name__, item.line) for item in items] == [
        ("ExportRow", 2),
        ("ExportProblem", 3),
        ("ExportRow", 4),
    ]


def test_nul_characters_are_dropped() -> None:
    assert row_of(买家会员名="月\x00光").buyer_nick == "月光"


class Endless(io.RawIOBase):
    """A stream that makes its bytes as they are asked for, at most a few at a time."""

    def __init__(self, head: bytes, again: bytes, times: int) -> None:
        self._rest = head
        self._again = again
        self._times = times

    def read(self, size: int = -1, /) -> bytes:
        while len(self._rest) < size and self._times:
            self._rest += self._again
            self._times -= 1
        part, self._rest = self._rest[:size], self._rest[size:]
        return part


@pytest.mark.parametrize("shape", ["rows", "one line", "open quote"])
def test_memory_does_not_grow_with_the_file(shape: str) -> None:
    """Megabytes of rows, of one line and after an open quote are read in less memory than they fill."""
    header, good = export(GOOD).splitlines(keepends=True)
    chunk = {"rows": good * 100, "one line": b"x" * 20_000, "open quote": b"x" * 200 + b"\n"}[shape]
    head = header + (b'"' if shape == "open quote" else b"")
    size = 2_500_000 if shape == "rows" else 20_000_000
    stream = Endless(head, chunk, size // len(chunk))
    tracemalloc.start()
    try:
        for _ in order_export.read(stream):  # type: ignore[arg-type]
            pass
        assert tracemalloc.get_traced_memory()[1] < (2_000_000 if shape == "rows" else 12_000_000)
    finally:
        tracemalloc.stop()


def test_the_encoding_is_told_even_when_a_byte_is_broken() -> None:
    header, good = export(GOOD, encoding="utf-8").splitlines(keepends=True)
    items = read(header + good.replace("云南".encode(), b"\xff") + good)
    assert [type(item) for item in items] == [order_export.ExportRow] * 2


def test_bytes_may_come_one_at_a_time() -> None:
    """The head is gathered from a stream that gives little; characters may be cut anywhere."""

    class Drip(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(1, size or 0))

    assert list(order_export.read(Drip(export(GOOD)))) == read(export(GOOD))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufeff\ufffd\r"), max_size=30)
MOMENT = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001


@given(
    number=st.from_regex(r"[0-9]{10,19}", fullmatch=True).filter(str.isascii),
    nick=TEXT.map(str.strip).filter(lambda text: text not in {"", "null"} and text[0] not in "'="),
    title=TEXT.map(str.strip).filter(lambda text: text not in {"", "null"} and text[0] not in "'="),
    remark=TEXT,
    paid=st.decimals(0, 10**9, places=2),
    paid_at=MOMENT,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    end=st.sampled_from(["\r\n", "\n"]),
)
def test_what_an_export_says_is_what_is_read(
    *,
    number: str,
    nick: str,
    title: str,
    remark: str,
    paid: Decimal,
    paid_at: datetime,
    encoding: str,
    end: str,
) -> None:
    """A round trip through CSV: whatever texts and remarks hold, the row comes out as it went in."""
    cells = GOOD | {
        "订单编号": f'="{number}"', "买家会员名": nick, "宝贝标题 ": title, "买家留言": remark,
        "买家实际支付金额": str(paid), "订单付款时间 ": paid_at.strftime("%Y-%m-%d %H:%M:%S"),
    }  # fmt: skip
    (row,) = read(export(cells, encoding=encoding, end=end))
    assert isinstance(row, order_export.ExportRow)
    assert (row.number, row.buyer_nick, row.item_title, row.paid_amount) == (number, nick, title, paid)
    assert (row.paid_at.timestamp() - paid_at.replace(tzinfo=UTC).timestamp()) == -8 * 3600


@given(st.binary(), st.sampled_from(["gb18030", "utf-8"]))
def test_no_bytes_break_the_reader(junk: bytes, encoding: str) -> None:
    """Anything at all, alone and after a good header: rows, problems or `ExportError`, nothing else."""
    with contextlib.suppress(errors.ExportError):
        read(junk)
    head = export(GOOD, encoding=encoding)
    items = read(head + junk)
    assert isinstance(items[0], order_export.ExportRow | order_export.ExportProblem)


def test_no_damaged_copy_of_the_sample_breaks_the_reader() -> None:
    """A thousand copies with bytes changed, cut out or doubled: every one is read or refused."""
    good = SAMPLE.read_bytes()[:4_000]
    chance = random.Random(20261122)
    for _ in range(1_000):
        data = bytearray(good)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(data))
            data[at : at + chance.randint(0, 3)] = chance.choice(
                [b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"=", b""]
            )
        try:
            lines = [item.line for item in read(bytes(data))]
        except errors.ExportError:
            continue
        assert lines == sorted(set(lines))


def test_limits_are_what_the_documentation_says() -> None:
    assert export_file.MAX_CELL_CHARS == 64 * 1024
