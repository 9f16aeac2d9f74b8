"""Writing what became of tickets, all or nothing: tickets, records, cards, complaints, outbox, events.

Set-based: one statement for the tickets and all that hangs on them, one for the events, for one ticket of a
mutation as for a thousand of a worker's batch. The caller holds the locks of the orders; the stream rows are
locked here, last, in the order of their shops.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from db import dismissals, events, figures, keys, outbox, rows, tickets
from domain import complaint, webhooks
from domain import figures as counting
from domain.cards import DeliveryStatus
from domain.complaint import ComplaintStatus
from domain.events import ActorKind, FollowUpAction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import asyncpg

    from db.database import Connection
    from domain.cards import Card
    from domain.complaint import Sale
    from domain.figures import Verdict
    from domain.policy import Policy
    from domain.ticket import Change, NewRecord, Ticket

TABLES = ("follow_up_record", "reply", "waybill_change", "consumer_card", "complaint")
CLOCK_ACTIONS = frozenset({FollowUpAction.ESCALATED, FollowUpAction.PROMISE_BROKEN})


class Stale(Exception):
    """A ticket does not stand as it was read, or its clock has not run out: nothing was written."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a change; `name` as the records show it. `member_id`: which member of the shop it was."""

    kind: ActorKind
    name: str
    subject: str | None = None
    member_id: UUID | None = None


SYSTEM = Actor(ActorKind.SYSTEM, "system")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ticket's change. `before` is None for a new ticket; `sale` is what its order was; `policy` is the
    ticket's.

    `cards` and `waybill_changes` (rows without their record) by the index of their record. `verdict`: how the
    complaint ended, where the records tell of that.
    """

    before: Ticket | None
    change: Change
    actor: Actor
    sale: Sale
    policy: Policy
    cards: Mapping[int, Card] = field(default_factory=dict)
    waybill_changes: Mapping[int, rows.Row] = field(default_factory=dict)
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written, in the order of the records: the ids of records and cards, and stream positions."""

    shop_id: UUID
    ticket_id: UUID
    order_id: UUID
    next_step_at: datetime | None
    record_ids: tuple[UUID, ...]
    card_ids: tuple[UUID | None, ...]
    positions: tuple[int, ...]


async def apply(connection: Connection, entries: Sequence[Entry], now: datetime) -> list[Written]:
    """Write all `entries`; raises `Stale` and so rolls back when a ticket is not what it was read as."""
    entries = [entry for entry in entries if entry.change.records]
    if not entries:
        return []
    drafts = [_draft(entry, now) for entry in entries]
    messages = [message for draft in drafts for message in draft.messages]
    told = await _write_tickets(connection, entries, drafts, {message.shop_id for message in messages})
    await _dismiss(connection, entries, now)
    await outbox.queue(connection, messages, told, now)
    facts = [fact for draft in drafts for fact in draft.facts]
    positions = await events.append(connection, [event for draft in drafts for event in draft.events], facts)
    return _written(drafts, positions)


async def _write_tickets(
    connection: Connection, entries: Sequence[Entry], drafts: Sequence[_Draft], telling: Collection[UUID]
) -> list[asyncpg.Record]:
    """Write the tickets with what hangs on them; the webhooks of the shops in `telling`."""
    new = [tickets.to_row(entry.change.ticket) for entry in entries if entry.before is None]
    hanging = {table: [row for draft in drafts for row in draft.rows[table]] for table in TABLES}
    changed = [
        (entry.before, entry.change.ticket, _by_clock(entry.change))
        for entry in entries
        if entry.before is not None
    ]
    if new and changed:
        # A ticket that closes makes room for a new one of its order: not in any order within one statement.
        landed, _ = await tickets.write(connection, changed, {})
        _, told = await tickets.write(connection, [], {"ticket": new, **hanging}, list(telling))
    else:
        landed, told = await tickets.write(connection, changed, {"ticket": new, **hanging}, list(telling))
    if len(landed) != len(changed):
        missing = [str(before.id) for before, _, _ in changed if before.id not in landed]
        raise Stale(f"tickets changed meanwhile: {', '.join(missing)}")
    return told


async def _dismiss(connection: Connection, entries: Sequence[Entry], now: datetime) -> None:
    reasons = [
        (*entry.change.ticket.key, record.note or "")
        for entry in entries
        for record in entry.change.records
        if record.dismisses
    ]
    if await dismissals.write(connection, reasons, now) != len(reasons):
        raise Stale("a complaint to be dismissed was ruled on meanwhile")


def _by_clock(change: Change) -> bool:
    return any(record.action in CLOCK_ACTIONS for record in change.records)


@dataclass(slots=True)
class _Draft:
    entry: Entry
    record_ids: list[UUID]
    card_ids: list[UUID | None]
    events: list[events.NewEvent]
    messages: list[outbox.NewMessage]
    facts: list[rows.Row]
    rows: dict[str, list[dict[str, Any]]]


