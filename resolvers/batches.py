"""The frame of the calls that change many tickets: one transaction a shop, one result a ticket."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db import finding, idempotency
from domain import ids
from domain.errors import DomainError, IdempotencyConflict, InvalidInput, NotFound, Problem
from domain.ids import IdKind
from resolvers import aggregate, once, refusals
from resolvers.commands import TicketRow, TicketsChanged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from uuid import UUID

    from db.changes import Written
    from db.database import Connection
    from resolvers.aggregate import OrderAggregate
    from resolvers.commands import ManyTickets
    from resolvers.context import Context
    from resolvers.scene import Scene

    TicketWork = Callable[[OrderAggregate, UUID], Awaitable[int | None]]
    """Changes one ticket of a locked order: the place of its record among the ticket's new ones, None when
    nothing changed. Raises a `DomainError` before it changes anything."""
    ShopWork = Callable[[Connection, Scene], Awaitable[TicketWork]]
    """What is to be done to each ticket of a shop, asked when its orders are locked."""

MOST_TICKETS = 200
AT_ONCE = 4
"""Shops of one call that are written at the same time: no call takes the whole pool."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A ticket that the viewer sees, and its place in the call."""

    index: int
    public_id: str
    ticket_id: UUID
    place: finding.Place


def check_count(ticket_ids: Sequence[str]) -> None:
    """Raise `InvalidInput` when a call names more tickets than are changed at once."""
    if len(ticket_ids) > MOST_TICKETS:
        message = f"At most {MOST_TICKETS} tickets a call: send {len(ticket_ids)} in several."
        raise InvalidInput([Problem("TOO_MANY", message, ("input", "ticketIds"))])


async def run(
    context: Context,
    command: ManyTickets,
    work: ShopWork,
    check: Callable[[], Awaitable[None]] | None = None,
) -> TicketsChanged:
    """Change each ticket of the call; one result a ticket in the order of the call, good ones land.

    Each shop is one transaction with an idempotency key of its own (`architecture.md §2.2`). A shop in which
    nothing landed leaves its key unused. Raises `IdempotencyConflict` when the key was used with other input
    in any of the shops, `InvalidInput` for a key that is none, and what `check` raises, which is not asked of
    a call that was answered before: a promise may have passed since. Then nothing is written.
    """
    rows, shops = await _look_up(context, command)
    if not await _answered(context, command, list(shops)) and check is not None:
        await check()
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(shop_id: UUID, wanted: list[_Wanted]) -> TicketsChanged:
        async with turn:
            return await _in_shop(context, command, shop_id, wanted, work)

    done = await asyncio.gather(
        *(one(shop_id, shops[shop_id]) for shop_id in sorted(shops)), return_exceptions=True
    )
    for each in done:
        if isinstance(each, BaseException):
            raise each
        rows += each.rows
    return TicketsChanged(tuple(sorted(rows, key=lambda row: row.index)))


async def _look_up(
    context: Context, command: ManyTickets
) -> tuple[list[TicketRow], dict[UUID, list[_Wanted]]]:
    """The rows that are refused before any shop is asked, and the tickets of each shop."""
    decoded = [ids.decode_as(IdKind.TICKET, public_id) for public_id in command.ticket_ids]
    async with context.database.pool.acquire() as connection:
        places = await finding.tickets(connection, context.viewer, [each for each in decoded if each])
    rows: list[TicketRow] = []
    shops: dict[UUID, list[_Wanted]] = defaultdict(list)
    seen: set[UUID] = set()
    for index, (public_id, ticket_id) in enumerate(zip(command.ticket_ids, decoded, strict=True)):
        path = ("input", "ticketIds", str(index))
        place = places.get(ticket_id) if ticket_id else None
        if ticket_id is None or place is None:
            rows.append(TicketRow(index, public_id, error=NotFound("ticket", path=path)))
        elif ticket_id in seen:
            problem = Problem("DUPLICATE", "This ticket stands in an earlier row of the same call.", path)
            shop_id = ids.encode(IdKind.SHOP, place.shop_id)
            rows.append(TicketRow(index, public_id, shop_id, error=InvalidInput([problem])))
        else:
            seen.add(ticket_id)
            shops[place.shop_id].append(_Wanted(index, public_id, ticket_id, place))
    return rows, shops


async def _answered(context: Context, command: ManyTickets, shop_ids: list[UUID]) -> bool:
    """Whether the call has taken effect in any of the shops under its key."""
    found = [once.key_of(context, command, shop_id) for shop_id in shop_ids]
    named = [key for key in found if key is not None]
    if not named:
        return False
    async with context.database.pool.acquire() as connection:
        return await idempotency.used(connection, named)


async def _in_shop(
    context: Context, command: ManyTickets, shop_id: UUID, wanted: list[_Wanted], work: ShopWork
) -> TicketsChanged:
    async def attempt(connection: Connection) -> once.Done[TicketsChanged]:
        scene, found = await aggregate.lock(
            connection,
            context.viewer,
            context.rules,
            shop_id,
            order_ids=sorted({each.place.order_id for each in wanted}),
        )
        orders = {order.order["id"]: order for order in found}
        change = await work(connection, scene)
        outcomes = [await _outcome(change, orders[each.place.order_id], each) for each in wanted]
        written = await aggregate.write(connection, found)
        rows = _rows(shop_id, wanted, outcomes, written)
        return once.Done(TicketsChanged(rows), written, keeps_key=any(row.error is None for row in rows))

    try:
        return await once.run(context, command, shop_id, result=_again, keep=_stored, work=attempt)
    except IdempotencyConflict as conflict:
        # Somebody took the key with other input between the look at the keys and this transaction.
        return TicketsChanged(_rows(shop_id, wanted, [conflict] * len(wanted), []))


async def _outcome(change: TicketWork, order: OrderAggregate, each: _Wanted) -> int | DomainError | None:
    try:
        return await change(order, each.ticket_id)
    except DomainError as error:
        return error


def _rows(
    shop_id: UUID,
    wanted: Sequence[_Wanted],
    outcomes: Sequence[int | DomainError | None],
    written: Sequence[Written],
) -> tuple[TicketRow, ...]:
    positions = {each.ticket_id: each.positions for each in written}
    public_shop = ids.encode(IdKind.SHOP, shop_id)
    rows = []
    for each, outcome in zip(wanted, outcomes, strict=True):
        error = outcome if isinstance(outcome, DomainError) else None
        position = positions[each.ticket_id][outcome] if isinstance(outcome, int) else None
        rows.append(TicketRow(each.index, each.public_id, public_shop, position, error))
    return tuple(rows)


def _stored(done: TicketsChanged) -> dict[str, Any]:
    return {
        "rows": [
            [row.index, row.ticket_id, row.shop_id, row.position, refusals.kept(row.error)]
            for row in done.rows
        ]
    }


def _again(kept: dict[str, Any]) -> TicketsChanged:
    return TicketsChanged(
        tuple(
            TicketRow(index, ticket_id, shop_id, position, refusals.again(error))
            for index, ticket_id, shop_id, position, error in kept["rows"]
        )
    )
