"""What shop staff do with a ticket: reply, add a note."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from db import finding
from domain import access, cards, carriers, ids, replies, ticket
from domain.access import Action
from domain.errors import IllegalTransition, InvalidInput, NotFound, VersionConflict
from domain.ids import IdKind
from domain.order import text_problem
from resolvers import aggregate, known_scans, once, templates, waybills
from resolvers.commands import TicketChanged

if TYPE_CHECKING:
    from db.changes import Written
    from db.database import Connection
    from db.templates import Template
    from domain.ticket import Ticket
    from resolvers.aggregate import OrderAggregate
    from resolvers.commands import AddNote, ReplyToTicket
    from resolvers.context import Context

NOTE_CHARACTERS = 2_000
WAYBILL = ("input", "waybill")


async def reply(context: Context, command: ReplyToTicket) -> TicketChanged:
    """The seller's reply (`domain.md §6`): stops the clock, shows the buyer a card.

    Raises `NotFound`, `Forbidden`, `InvalidInput`, `IllegalTransition`, `VersionConflict`,
    `WaybillRefused`, `IdempotencyConflict`; then nothing is written, but that at or after the deadline the
    complaint is filed (§3).
    """
    access.require(context.viewer, Action.WORK_TICKETS)
    place, ticket_id = await find(context, command.ticket_id)
    template = await templates.given(context, command.template_id)

    async def work(connection: Connection) -> once.Done[TicketChanged]:
        order = await lock_one(connection, context, place)
        order.settle()
        overdue = _closed_by_clock(order, ticket_id)
        if overdue is not None:
            written = await aggregate.write(connection, [order])
            return once.Done(written=written, refusal=overdue)
        replied_at_record = await answer(connection, order, ticket_id, command, template)
        await known_scans.join(connection, [order])
        order.follow_parcels()
        written = await aggregate.write(connection, [order])
        return once.Done(_changed(written, ticket_id, replied_at_record), written)

    return await once.run(
        context, command, place.shop_id, result=lambda kept: TicketChanged(**kept), work=work
    )


async def answer(
    connection: Connection,
    order: OrderAggregate,
    ticket_id: UUID,
    command: ReplyToTicket,
    template: Template | None,
) -> int:
    """Reply to a ticket of a locked and settled order; the place of the record among its new ones.

    Raises as `reply` does, and then leaves the order as it was. `template`: what the command names, if it is
    the viewer's.
    """
    before = order.ticket(ticket_id)
    overdue = _closed_by_clock(order, ticket_id)
    if overdue is not None:
        raise overdue
    check_version(before, command.expected_version, order)
    if not before.open:
        raise _not_awaiting(before)
    checked = _checked(order, before, command, template)
    await _write_reply(connection, order, before, command, checked)
    return len(order.entries[ticket_id].change.records) - 1


async def add_note(context: Context, command: AddNote) -> TicketChanged:
    """A remark of the staff; the version and the clock stay (`domain.md §5`)."""
    access.require(context.viewer, Action.WORK_TICKETS)
    text = command.note.strip()
    problem = text_problem("note", text, NOTE_CHARACTERS)
    if problem is not None:
        raise InvalidInput([problem.under("input")])
    place, ticket_id = await find(context, command.ticket_id)

    async def work(connection: Connection) -> once.Done[TicketChanged]:
        order = await lock_one(connection, context, place)
        order.change(ticket.note(order.ticket(ticket_id), text, order.scene.now))
        written = await aggregate.write(connection, [order])
        return once.Done(_changed(written, ticket_id, 0), written)

    return await once.run(
        context, command, place.shop_id, result=lambda kept: TicketChanged(**kept), work=work
    )


async def find(context: Context, public_id: str) -> tuple[finding.Place, UUID]:
    """Where a ticket belongs; raises `NotFound` also for what is not the viewer's."""
    ticket_id = ids.decode_as(IdKind.TICKET, public_id)
    async with context.database.pool.acquire() as connection:
        place = await finding.ticket(connection, context.viewer, ticket_id) if ticket_id else None
    if place is None or ticket_id is None:
        raise NotFound("ticket", path=("input", "ticketId"))
    return place, ticket_id


