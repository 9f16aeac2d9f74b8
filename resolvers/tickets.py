"""What shop staff do with a ticket: reply, add a note."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from db import finding
from domain import access, cards, carriers, ids, replies, ticket
from domain.access import Action
from domain.errors import IllegalTransition, InvalidInput, NotFound, Problem, VersionConflict
from domain.ids import IdKind
from resolvers import aggregate, once, waybills
from resolvers.commands import TicketChanged

if TYPE_CHECKING:
    from db.changes import Written
    from db.database import Connection
    from domain.ticket import Ticket
    from resolvers.aggregate import OrderAggregate, Scene
    from resolvers.commands import AddNote, ReplyToTicket
    from resolvers.context import Context

NOTE_CHARACTERS = 2_000


async def reply(context: Context, command: ReplyToTicket) -> TicketChanged:
    """The seller's reply (`domain.md §6`): stops the clock, shows the buyer a card.

    Raises `NotFound`, `Forbidden`, `InvalidInput`, `IllegalTransition`, `VersionConflict`,
    `WaybillRefused`, `IdempotencyConflict`; then nothing is written, but that at or after the deadline the
    complaint is filed (§3).
    """
    access.require(context.viewer, Action.WORK_TICKETS)
    place, ticket_id = await find(context, command.ticket_id)

    async def work(connection: Connection) -> once.Done[TicketChanged]:
        order = await lock_one(connection, context, place)
        order.settle()
        before = order.ticket(ticket_id)
        if order.entries.get(ticket_id) is not None and before.closed:
            written = await aggregate.write(connection, [order])
            return once.Done(written=written, refusal=ticket.overdue_refusal(before))
        check_version(before, command.expected_version, order)
        if not before.open:
            raise _not_awaiting(before)
        await _reply(connection, order, before, command)
        await aggregate.join_known_scans(connection, [order])
        replied_at_record = len(order.entries[ticket_id].change.records) - 1
        order.follow_parcels()
        written = await aggregate.write(connection, [order])
        return once.Done(_changed(written, ticket_id, replied_at_record), written)

    return await once.run(
        context, command, place.shop_id, result=lambda kept: TicketChanged(**kept), work=work
    )


async def add_note(context: Context, command: AddNote) -> TicketChanged:
    """A remark of the staff; the version and the clock stay (`domain.md §5`)."""
    access.require(context.viewer, Action.WORK_TICKETS)
    text = command.note.strip()
    if not text or len(text) > NOTE_CHARACTERS or "\x00" in text:
        message = f"A note has 1 to {NOTE_CHARACTERS} characters."
        raise InvalidInput([Problem("BAD_NOTE", message, ("input", "note"))])
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


async def _reply(
    connection: Connection, order: OrderAggregate, before: Ticket, command: ReplyToTicket
) -> None:
    scene = order.scene
    answer = _checked(before, command, scene)
    policy = scene.policy_of(before)
    change = ticket.reply(before, answer, note=answer.note, now=scene.now, policy=policy)
    row, shown = None, None
    if answer.scheme.takes_waybill and command.waybill is not None:
        parcel = waybills.parcel_to_change(order, command.parcel_id)
        new, row = await waybills.replace(connection, order, parcel, command.waybill, answer.note)
        shown = (_carrier_name(new["carrier"], scene.shop["locale"]), new["waybill_number"])
    card = cards.reply_card(order.subject(), answer, shown)
    order.change(change, card=card, waybill_change=row)


def _checked(before: Ticket, command: ReplyToTicket, scene: Scene) -> replies.Reply:
    """The reply by its scheme's rules; every fault is named, those of a new waybill number too (§6)."""
    wanted = command.waybill
    taken = None if wanted is None else (wanted.carrier, wanted.number)
    fields = replies.ReplyFields(command.note, command.promised_pickup_at, taken, command.proof_urls)
    unfit = [] if wanted is None else waybills.problems(wanted.carrier, wanted.number, ("input", "waybill"))
    # Shops have no templates yet (ADR 7): no id is one's.
    unknown = Problem("NO_TEMPLATE", "There is no such reply template.", ("input", "templateId"))
    others = [] if command.template_id is None else [unknown]
    try:
        answer = replies.check(
            command.scheme, before.kind, fields, scene.now, scene.policy_of(before).reply_schemes
        )
    except InvalidInput as error:
        about_waybill = any(problem.path == ("input", "waybill") for problem in error.problems)
        raise InvalidInput([*error.problems, *([] if about_waybill else unfit), *others]) from None
    if unfit or others:
        raise InvalidInput([*unfit, *others])
    return answer


def _carrier_name(code: str, locale: str) -> str:
    carrier = carriers.find(code)
    if carrier is None:
        return code
    return carrier.name_en if locale.startswith("en") else carrier.name_zh


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
