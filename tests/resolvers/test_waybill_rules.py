"""The sentences of `domain.md §7` that need more than one order, parcel or change at once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import WaybillRefused
from domain.waybill import WaybillRefusal
from resolvers import commands
from tests.resolvers.world import DAY, HOUR, MS, World, now, sf, uuid_of


async def refused(world: World, parcel_id: str, number: str, **more: str) -> WaybillRefusal:
    """Why the change is refused; it changed nothing."""
    error = await world.refused(WaybillRefused, world.change(parcel_id, number, **more, idempotency_key="k"))
    return error.refusal


async def outside(world: World, number: str, old: str, order_number: str) -> str:
    """The number was changed on the marketplace itself."""
    row = commands.ShipmentRow(
        order_number=order_number,
        carrier="SF",
        waybill_number=number,
        shipped_at=now(),
        replaces_waybill_number=old,
    )
    done = await world.record_shipment(row)
    assert done.error is None
    return done.id or ""


@pytest.mark.rule("§7.2")
async def test_replies_mutations_and_changes_outside_count_over_one_chain(world: World) -> None:
    order, ticket_id = await world.urged(sf(1))
    await world.reply(ticket_id, "CHANGE_WAYBILL", waybill=commands.Waybill("SF", sf(2)))
    third = await outside(world, sf(3), sf(2), order.number)
    fourth = (await world.change(third, sf(4))).parcel_id
    assert (await world.one("parcel", fourth))["changes"] == 3
    assert await refused(world, fourth, sf(5)) is WaybillRefusal.TOO_MANY_CHANGES


async def test_each_parcel_of_an_order_has_a_chain_of_its_own(world: World) -> None:
    order = await world.order()
    first, second = await world.ship(order, sf(1)), await world.ship(order, sf(2))
    for place in range(3, 6):
        first = (await world.change(first, sf(place))).parcel_id
    assert await refused(world, first, sf(6)) is WaybillRefusal.TOO_MANY_CHANGES
    await world.change(second, sf(6))


@pytest.mark.rule("§7.3", "§7.8")
async def test_the_chain_keeps_its_age(world: World) -> None:
    """Fifty days count from the shipment, not from the last change."""
    shipped_at = now() - 49 * DAY
    parcel_id = await world.ship(await world.order(paid_at=now() - 60 * DAY), sf(1), shipped_at=shipped_at)
    second = (await world.change(parcel_id, sf(2))).parcel_id
    assert (await world.one("parcel", second))["shipped_at"] == shipped_at
    await world.database.pool.execute("UPDATE parcel SET shipped_at = shipped_at - interval '1 day'")
    assert await refused(world, second, sf(3)) is WaybillRefusal.TOO_LATE


@pytest.mark.rule("§7.6")
@pytest.mark.parametrize("early", [timedelta(0), MS])
async def test_a_scan_before_the_payment_refuses_to_the_millisecond(world: World, early: timedelta) -> None:
    order = await world.order()
    parcel_id = await world.ship(order, sf(1))
    paid_at = (await world.one("orders", order.id))["paid_at"]
    await world.scan(sf(2), "101", at=paid_at - early)
    if early:
        assert await refused(world, parcel_id, sf(2)) is WaybillRefusal.SCANNED_BEFORE_PAYMENT
    else:
        await world.change(parcel_id, sf(2))


async def test_a_scan_of_another_orders_parcel_before_the_payment_refuses_too(world: World) -> None:
    """A number used again: it went with an older order that is closed by now."""
    old = await world.shipped(sf(1), paid_at=now() - 30 * DAY)
    await world.scan(sf(1), at=now() - 20 * DAY)
    await world.refund(old)
    parcel_id = await world.ship(await world.order())
    assert await refused(world, parcel_id, sf(1)) is WaybillRefusal.SCANNED_BEFORE_PAYMENT


async def test_a_number_in_use_is_one_under_any_carriers_name(world: World) -> None:
    await world.shipped(sf(1))
    parcel_id = await world.ship(await world.order())
    assert await refused(world, parcel_id, sf(1), carrier="YTO") is WaybillRefusal.IN_USE


@pytest.mark.rule("§7.5")
async def test_a_signed_orders_number_stays_its_own(world: World) -> None:
    """An order is open until it is refunded or closed; else its scans would pick up another's parcel."""
    order = await world.shipped(sf(1))
    await world.scan(sf(1), "3")
    assert (await world.one("orders", order.id))["status"] == "SIGNED"
    parcel_id = await world.ship(await world.order())
    assert await refused(world, parcel_id, sf(1)) is WaybillRefusal.IN_USE


async def test_a_number_that_another_order_gave_up_is_free(world: World) -> None:
    first = await world.ship(await world.order(), sf(1))
    await world.change(first, sf(2))
    second = await world.ship(await world.order())
    await world.change(second, sf(1))