async def lock_one(connection: Connection, context: Context, place: finding.Place) -> OrderAggregate:
    """The order at `place`, locked."""
    _, found = await aggregate.lock(
        connection, context.viewer, context.rules, place.shop_id, order_ids=[place.order_id]
    )
    return found[0]


def check_version(before: Ticket, expected: int | None, order: OrderAggregate) -> None:
    """Raise `VersionConflict` when the client looked at another version."""
    known = order.entries.get(before.id)
    stored = before.version if known is None or known.before is None else known.before.version
    if expected is not None and expected != stored:
        raise VersionConflict(expected=expected, actual=stored, ticket=before.key)


def _closed_by_clock(order: OrderAggregate, ticket_id: UUID) -> IllegalTransition | None:
    """Why a ticket takes no reply when `settle` has just closed it."""
    found = order.ticket(ticket_id)
    return ticket.overdue_refusal(found) if ticket_id in order.entries and found.closed else None


async def _write_reply(
    connection: Connection,
    order: OrderAggregate,
    before: Ticket,
    command: ReplyToTicket,
    checked: replies.Reply,
) -> None:
    scene = order.scene
    policy = scene.policy_of(before)
    change = ticket.reply(before, checked, note=checked.note, now=scene.now, policy=policy)
    row, shown = None, None
    if checked.scheme.takes_waybill and command.waybill is not None:
        parcel = waybills.parcel_to_change(order, command.parcel_id)
        new, row = await waybills.replace(connection, order, parcel, command.waybill, checked.note)
        shown = (carriers.shown(new["carrier"], scene.shop["locale"]), new["waybill_number"])
    card = cards.reply_card(order.subject(before.kind), checked, shown)
    order.change(change, card=card, waybill_change=row)


def _checked(
    order: OrderAggregate, before: Ticket, command: ReplyToTicket, template: Template | None
) -> replies.Reply:
    """The reply by its scheme's rules; every fault is named, those of a new waybill number too (§6)."""
    wanted = command.waybill
    taken = None if wanted is None else (wanted.carrier, wanted.number)
    note, others = templates.note(order, before, command, template)
    # A template that does not fit is the fault, not that there is no note for want of it.
    note = "…" if others and not note else note
    fields = replies.ReplyFields(note, command.promised_pickup_at, taken, command.proof_urls)
    unfit = [] if wanted is None else waybills.problems(wanted.carrier, wanted.number, WAYBILL)
    try:
        policy = order.scene.policy_of(before)
        answer = replies.check(command.scheme, before.kind, fields, order.scene.now, policy.reply_schemes)
    except InvalidInput as error:
        # A number that is there but cannot be one is not missing: its own fields are named.
        told = [
            each for each in error.problems if (each.code, each.path) != ("REQUIRED", WAYBILL) or not unfit
        ]
        raise InvalidInput([*told, *unfit, *others]) from None
    if unfit or others:
        raise InvalidInput([*unfit, *others])
    return answer


def _not_awaiting(before: Ticket) -> IllegalTransition:
    message = f"A ticket that is {before.status.value} takes no reply: it has to await one."
    return IllegalTransition(message, current_status=before.status.value, ticket=before.key)


def _changed(written: list[Written], ticket_id: UUID, index: int) -> TicketChanged:
    done = next(each for each in written if each.ticket_id == ticket_id)
    card_id = done.card_ids[index]
    return TicketChanged(
        shop_id=ids.encode(IdKind.SHOP, done.shop_id),
        ticket_id=ids.encode(IdKind.TICKET, done.ticket_id),
        position=done.positions[index],
        record_id=ids.encode(IdKind.FOLLOW_UP_RECORD, done.record_ids[index]),
        card_id=None if card_id is None else ids.encode(IdKind.CONSUMER_CARD, card_id),
    )
