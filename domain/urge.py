"""May this buyer urge? One pure decision for each kind (`domain.md §4`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.ticket_words import TicketKind, TicketStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from domain.policy import Policy
    from domain.ticket import Ticket


class UrgeRefusal(StrEnum):
    """Why not, in the order the reasons are looked at (`domain.md §4`)."""

    ORDER_CLOSED = "ORDER_CLOSED"
    NOT_SHIPPED = "NOT_SHIPPED"
    ALREADY_SHIPPED = "ALREADY_SHIPPED"
    ALREADY_PICKED_UP = "ALREADY_PICKED_UP"
    SHIPMENT_TICKET_EXISTS = "SHIPMENT_TICKET_EXISTS"
    COMPLAINT_FILED = "COMPLAINT_FILED"
    TICKET_OPEN = "TICKET_OPEN"
    PROMISE_RUNNING = "PROMISE_RUNNING"
    WITHIN_SHIPPING_LIMIT = "WITHIN_SHIPPING_LIMIT"
    ROUND_LIMIT = "ROUND_LIMIT"


MESSAGES = {
    UrgeRefusal.ORDER_CLOSED: "The order was refunded or closed.",
    UrgeRefusal.NOT_SHIPPED: "The order has not been shipped yet.",
    UrgeRefusal.ALREADY_SHIPPED: "The order has been shipped: urge its pickup instead.",
    UrgeRefusal.ALREADY_PICKED_UP: "The carrier has picked the parcel up.",
    UrgeRefusal.SHIPMENT_TICKET_EXISTS: "The shipment was urged already: its progress is shown instead.",
    UrgeRefusal.COMPLAINT_FILED: "A complaint was filed for this order.",
    UrgeRefusal.TICKET_OPEN: "The seller has been urged and still has time to answer.",
    UrgeRefusal.PROMISE_RUNNING: "The seller answered and the promised time has not passed.",
    UrgeRefusal.WITHIN_SHIPPING_LIMIT: "The seller is still within the shipping limit.",
    UrgeRefusal.ROUND_LIMIT: "This order was urged as often as is allowed.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What the decision needs of an order. `ship_by` is the shipping limit as it stands."""

    ended: bool
    shipped_at: datetime | None
    picked_up_at: datetime | None
    ship_by: datetime
    rounds: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed when `refusal` is None. `reopens`: the ticket a new round goes to; else a new one opens."""

    refusal: UrgeRefusal | None = None
    available_at: datetime | None = None
    existing: Ticket | None = None
    reopens: UUID | None = None

    @property
    def allowed(self) -> bool:
        """Whether the buyer may press the button."""
        return self.refusal is None


def decide(
    kind: TicketKind, order: OrderFacts, tickets: Sequence[Ticket], *, now: datetime, policy: Policy
) -> Decision:
    """May the buyer of this order urge `kind` at `now`? `tickets` are all of the order's, oldest first."""
    refusal = _by_order(kind, order)
    if refusal is not None:
        return Decision(refusal)
    return _by_tickets(kind, tickets, now=now, policy=policy) or _by_limits(kind, order, tickets, now, policy)


def _by_order(kind: TicketKind, order: OrderFacts) -> UrgeRefusal | None:
    if order.ended:
        return UrgeRefusal.ORDER_CLOSED
    if kind is TicketKind.URGE_PICKUP and order.shipped_at is None:
        return UrgeRefusal.NOT_SHIPPED
    if kind is TicketKind.URGE_SHIPMENT and order.shipped_at is not None:
        return UrgeRefusal.ALREADY_SHIPPED
    return UrgeRefusal.ALREADY_PICKED_UP if order.picked_up_at is not None else None


def _by_tickets(
    kind: TicketKind, tickets: Sequence[Ticket], *, now: datetime, policy: Policy
) -> Decision | None:
    for ticket in reversed(tickets):
        if kind is TicketKind.URGE_PICKUP and ticket.kind is TicketKind.URGE_SHIPMENT:
            return Decision(UrgeRefusal.SHIPMENT_TICKET_EXISTS, existing=ticket)
    for ticket in tickets:
        if ticket.status is TicketStatus.ESCALATED or _is_lost(ticket, now, policy):
            return Decision(UrgeRefusal.COMPLAINT_FILED, existing=ticket)
    for ticket in tickets:
        if ticket.open:
            return Decision(UrgeRefusal.TICKET_OPEN, existing=ticket)
    for ticket in tickets:
        if ticket.promise_runs and not _is_over(ticket, now):
            return Decision(UrgeRefusal.PROMISE_RUNNING, available_at=ticket.promise_ends_at, existing=ticket)
    return None


def _is_lost(ticket: Ticket, now: datetime, policy: Policy) -> bool:
    """Whether the complaint is due though nobody has filed it yet."""
    return _is_over(ticket, now) and (ticket.open or ticket.round >= policy.max_rounds)


def _is_over(ticket: Ticket, now: datetime) -> bool:
    return ticket.ends_at is not None and ticket.ends_at <= now


def _by_limits(
    kind: TicketKind, order: OrderFacts, tickets: Sequence[Ticket], now: datetime, policy: Policy
) -> Decision:
    if now < order.ship_by:
        return Decision(UrgeRefusal.WITHIN_SHIPPING_LIMIT, available_at=order.ship_by)
    if order.rounds >= policy.max_rounds:
        return Decision(UrgeRefusal.ROUND_LIMIT)
    reopens = [each.id for each in tickets if each.status is TicketStatus.REPLIED and each.kind is kind]
    return Decision(reopens=reopens[0] if reopens else None)