@pytest.mark.rule("§7.13")
async def test_every_refusal_of_a_change_refuses_the_reply_whole(world: World) -> None:
    order, ticket_id = await world.urged(sf(1))
    await world.shipped(sf(2))
    paid_at = (await world.one("orders", order.id))["paid_at"]
    await world.scan(sf(3), at=paid_at - MS)
    cases = {
        sf(1): WaybillRefusal.SAME_NUMBER,
        sf(2): WaybillRefusal.IN_USE,
        sf(3): WaybillRefusal.SCANNED_BEFORE_PAYMENT,
    }
    for number, refusal in cases.items():
        waybill = commands.Waybill("SF", number)
        reply = world.reply(ticket_id, "CHANGE_WAYBILL", waybill=waybill, idempotency_key="k")
        assert (await world.refused(WaybillRefused, reply)).refusal is refusal
    await world.database.pool.execute("UPDATE parcel SET changes = 3 WHERE waybill_number = $1", sf(1))
    reply = world.reply(ticket_id, "CHANGE_WAYBILL", waybill=commands.Waybill("SF", sf(4)))
    assert (await world.refused(WaybillRefused, reply)).refusal is WaybillRefusal.TOO_MANY_CHANGES
    await world.database.pool.execute(
        "UPDATE parcel SET changes = 0, shipped_at = shipped_at - interval '50 days'"
    )
    reply = world.reply(ticket_id, "CHANGE_WAYBILL", waybill=commands.Waybill("SF", sf(4)))
    assert (await world.refused(WaybillRefused, reply)).refusal is WaybillRefusal.TOO_LATE
    assert await world.actions(ticket_id) == ["OPENED"]


async def test_a_reply_that_names_a_parcel_already_picked_up_is_refused(world: World) -> None:
    order = await world.order()
    first = await world.ship(order, sf(1))
    await world.ship(order, sf(2))
    await world.scan(sf(1))
    ticket_id = (await world.urge(order)).ticket_id
    reply = world.reply(ticket_id, "CHANGE_WAYBILL", waybill=commands.Waybill("SF", sf(3)), parcel_id=first)
    assert (await world.refused(WaybillRefused, reply)).refusal is WaybillRefusal.ALREADY_PICKED_UP


async def test_a_number_changed_outside_is_superseded_like_any_other(world: World) -> None:
    order, ticket_id = await world.urged(sf(1))
    await outside(world, sf(2), sf(1), order.number)
    shipped_at = (await world.one("orders", order.id))["shipped_at"]
    await world.scan(sf(1), at=shipped_at + HOUR)
    assert await world.actions(ticket_id) == ["OPENED", "WAYBILL_CHANGED"]
    await world.scan(sf(2))
    assert (await world.ticket(ticket_id))["outcome"] == "PICKED_UP"


async def test_an_earlier_payment_lets_no_superseded_numbers_scan_count(world: World) -> None:
    row = world.row()
    [order] = await world.orders([row])
    parcel_id = await world.ship(order, sf(1))
    await world.change(parcel_id, sf(2))
    for place in (1, 2):
        await world.scan(sf(place), at=row.paid_at - HOUR)
    await world.database.pool.execute("DELETE FROM tracking_event WHERE counted")
    await world.orders([replace(row, paid_at=row.paid_at - DAY)])
    assert (await world.one("orders", order.id))["picked_up_at"] is None


async def test_a_merged_parcels_superseded_number_counts_for_the_order_that_keeps_it(world: World) -> None:
    kept, left = await world.shipped(sf(1), address_key="home"), await world.order(address_key="home")
    parcel_id = await world.ship(left, sf(1))
    await world.change(parcel_id, sf(2))
    await world.scan(sf(1))
    assert (await world.one("orders", kept.id))["status"] == "PICKED_UP"
    assert (await world.one("orders", left.id))["status"] == "SHIPPED"
    events = await world.fetch("SELECT parcel_id, counted FROM tracking_event")
    assert {event["parcel_id"]: event["counted"] for event in events}[uuid_of(parcel_id)] is False


@pytest.mark.rule("§7.7")
async def test_a_shipments_odd_number_is_taken_with_a_warning(world: World) -> None:
    order = await world.order()
    odd = await world.ship(order, "SF1", carrier="SF")
    unknown = await world.ship(order, sf(1), carrier=" 某某快运 ")
    assert (await world.one("parcel", odd))["warnings"] == ["CARRIER_MISMATCH"]
    parcel = await world.one("parcel", unknown)
    assert (parcel["carrier"], parcel["warnings"]) == ("某某快运", ["UNKNOWN_CARRIER"])
