"""What of a ticket's story counts in the figures of its shop (`domain.md §11`), one fact after the other.

A fact says when, for whom, and how much. Facts are only ever added: what turns out not to count (a complaint
that is dismissed) is taken back by a fact of the same moment that counts the other way. A ticket is opened,
first handled and ended once; each of its rounds has one window to be handled in, and each promise one end.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.complaint import ComplaintStatus
from domain.events import FollowUpAction
from domain.ticket_words import TicketKind, TicketStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from uuid import UUID

    from domain.ticket import Ticket

EXACT_UNDER_S = 64
GROWTH = 1.03
LONGEST_S = 400 * 24 * 3_600
"""A longer handling time is counted as one of so many seconds in the percentiles, not in the mean."""
NOTHING = Decimal("0.00")


def _starts() -> tuple[int, ...]:
    found = list(range(EXACT_UNDER_S + 1))
    while found[-1] < LONGEST_S:
        found.append(max(found[-1] + 1, int(found[-1] * GROWTH)))
    return tuple(found)


STARTS = _starts()
"""The least seconds of each bin of the histogram of handling times: single seconds, then 3 % each."""
SHOWN = tuple(
    (start + end - 1) // 2 for start, end in zip(STARTS, (*STARTS[1:], STARTS[-1] + 1), strict=True)
)
"""The seconds that stand for a bin: within 2 % of every time in it."""


def bin_of(seconds: int) -> int:
    """The bin of a handling time of so many seconds."""
    return bisect_right(STARTS, seconds) - 1


def whole_seconds(span: timedelta) -> int:
    """Seconds, half a second and more rounded up."""
    milliseconds = round(span.total_seconds() * 1000)
    return (milliseconds + 500) // 1000


class Credit(StrEnum):
    """Whose a fact is, where the ticket alone does not tell; whoever stores the fact looks it up."""

    PROMISER = "PROMISER"
    """The member who last replied; the fact's own member where that was none."""
    FILING = "FILING"
    """Whoever the filing of the complaint, at the same moment, was counted for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that counts at a moment, for the shop and for a member of it (None: for the shop alone).

    `handling_s`: of a ticket that was handled for the first time, seconds since it was opened. `answers`: a
    reply, of which the time since the last reminder counts, if there was one since the reply before.
    """

    at: datetime
    member_id: UUID | None
    credit: Credit | None = None
    opened: int = 0
    handling_s: int | None = None
    answers: bool = False
    on_time: int = 0
    decided: int = 0
    kept: int = 0
    promised: int = 0
    escalated: int = 0
    ended: int = 0
    upheld: int = 0
    compensation: Decimal = NOTHING
    points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a complaint ended: compensation in yuan, and penalty points."""

    status: ComplaintStatus
    compensation: Decimal
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A follow-up record, as far as it counts. `member_id`: who acted, if a member of the shop did.

    `stops_clock`: of a reply. `excuses`: the system dismissed the complaint, for the ticket was handled in
    time. `verdict`: of a complaint that was settled or ruled on by people.
    """

    action: FollowUpAction
    at: datetime
    member_id: UUID | None = None
    stops_clock: bool = False
    assignee_before: UUID | None = None
    assignee_after: UUID | None = None
    excuses: bool = False
    verdict: Verdict | None = None


@dataclass(slots=True, kw_only=True)
class Standing:
    """Where a ticket stands for its figures.

    `waiting`: the window of its round runs. `promising`: a promise runs. `handled`: it was once handled.
    `lost_window`: its complaint was filed because a window ran out, not a promise.
    """

    opened_at: datetime
    kind: TicketKind
    assignee_id: UUID | None = None
    waiting: bool = False
    promising: bool = False
    handled: bool = False
    closed: bool = False
    escalated_at: datetime | None = None
    lost_window: bool = False
    filing: Credit | None = Credit.FILING
    filed_for: UUID | None = None


def standing(ticket: Ticket) -> Standing:
    """Where this ticket stands."""
    # A promise is made by the reply that handles a ticket, and stays noted.
    replied = ticket.kind is TicketKind.URGE_PICKUP and ticket.promise_ends_at is not None
    return Standing(
        opened_at=ticket.opened_at,
        kind=ticket.kind,
        assignee_id=ticket.assignee_id,
        waiting=ticket.open,
        promising=ticket.promise_runs,
        handled=replied or ticket.status is TicketStatus.COMPLETED,
        closed=ticket.closed,
        escalated_at=ticket.escalated_at,
        lost_window=ticket.deadline_at is not None,
    )


def unopened(ticket: Ticket) -> Standing:
    """Where this ticket stood before it was opened: in nobody's hands."""
    return Standing(opened_at=ticket.opened_at, kind=ticket.kind)


def count(stands: Standing, happened: Happened) -> list[Fact]:
    """What counts of what happened; `stands` is brought up to it."""
    rule = _RULES.get(happened.action)
    return [] if rule is None else rule(stands, happened)


def _opened(stands: Standing, happened: Happened) -> list[Fact]:
    stands.waiting = True
    return [Fact(at=happened.at, member_id=stands.assignee_id, opened=1)]


