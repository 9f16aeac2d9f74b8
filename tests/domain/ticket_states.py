"""Tickets in each of their states, made by the rules themselves, and a few short words for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from domain import opening, shipment
from domain import ticket as tickets
from domain.events import FollowUpAction
from domain.policy import DEFAULT
from domain.replies import BY_CODE, Reply
from domain.ticket_words import TicketKind

if TYPE_CHECKING:
    from domain.ticket import Change, Ticket

T0 = datetime(2026, 11, 22, 8, 0, 0, 123_000, tzinfo=UTC)
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
END = T0 + 24 * HOUR
PROMISED = T0 + 10 * HOUR
AT_RISK = Decimal("6.45")
FACTS = (FollowUpAction.PICKED_UP, FollowUpAction.REFUNDED, FollowUpAction.ORDER_CLOSED)


def opened(round_: int = 1, kind: TicketKind = TicketKind.URGE_PICKUP) -> Ticket:
    return opening.open_ticket(
        shop_id=UUID(int=1),
        ticket_id=UUID(int=2),
        order_id=UUID(int=3),
        kind=kind,
        number="T1",
        round_=round_,
        money_at_risk=AT_RISK,
        now=T0,
        policy=DEFAULT,
    ).ticket


def promise(ends_at: datetime = PROMISED) -> Reply:
    return Reply(BY_CODE["PROMISE_PICKUP"], None, ends_at, ends_at, ())


def replied(round_: int = 1, ends_at: datetime = PROMISED) -> Ticket:
    answer = promise(ends_at)
    return tickets.reply(opened(round_), answer, note=None, now=T0 + HOUR, policy=DEFAULT).ticket


def looked_at(ticket: Ticket, now: datetime) -> Ticket:
    change = tickets.elapse(ticket, now, DEFAULT)
    assert change is not None
    return change.ticket


def broken(round_: int = 1) -> Ticket:
    return looked_at(replied(round_), PROMISED)


def escalated() -> Ticket:
    return looked_at(opened(), END)


def completed() -> Ticket:
    return happen(opened(), FollowUpAction.REFUNDED, T0 + HOUR, T0 + HOUR).ticket


def withdrawn() -> Ticket:
    return tickets.withdraw(opened(), T0 + HOUR).ticket


def unshipped() -> Ticket:
    """An urge-shipment ticket that awaits a reply."""
    return opened(kind=TicketKind.URGE_SHIPMENT)


def ship(ticket: Ticket, shipped_at: datetime, now: datetime, settled_at: datetime | None = None) -> Change:
    return shipment.ship(
        ticket,
        shipped_at=shipped_at,
        money_at_risk=AT_RISK,
        settled_at=settled_at or now,
        now=now,
        policy=DEFAULT,
    )


def awaiting_pickup() -> Ticket:
    """An urge-shipment ticket after shipping, which ends with the others."""
    return ship(unshipped(), T0, T0).ticket


def happen(ticket: Ticket, action: FollowUpAction, fact_at: datetime, now: datetime) -> Change:
    return tickets.complete(ticket, action, fact_at=fact_at, now=now, policy=DEFAULT)


def actions(change: Change | None) -> list[str]:
    return [] if change is None else [record.action.value for record in change.records]
