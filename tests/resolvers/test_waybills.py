"""Changing a waybill, as a reply and beside one: what is written, and every refusal (`domain.md §7`)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import Forbidden, InvalidInput, NotFound, VersionConflict, WaybillRefused
from domain.waybill import WaybillRefusal
from resolvers import commands, waybills
from tests.resolvers.world import DAY, HOUR, World, now, number_of, problems, sf, uuid_of


async def refused(world: World, parcel_id: str, number: str, **more: str) -> WaybillRefusal:
    """Why the change is refused; it changed nothing."""
    change = world.change(parcel_id, number, **more, idempotency_key="k")
    error = await world.refused(WaybillRefused, change)
    assert error.path == ("input", "waybill", "number")
    return error.refusal


@pytest.mark.rule("§7.11", "§7.13")
async def test_a_change_as_a_reply_handles_the_ticket(world: World) -> None:
    order = await world.order()
    old_id = await world.ship(order, sf(1))
    ticket_id = (await world.urge(order)).ticket_id
    wanted = commands.Waybill(" 中通快递 ", "7512 3456 789012")
    done = await world.reply(ticket_id, "CHANGE_WAYBILL", waybill=wanted, note="换单")
    old, new = await world.fetch("SELECT * FROM parcel ORDER BY created_at, id")
    assert (new["carrier"], new["waybill_number"], new["changes"]) == ("ZTO", "75123456789012", 1)
    assert (new["shipped_at"], new["warnings"], new["replaced_at"]) == (old["shipped_at"], [], None)
    assert (old["id"], old["replaced_by_id"]) == (uuid_of(old_id), new["id"])
    [change] = await world.fetch("SELECT * FROM waybill_change")
    assert (change["from_parcel_id"], change["to_parcel_id"]) == (old["id"], new["id"])
    assert (change["record_id"], change["reason"]) == (uuid_of(done.record_id or ""), "换单")
    assert change["outside"] is False
    [card] = await world.fetch("SELECT body FROM consumer_card")
    assert "中通 75123456789012" in card["body"]
    assert (await world.ticket(ticket_id))["status"] == "REPLIED"
    assert await world.count("waybill_directory") == 2


@pytest.mark.rule("§7.8", "§7.12")
async def test_a_change_beside_a_reply_leaves_the_clock_alone(world: World) -> None:
    order = await world.order()
    parcel_id = await world.ship(order)
    ticket_id = (await world.urge(order)).ticket_id
    before = await world.ticket(ticket_id)
    done = await world.change(parcel_id, sf(2), reason="面单损坏", expected_version=1)
    after = await world.ticket(ticket_id)
    assert (after["status"], after["deadline_at"]) == ("AWAITING_REPLY", before["deadline_at"])
    assert (after["version"], done.ticket_id, done.position) == (2, ticket_id, 2)
    assert await world.actions(ticket_id) == ["OPENED", "WAYBILL_CHANGED"]
    [_, record] = await world.fetch("SELECT * FROM follow_up_record ORDER BY position")
    assert (record["note"], record["deadline_before"]) == ("面单损坏", record["deadline_after"])
    [change] = await world.fetch("SELECT record_id, to_parcel_id FROM waybill_change")
    assert (change["record_id"], change["to_parcel_id"]) == (record["id"], uuid_of(done.parcel_id))
    assert await world.count("consumer_card") == 0


@pytest.mark.rule("§3.20")
async def test_a_change_without_a_ticket_takes_a_position_too(world: World) -> None:
    parcel_id = await world.ship(await world.order())
    done = await world.change(parcel_id, sf(3))
    [event] = await world.fetch("SELECT * FROM event")
    assert (event["position"], event["ticket_id"], event["record_id"]) == (done.position, None, None)
    assert done.ticket_id is None
    [change] = await world.fetch("SELECT record_id FROM waybill_change")
    assert change["record_id"] is None


async def test_a_change_of_an_overdue_ticket_files_the_complaint_and_is_told_of_itself(world: World) -> None:
    order = await world.order()
    parcel_id = await world.ship(order)
    ticket_id = (await world.urge(order)).ticket_id
    await world.run_out(ticket_id)
    done = await world.change(parcel_id, sf(4))
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED"]
    assert done.ticket_id is None
    [event] = await world.fetch("SELECT action, ticket_id FROM event WHERE position = $1", done.position)
    assert (event["action"], event["ticket_id"]) == ("WAYBILL_CHANGED", None)


async def test_a_change_to_a_scanned_number_completes_the_ticket_and_is_told_of_itself(world: World) -> None:
    order = await world.order()
    parcel_id = await world.ship(order)
    ticket_id = (await world.urge(order)).ticket_id
    await world.scan(sf(5), at=now() - HOUR)
    done = await world.change(parcel_id, sf(5))
    assert await world.actions(ticket_id) == ["OPENED", "WAYBILL_CHANGED", "PICKED_UP"]
    assert (await world.ticket(ticket_id))["outcome"] == "PICKED_UP"
    [event] = await world.fetch("SELECT action FROM event WHERE position = $1", done.position)
    assert event["action"] == "WAYBILL_CHANGED"


async def test_a_reply_with_a_scanned_number_is_recorded_then_completed(world: World) -> None:
    _, ticket_id = await world.urged()
    scanned_at = now() - HOUR
    await world.scan(sf(6), at=scanned_at)
    done = await world.reply(ticket_id, "CHANGE_WAYBILL", waybill=commands.Waybill("SF", sf(6)))
    assert await world.actions(ticket_id) == ["OPENED", "REPLIED", "PICKED_UP"]
    record = await world.one("follow_up_record", done.record_id or "")
    assert (record["action"], done.position) == ("REPLIED", 2)
    assert (await world.ticket(ticket_id))["status"] == "COMPLETED"
    cards = await world.fetch("SELECT kind FROM consumer_card ORDER BY created_at, id")
    assert [card["kind"] for card in cards] == ["REPLY", "PICKED_UP"]
    [change] = await world.fetch("SELECT record_id FROM waybill_change")
    assert change["record_id"] == record["id"]
    assert await world.scheduled() == {}


@pytest.mark.rule("§7.9", "§7.10")
async def test_a_superseded_numbers_scan_never_counts(world: World) -> None:
    order = await world.order()
    parcel_id = await world.ship(order, sf(7))
    shipped_at = (await world.one("orders", order.id))["shipped_at"]
    await world.change(parcel_id, sf(8))
    await world.scan(sf(7), at=shipped_at + HOUR)
    assert (await world.one("orders", order.id))["picked_up_at"] is None
    [scan] = await world.fetch("SELECT parcel_id, counted FROM tracking_event")
    assert (scan["parcel_id"], scan["counted"]) == (uuid_of(parcel_id), False)
    await world.scan(sf(8))
    assert (await world.one("orders", order.id))["status"] == "PICKED_UP"


async def test_a_number_taken_back_by_its_true_order_brings_its_scans(world: World) -> None:
    """Amy put order 2's number on order 1, mended that, and only then shipped order 2."""
    wrong, right = await world.order(), await world.order()
    parcel_id = await world.ship(wrong, sf(9))
    await world.scan(sf(9), "101")
    await world.change(parcel_id, sf(10))
    await world.scan(sf(9), "103")
    await world.ship(right, sf(9))
    assert (await world.one("orders", wrong.id))["picked_up_at"] is None
    assert (await world.one("orders", right.id))["status"] == "PICKED_UP"


