"""A ticket comes to be, or is urged again: its clock starts (`domain.md §3`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain import ticket as tickets
from domain import timing
from domain.events import FollowUpAction
from domain.exemptions import UNMOVED
from domain.ticket import NewRecord, Ticket
from domain.ticket_words import TicketKind, TicketStatus

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from domain.exemptions import Calendar
    from domain.policy import Policy
    from domain.ticket import Change


def open_ticket(  # noqa: PLR0913 - a birth needs every name
    *,
    shop_id: UUID,
    ticket_id: UUID,
    order_id: UUID,
    number: str,
    round_: int,
    money_at_risk: Decimal,
    now: datetime,
    policy: Policy,
    calendar: Calendar = UNMOVED,
    kind: TicketKind = TicketKind.URGE_PICKUP,
) -> Change:
    """A new ticket whose reply window starts `now`, under `policy` and the exemptions of today (§3, §5)."""
    ticket = Ticket(
        shop_id=shop_id,
        id=ticket_id,
        order_id=order_id,
        number=number,
        kind=kind,
        status=TicketStatus.AWAITING_REPLY,
        round=round_,
        policy_version=policy.version,
        opened_at=now,
        updated_at=now,
        clock_started_at=now,
        deadline_at=None,
        next_step_at=None,
        money_at_risk=money_at_risk,
        version=0,
    )
    return _start_clock(ticket, FollowUpAction.OPENED, now, policy, calendar)


def reopen(
    ticket: Ticket,
    *,
    round_: int,
    money_at_risk: Decimal,
    now: datetime,
    policy: Policy,
    calendar: Calendar = UNMOVED,
) -> Change:
    """Urged again after a broken promise: next round, a new reply window of the ticket's own policy (§3)."""
    if ticket.status is not TicketStatus.REPLIED or ticket.promise_broken_at is None:
        raise tickets.illegal(ticket, "Only a ticket whose promise was broken can be urged again.")
    again = replace(
        ticket,
        status=TicketStatus.AWAITING_REPLY,
        round=round_,
        clock_started_at=now,
        last_reminder_minutes=None,
        money_at_risk=money_at_risk,
    )
    return _start_clock(again, FollowUpAction.REOPENED, now, policy, calendar)


def _start_clock(
    ticket: Ticket, action: FollowUpAction, now: datetime, policy: Policy, calendar: Calendar
) -> Change:
    running = timing.timed(ticket, calendar.path(now + policy.reply_window), calendar.revision)
    running = replace(running, next_step_at=tickets.next_step(running, policy))
    return tickets.changed(running, now, NewRecord(action=action, deadline_after=running.deadline_at))
