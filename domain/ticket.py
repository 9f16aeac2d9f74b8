"""A ticket's life (`domain.md §3`): each function takes a ticket and a fact, and gives what becomes of it.

Times are aware and UTC; `now` is PostgreSQL's. Nothing here reads a clock or a database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from domain import sla
from domain.errors import IllegalTransition
from domain.events import KEEPS_VERSION, FollowUpAction
from domain.ticket_words import OPEN, UNCLOSED, TicketKind, TicketOutcome, TicketStatus, Urgency

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from domain.policy import Policy
    from domain.replies import Reply

CRITICAL_UNDER = timedelta(hours=1)
WARNING_UNDER = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket as it stands. `next_step_at` is when the worker has to look at it again, None for never.

    `shipped_at`: since when the pickup clock of an urge-shipment ticket runs; None before that.
    `deadline_steps` and `moved_by` tell the path of a deadline that was moved (`exemptions.Path`).
    """

    shop_id: UUID
    id: UUID
    order_id: UUID
    number: str
    kind: TicketKind
    status: TicketStatus
    outcome: TicketOutcome | None = None
    version: int = 1
    round: int = 1
    policy_version: int = 1
    calendar_revision: int = 0
    opened_at: datetime
    updated_at: datetime
    clock_started_at: datetime
    deadline_at: datetime | None
    deadline_steps: tuple[datetime, ...] = ()
    moved_by: tuple[UUID | None, ...] = ()
    next_step_at: datetime | None
    last_reminder_minutes: int | None = None
    promised_pickup_at: datetime | None = None
    promise_ends_at: datetime | None = None
    promise_broken_at: datetime | None = None
    replied_at: datetime | None = None
    shipped_at: datetime | None = None
    completed_at: datetime | None = None
    escalated_at: datetime | None = None
    money_at_risk: Decimal
    record_count: int = 0
    assignee_id: UUID | None = None

    @property
    def open(self) -> bool:
        """Whether a clock runs."""
        return self.status in OPEN

    @property
    def closed(self) -> bool:
        """Whether the ticket has ended."""
        return self.status not in UNCLOSED

    @property
    def promise_runs(self) -> bool:
        """Whether it waits with the clock stopped for a promise not yet found broken."""
        return self.status is TicketStatus.REPLIED and self.promise_broken_at is None

    @property
    def ends_at(self) -> datetime | None:
        """When the clock or the promise that runs now is over; None while neither runs."""
        if self.open:
            return self.deadline_at
        return self.promise_ends_at if self.promise_runs else None

    @property
    def key(self) -> tuple[UUID, UUID]:
        """(shop id, ticket id)."""
        return self.shop_id, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A follow-up record to be written; `by_system` when nobody but the clock caused it.

    `dismisses`: the ticket's filed complaint is dismissed, with `note` as the reason.
    """

    action: FollowUpAction
    note: str | None = None
    deadline_before: datetime | None = None
    deadline_after: datetime | None = None
    reminder_minutes: int | None = None
    reply: Reply | None = None
    assignee_before: UUID | None = None
    assignee_after: UUID | None = None
    by_system: bool = False
    dismisses: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """The ticket as it stands after, and the records that tell why, oldest first."""

    ticket: Ticket
    records: tuple[NewRecord, ...]

    @property
    def files_complaint(self) -> bool:
        """Whether one of the records is the escalation."""
        return any(record.action is FollowUpAction.ESCALATED for record in self.records)

    def then(self, later: Change) -> Change:
        """Both changes as one."""
        return Change(later.ticket, self.records + later.records)


def urgency(ticket: Ticket, now: datetime) -> Urgency:
    """How near the running clock is to its end at `now`."""
    if not ticket.open or ticket.deadline_at is None:
        return Urgency.NONE
    left = ticket.deadline_at - now
    if left <= timedelta(0):
        return Urgency.OVERDUE
    if left < CRITICAL_UNDER:
        return Urgency.CRITICAL
    return Urgency.WARNING if left < WARNING_UNDER else Urgency.NORMAL


def reply(ticket: Ticket, answer: Reply, *, note: str | None, now: datetime, policy: Policy) -> Change:
    """The seller replied in time: an urge-pickup clock stops until the promise ends (§3, §6).

    `settle` comes first: at or after the deadline a reply is refused.
    """
    if not ticket.open:
        raise illegal(ticket, "Only a ticket that awaits a reply can be replied to.")
    if settle(ticket, at=now, now=now, policy=policy) is not None:
        raise overdue_refusal(ticket)
    if ticket.kind is not TicketKind.URGE_PICKUP or not answer.scheme.stops_clock:
        record = NewRecord(
            action=FollowUpAction.REPLIED,
            note=note,
            deadline_before=ticket.deadline_at,
            deadline_after=ticket.deadline_at,
            reply=answer,
        )
        return changed(replace(ticket, replied_at=now), now, record)
    after = replace(
        ticket,
        status=TicketStatus.REPLIED,
        replied_at=now,
        deadline_at=None,
        promised_pickup_at=answer.promised_at,
        promise_ends_at=answer.promise_ends_at,
        promise_broken_at=None,
        next_step_at=answer.promise_ends_at,
    )
    record = NewRecord(
        action=FollowUpAction.REPLIED, note=note, deadline_before=ticket.deadline_at, reply=answer
    )
    return changed(after, now, record)


def withdraw(ticket: Ticket, now: datetime) -> Change:
    """The buyer takes the urge back (§3). `settle` comes first: at or after the deadline it is refused."""
    if ticket.closed:
        raise illegal(ticket, "Only an unclosed ticket can be withdrawn.")
    if ticket.open and ticket.deadline_at is not None and ticket.deadline_at <= now:
        raise overdue_refusal(ticket)
    after = replace(_close(ticket), status=TicketStatus.WITHDRAWN, outcome=TicketOutcome.WITHDRAWN)
    return changed(
        replace(after, completed_at=now),
        now,
        NewRecord(action=FollowUpAction.WITHDRAWN, deadline_before=ticket.deadline_at),
    )


_ENDINGS = {
    FollowUpAction.PICKED_UP: TicketOutcome.PICKED_UP,
    FollowUpAction.REFUNDED: TicketOutcome.REFUNDED,
    FollowUpAction.ORDER_CLOSED: TicketOutcome.ORDER_CLOSED,
}
_RECORDED_AFTER_FILING = frozenset({FollowUpAction.PICKED_UP, FollowUpAction.REFUNDED})


def complete(
    ticket: Ticket, action: FollowUpAction, *, fact_at: datetime, now: datetime, policy: Policy
) -> Change:
    """A pickup, refund or closing of the order ends the ticket; the first two judged by their own time (§3).

    What the clock had to do by then comes first. After filing a pickup or refund is only recorded
    (`complaint.excused` tells whether it was in time: then `dismissal.dismiss` follows), a closing not even.
    """
    judged_at = min(fact_at, now) if action in _RECORDED_AFTER_FILING else now
    late = settle(ticket, at=judged_at, now=now, policy=policy)
    if late is not None:
        return late.then(complete(late.ticket, action, fact_at=fact_at, now=now, policy=policy))
    if ticket.closed:
        if ticket.status is TicketStatus.ESCALATED and action in _RECORDED_AFTER_FILING:
            return changed(ticket, now, NewRecord(action=action))
        return Change(ticket, ())
    after = replace(_close(ticket), status=TicketStatus.COMPLETED, outcome=_ENDINGS[action], completed_at=now)
    return changed(after, now, NewRecord(action=action, deadline_before=ticket.deadline_at))


def note(ticket: Ticket, text: str, now: datetime) -> Change:
    """A remark of the staff: recorded, but no new version (§5)."""
    return changed(ticket, now, NewRecord(action=FollowUpAction.NOTED, note=text))


def assign(ticket: Ticket, member_id: UUID | None, now: datetime) -> Change:
    """Give the ticket to a member of its shop, or to nobody; no records when they have it already.

    One that was completed or withdrawn is refused (an escalated one has its complaint). The clock stays.
    """
    if ticket.status in {TicketStatus.COMPLETED, TicketStatus.WITHDRAWN}:
        raise illegal(ticket, f"A ticket that is {ticket.status.value} holds no more work to assign.")
    if ticket.assignee_id == member_id:
        return Change(ticket, ())
    record = NewRecord(
        action=FollowUpAction.ASSIGNED, assignee_before=ticket.assignee_id, assignee_after=member_id
    )
    return changed(replace(ticket, assignee_id=member_id), now, record)


def complaint_moved(ticket: Ticket, action: FollowUpAction, text: str | None, now: datetime) -> Change:
    """Its complaint was stated on, settled or ruled on: the ticket tells of it and stays closed (§10)."""
    return changed(ticket, now, NewRecord(action=action, note=text))


def waybill_changed(ticket: Ticket, reason: str | None, now: datetime) -> Change:
    """The waybill was changed beside a reply: the clock goes on (§7)."""
    return changed(
        ticket,
        now,
        NewRecord(
            action=FollowUpAction.WAYBILL_CHANGED,
            note=reason,
            deadline_before=ticket.deadline_at,
            deadline_after=ticket.deadline_at,
        ),
    )


def settle(ticket: Ticket, *, at: datetime, now: datetime, policy: Policy) -> Change | None:
    """What the clock did to the ticket by the time `at`: escalated, or the promise broken; else None.

    `at` is `now` for a reply or a withdrawal, and the fact's own time for a pickup or a refund.
    """
    if ticket.ends_at is None or ticket.ends_at > at:
        return None
    if ticket.open:
        return _escalate(ticket, now)
    broken = changed(
        replace(ticket, promise_broken_at=ticket.promise_ends_at, next_step_at=None),
        now,
        NewRecord(action=FollowUpAction.PROMISE_BROKEN, by_system=True),
    )
    return broken if ticket.round < policy.max_rounds else broken.then(_escalate(broken.ticket, now))


def elapse(ticket: Ticket, now: datetime, policy: Policy) -> Change | None:
    """The worker's look at a ticket: whatever its clock has to do by `now`; None when nothing is due (§5)."""
    settled = settle(ticket, at=now, now=now, policy=policy)
    if settled is not None:
        return settled
    if not ticket.open or ticket.deadline_at is None:
        return None
    due = sla.due_reminders(
        started_at=ticket.clock_started_at,
        deadline_at=ticket.deadline_at,
        last_minutes=ticket.last_reminder_minutes,
        now=now,
        policy=policy,
    )
    if not due:
        return None
    after = replace(ticket, last_reminder_minutes=due[-1])
    records = [
        NewRecord(action=FollowUpAction.REMINDED, reminder_minutes=minutes, by_system=True) for minutes in due
    ]
    return changed(replace(after, next_step_at=next_step(after, policy)), now, *records)