@pytest.mark.rule("§7.10")
async def test_going_back_to_a_former_number_does_not_bring_back_its_scans(world: World) -> None:
    order = await world.order()
    first = await world.ship(order, sf(11))
    second = (await world.change(first, sf(12))).parcel_id
    await world.scan(sf(11))
    await world.change(second, sf(11))
    assert (await world.one("orders", order.id))["picked_up_at"] is None


@pytest.mark.rule("§7.2")
async def test_at_most_three_changes_over_the_chain(world: World) -> None:
    parcel_id = await world.ship(await world.order())
    for _ in range(3):
        parcel_id = (await world.change(parcel_id, number_of("SF8"))).parcel_id
    assert (await world.one("parcel", parcel_id))["changes"] == 3
    assert await refused(world, parcel_id, number_of("SF8")) is WaybillRefusal.TOO_MANY_CHANGES


@pytest.mark.rule("§7.3")
async def test_fifty_days_after_shipping_it_is_too_late(world: World) -> None:
    within = timedelta(days=50)
    paid_at = now() - 60 * DAY
    early = await world.ship(await world.order(paid_at=paid_at), shipped_at=now() - within + HOUR)
    late = await world.ship(await world.order(paid_at=paid_at), shipped_at=now() - within)
    await world.change(early, number_of("SF8"))
    assert await refused(world, late, number_of("SF8")) is WaybillRefusal.TOO_LATE


