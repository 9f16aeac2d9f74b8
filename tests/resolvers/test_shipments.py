"""Recording shipments: parcels made, known again, put in the place of others (`domain.md §7, §14`)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import Forbidden, InvalidInput, NotFound
from resolvers import commands, recording, shipments
from tests.resolvers.world import DAY, HOUR, Placed, World, now, problems, sf, uuid_of


def row(order: Placed, number: str, **changes: object) -> commands.ShipmentRow:
    given = commands.ShipmentRow(
        order_number=order.number, carrier="顺丰速运", waybill_number=number, shipped_at=now() - DAY
    )
    return replace(given, **changes)  # type: ignore[arg-type]


async def test_a_shipment_makes_a_parcel_and_ships_the_order(world: World) -> None:
    order = await world.order()
    shipped_at = now() - DAY
    done = await world.record_shipment(row(order, f" {sf(1).lower()} ", shipped_at=shipped_at))
    assert done.outcome == "CREATED"
    parcel = await world.one("parcel", done.id or "")
    assert (parcel["carrier"], parcel["waybill_number"], parcel["changes"]) == ("SF", sf(1), 0)
    assert (parcel["shipped_at"], parcel["shipped_at_estimated"]) == (shipped_at, False)
    stored = await world.one("orders", order.id)
    assert (stored["status"], stored["shipped_at"]) == ("SHIPPED", shipped_at)
    [place] = await world.fetch("SELECT * FROM waybill_directory")
    assert (place["carrier"], place["waybill_number"]) == ("SF", sf(1))
    assert (place["shop_id"], place["parcel_id"]) == (world.shop, parcel["id"])


async def test_the_same_shipment_twice_changes_nothing(world: World) -> None:
    order = await world.order()
    first = await world.record_shipment(row(order, sf(1)))
    before = await world.stored()
    again = await world.record_shipment(row(order, sf(1), shipped_at=now()))
    assert (again.outcome, again.id) == ("UNCHANGED", first.id)
    assert await world.stored() == before
    both = await world.ship_all([row(order, sf(2)), row(order, sf(2))])
    assert [each.outcome for each in both.rows] == ["CREATED", "UNCHANGED"]


@pytest.mark.rule("§14.1")
async def test_an_estimated_ship_time_gives_way_to_a_known_one(world: World) -> None:
    order = await world.order()
    await world.record_shipment(row(order, sf(1), shipped_at=now(), shipped_at_estimated=True))
    known = now() - DAY
    assert (await world.record_shipment(row(order, sf(1), shipped_at=known))).outcome == "UPDATED"
    stored = await world.one("orders", order.id)
    assert stored["shipped_at"] == known
    later = row(order, sf(1), shipped_at=now(), shipped_at_estimated=True)
    assert (await world.record_shipment(later)).outcome == "UNCHANGED"


@pytest.mark.rule("§14.5")
async def test_a_number_changed_outside_is_recorded_without_the_limits(world: World) -> None:
    order, ticket_id = await world.urged(sf(0))
    for index in range(5):
        changed = row(order, sf(index + 1), replaces_waybill_number=sf(index))
        assert (await world.record_shipment(changed)).outcome == "CREATED"
    [last] = await world.fetch("SELECT changes FROM parcel WHERE replaced_at IS NULL")
    assert last["changes"] == 5
    assert await world.actions(ticket_id) == ["OPENED"] + ["WAYBILL_CHANGED"] * 5
    changes = await world.fetch("SELECT outside, record_id FROM waybill_change")
    assert all(change["outside"] and change["record_id"] for change in changes)
    records = await world.fetch("SELECT DISTINCT note FROM follow_up_record WHERE position > 1")
    assert [record["note"] for record in records] == ["changed outside"]
    assert (await world.ticket(ticket_id))["status"] == "AWAITING_REPLY"


async def test_a_number_changed_outside_without_a_ticket_is_kept_on_the_order(world: World) -> None:
    order = await world.shipped(sf(1))
    await world.record_shipment(row(order, sf(2), replaces_waybill_number=sf(1)))
    [change] = await world.fetch("SELECT record_id, outside, order_id FROM waybill_change")
    assert (change["record_id"], change["outside"]) == (None, True)
    assert change["order_id"] == uuid_of(order.id)


@pytest.mark.rule("§3.23")
async def test_shipments_fail_row_by_row(world: World) -> None:
    order, picked_up = await world.shipped(sf(1)), await world.shipped(sf(2))
    await world.scan(sf(2))
    done = await world.ship_all(
        [
            row(order, sf(3)),
            row(replace(order, number="nobody's"), sf(4)),
            row(replace(order, number="a\x00b"), sf(4)),
            row(order, sf(5), shipped_at=now() + timedelta(minutes=6)),
            row(order, "顺丰", carrier=" "),
            row(order, sf(6), replaces_waybill_number="顺丰"),
            row(order, sf(6), replaces_waybill_number=sf(99)),
            row(picked_up, sf(7), replaces_waybill_number=sf(2)),
            row(order, sf(8), carrier="x\x00"),
        ],
        idempotency_key="k",
    )
    assert [each.outcome for each in done.rows] == ["CREATED"] + ["FAILED"] * 8
    at = "input.shipments"
    for index in (1, 2):
        error = done.rows[index].error
        assert isinstance(error, NotFound)
        assert error.path == ("input", "shipments", str(index), "orderNumber")
    assert problems(done.rows[3].error) == {("IN_THE_FUTURE", f"{at}.3.shippedAt")}
    assert problems(done.rows[4].error) == {
        ("REQUIRED", f"{at}.4.carrier"),
        ("BAD_NUMBER", f"{at}.4.waybillNumber"),
    }
    assert problems(done.rows[5].error) == {("BAD_NUMBER", f"{at}.5.replacesWaybillNumber")}
    missing = done.rows[6].error
    assert isinstance(missing, NotFound)
    assert missing.path == ("input", "shipments", "6", "replacesWaybillNumber")
    assert problems(done.rows[7].error) == {("ALREADY_PICKED_UP", f"{at}.7.replacesWaybillNumber")}
    assert await world.count("parcel") == 3


async def test_a_call_is_refused_whole_by_role_shop_and_size(world: World) -> None:
    order = await world.order()
    command = commands.RecordShipments(
        shop_id=world.shop_id, shipments=(row(order, sf(1)),), idempotency_key="k"
    )
    for who in (world.staff, world.owner, world.buyer):
        await world.refused(Forbidden, shipments.record_shipments(who, command))
    foreign = replace(command, shop_id=world.other_shop_id)
    await world.refused(NotFound, shipments.record_shipments(world.integration, foreign))
    many = replace(command, shipments=command.shipments * (recording.MOST_ROWS + 1))
    error = await world.refused(InvalidInput, shipments.record_shipments(world.integration, many))
    assert problems(error) == {("TOO_MANY", "input.shipments")}


async def test_a_second_parcel_that_is_not_scanned_lets_the_order_wait_again(world: World) -> None:
    """An order is picked up when every current parcel is (`domain.md §8`)."""
    order = await world.shipped(sf(1))
    await world.scan(sf(1), at=now() - HOUR)
    await world.ship(order, sf(2))
    assert (await world.one("orders", order.id))["status"] == "SHIPPED"
    await world.urge(order)
    await world.scan(sf(2))
    assert (await world.one("orders", order.id))["status"] == "PICKED_UP"


async def test_a_scanned_number_completes_the_ticket_as_its_parcel_is_shipped(world: World) -> None:
    order, ticket_id = await world.urged(sf(1))
    await world.scan(sf(2), at=now() - HOUR)
    await world.record_shipment(row(order, sf(2), replaces_waybill_number=sf(1)))
    assert await world.actions(ticket_id) == ["OPENED", "WAYBILL_CHANGED", "PICKED_UP"]
    assert (await world.ticket(ticket_id))["status"] == "COMPLETED"
    assert await world.count("consumer_card") == 1