def next_step(ticket: Ticket, policy: Policy) -> datetime | None:
    """When the clock has to do something next: a reminder, the deadline, or the promise's end."""
    if not ticket.open or ticket.deadline_at is None:
        return ticket.ends_at
    reminder = sla.next_reminder_at(
        started_at=ticket.clock_started_at,
        deadline_at=ticket.deadline_at,
        last_minutes=ticket.last_reminder_minutes,
        policy=policy,
    )
    return ticket.deadline_at if reminder is None else reminder


def overdue_refusal(ticket: Ticket) -> IllegalTransition:
    """Why a reply or withdrawal at or after the deadline is refused (§3)."""
    return illegal(ticket, "The deadline has passed: the complaint was filed.")


def changed(ticket: Ticket, now: datetime, *records: NewRecord) -> Change:
    """`ticket` with its records counted; the version grows unless all of them are silent (§5)."""
    grows = any(record.action not in KEEPS_VERSION for record in records)
    after = replace(
        ticket,
        version=ticket.version + grows,
        updated_at=now,
        record_count=ticket.record_count + len(records),
    )
    return Change(after, records)


def _close(ticket: Ticket) -> Ticket:
    return replace(ticket, deadline_at=None, next_step_at=None, money_at_risk=ticket.money_at_risk * 0)


def _escalate(ticket: Ticket, now: datetime) -> Change:
    after = replace(
        _close(ticket),
        status=TicketStatus.ESCALATED,
        outcome=TicketOutcome.COMPLAINT_FILED,
        escalated_at=now,
        deadline_at=ticket.deadline_at,
    )
    record = NewRecord(
        action=FollowUpAction.ESCALATED,
        deadline_before=ticket.deadline_at,
        deadline_after=ticket.deadline_at,
        by_system=True,
    )
    return changed(after, now, record)


def illegal(ticket: Ticket, message: str) -> IllegalTransition:
    """A refusal that names how the ticket stands."""
    return IllegalTransition(message, current_status=ticket.status.value, ticket=ticket.key)