@pytest.mark.rule("§7.1", "§7.4")
async def test_the_other_refusals_of_a_change(world: World) -> None:
    order = await world.order()
    parcel_id = await world.ship(order, sf(20))
    assert await refused(world, parcel_id, f" {sf(20).lower()} ") is WaybillRefusal.SAME_NUMBER
    paid_at = (await world.one("orders", order.id))["paid_at"]
    await world.scan(sf(21), at=paid_at - HOUR)
    assert await refused(world, parcel_id, sf(21)) is WaybillRefusal.SCANNED_BEFORE_PAYMENT
    await world.scan(sf(20))
    assert await refused(world, parcel_id, sf(22)) is WaybillRefusal.ALREADY_PICKED_UP
    closed = await world.order()
    closed_parcel = await world.ship(closed)
    await world.refund(closed)
    assert await refused(world, closed_parcel, sf(23)) is WaybillRefusal.ORDER_CLOSED


@pytest.mark.rule("§7.1")
async def test_an_order_without_a_parcel_has_no_number_to_change(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.database.pool.execute("DELETE FROM parcel")
    reply = world.reply(ticket_id, "CHANGE_WAYBILL", waybill=commands.Waybill("SF", sf(24)))
    assert (await world.refused(WaybillRefused, reply)).refusal is WaybillRefusal.NOT_SHIPPED


@pytest.mark.rule("§7.5")
async def test_a_number_in_use_is_taken_only_for_a_merged_parcel(world: World) -> None:
    await world.shipped(sf(30), address_key="home")
    another_address = await world.ship(await world.order(address_key="work"))
    another_buyer = await world.ship(await world.order(buyer_id="eve", address_key="home"))
    no_address = await world.ship(await world.order())
    for parcel_id in (another_address, another_buyer, no_address):
        assert await refused(world, parcel_id, sf(30)) is WaybillRefusal.IN_USE
    merged = await world.order(address_key="home")
    await world.change(await world.ship(merged), sf(30))
    await world.scan(sf(30))
    picked_up = await world.fetch("SELECT id FROM orders WHERE picked_up_at IS NOT NULL")
    assert len(picked_up) == 2


@pytest.mark.rule("§7.5")
async def test_a_closed_orders_number_and_a_foreign_shops_are_free(world: World) -> None:
    closed = await world.shipped(sf(31))
    await world.refund(closed)
    foreign = replace(world, shop=world.other_shop)
    await foreign.shipped(sf(32))
    parcel_id = await world.ship(await world.order())
    second = await world.change(parcel_id, sf(31))
    await world.change(second.parcel_id, sf(32))


async def test_of_two_orders_wanting_one_number_at_once_one_gets_it(world: World) -> None:
    parcels = [await world.ship(await world.order()) for _ in range(8)]
    results = await asyncio.gather(*(world.change(each, sf(33)) for each in parcels), return_exceptions=True)
    assert sum(isinstance(each, commands.WaybillChanged) for each in results) == 1
    assert {getattr(each, "refusal", None) for each in results} == {None, WaybillRefusal.IN_USE}


async def test_another_parcel_of_the_order_keeps_its_number(world: World) -> None:
    order = await world.order(address_key="home")
    parcel_id = await world.ship(order)
    await world.ship(order, sf(34))
    assert await refused(world, parcel_id, sf(34)) is WaybillRefusal.IN_USE


@pytest.mark.rule("§7.7")
async def test_odd_looking_numbers_are_taken_with_a_warning(world: World) -> None:
    parcel_id = await world.ship(await world.order())
    mismatch = await world.change(parcel_id, sf(40), carrier="YTO")
    assert (await world.one("parcel", mismatch.parcel_id))["warnings"] == ["CARRIER_MISMATCH"]
    unknown = await world.change(mismatch.parcel_id, sf(41), carrier=" 某某快运 ")
    parcel = await world.one("parcel", unknown.parcel_id)
    assert (parcel["carrier"], parcel["warnings"]) == ("某某快运", ["UNKNOWN_CARRIER"])


async def test_a_superseded_parcel_is_not_changed_again(world: World) -> None:
    parcel_id = await world.ship(await world.order())
    await world.change(parcel_id, sf(42))
    error = await world.refused(InvalidInput, world.change(parcel_id, sf(43), idempotency_key="k"))
    assert problems(error) == {("NOT_CURRENT", "input.parcelId")}


@pytest.mark.rule("§7.11")
async def test_with_several_unscanned_parcels_the_reply_names_one(world: World) -> None:
    order = await world.order()
    await world.ship(order, sf(50))
    second = await world.ship(order, sf(51))
    ticket_id = (await world.urge(order)).ticket_id
    wanted = commands.Waybill("SF", sf(52))
    error = await world.refused(InvalidInput, world.reply(ticket_id, "CHANGE_WAYBILL", waybill=wanted))
    assert problems(error) == {("REQUIRED", "input.parcelId")}
    foreign = await world.ship(await world.order())
    for parcel_id in (foreign, "pcl_" + "0" * 32, "x"):
        reply = world.reply(ticket_id, "CHANGE_WAYBILL", waybill=wanted, parcel_id=parcel_id)
        assert (await world.refused(NotFound, reply)).path == ("input", "parcelId")
    await world.reply(ticket_id, "CHANGE_WAYBILL", waybill=wanted, parcel_id=second)
    assert (await world.one("parcel", second))["replaced_at"] is not None


@pytest.mark.rule("§7.11")
async def test_with_one_unscanned_parcel_of_several_the_reply_needs_no_name(world: World) -> None:
    order = await world.order()
    await world.ship(order, sf(53))
    second = await world.ship(order, sf(54))
    await world.scan(sf(53))
    ticket_id = (await world.urge(order)).ticket_id
    await world.reply(ticket_id, "CHANGE_WAYBILL", waybill=commands.Waybill("SF", sf(55)))
    assert (await world.one("parcel", second))["replaced_at"] is not None


async def test_a_change_looks_at_role_scope_version_and_text(world: World) -> None:
    order = await world.order()
    parcel_id = await world.ship(order)
    await world.urge(order)
    command = commands.ChangeWaybill(
        parcel_id=parcel_id, waybill=commands.Waybill("SF", sf(60)), idempotency_key="k"
    )
    for who in (world.buyer, world.integration):
        await world.refused(Forbidden, waybills.change(who, command))
    foreign = await world.refused(NotFound, waybills.change(world.stranger, command))
    nowhere = replace(command, parcel_id="pcl_" + "0" * 32)
    absent = await world.refused(NotFound, waybills.change(world.staff, nowhere))
    assert (foreign.message, foreign.path) == (absent.message, absent.path)
    stale = replace(command, expected_version=9)
    await world.refused(VersionConflict, waybills.change(world.staff, stale))
    for reason, code in (("r" * 501, "TOO_LONG"), ("a\x00b", "BAD_CHARACTER")):
        faulty = replace(command, reason=reason)
        error = await world.refused(InvalidInput, waybills.change(world.staff, faulty))
        assert problems(error) == {(code, "input.reason")}
    faulty = replace(command, waybill=commands.Waybill(" ", "顺丰 123"))
    error = await world.refused(InvalidInput, waybills.change(world.staff, faulty))
    assert problems(error) == {
        ("REQUIRED", "input.waybill.carrier"),
        ("BAD_NUMBER", "input.waybill.number"),
    }
    await waybills.change(world.staff, command)
