"""A complaint that the system takes back: the pickup or refund was in time but told late (`domain.md §3`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import ticket as tickets
from domain.cards import shown
from domain.events import FollowUpAction
from domain.ticket import NewRecord

if TYPE_CHECKING:
    from datetime import datetime

    from domain.ticket import Change, Ticket

REASONS = {
    FollowUpAction.PICKED_UP: (
        "包裹已于 {time} 揽收，早于截止时间；信息在投诉后才收到。",
        "The parcel was picked up at {time}, before the deadline; this was learned after the complaint.",
    ),
    FollowUpAction.REFUNDED: (
        "订单已于 {time} 退款，早于截止时间；信息在投诉后才收到。",
        "The order was refunded at {time}, before the deadline; this was learned after the complaint.",
    ),
}


def reason(action: FollowUpAction, fact_at: datetime, locale: str) -> str:
    """Why the complaint is dismissed, in the shop's language; times in Asia/Shanghai."""
    zh, en = REASONS[action]
    return (en if locale.lower().startswith("en") else zh).format(time=shown(fact_at))


def dismiss(ticket: Ticket, why: str, now: datetime) -> Change:
    """The system rules that the ticket's complaint is dismissed; the ticket itself stays escalated.

    `complaint.excused` comes first, and the complaint must still be FILED.
    """
    record = NewRecord(action=FollowUpAction.COMPLAINT_RULED, note=why, by_system=True, dismisses=True)
    return tickets.changed(ticket, now, record)
