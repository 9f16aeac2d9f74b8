"""What the buyer does: urge the pickup or the shipment, take the urge back (`domain.md §3, §4`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db import finding, keys
from domain import access, complaint, ids, opening, ticket, urge
from domain.access import Action
from domain.complaint import Violation
from domain.errors import NotFound, UrgeRefused
from domain.ids import IdKind
from domain.ticket_words import TicketKind
from resolvers import aggregate, once, tickets
from resolvers.commands import TicketChanged

if TYPE_CHECKING:
    from uuid import UUID

    from db.changes import Written
    from db.database import Connection
    from resolvers.aggregate import OrderAggregate
    from resolvers.commands import UrgePickup, UrgeShipment, WithdrawUrge
    from resolvers.context import Context

RISKS = {TicketKind.URGE_PICKUP: Violation.NO_PICKUP, TicketKind.URGE_SHIPMENT: Violation.LATE_SHIPMENT}
"""What a complaint would be about, by what is urged."""


async def urge_pickup(context: Context, command: UrgePickup) -> TicketChanged:
    """The buyer urges: a ticket opens, or the next round of one whose promise was broken begins.

    Raises `NotFound`, `Forbidden`, `UrgeRefused`, `IdempotencyConflict`.
    """
    return await _urge(context, command, TicketKind.URGE_PICKUP)


async def urge_shipment(context: Context, command: UrgeShipment) -> TicketChanged:
    """The buyer urges an order that nobody shipped within its limit: a ticket opens.

    Raises `NotFound`, `Forbidden`, `UrgeRefused`, `IdempotencyConflict`.
    """
    return await _urge(context, command, TicketKind.URGE_SHIPMENT)


async def _urge(context: Context, command: UrgePickup | UrgeShipment, kind: TicketKind) -> TicketChanged:
    access.require(context.viewer, Action.URGE)
    order_id = ids.decode_as(IdKind.ORDER, command.order_id)
    async with context.database.pool.acquire() as connection:
        place = await finding.order(connection, context.viewer, order_id) if order_id else None
    if place is None:
        raise NotFound("order", path=("input", "orderId"))

    async def work(connection: Connection) -> once.Done[TicketChanged]:
        order = await tickets.lock_one(connection, context, place)
        order.settle()
        scene = order.scene
        decision = urge.decide(kind, order.facts, order.tickets, now=scene.now, policy=order.urged_under)
        if decision.refusal is not None:
            written = await aggregate.write(connection, [order])
            return once.Done(written=written, refusal=refused(decision))
        ticket_id = _open(order, kind, decision.reopens)
        written = await aggregate.write(connection, [order])
        return once.Done(_changed(written, ticket_id), written)

    return await once.run(
        context, command, place.shop_id, result=lambda kept: TicketChanged(**kept), work=work
    )


async def withdraw(context: Context, command: WithdrawUrge) -> TicketChanged:
    """The buyer takes the urge back; at or after the deadline it is too late (§3)."""
    access.require(context.viewer, Action.URGE)
    place, ticket_id = await tickets.find(context, command.ticket_id)

    async def work(connection: Connection) -> once.Done[TicketChanged]:
        order = await tickets.lock_one(connection, context, place)
        order.settle()
        before = order.ticket(ticket_id)
        if ticket_id in order.entries and before.closed:
            written = await aggregate.write(connection, [order])
            return once.Done(written=written, refusal=ticket.overdue_refusal(before))
        order.change(ticket.withdraw(before, order.scene.now))
        written = await aggregate.write(connection, [order])
        return once.Done(_changed(written, ticket_id), written)

    return await once.run(
        context, command, place.shop_id, result=lambda kept: TicketChanged(**kept), work=work
    )


def refused(decision: urge.Decision) -> UrgeRefused:
    """The decision as the error that tells it."""
    assert decision.refusal is not None  # noqa: S101 - the caller looked
    existing = decision.existing
    return UrgeRefused(
        decision.refusal,
        urge.MESSAGES[decision.refusal],
        available_at=decision.available_at,
        ticket=None if existing is None else existing.key,
    )


def _open(order: OrderAggregate, kind: TicketKind, reopens: UUID | None) -> UUID:
    scene = order.scene
    round_ = order.order["urge_rounds"] + 1
    policy = order.urged_under
    risk = complaint.money_at_risk(RISKS[kind], order.sale(policy), policy)
    order.set(urge_rounds=round_)
    if reopens is not None:
        before = order.ticket(reopens)
        again = opening.reopen(
            before,
            round_=round_,
            money_at_risk=risk,
            now=scene.now,
            policy=policy,
            calendar=order.calendar,
        )
        order.change(again)
        return reopens
    opened = opening.open_ticket(
        shop_id=order.order["shop_id"],
        ticket_id=keys.new(),
        order_id=order.order["id"],
        kind=kind,
        number=keys.ticket_number(scene.now),
        round_=round_,
        money_at_risk=risk,
        now=scene.now,
        policy=policy,
        calendar=order.calendar,
    )
    order.change(opened)
    return opened.ticket.id


def _changed(written: list[Written], ticket_id: UUID) -> TicketChanged:
    done = next(each for each in written if each.ticket_id == ticket_id)
    return TicketChanged(
        shop_id=ids.encode(IdKind.SHOP, done.shop_id),
        ticket_id=ids.encode(IdKind.TICKET, done.ticket_id),
        position=done.positions[-1],
        record_id=ids.encode(IdKind.FOLLOW_UP_RECORD, done.record_ids[-1]),
    )
