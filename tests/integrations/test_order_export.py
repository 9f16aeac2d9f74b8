"""The seller centre's order export: the sample, and the cells of every edition."""

from __future__ import annotations

import codecs
import io
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from integrations import errors, order_export
from tests.integrations.exports import (
    GOOD,
    MANDATORY,
    SAMPLE,
    export,
    problem_of,
    read,
    read_one,
    row_of,
)


@pytest.mark.rule("§14.2")
def test_the_sample_gives_exactly_its_sixty_orders() -> None:
    with SAMPLE.open("rb") as stream:
        items = list(order_export.read(stream))
    assert Counter(type(item) for item in items) == {
        order_export.ExportRow: 58,
        order_export.ExportSkipped: 2,
    }
    rows = [item for item in items if isinstance(item, order_export.ExportRow)]
    assert Counter(row.status_text for row in rows) == {
        "卖家已发货，等待买家确认": 32, "买家已付款，等待卖家发货": 19, "交易关闭": 6, "交易成功": 1,
    }  # fmt: skip
    assert Counter(row.carrier for row in rows) == {
        None: 25, "SF": 8, "YUNDA": 7, "YTO": 6, "JTSD": 5, "STO": 4, "ZTO": 3,
    }  # fmt: skip
    assert Counter(row.destination_region for row in rows) == {
        "32": 13, "11": 11, "33": 9, "65": 9, "44": 8, "51": 8,
    }  # fmt: skip
    assert all(row.closed == row.refunded == (row.status_text == "交易关闭") for row in rows)
    assert all(len(row.waybill_numbers) == (row.carrier is not None) for row in rows)
    assert all(row.buyer_id == row.buyer_nick and row.address_key for row in rows)
    assert len({item.number for item in items}) == 60


def test_the_first_row_of_the_sample_is_read_to_the_letter() -> None:
    with SAMPLE.open("rb") as stream:
        first = next(order_export.read(stream))
    assert first == order_export.ExportRow(
        line=2,
        number="3627371137129265660",
        buyer_id="月光62807",
        buyer_nick="月光62807",
        item_title="云南普洱茶 熟茶 357g",
        quantity=5,
        paid_amount=Decimal("478.73"),
        paid_at=datetime(2026, 11, 17, 20, 25, 7, tzinfo=UTC),
        status_text="卖家已发货，等待买家确认",
        closed=False,
        closed_at=None,
        refunded=False,
        carrier="SF",
        waybill_numbers=("SF1006026773546",),
        shipped_at=None,
        destination_region="44",
        address_key="128b05b59c10eb0147abe712dd01a4f7",
    )


def test_lines_are_physical_lines_of_the_file() -> None:
    """Each order of the sample stands on the line that an editor shows, line breaks in cells counted."""
    lines = SAMPLE.read_bytes().decode("gb18030").split("\n")
    with SAMPLE.open("rb") as stream:
        for item in order_export.read(stream):
            assert lines[item.line - 1].startswith(f'="{item.number}"')


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_encoding_and_line_ends_make_no_difference(encoding: str, end: str) -> None:
    rows = [GOOD, GOOD | {"宝贝标题 ": "两行\n标题"}, GOOD | {"买家会员名": "𠮷野"}]
    assert read(export(*rows, encoding=encoding, end=end)) == read(export(*rows))


def test_columns_stand_anywhere_under_any_editions_name() -> None:
    other = {
        "宝贝种类": "1",
        "商品标题": GOOD["宝贝标题 "],
        "运单号": "SF1006026773546",
        "快递公司": "顺丰",
        " 订单号 ": "3627371137129265660",
        "买家昵称": "月光62807",
        "实际支付金额": "￥478.73",
        "交易状态": GOOD["订单状态"],
        "付款时间": "2026/11/18 4:25:07",
        "商品数量": "5",
        "收货人": "样例0",
        "收货人手机": "+86 138-0000-0000",
        "收货人地址": "广东省广州市番禺区样例大道８８号",
    }
    assert read(export(other, encoding="utf-8")) == read(export(GOOD))


def test_the_usual_column_wins_where_an_edition_has_two() -> None:
    assert row_of(实付款="1.00").paid_amount == Decimal("478.73")


