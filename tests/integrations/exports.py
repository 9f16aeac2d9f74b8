"""Exports as the tests write them, and what is read of them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from integrations import order_export

SAMPLE = Path(__file__).parents[2] / "examples/data/export_order_list.sample.csv"

GOOD = {
    "订单编号": '="3627371137129265660"',
    "买家会员名": "月光62807",
    "买家实际支付金额": "478.73",
    "订单状态": "卖家已发货，等待买家确认",
    "收货人姓名": "样例0",
    "收货地址 ": "广东省 广州市 番禺区 样例大道88号(511400)",
    "联系电话 ": "'",
    "联系手机": "'13800000000",
    "订单付款时间 ": "2026-11-18 04:25:07",
    "宝贝标题 ": "云南普洱茶 熟茶 357g",
    "物流单号 ": "No:SF1006026773546",
    "物流公司": "顺丰速运",
    "宝贝总数量": "5",
    "订单关闭原因": "订单未关闭",
}
MANDATORY = [
    "订单编号",
    "买家会员名",
    "买家实际支付金额",
    "订单状态",
    "订单付款时间",
    "宝贝标题",
    "物流单号",
    "物流公司",
]
Item = order_export.ExportRow | order_export.ExportSkipped | order_export.ExportProblem


def export(*rows: dict[str, str], encoding: str = "gb18030", end: str = "\r\n") -> bytes:
    """An export of these rows; the columns are those of the first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end)
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return out.getvalue().encode(encoding)


def read(data: bytes) -> list[Item]:
    return list(order_export.read(io.BytesIO(data)))


def read_one(**changes: str) -> Item:
    """The only row of an export whose cells are good but for these; a new name is a new column."""
    names = {name.strip(): name for name in GOOD}
    (item,) = read(export(GOOD | {names.get(name, name): text for name, text in changes.items()}))
    return item


def row_of(**changes: str) -> order_export.ExportRow:
    item = read_one(**changes)
    assert isinstance(item, order_export.ExportRow), item
    return item


def problem_of(**changes: str) -> order_export.ExportProblem:
    item = read_one(**changes)
    assert isinstance(item, order_export.ExportProblem), item
    return item
