"""Recording shipments: a parcel under a number, or another number in the place of one changed outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import ids, order, ticket
from domain.errors import DomainError, InvalidInput, NotFound, Problem
from domain.ids import IdKind
from resolvers import aggregate, known_scans, once, recording, waybills
from resolvers.recording import CREATED, UNCHANGED, UPDATED, Results

if TYPE_CHECKING:
    from uuid import UUID

    from db import rows
    from db.database import Connection
    from resolvers.aggregate import OrderAggregate
    from resolvers.commands import Recorded, RecordShipments, ShipmentRow
    from resolvers.context import Context

CHANGED_OUTSIDE = "changed outside"


async def record_shipments(context: Context, command: RecordShipments) -> Recorded:
    """Shipments by order number, one result a row; scans already known of a number join its new parcel.

    With `replaces_waybill_number` the limits of `domain.md §7` are not applied (§14): it happened already.
    """
    shop_id = await recording.shop_of(context, command.shop_id)
    recording.check_count(command.shipments, "shipments")

    async def work(connection: Connection) -> once.Done[Recorded]:
        return await _record(connection, context, shop_id, command.shipments)

    return await once.run(context, command, shop_id, result=recording.again, keep=recording.stored, work=work)


async def _record(
    connection: Connection, context: Context, shop_id: UUID, given: tuple[ShipmentRow, ...]
) -> once.Done[Recorded]:
    results = Results(len(given), "shipments")
    numbers = sorted({row.order_number.strip() for row in given})
    scene, known = await aggregate.lock(connection, context.viewer, context.rules, shop_id, numbers=numbers)
    by_number = {each.order["number"]: each for each in known}
    for index, row in enumerate(given):
        place = ("input", "shipments", str(index))
        problems = order.future_problems("shippedAt", row.shipped_at, scene.now, scene.policy)
        each = by_number.get(row.order_number.strip())
        if problems:
            results.invalid(index, problems)
        elif each is None:
            results.fail(index, NotFound("order", path=(*place, "orderNumber")))
        else:
            try:
                outcome, parcel = _ship(each, row, place)
            except DomainError as error:
                results.fail(index, error)
            else:
                results.done(index, outcome, ids.encode(IdKind.PARCEL, parcel["id"]))
    await known_scans.join(connection, known)
    for each in known:
        each.follow_parcels()
    written = await aggregate.write(connection, known)
    return once.Done(results.recorded(), written, keeps_key=results.landed)


def _ship(each: OrderAggregate, row: ShipmentRow, place: tuple[str, ...]) -> tuple[str, rows.Row]:
    carrier, number = waybills.normal(row.carrier, row.waybill_number, place, number_field="waybillNumber")
    same = [parcel for parcel in each.parcels if parcel["waybill_number"] == number]
    if same:
        return _known_again(each, same[-1], row)
    if row.replaces_waybill_number is None:
        new = each.add_parcel(carrier, number, row.shipped_at, estimated=row.shipped_at_estimated)
        return CREATED, new
    _, old_number = waybills.normal(
        row.carrier, row.replaces_waybill_number, place, number_field="replacesWaybillNumber"
    )
    old = [parcel for parcel in each.current if parcel["waybill_number"] == old_number]
    if not old:
        raise NotFound("current parcel of that number", path=(*place, "replacesWaybillNumber"))
    if old[0]["picked_up_at"] is not None:
        message = "That number was picked up already: it stays."
        path = (*place, "replacesWaybillNumber")
        raise InvalidInput([Problem("ALREADY_PICKED_UP", message, path)])
    return CREATED, _replace_outside(each, old[0], carrier, number)


def _known_again(each: OrderAggregate, parcel: rows.Row, row: ShipmentRow) -> tuple[str, rows.Row]:
    """A number already on the order: at most its ship time becomes known better."""
    better = parcel["shipped_at_estimated"] and not row.shipped_at_estimated
    if better and parcel["replaced_at"] is None:
        each.set_parcel(parcel, shipped_at=row.shipped_at, shipped_at_estimated=False)
        return UPDATED, parcel
    return UNCHANGED, parcel


def _replace_outside(each: OrderAggregate, old: rows.Row, carrier: str, number: str) -> rows.Row:
    new, change = each.replace_parcel(old, carrier, number, reason=CHANGED_OUTSIDE, outside=True)
    affected = each.unclosed()
    if affected is None:
        each.keep_change(change)
    else:
        noted = ticket.waybill_changed(affected, CHANGED_OUTSIDE, each.scene.now)
        each.change(noted, waybill_change=change)
    return new