def test_only_the_mandatory_columns_are_needed() -> None:
    kept = {name: text for name, text in GOOD.items() if name.strip() in MANDATORY}
    (row,) = read(export(kept))
    assert isinstance(row, order_export.ExportRow)
    assert (row.quantity, row.destination_region, row.address_key) == (1, None, None)


@pytest.mark.parametrize("missing", MANDATORY)
def test_a_missing_column_is_named_together_with_those_found(missing: str) -> None:
    kept = {name: text for name, text in GOOD.items() if name.strip() != missing}
    with pytest.raises(errors.ExportError, match=missing) as raised:
        order_export.read(io.BytesIO(export(kept)))
    assert raised.value.missing == (missing,)
    assert raised.value.found == tuple(name.strip() for name in kept)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0rest", "workbook"),
        (codecs.BOM_UTF16_LE + "订单编号".encode("utf-16-le"), "UTF-16"),
        (b"a,b,c\r\n1,2,3\r\n", "columns found: a, b, c"),
        (b'"' + b"x" * 2_000_000, "no header"),
        (bytes(range(256)) * 4, "."),
    ],
)
def test_what_is_no_export_is_refused_before_any_row(data: bytes, message: str) -> None:
    with pytest.raises(errors.ExportError, match=message):
        order_export.read(io.BytesIO(data))


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("", ()),
        ("'", ()),
        ("null", ()),
        ("No:", ()),
        ("SF1006026773546", ("SF1006026773546",)),
        ('="76561253526875"', ("76561253526875",)),
        ("'76561253526875", ("76561253526875",)),
        ("76561253526875\t", ("76561253526875",)),
        ("No:JT5119641341163", ("JT5119641341163",)),
        ("no：ｊｔ5119641341163 ", ("JT5119641341163",)),
        ("SF1,SF2", ("SF1", "SF2")),
        ("SF1， SF2、SF3；SF4;SF5 SF6/SF7", ("SF1", "SF2", "SF3", "SF4", "SF5", "SF6", "SF7")),
        ("No:SF1;No:SF2", ("SF1", "SF2")),
        ("No: SF1 No: SF2", ("SF1", "SF2")),
        ("SF1,sf1,,SF2", ("SF1", "SF2")),
    ],
)
def test_one_cell_holds_the_numbers_of_all_parcels(cell: str, numbers: tuple[str, ...]) -> None:
    assert row_of(物流单号=cell).waybill_numbers == numbers


@pytest.mark.parametrize(
    ("cell", "carrier"),
    [
        ("", None),
        ("'", None),
        ("顺丰速运", "SF"),
        ("圆通速递,圆通", "YTO"),
        ("某某快递", "某某快递"),
        ("ＥＭＳ", "EMS"),
    ],
)
def test_the_carrier_is_canonical_or_as_it_came(cell: str, carrier: str | None) -> None:
    assert row_of(物流公司=cell).carrier == carrier


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("0", "0"),
        ("478.7", "478.7"),
        ("¥478.73", "478.73"),
        ("￥1,234.50", "1234.50"),
        ("12元", "12"),
        ("'5", "5"),
    ],
)
def test_an_amount_in_any_dress(cell: str, amount: str) -> None:
    assert row_of(买家实际支付金额=cell).paid_amount == Decimal(amount)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"订单编号": ""}, "no order number"),
        ({"订单编号": "订单"}, "no order number"),
        ({"订单编号": "1" * 65}, "no order number"),
        ({"订单编号": "3.62737E+18"}, "rounded by a spreadsheet"),
        ({"买家会员名": "'"}, "买家会员名 is empty"),
        ({"买家会员名": "月" * 101}, "longer than"),
        ({"买家会员名": "月\ufffd"}, "no text"),
        ({"宝贝标题": " "}, "宝贝标题 is empty"),
        ({"订单状态": ""}, "订单状态 is empty"),
        ({"买家实际支付金额": ""}, "no amount"),
        ({"买家实际支付金额": "-1"}, "no amount"),
        ({"买家实际支付金额": "1.234"}, "no amount"),
        ({"买家实际支付金额": "NaN"}, "no amount"),
        ({"买家实际支付金额": "9" * 11}, "no amount"),
        ({"宝贝总数量": "0"}, "no quantity"),
        ({"宝贝总数量": "许多"}, "no quantity"),
        ({"订单付款时间": "昨天"}, "not a time"),
        ({"订单付款时间": "2026-11-31 00:00:00"}, "day"),
        ({"订单付款时间": "1026-11-30 00:00:00"}, "century"),
        ({"物流单号": "7.65613E+13"}, "rounded by a spreadsheet"),
        ({"物流单号": "单号"}, "not a waybill number"),
        ({"物流单号": ",".join(f"SF{n}" for n in range(51))}, "more than 50"),
        ({"物流公司": "顺丰速运,圆通速递"}, "several carriers"),
        ({"物流公司": "顺\ufffd"}, "no text"),
        ({"订单状态": "交易关闭", "订单关闭时间": "?"}, "not a time"),
        ({"宝贝标题": "长" * 65_537}, "longer than 65536"),
    ],
)
def test_a_row_that_cannot_be_read_is_one_problem(changes: dict[str, str], words: str) -> None:
    problem = problem_of(**changes)
    assert words in problem.message
    assert problem.line == 2


