"""Recording orders and refunds, as an integration or the importer of a seller's export tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db import keys, orders
from domain import ids, order, sla
from domain.errors import NotFound, Problem
from domain.events import FollowUpAction
from domain.ids import IdKind
from resolvers import aggregate, dismissals, known_scans, once, prices, recording
from resolvers.recording import CREATED, UNCHANGED, UPDATED, Results

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection
    from domain.order import OrderRow
    from resolvers.aggregate import OrderAggregate
    from resolvers.commands import Recorded, RecordOrders, RecordRefunds
    from resolvers.context import Context
    from resolvers.scene import Scene


async def record_orders(context: Context, command: RecordOrders) -> Recorded:
    """Orders by number: new ones are made, known ones brought up to date, one result a row.

    A field left out keeps what is known. A closing time ends the order's tickets (`domain.md §3`).
    """
    shop_id = await recording.shop_of(context, command.shop_id)
    recording.check_count(command.orders, "orders")

    async def work(connection: Connection) -> once.Done[Recorded]:
        return await _record(connection, context, shop_id, command.orders)

    return await once.run(context, command, shop_id, result=recording.again, keep=recording.stored, work=work)


async def _record(
    connection: Connection, context: Context, shop_id: UUID, given: tuple[OrderRow, ...]
) -> once.Done[Recorded]:
    results = Results(len(given), "orders")
    numbers = [row.number.strip() for row in given]
    wanted = sorted(set(numbers))
    await orders.lock_new(connection, shop_id, wanted)
    scene, known = await aggregate.lock(connection, context.viewer, context.rules, shop_id, numbers=wanted)
    _check(given, numbers, scene, results)
    by_number = {each.order["number"]: each for each in known}
    paid_before = [each.order["paid_at"] for each in known]
    new: list[dict[str, Any]] = []
    for index, row in enumerate(given):
        if not results.open(index):
            continue
        each = by_number.get(numbers[index])
        if each is None:
            new.append(_new_row(shop_id, numbers[index], row, scene))
            results.done(index, CREATED, _public(new[-1]["id"]))
        else:
            outcome = UPDATED if _update(each, row) else UNCHANGED
            results.done(index, outcome, _public(each.order["id"]))
    await orders.insert(connection, new)
    paid = zip(paid_before, (each.order["paid_at"] for each in known), strict=True)
    await orders.move_paid(connection, shop_id, [move for move in paid if move[0] != move[1]])
    await known_scans.count_again(connection, known)
    written = await aggregate.write(connection, known)
    return once.Done(results.recorded(), written, keeps_key=results.landed)


def _check(given: tuple[OrderRow, ...], numbers: list[str], scene: Scene, results: Results) -> None:
    seen: set[str] = set()
    for index, row in enumerate(given):
        problems = order.check_row(row, scene.now, scene.policy)
        if numbers[index] in seen:
            message = "This order number stands in an earlier row of the same call."
            problems.append(Problem("DUPLICATE", message, ("number",)))
        seen.add(numbers[index])
        if problems:
            results.invalid(index, problems)


def _new_row(shop_id: UUID, number: str, row: OrderRow, scene: Scene) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "id": keys.new(),
        "number": number,
        "buyer_id": row.buyer_id.strip(),
        "buyer_nick": row.buyer_nick.strip(),
        "item_title": row.item_title.strip(),
        "quantity": row.quantity,
        "paid_amount": row.paid_amount,
        "paid_at": row.paid_at,
        "ship_by": sla.shipping_limit(row.paid_at, row.ship_by, scene.policy),
        "ship_by_given": row.ship_by,
        "closed_at": row.closed_at,
        "origin_region": row.origin_region,
        "destination_region": row.destination_region,
        "address_key": row.address_key,
        "urge_rounds": 0,
        "created_at": scene.now,
        "updated_at": scene.now,
    }


def _update(each: OrderAggregate, row: OrderRow) -> bool:
    known = each.order
    changed = each.set(
        buyer_id=row.buyer_id.strip(),
        buyer_nick=row.buyer_nick.strip(),
        item_title=row.item_title.strip(),
        quantity=row.quantity,
        paid_amount=row.paid_amount,
        origin_region=row.origin_region or known["origin_region"],
        destination_region=row.destination_region or known["destination_region"],
        address_key=row.address_key or known["address_key"],
    )
    changed |= each.set_payment(row.paid_at, row.ship_by or known["ship_by_given"])
    prices.follow(each)
    first = known["closed_at"] is None
    changed |= row.closed_at is not None and each.set(closed_at=row.closed_at)
    if row.closed_at is not None and first:
        each.complete(FollowUpAction.ORDER_CLOSED, row.closed_at)
    return changed


async def record_refunds(context: Context, command: RecordRefunds) -> Recorded:
    """Refunds by order number. A full one ends the order's tickets, judged by its own time (§3)."""
    shop_id = await recording.shop_of(context, command.shop_id)
    recording.check_count(command.refunds, "refunds")

    async def work(connection: Connection) -> once.Done[Recorded]:
        results = Results(len(command.refunds), "refunds")
        numbers = sorted({row.order_number.strip() for row in command.refunds})
        scene, known = await aggregate.lock(
            connection, context.viewer, context.rules, shop_id, numbers=numbers
        )
        by_number = {each.order["number"]: each for each in known}
        for index, row in enumerate(command.refunds):
            problems = order.future_problems("refundedAt", row.refunded_at, scene.now, scene.policy)
            each = by_number.get(row.order_number.strip())
            if problems:
                results.invalid(index, problems)
            elif each is None:
                results.fail(index, NotFound("order", path=("input", "refunds", str(index), "orderNumber")))
            else:
                changed = _refund(each, row.refunded_at, whole=row.closes_order)
                results.done(index, UPDATED if changed else UNCHANGED, _public(each.order["id"]))
        written = await aggregate.write(connection, known)
        return once.Done(results.recorded(), written, keeps_key=results.landed)

    return await once.run(context, command, shop_id, result=recording.again, keep=recording.stored, work=work)


def _refund(each: OrderAggregate, refunded_at: datetime, *, whole: bool) -> bool:
    if not whole:
        return each.set(partly_refunded_at=refunded_at)
    first = each.order["refunded_at"] is None
    changed = each.set(refunded_at=refunded_at)
    if first:
        each.complete(FollowUpAction.REFUNDED, refunded_at)
    elif changed:
        dismissals.excuse(each, FollowUpAction.REFUNDED, refunded_at)
    return changed


def _public(order_id: UUID) -> str:
    return ids.encode(IdKind.ORDER, order_id)
