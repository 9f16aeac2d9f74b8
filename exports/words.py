"""The words of the API as people read them, in the two languages of the product (`domain.md §2`)."""

from __future__ import annotations

from datetime import datetime

from domain.cards import SHANGHAI, CardKind, DeliveryStatus
from domain.complaint import ComplaintStatus, Violation
from domain.events import ActorKind, FollowUpAction
from domain.order import OrderStatus
from domain.shop import LOCALES, Market
from domain.ticket_words import TicketKind, TicketOutcome, TicketStatus
from resolvers.reads.refusals import BadInput

ZH, EN = LOCALES
Both = tuple[str, str]
"""A text in Chinese and in English."""

WORDS: dict[str, dict[str, Both]] = {
    "kind": {
        TicketKind.URGE_PICKUP: ("催揽收", "Urge pickup"),
        TicketKind.URGE_SHIPMENT: ("催发货", "Urge shipment"),
    },
    "status": {
        TicketStatus.AWAITING_REPLY: ("等待卖家回复", "Awaiting seller reply"),
        TicketStatus.REPLIED: ("已回复", "Replied"),
        TicketStatus.AWAITING_PICKUP: ("等待揽收", "Awaiting pickup"),
        TicketStatus.COMPLETED: ("已完成", "Completed"),
        TicketStatus.ESCALATED: ("已升级投诉", "Escalated"),
        TicketStatus.WITHDRAWN: ("买家已撤销", "Withdrawn"),
    },
    "outcome": {
        TicketOutcome.PICKED_UP: ("已揽收", "Picked up"),
        TicketOutcome.REFUNDED: ("已退款", "Refunded"),
        TicketOutcome.ORDER_CLOSED: ("订单已关闭", "Order closed"),
        TicketOutcome.WITHDRAWN: ("买家撤销", "Withdrawn by the buyer"),
        TicketOutcome.COMPLAINT_FILED: ("已发起投诉", "Complaint filed"),
    },
    "complaint": {
        ComplaintStatus.FILED: ("待判责", "Filed"),
        ComplaintStatus.SETTLED: ("卖家已认责", "Settled"),
        ComplaintStatus.UPHELD: ("判责成立", "Upheld"),
        ComplaintStatus.DISMISSED: ("已驳回", "Dismissed"),
    },
    "violation": {
        Violation.NO_PICKUP: ("未按时揽收", "Not picked up in time"),
        Violation.LATE_SHIPMENT: ("延迟发货", "Late shipment"),
        Violation.OUT_OF_STOCK: ("缺货", "Out of stock"),
        Violation.FALSE_WAYBILL: ("运单号异常或重复", "Abnormal or duplicate waybill number"),
    },
    "order": {
        OrderStatus.PAID: ("已付款", "Paid"),
        OrderStatus.SHIPPED: ("已发货", "Shipped"),
        OrderStatus.PICKED_UP: ("已揽收", "Picked up"),
        OrderStatus.SIGNED: ("已签收", "Signed for"),
        OrderStatus.REFUNDED: ("已退款", "Refunded"),
        OrderStatus.CLOSED: ("已关闭", "Closed"),
    },
    "market": {
        Market.TAOBAO: ("淘宝", "Taobao"),
        Market.TMALL: ("天猫", "Tmall"),
        Market.GENERIC: ("通用", "Generic"),
    },
    "action": {
        FollowUpAction.OPENED: ("买家催促", "Opened"),
        FollowUpAction.REPLIED: ("卖家回复", "Replied"),
        FollowUpAction.WAYBILL_CHANGED: ("修改运单号", "Waybill changed"),
        FollowUpAction.SHIPPED: ("已发货", "Shipped"),
        FollowUpAction.PICKED_UP: ("已揽收", "Picked up"),
        FollowUpAction.REFUNDED: ("已退款", "Refunded"),
        FollowUpAction.ORDER_CLOSED: ("订单已关闭", "Order closed"),
        FollowUpAction.REMINDED: ("到期提醒", "Reminded"),
        FollowUpAction.DEADLINE_MOVED: ("截止时间调整", "Deadline moved"),
        FollowUpAction.PROMISE_BROKEN: ("承诺未兑现", "Promise broken"),
        FollowUpAction.REOPENED: ("重新打开", "Reopened"),
        FollowUpAction.ASSIGNED: ("转派", "Assigned"),
        FollowUpAction.NOTED: ("备注", "Noted"),
        FollowUpAction.ESCALATED: ("升级投诉", "Escalated"),
        FollowUpAction.COMPLAINT_STATEMENT: ("卖家申诉", "Complaint stated"),
        FollowUpAction.COMPLAINT_SETTLED: ("卖家认责", "Complaint settled"),
        FollowUpAction.COMPLAINT_RULED: ("投诉判定", "Complaint ruled"),
        FollowUpAction.WITHDRAWN: ("买家撤销", "Withdrawn"),
    },
    "actor": {
        ActorKind.CONSUMER: ("买家", "Buyer"),
        ActorKind.STAFF: ("客服", "Staff"),
        ActorKind.INTEGRATION: ("系统对接", "Integration"),
        ActorKind.PLATFORM: ("平台", "Platform"),
        ActorKind.SYSTEM: ("系统", "System"),
    },
    "card": {
        CardKind.REPLY: ("回复卡片", "Reply"),
        CardKind.PICKED_UP: ("揽收卡片", "Picked up"),
    },
    "delivery": {
        DeliveryStatus.PENDING: ("待送达", "Pending"),
        DeliveryStatus.DELIVERED: ("已送达", "Delivered"),
        DeliveryStatus.FAILED: ("送达失败", "Failed"),
    },
    "reason": {
        "REPLY_WINDOW": ("回复时限", "Reply window"),
        "PICKUP_WINDOW": ("揽收时限", "Pickup window"),
        "RECORDED_LATE": ("发货录入较晚", "Shipment recorded late"),
        "EXEMPTION": ("报备豁免", "Exemption"),
        "KEPT": ("保留原截止时间", "Kept as it was"),
    },
}
"""For each kind of word: the word of the API, and its text. One that is not here is shown as it is."""


def checked(locale: str) -> str:
    """`locale`, which is one of ours; raises `BadInput`."""
    if locale not in LOCALES:
        raise BadInput(f"The locale is {' or '.join(LOCALES)}, not {locale[:20]!r}.")
    return locale


def text(both: Both, locale: str) -> str:
    """The text of the locale."""
    return both[LOCALES.index(locale)]


def word(kind: str, value: str | None, locale: str) -> str:
    """What people call a word of the API; nothing for none."""
    if value is None:
        return ""
    both = WORDS[kind].get(value)
    return value if both is None else text(both, locale)


def moment(value: str | None) -> str:
    """An instant of the API as it stands in a file: in Asia/Shanghai, with offset; nothing for none."""
    if value is None:
        return ""
    return datetime.fromisoformat(value).astimezone(SHANGHAI).isoformat(sep=" ", timespec="milliseconds")