def _reopened(stands: Standing, happened: Happened) -> list[Fact]:
    """A new round is no new ticket, but it has a window of its own."""
    del happened
    stands.waiting, stands.promising = True, False
    return []


def _assigned(stands: Standing, happened: Happened) -> list[Fact]:
    """A ticket counts as opened for the member who has it."""
    stands.assignee_id = happened.assignee_after
    return [
        Fact(at=stands.opened_at, member_id=happened.assignee_before, opened=-1),
        Fact(at=stands.opened_at, member_id=happened.assignee_after, opened=1),
    ]


def _replied(stands: Standing, happened: Happened) -> list[Fact]:
    """A reply that stops no clock (to an urge for shipment) handles nothing."""
    who = happened.member_id or stands.assignee_id
    if not (stands.waiting and happened.stops_clock):
        return [Fact(at=happened.at, member_id=who, answers=True)]
    handling_s = _handled(stands, happened)
    stands.waiting, stands.promising = False, True
    return [Fact(at=happened.at, member_id=who, answers=True, handling_s=handling_s, on_time=1, decided=1)]


def _completed(stands: Standing, happened: Happened) -> list[Fact]:
    """Pickup, refund or closing of the order; after the complaint was filed they are only recorded."""
    if stands.closed:
        return []
    who, in_window = stands.assignee_id, int(stands.waiting)
    handling_s = _handled(stands, happened)
    facts = [
        Fact(
            at=happened.at,
            member_id=who,
            handling_s=handling_s,
            on_time=in_window,
            decided=in_window,
            ended=1,
        )
    ]
    if stands.promising:
        facts.append(Fact(at=happened.at, member_id=who, credit=Credit.PROMISER, kept=1, promised=1))
    stands.waiting, stands.promising, stands.closed = False, False, True
    return facts


def _broken(stands: Standing, happened: Happened) -> list[Fact]:
    stands.promising = False
    return [Fact(at=happened.at, member_id=stands.assignee_id, credit=Credit.PROMISER, promised=1)]


def _escalated(stands: Standing, happened: Happened) -> list[Fact]:
    """Whose promise was broken in the last round had handled that round in time."""
    fact = Fact(
        at=happened.at, member_id=stands.assignee_id, escalated=1, ended=1, decided=int(stands.waiting)
    )
    stands.lost_window, stands.escalated_at = stands.waiting, happened.at
    stands.filing, stands.filed_for = None, stands.assignee_id
    stands.waiting, stands.closed = False, True
    return [fact]


def _withdrawn(stands: Standing, happened: Happened) -> list[Fact]:
    """The buyer took the urge back: nothing is decided, nobody kept or broke anything."""
    del happened
    stands.waiting, stands.promising, stands.closed = False, False, True
    return []


def _ruled(stands: Standing, happened: Happened) -> list[Fact]:
    if happened.excuses:
        return _excused(stands, happened)
    verdict = happened.verdict
    if verdict is None:
        return []
    if verdict.status is ComplaintStatus.DISMISSED:
        return [_taken_back(stands)]
    return [
        Fact(
            at=happened.at,
            member_id=stands.assignee_id,
            upheld=int(verdict.status is ComplaintStatus.UPHELD),
            compensation=verdict.compensation,
            points=verdict.points,
        )
    ]


def _excused(stands: Standing, happened: Happened) -> list[Fact]:
    """It had been handled in time: what was counted against the shop is put right where it was counted."""
    facts = [_taken_back(stands, on_time=int(stands.lost_window))]
    if not stands.lost_window:
        at = stands.escalated_at or happened.at
        facts.append(Fact(at=at, member_id=stands.assignee_id, credit=Credit.PROMISER, kept=1))
    handling_s = _handled(stands, happened)
    if handling_s is not None:
        facts.append(Fact(at=happened.at, member_id=stands.assignee_id, handling_s=handling_s))
    return facts


def _taken_back(stands: Standing, *, on_time: int = 0) -> Fact:
    """The ticket has ended all the same; but no complaint stands."""
    assert stands.escalated_at is not None  # noqa: S101 - a complaint belongs to an escalated ticket
    return Fact(
        at=stands.escalated_at,
        member_id=stands.filed_for,
        credit=stands.filing,
        escalated=-1,
        on_time=on_time,
    )


def _handled(stands: Standing, happened: Happened) -> int | None:
    """Seconds from opening to now when this is what first handled the ticket."""
    first, stands.handled = not stands.handled, True
    return whole_seconds(happened.at - stands.opened_at) if first else None


_RULES: dict[FollowUpAction, Callable[[Standing, Happened], list[Fact]]] = {
    FollowUpAction.OPENED: _opened,
    FollowUpAction.REOPENED: _reopened,
    FollowUpAction.ASSIGNED: _assigned,
    FollowUpAction.REPLIED: _replied,
    FollowUpAction.PICKED_UP: _completed,
    FollowUpAction.REFUNDED: _completed,
    FollowUpAction.ORDER_CLOSED: _completed,
    FollowUpAction.PROMISE_BROKEN: _broken,
    FollowUpAction.ESCALATED: _escalated,
    FollowUpAction.WITHDRAWN: _withdrawn,
    FollowUpAction.COMPLAINT_SETTLED: _ruled,
    FollowUpAction.COMPLAINT_RULED: _ruled,
}
