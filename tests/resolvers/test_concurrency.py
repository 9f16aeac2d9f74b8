"""Many batches over the same orders and numbers at once, each in another order: nobody waits in a circle."""

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain import scans as rules
from domain.order import OrderRow
from domain.scans import Scan
from resolvers import commands, orders, scans
from tests.resolvers.world import DAY, World, now, sf

COUNT = 150


def parcel_of(row: OrderRow, place: int) -> commands.ShipmentRow:
    return commands.ShipmentRow(
        order_number=row.number, carrier="SF", waybill_number=sf(place), shipped_at=now() - DAY
    )


async def test_every_kind_of_batch_at_once_over_the_same_orders(world: World) -> None:
    """Orders, shipments (two orders a number: merged), scans, refunds and the worker, all shuffled."""
    shuffle = random.Random(7).sample
    before = await world.deadlocks()
    rows = [world.row(address_key="home") for _ in range(COUNT)]
    placed = await world.orders(rows[: COUNT // 2])
    await world.ship_all([parcel_of(row, place // 2) for place, row in enumerate(rows[: COUNT // 2])])
    ticket_ids = [(await world.urge(order)).ticket_id for order in placed[::5]]
    shipments = [parcel_of(row, place // 2) for place, row in enumerate(rows)]
    moment = now()
    seen = [Scan("SF", sf(place), moment, "103", "已揽收", rules.KUAIDI100) for place in range(COUNT)]
    refunds = [commands.RefundRow(order_number=row.number, refunded_at=moment) for row in rows[::7]]

    def record(title: str) -> Awaitable[Any]:
        given = tuple(replace(row, item_title=title) for row in shuffle(rows, COUNT))
        command = commands.RecordOrders(shop_id=world.shop_id, orders=given)
        return orders.record_orders(world.integration, command)

    def refund() -> Awaitable[Any]:
        given = tuple(shuffle(refunds, len(refunds)))
        command = commands.RecordRefunds(shop_id=world.shop_id, refunds=given)
        return orders.record_refunds(world.integration, command)

    work: list[Awaitable[Any]] = []
    for turn in range(4):
        work += [
            record(f"title {turn}"),
            world.ship_all(shuffle(shipments, COUNT)),
            scans.record_pushed(world.services, shuffle(seen, COUNT)),
            refund(),
            world.work(*shuffle(ticket_ids, len(ticket_ids))),
        ]
    await asyncio.gather(*work)
    assert await world.deadlocks() == before
    await world.ship_all(shipments)
    await refund()
    found = await world.fetch("SELECT status, count(*) FROM orders GROUP BY 1")
    by_status = {row["status"]: row["count"] for row in found}
    assert by_status == {"PICKED_UP": COUNT - len(refunds), "REFUNDED": len(refunds)}
    assert await world.count("tracking_event") == await world.count("parcel") == COUNT
    statuses = await world.fetch("SELECT DISTINCT status FROM ticket")
    assert [row["status"] for row in statuses] == ["COMPLETED"]
    assert await world.scheduled() == {}


async def test_a_reply_against_a_scan_of_the_same_parcel_leaves_it_picked_up(world: World) -> None:
    ids = [(await world.urged(sf(place)))[1] for place in range(20)]
    replies = [world.reply(ticket_id) for ticket_id in ids]
    events = [world.scan(sf(place)) for place in range(20)]
    await asyncio.gather(*replies, *events, return_exceptions=True)
    for ticket_id in ids:
        assert await world.actions(ticket_id) in (
            ["OPENED", "REPLIED", "PICKED_UP"],
            ["OPENED", "PICKED_UP"],
        )
    assert await world.scheduled() == {}


@pytest.mark.rule("§7.10")
async def test_a_change_against_a_scan_of_the_old_number_leaves_one_of_the_two(world: World) -> None:
    """Scanned first: the change is refused. Changed first: the scan never counts."""
    placed = [await world.order() for _ in range(20)]
    parcels = [await world.ship(order, sf(place)) for place, order in enumerate(placed)]
    changes = [world.change(parcel_id, sf(100 + place)) for place, parcel_id in enumerate(parcels)]
    events = [world.scan(sf(place)) for place in range(20)]
    results = await asyncio.gather(*changes, *events, return_exceptions=True)
    for place, order in enumerate(placed):
        changed = isinstance(results[place], commands.WaybillChanged)
        assert (await world.one("orders", order.id))["status"] == ("SHIPPED" if changed else "PICKED_UP")


@pytest.mark.rule("§10.14")
async def test_money_at_risk_is_stored_to_the_cent(world: World) -> None:
    for paid, risk in (("0.00", "5.00"), ("129.99", "6.50"), ("5000.00", "100.00")):
        _, ticket_id = await world.urged(paid_amount=Decimal(paid))
        assert str((await world.ticket(ticket_id))["money_at_risk"]) == risk
