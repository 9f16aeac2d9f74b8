"""The second clock of an urge-shipment ticket: after shipping, the pickup has its time (`domain.md §3`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain import sla, timing
from domain import ticket as tickets
from domain.events import FollowUpAction
from domain.exemptions import UNMOVED
from domain.ticket import Change, NewRecord
from domain.ticket_words import TicketKind, TicketStatus

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from domain.exemptions import Calendar
    from domain.policy import Policy
    from domain.ticket import Ticket


def ship(
    ticket: Ticket,
    *,
    shipped_at: datetime,
    money_at_risk: Decimal,
    settled_at: datetime,
    now: datetime,
    policy: Policy,
    calendar: Calendar = UNMOVED,
) -> Change:
    """The order was shipped: from `shipped_at` on its pickup window runs.

    What the clock had to do by `settled_at` comes first: `now`, since a shipment is not judged by its own
    time; earlier when the same call tells of a pickup, which is. After filing the shipment is only recorded;
    a ticket that did not wait for it gives no records. `money_at_risk` is what is at stake from now on.
    """
    if ticket.kind is not TicketKind.URGE_SHIPMENT:
        return Change(ticket, ())
    late = tickets.settle(ticket, at=settled_at, now=now, policy=policy)
    if late is not None:
        return late.then(tickets.changed(late.ticket, now, NewRecord(action=FollowUpAction.SHIPPED)))
    if ticket.status is TicketStatus.ESCALATED:
        return tickets.changed(ticket, now, NewRecord(action=FollowUpAction.SHIPPED))
    if ticket.status is not TicketStatus.AWAITING_REPLY:
        return Change(ticket, ())
    path = sla.pickup_path(shipped_at, now, policy, calendar)
    waiting = replace(
        timing.timed(ticket, path, calendar.revision),
        status=TicketStatus.AWAITING_PICKUP,
        shipped_at=shipped_at,
        clock_started_at=shipped_at,
        last_reminder_minutes=sla.last_reminder_gone(path.at, now, policy),
        money_at_risk=money_at_risk,
    )
    waiting = replace(waiting, next_step_at=tickets.next_step(waiting, policy))
    record = NewRecord(
        action=FollowUpAction.SHIPPED, deadline_before=ticket.deadline_at, deadline_after=path.at
    )
    return tickets.changed(waiting, now, record)
