"""What the staff of a shop do with many tickets at once: reply to them, assign them (`domain.md §6, §13`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db import database, shops
from domain import access, ids, replies, ticket
from domain.access import Action
from domain.errors import InvalidInput, NotFound, Problem
from domain.ids import IdKind
from domain.ticket_words import TicketKind
from resolvers import batches, templates, tickets
from resolvers.commands import ReplyToTicket

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection
    from db.templates import Template
    from domain.replies import ReplyScheme
    from resolvers.aggregate import OrderAggregate
    from resolvers.batches import TicketWork
    from resolvers.commands import AssignTickets, ReplyToTickets, TicketsChanged
    from resolvers.context import Context
    from resolvers.scene import Scene


async def reply(context: Context, command: ReplyToTickets) -> TicketsChanged:
    """The same reply to many tickets; each is answered by the rules of a single one (`domain.md §6`).

    What is wrong with the reply whatever the ticket refuses the whole call: `Forbidden`, `InvalidInput`,
    `IdempotencyConflict`. Waybills are changed one by one.
    """
    access.require(context.viewer, Action.WORK_TICKETS)
    batches.check_count(command.ticket_ids)
    template = await templates.given(context, command.template_id)
    one = ReplyToTicket(
        ticket_id="",
        scheme=command.scheme,
        note=command.note,
        template_id=command.template_id,
        promised_pickup_at=command.promised_pickup_at,
        proof_urls=command.proof_urls,
    )

    async def begin(connection: Connection, scene: Scene) -> TicketWork:
        del scene

        async def answer(order: OrderAggregate, ticket_id: UUID) -> int:
            order.settle()
            return await tickets.answer(connection, order, ticket_id, one, template)

        return answer

    return await batches.run(context, command, begin, lambda: _check_whole(context, command, template))


async def assign(context: Context, command: AssignTickets) -> TicketsChanged:
    """Give tickets to a member of their shop, to the viewer, or to nobody.

    A ticket of a shop that the member does not work in is refused in its row. A ticket that they have already
    stays as it is, and takes no position. The whole call is refused with `Forbidden`, `InvalidInput`,
    `NotFound` for a member whom the viewer cannot see, `IdempotencyConflict`.
    """
    access.require(context.viewer, Action.WORK_TICKETS)
    batches.check_count(command.ticket_ids)
    wanted = await _assignee(context, command)
    field = "toMe" if command.to_me else "assigneeId"

    async def begin(connection: Connection, scene: Scene) -> TicketWork:
        asked = scene.shop["member_id"] if command.to_me else wanted
        member_id = None if asked is None else await shops.active_member(connection, scene.shop["id"], asked)
        somebody = command.to_me or wanted is not None

        async def give(order: OrderAggregate, ticket_id: UUID) -> int | None:
            if somebody and member_id is None:
                message = "Tickets are assigned to active members of their own shop."
                raise InvalidInput([Problem("NOT_A_MEMBER", message, ("input", field))])
            change = ticket.assign(order.ticket(ticket_id), member_id, scene.now)
            order.change(change)
            return len(change.records) - 1 if change.records else None

        return give

    return await batches.run(context, command, begin)


async def _assignee(context: Context, command: AssignTickets) -> UUID | None:
    if command.assignee_id is None:
        return None
    if command.to_me:
        message = "Give assigneeId, or toMe, or neither to unassign."
        raise InvalidInput([Problem("NOT_TAKEN", message, ("input", "toMe"))])
    member_id = ids.decode_as(IdKind.STAFF_MEMBER, command.assignee_id)
    async with context.database.pool.acquire() as connection:
        found = await shops.member_seen(connection, context.viewer, member_id) if member_id else None
    if found is None:
        raise NotFound("staff member", path=("input", "assigneeId"))
    return found


async def _check_whole(context: Context, command: ReplyToTickets, template: Template | None) -> None:
    """Raise `InvalidInput` for faults that every ticket would be refused for."""
    problems: list[Problem] = []
    async with context.database.pool.acquire() as connection:
        book, now = await context.rules.now(connection), await database.now(connection)
    # Tickets are answered by the schemes of their own policies: what one of them takes is told row by row.
    faults = [_faults(command, scheme, now) for scheme in book.meanings(command.scheme)]
    if all(faults):
        problems += faults[0] if faults else _faults(command, None, now)
    # A scheme that is none comes first: the template does not fit it for that alone.
    problems += templates.problems(command.template_id, template, command.scheme)
    if problems:
        raise InvalidInput(problems)


def _faults(command: ReplyToTickets, scheme: ReplyScheme | None, now: datetime) -> list[Problem]:
    """Why a reply is refused for every ticket whose policy has this scheme; None: for want of any."""
    if scheme is not None and scheme.takes_waybill:
        message = f"{scheme.code} takes one ticket at a time: use replyToTicket."
        return [Problem("ONE_BY_ONE", message, ("input", "scheme"))]
    kind = TicketKind.URGE_PICKUP if scheme is None else scheme.kinds[0]
    schemes = replies.SCHEMES if scheme is None else (scheme,)
    # Every ticket has its own words; whether they fit is told ticket by ticket.
    note = command.note or (None if command.template_id is None else "…")
    fields = replies.ReplyFields(note, command.promised_pickup_at, None, command.proof_urls)
    try:
        replies.check(command.scheme, kind, fields, now, schemes)
    except InvalidInput as error:
        return list(error.problems)
    return []
