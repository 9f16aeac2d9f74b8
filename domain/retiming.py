"""Timing an open ticket anew, when the rules have changed since it was timed (`domain.md §5`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from domain import sla, timing
from domain import ticket as tickets
from domain.events import FollowUpAction
from domain.ticket import Change, NewRecord
from domain.ticket_words import TicketStatus

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from domain.exemptions import Calendar, Path
    from domain.policy import Policy
    from domain.ticket import Ticket

GRACE = timedelta(hours=1)
"""What is left at least of a deadline that an exemption's removal takes back."""


def stale(ticket: Ticket, revision: int) -> bool:
    """Whether a clock runs that was timed with older rules than those of this revision."""
    return ticket.open and ticket.calendar_revision < revision


def retime(ticket: Ticket, calendar: Calendar, *, now: datetime, policy: Policy) -> Change:
    """The open ticket with its deadline by the exemptions of today; no record when it does not move.

    One that had passed before the rules were changed is not taken back any more: the clock has decided.
    """
    before = _deadline(ticket)
    path = calendar.path(_base(ticket))
    floor = _floor(ticket)
    if floor is not None and floor > path.at:
        path = calendar.onward(path.to(floor))
    if path.at < before:
        if before <= calendar.changed_at:
            return Change(replace(ticket, calendar_revision=calendar.revision), ())
        least = now + GRACE
        path = path if path.at >= least else path.to(least)
    return _moved(ticket, path, calendar, now, policy)


def by_today(ticket: Ticket, calendar: Calendar, *, now: datetime, policy: Policy) -> Ticket:
    """The ticket as whoever is about to file finds it: what has run out by older rules is timed anew (§5)."""
    passed = ticket.deadline_at is not None and ticket.deadline_at <= now
    if not passed or not stale(ticket, calendar.revision):
        return ticket
    return retime(ticket, calendar, now=now, policy=policy).ticket


def put_under(
    ticket: Ticket, calendar: Calendar, *, money_at_risk: Decimal, now: datetime, policy: Policy
) -> Change:
    """The open ticket under another version of the policy; its deadline never moves earlier by it.

    `money_at_risk`: what is at stake by that version, in yuan.
    """
    window = policy.pickup_window if ticket.status is TicketStatus.AWAITING_PICKUP else policy.reply_window
    path = calendar.path(ticket.clock_started_at + window)
    if path.at < _deadline(ticket):
        path = path.to(_deadline(ticket))
    # Its reminders may be others even where the deadline stays.
    under = replace(ticket, policy_version=policy.version, money_at_risk=money_at_risk)
    return _moved(under, path, calendar, now, policy)


def _moved(ticket: Ticket, path: Path, calendar: Calendar, now: datetime, policy: Policy) -> Change:
    before = _deadline(ticket)
    after = timing.timed(ticket, path, calendar.revision)
    if path.at != before:
        after = replace(after, last_reminder_minutes=sla.last_reminder_gone(path.at, now, policy))
    after = replace(after, next_step_at=tickets.next_step(after, policy))
    if path.at == before:
        return Change(after, ())
    record = NewRecord(
        action=FollowUpAction.DEADLINE_MOVED,
        deadline_before=before,
        deadline_after=path.at,
        by_system=True,
    )
    return tickets.changed(after, now, record)


def _deadline(ticket: Ticket) -> datetime:
    assert ticket.deadline_at is not None  # noqa: S101 - an open ticket has one
    return ticket.deadline_at


def _base(ticket: Ticket) -> datetime:
    """The deadline as the window alone gave it."""
    path = timing.path_of(ticket)
    return _deadline(ticket) if path is None else path.steps[0]


def _floor(ticket: Ticket) -> datetime | None:
    """Where the deadline was kept though the rules would have it earlier."""
    path = timing.path_of(ticket)
    if path is None:
        return None
    kept = [at for at, by in zip(path.steps[1:], path.moved_by, strict=True) if by is None]
    return max(kept, default=None)