def _draft(entry: Entry, now: datetime) -> _Draft:
    made: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    draft = _Draft(entry, [], [], [], [], [], made)
    after = entry.change.ticket
    first = after.record_count - len(entry.change.records) + 1
    for index, record in enumerate(entry.change.records):
        record_id = keys.new()
        draft.record_ids.append(record_id)
        made["follow_up_record"].append(_record_row(entry, record, record_id, first + index, now))
        draft.events.append(events.NewEvent(after.shop_id, after.id, record_id, record.action, now))
        if record.reply is not None:
            made["reply"].append(_reply_row(after.shop_id, record_id, record))
        if index in entry.waybill_changes:
            made["waybill_change"].append({**entry.waybill_changes[index], "record_id": record_id})
        card = entry.cards.get(index)
        draft.card_ids.append(None if card is None else keys.new())
        if card is not None:
            made["consumer_card"].append(_card_row(after, record_id, draft.card_ids[-1], card, now))
        for event in webhooks.events_of(entry.before, entry.change, index, card):
            draft.messages.append(outbox.NewMessage(after.shop_id, record_id, event))
        if record.action is FollowUpAction.ESCALATED:
            made["complaint"].append(_complaint_row(entry, now))
    _count(draft, first, now)
    return draft


def _count(draft: _Draft, first: int, now: datetime) -> None:
    """Note the facts of its records, the first of which stands at position `first`."""
    entry = draft.entry
    ticket = entry.change.ticket
    stands = counting.standing(entry.before) if entry.before is not None else counting.unopened(ticket)
    for index, record in enumerate(entry.change.records):
        happened = counting.Happened(
            action=record.action,
            at=now,
            member_id=None if record.by_system else entry.actor.member_id,
            stops_clock=record.deadline_after is None,
            assignee_before=record.assignee_before,
            assignee_after=record.assignee_after,
            excuses=record.dismisses,
            verdict=entry.verdict,
        )
        draft.facts += [
            figures.row(ticket.key, draft.record_ids[index], first + index, part, fact)
            for part, fact in enumerate(counting.count(stands, happened))
        ]


def _record_row(
    entry: Entry, record: NewRecord, record_id: UUID, position: int, now: datetime
) -> dict[str, Any]:
    actor = SYSTEM if record.by_system else entry.actor
    return {
        "shop_id": entry.change.ticket.shop_id,
        "id": record_id,
        "ticket_id": entry.change.ticket.id,
        "position": position,
        "action": record.action,
        "actor_kind": actor.kind,
        "actor_name": actor.name,
        "actor_subject": actor.subject,
        "occurred_at": now,
        "note": record.note,
        "deadline_before": record.deadline_before,
        "deadline_after": record.deadline_after,
        "reminder_minutes": record.reminder_minutes,
        "assignee_before_id": record.assignee_before,
        "assignee_after_id": record.assignee_after,
    }


def _reply_row(shop_id: UUID, record_id: UUID, record: NewRecord) -> dict[str, Any]:
    reply = record.reply
    assert reply is not None  # noqa: S101 - the caller looked
    return {
        "shop_id": shop_id,
        "id": keys.new(),
        "record_id": record_id,
        "scheme_code": reply.scheme.code,
        "note": reply.note,
        "promised_at": reply.promised_at,
        "promise_ends_at": reply.promise_ends_at,
        "proof_urls": list(reply.proof_urls),
    }


def _card_row(
    ticket: Ticket, record_id: UUID, card_id: UUID | None, card: Card, now: datetime
) -> dict[str, Any]:
    return {
        "shop_id": ticket.shop_id,
        "id": card_id,
        "ticket_id": ticket.id,
        "record_id": record_id,
        "kind": card.kind,
        "title": card.title,
        "body": card.body,
        "created_at": now,
        "delivery": DeliveryStatus.PENDING,
    }


def _complaint_row(entry: Entry, now: datetime) -> dict[str, Any]:
    ticket = entry.change.ticket
    violation = complaint.violation_of(ticket)
    return {
        "shop_id": ticket.shop_id,
        "id": keys.new(),
        "ticket_id": ticket.id,
        "round": ticket.round,
        "status": ComplaintStatus.FILED,
        "violation": violation,
        "filed_at": now,
        "proof_urls": [],
        "estimated_compensation": complaint.estimate(violation, entry.sale, entry.policy.complaints),
        "penalty_points": 0,
    }


def _written(drafts: Sequence[_Draft], positions: Sequence[int]) -> list[Written]:
    done = []
    start = 0
    for draft in drafts:
        end = start + len(draft.record_ids)
        after = draft.entry.change.ticket
        done.append(
            Written(
                shop_id=after.shop_id,
                ticket_id=after.id,
                order_id=after.order_id,
                next_step_at=after.next_step_at,
                record_ids=tuple(draft.record_ids),
                card_ids=tuple(draft.card_ids),
                positions=tuple(positions[start:end]),
            )
        )
        start = end
    return done
