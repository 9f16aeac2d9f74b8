"""Changing a parcel's waybill number, as a reply or beside one (`domain.md §7`)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from db import events, finding, orders, rows, scans
from domain import access, carriers, ids, ticket, waybill
from domain.access import Action
from domain.errors import InvalidInput, NotFound, Problem, WaybillRefused
from domain.events import FollowUpAction
from domain.ids import IdKind
from domain.order import text_problem
from domain.waybill import WaybillRefusal
from resolvers import aggregate, known_scans, once, tickets
from resolvers.commands import WaybillChanged

if TYPE_CHECKING:
    from db.database import Connection
    from resolvers.aggregate import OrderAggregate
    from resolvers.commands import ChangeWaybill, Waybill
    from resolvers.context import Context

REASON_CHARACTERS = 500
CARRIER_CHARACTERS = 64


async def change(context: Context, command: ChangeWaybill) -> WaybillChanged:
    """Give a parcel another number; an unclosed ticket records it and its clock goes on.

    Raises `NotFound`, `Forbidden`, `InvalidInput`, `WaybillRefused`, `VersionConflict`,
    `IdempotencyConflict`; then nothing is written.
    """
    access.require(context.viewer, Action.WORK_TICKETS)
    problem = text_problem("reason", command.reason or "", REASON_CHARACTERS, may_be_blank=True)
    if problem is not None:
        raise InvalidInput([problem.under("input")])
    parcel_id = ids.decode_as(IdKind.PARCEL, command.parcel_id)
    async with context.database.pool.acquire() as connection:
        place = await finding.parcel(connection, context.viewer, parcel_id) if parcel_id else None
    if place is None or parcel_id is None:
        raise NotFound("parcel", path=("input", "parcelId"))

    async def work(connection: Connection) -> once.Done[WaybillChanged]:
        order = await tickets.lock_one(connection, context, place)
        order.settle()
        return await _change(connection, order, parcel_id, command)

    return await once.run(
        context, command, place.shop_id, result=lambda kept: WaybillChanged(**kept), work=work
    )


async def _change(
    connection: Connection, order: OrderAggregate, parcel_id: UUID, command: ChangeWaybill
) -> once.Done[WaybillChanged]:
    parcel = next(each for each in order.parcels if each["id"] == parcel_id)
    if parcel["replaced_at"] is not None:
        raise _superseded()
    affected = order.unclosed()
    if affected is not None:
        tickets.check_version(affected, command.expected_version, order)
    new, row = await replace(connection, order, parcel, command.waybill, command.reason)
    record = 0
    if affected is None:
        order.keep_change(row)
    else:
        order.change(ticket.waybill_changed(affected, command.reason, order.scene.now), waybill_change=row)
        record = len(order.entries[affected.id].change.records) - 1
    await known_scans.join(connection, [order])
    order.follow_parcels()
    written = await aggregate.write(connection, [order])
    shop_id = order.order["shop_id"]
    lone = [await _lone_event(connection, order)] if affected is None else []
    told = [
        each.positions[record] for each in written if affected is not None and each.ticket_id == affected.id
    ]
    return once.Done(
        WaybillChanged(
            shop_id=ids.encode(IdKind.SHOP, shop_id),
            parcel_id=ids.encode(IdKind.PARCEL, new["id"]),
            position=told[0] if told else lone[0][1],
            ticket_id=None if affected is None else ids.encode(IdKind.TICKET, affected.id),
        ),
        written,
        lone,
    )


async def _lone_event(connection: Connection, order: OrderAggregate) -> tuple[UUID, int]:
    """The change of an order without an unclosed ticket takes a position too: the payload names it."""
    shop_id: UUID = order.order["shop_id"]
    event = events.NewEvent(shop_id, None, None, FollowUpAction.WAYBILL_CHANGED, order.scene.now)
    return shop_id, (await events.append(connection, [event]))[0]


def parcel_to_change(order: OrderAggregate, public_id: str | None) -> rows.Row:
    """The parcel whose number a reply changes: the one named, or the only one not picked up yet (§7)."""
    path = ("input", "parcelId")
    if public_id is not None:
        wanted = ids.decode_as(IdKind.PARCEL, public_id)
        found = [each for each in order.parcels if each["id"] == wanted]
        if not found:
            raise NotFound("parcel", path=path)
        if found[0]["replaced_at"] is not None:
            raise _superseded()
        return found[0]
    unscanned = [each for each in order.current if each["picked_up_at"] is None]
    if len(unscanned) > 1:
        message = f"{len(unscanned)} parcels are not picked up yet: say which by parcelId."
        raise InvalidInput([Problem("REQUIRED", message, path)])
    if not unscanned and not order.current:
        raise WaybillRefused(WaybillRefusal.NOT_SHIPPED, "The order has no parcel yet.", path=path)
    return (unscanned or order.current)[0]


async def replace(
    connection: Connection, order: OrderAggregate, parcel: rows.Row, wanted: Waybill, reason: str | None
) -> tuple[rows.Row, rows.Row]:
    """Check the new number by the rules and put it in the old one's place; new parcel and change row."""
    carrier, number = normal(wanted.carrier, wanted.number, ("input", "waybill"))
    await scans.lock_numbers(connection, [(carrier, number)])  # two orders may want it at once
    shop_id: UUID = order.order["shop_id"]
    known_here = any(each is not parcel and each["waybill_number"] == number for each in order.current)
    new = waybill.NewWaybill(
        carrier=carrier,
        number=number,
        in_use=known_here or await orders.number_in_use(connection, order.order, number),
        first_scan_at=await scans.first_scan_at(connection, shop_id, (carrier, number)),
    )
    facts = waybill.ParcelFacts(
        waybill_number=parcel["waybill_number"],
        shipped_at=parcel["shipped_at"],
        picked_up_at=parcel["picked_up_at"],
        changes=parcel["changes"],
        order_ended=order.ended,
        order_paid_at=order.order["paid_at"],
    )
    waybill.check_change(facts, new, now=order.scene.now, policy=order.urged_under)
    return order.replace_parcel(parcel, carrier, number, reason=reason, outside=False)


def normal(
    carrier: str, number: str, path: tuple[str, ...], *, number_field: str = "number"
) -> tuple[str, str]:
    """Carrier and number as they are stored; raises `InvalidInput` for what cannot be one."""
    found = problems(carrier, number, path, number_field=number_field)
    if found:
        raise InvalidInput(found)
    return carriers.canonical(carrier), carriers.normal_number(number)


def problems(
    carrier: str, number: str, path: tuple[str, ...], *, number_field: str = "number"
) -> list[Problem]:
    """Why this can be no carrier and waybill number; `path` leads to the input that holds both fields."""
    of_carrier = text_problem("carrier", carriers.canonical(carrier), CARRIER_CHARACTERS)
    found = [] if of_carrier is None else [of_carrier.under(*path)]
    if not carriers.is_plausible(carriers.normal_number(number)):
        message = "A waybill number has at most 40 letters, digits and hyphens."
        found.append(Problem("BAD_NUMBER", message, (*path, number_field)))
    return found


def _superseded() -> InvalidInput:
    message = "This parcel's number was changed already: name the parcel that took its place."
    return InvalidInput([Problem("NOT_CURRENT", message, ("input", "parcelId"))])