def test_a_problem_names_its_order_and_the_next_row_is_read() -> None:
    problem, row = read(export(GOOD | {"宝贝总数量": "x"}, GOOD))
    assert isinstance(problem, order_export.ExportProblem)
    assert problem.number == "3627371137129265660"
    assert isinstance(row, order_export.ExportRow)
    assert row.line == 3


@pytest.mark.rule("§14.3")
@pytest.mark.parametrize(
    "changes",
    [
        {"订单付款时间": ""},
        {"订单付款时间": "'", "订单状态": "等待买家付款"},
        {"订单付款时间": "null", "订单状态": "交易关闭"},
        {"订单状态": "等待买家付款"},
        {"订单付款时间": "", "买家会员名": ""},
    ],
)
def test_an_unpaid_order_is_skipped_and_not_refused(changes: dict[str, str]) -> None:
    assert read_one(**changes) == order_export.ExportSkipped(2, "3627371137129265660", "not paid")


@pytest.mark.rule("§14.4")
@pytest.mark.parametrize(
    ("changes", "closed", "refunded"),
    [
        ({}, False, False),
        ({"退款金额": "5.00"}, False, False),
        ({"订单状态": "卖家已发货，等待买家确认", "订单关闭原因": "退款中"}, False, False),
        ({"订单状态": "交易关闭", "订单关闭原因": "退款成功，交易自动关闭"}, True, True),
        ({"订单状态": "交易关闭", "订单关闭原因": "买家不想买了"}, True, False),
        ({"订单状态": "交易关闭", "退款金额": "5.00"}, True, True),
        ({"订单状态": "交易关闭", "退款金额": "0.00"}, True, False),
        ({"订单状态": "退款成功"}, True, True),
    ],
)
def test_closed_and_refunded(changes: dict[str, str], closed: bool, refunded: bool) -> None:  # noqa: FBT001
    row = row_of(**changes)
    assert (row.closed, row.refunded, row.closed_at) == (closed, refunded, None)


def test_the_time_of_closing_is_read_where_the_edition_has_it() -> None:
    at = "2026-11-19 00:00:00"
    assert row_of(订单状态="交易关闭", 订单关闭时间=at).closed_at == datetime(2026, 11, 18, 16, tzinfo=UTC)
    assert row_of(订单关闭时间=at).closed_at is None


def test_the_time_of_shipping_is_read_where_the_edition_has_it() -> None:
    at = "2026-11-19 00:00:00"
    assert row_of(发货时间=at).shipped_at == datetime(2026, 11, 18, 16, tzinfo=UTC)
    assert row_of(发货时间=at, 物流单号="").shipped_at is None


def test_a_changed_address_takes_the_place_of_the_first() -> None:
    assert row_of(修改后的收货地址="上海 上海市 黄浦区 样例路1号").destination_region == "31"
    assert row_of(修改后的收货地址="null").destination_region == "44"
