"""The columns of the exported lists: a heading in each language, and what stands under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from exports import words
from exports.words import Both

Row = dict[str, Any]
"""An object of the API as JSON."""
Cell = str | int | Decimal
"""What stands under a heading; an empty text where there is nothing."""


class Form(Enum):
    """What a cell is to a spreadsheet."""

    TEXT = auto()
    WHOLE = auto()
    MONEY = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `cell`: row and locale -> what stands there, as text of the API."""

    heading: Both
    cell: Callable[[Row, str], object]
    form: Form = Form.TEXT

    def of(self, row: Row, locale: str) -> Cell:
        """The cell of a row."""
        value = self.cell(row, locale)
        if value is None or value == "":
            return ""
        if self.form is Form.MONEY:
            return Decimal(str(value))
        return int(str(value)) if self.form is Form.WHOLE else str(value)


def _value(*path: str) -> Callable[[Row, str], object]:
    """The value at the end of the path; None where something on the way is not there."""

    def cell(row: Row, locale: str) -> object:
        del locale
        found: Any = row
        for key in path:
            found = None if found is None else found[key]
        return found

    return cell


def _word(kind: str, *path: str) -> Callable[[Row, str], object]:
    value = _value(*path)

    def cell(row: Row, locale: str) -> object:
        found = value(row, locale)
        return None if found is None else words.word(kind, str(found), locale)

    return cell


def _moment(*path: str) -> Callable[[Row, str], object]:
    value = _value(*path)

    def cell(row: Row, locale: str) -> object:
        found = value(row, locale)
        return None if found is None else words.moment(str(found))

    return cell


def _waybills(row: Row, locale: str) -> object:
    del locale
    parcels = [parcel for parcel in row["order"]["parcels"] if parcel["current"]]
    return "; ".join(f"{parcel['carrier']} {parcel['waybillNumber']}" for parcel in parcels)


TICKETS = (
    Column(("工单号", "Ticket"), _value("number")),
    Column(("店铺", "Shop"), _value("shop", "name")),
    Column(("类型", "Kind"), _word("kind", "kind")),
    Column(("状态", "Status"), _word("status", "status")),
    Column(("结果", "Outcome"), _word("outcome", "outcome")),
    Column(("第几轮", "Round"), _value("round"), Form.WHOLE),
    Column(("处理人", "Assignee"), _value("assignee", "displayName")),
    Column(("催促时间", "Opened at"), _moment("openedAt")),
    Column(("截止时间", "Deadline at"), _moment("deadlineAt")),
    Column(("回复时间", "Replied at"), _moment("repliedAt")),
    Column(("承诺到期", "Promise ends at"), _moment("promiseEndsAt")),
    Column(("承诺未兑现时间", "Promise broken at"), _moment("promiseBrokenAt")),
    Column(("完成时间", "Completed at"), _moment("completedAt")),
    Column(("升级投诉时间", "Escalated at"), _moment("escalatedAt")),
    Column(("风险金额（元）", "Money at risk (CNY)"), _value("moneyAtRisk"), Form.MONEY),
    Column(("投诉状态", "Complaint"), _word("complaint", "complaint", "status")),
    Column(("赔付（元）", "Compensation (CNY)"), _value("complaint", "compensation"), Form.MONEY),
    Column(("订单号", "Order"), _value("order", "number")),
    Column(("买家昵称", "Buyer nick"), _value("order", "buyerNick")),
    Column(("商品", "Item"), _value("order", "itemTitle")),
    Column(("数量", "Quantity"), _value("order", "quantity"), Form.WHOLE),
    Column(("实付金额（元）", "Paid (CNY)"), _value("order", "paidAmount"), Form.MONEY),
    Column(("付款时间", "Paid at"), _moment("order", "paidAt")),
    Column(("发货时效", "Ship by"), _moment("order", "shipBy")),
    Column(("发货时间", "Shipped at"), _moment("order", "shippedAt")),
    Column(("揽收时间", "Picked up at"), _moment("order", "pickedUpAt")),
    Column(("运单号", "Waybills"), _waybills),
    Column(("工单 ID", "Ticket ID"), _value("id")),
)
COMPLAINTS = (
    Column(("工单号", "Ticket"), _value("ticket", "number")),
    Column(("店铺", "Shop"), _value("ticket", "shop", "name")),
    Column(("投诉状态", "Status"), _word("complaint", "status")),
    Column(("违规类型", "Violation"), _word("violation", "violation")),
    Column(("投诉时间", "Filed at"), _moment("filedAt")),
    Column(("判定时间", "Ruled at"), _moment("ruledAt")),
    Column(("预计赔付（元）", "Estimate (CNY)"), _value("estimatedCompensation"), Form.MONEY),
    Column(("赔付（元）", "Compensation (CNY)"), _value("compensation"), Form.MONEY),
    Column(("扣分", "Penalty points"), _value("penaltyPoints"), Form.WHOLE),
    Column(("卖家申诉", "Statement"), _value("statement")),
    Column(("判定理由", "Reason"), _value("reason")),
    Column(("订单号", "Order"), _value("ticket", "order", "number")),
    Column(("买家昵称", "Buyer nick"), _value("ticket", "order", "buyerNick")),
    Column(("实付金额（元）", "Paid (CNY)"), _value("ticket", "order", "paidAmount"), Form.MONEY),
    Column(("付款时间", "Paid at"), _moment("ticket", "order", "paidAt")),
    Column(("投诉 ID", "Complaint ID"), _value("id")),
    Column(("工单 ID", "Ticket ID"), _value("ticket", "id")),
)
