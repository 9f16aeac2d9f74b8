"""Recording orders and refunds: what is written, row by row, and what ends tickets (`domain.md §3, §12`)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.errors import Forbidden, InvalidInput, NotFound
from domain.order import OrderRow
from resolvers import commands, orders, recording
from tests.resolvers.world import DAY, HOUR, MS, World, now, problems


async def record(world: World, *rows: OrderRow, **more: str) -> commands.Recorded:
    command = commands.RecordOrders(shop_id=world.shop_id, orders=rows, **more)
    return await orders.record_orders(world.integration, command)


def outcomes(recorded: commands.Recorded) -> list[str]:
    return [each.outcome for each in recorded.rows]


async def test_orders_are_made_brought_up_to_date_and_left_alone(world: World) -> None:
    row = world.row(origin_region="33", destination_region="440106", address_key="home")
    made = await record(world, row)
    stored = await world.one("orders", made.rows[0].id or "")
    assert (stored["status"], stored["number"], stored["buyer_id"]) == ("PAID", row.number, "bob")
    assert (stored["paid_amount"], stored["paid_at"]) == (Decimal("129.00"), row.paid_at)
    assert (stored["ship_by"], stored["ship_by_given"]) == (row.paid_at + 2 * DAY, None)
    before = await world.stored()
    sparse = replace(row, origin_region=None, destination_region=None, address_key=None)
    assert outcomes(await record(world, sparse)) == ["UNCHANGED"]
    assert await world.stored() == before
    again = await record(world, replace(row, item_title=" 羽绒服 ", ship_by=now() + HOUR))
    assert (outcomes(again), again.rows[0].id) == (["UPDATED"], made.rows[0].id)
    changed = await world.one("orders", made.rows[0].id or "")
    assert (changed["item_title"], changed["address_key"]) == ("羽绒服", "home")
    assert changed["ship_by"] == changed["ship_by_given"]
    assert changed["updated_at"] > stored["updated_at"]
    assert outcomes(await record(world, row)) == ["UPDATED"]
    kept = await world.one("orders", made.rows[0].id or "")
    assert kept["ship_by"] == changed["ship_by"]


async def test_good_rows_land_though_others_fail(world: World) -> None:
    good = world.row()
    faulty = [
        world.row(number=" ", buyer_id="", buyer_nick="n" * 501, item_title="a\x00", quantity=0),
        world.row(paid_amount=Decimal("-0.01"), paid_at=now() + timedelta(minutes=6)),
        world.row(paid_amount=Decimal("NaN"), closed_at=now() + HOUR, origin_region="浙江"),
        world.row(quantity=1_000_001, paid_amount=Decimal("1e10"), destination_region="1"),
        replace(good, item_title="again"),
        world.row(number="a\x00b"),
        world.row(number="n" * 65, address_key=" "),
    ]
    done = await record(world, good, *faulty, idempotency_key="k")
    assert outcomes(done) == ["CREATED"] + ["FAILED"] * 7
    expected = [
        {
            ("REQUIRED", "number"),
            ("REQUIRED", "buyerId"),
            ("TOO_LONG", "buyerNick"),
            ("BAD_CHARACTER", "itemTitle"),
            ("OUT_OF_RANGE", "quantity"),
        },
        {("OUT_OF_RANGE", "paidAmount"), ("IN_THE_FUTURE", "paidAt")},
        {("OUT_OF_RANGE", "paidAmount"), ("IN_THE_FUTURE", "closedAt"), ("NOT_A_REGION", "originRegion")},
        {
            ("OUT_OF_RANGE", "quantity"),
            ("OUT_OF_RANGE", "paidAmount"),
            ("NOT_A_REGION", "destinationRegion"),
        },
        {("DUPLICATE", "number")},
        {("BAD_CHARACTER", "number")},
        {("TOO_LONG", "number"), ("REQUIRED", "addressKey")},
    ]
    for index, faults in enumerate(expected, start=1):
        placed = {(code, f"input.orders.{index}.{field}") for code, field in faults}
        assert problems(done.rows[index].error) == placed
    assert await world.count("orders") == 1
    again = await record(world, good, *faulty[:6], faulty[6], idempotency_key="k")
    assert outcomes(again) == outcomes(done)
    assert [problems(each.error) for each in again.rows] == [problems(each.error) for each in done.rows]


async def test_a_call_is_refused_whole_by_role_shop_and_size(world: World) -> None:
    command = commands.RecordOrders(shop_id=world.shop_id, orders=(world.row(),), idempotency_key="k")
    refund = commands.RefundRow(order_number="1", refunded_at=now())
    refunds = commands.RecordRefunds(shop_id=world.shop_id, refunds=(refund,), idempotency_key="k")
    for who in (world.staff, world.owner, world.buyer):
        await world.refused(Forbidden, orders.record_orders(who, command))
        await world.refused(Forbidden, orders.record_refunds(who, refunds))
    foreign = replace(command, shop_id=world.other_shop_id)
    absent = replace(command, shop_id="shp_" + "0" * 32)
    errors = [
        await world.refused(NotFound, orders.record_orders(world.integration, each))
        for each in (foreign, absent, replace(command, shop_id="nonsense"))
    ]
    assert {(each.message, each.path) for each in errors} == {(errors[0].message, ("input", "shopId"))}
    await world.refused(NotFound, orders.record_refunds(world.integration, replace(refunds, shop_id="x")))
    many = replace(command, orders=(world.row(),) * (recording.MOST_ROWS + 1))
    error = await world.refused(InvalidInput, orders.record_orders(world.integration, many))
    assert problems(error) == {("TOO_MANY", "input.orders")}
    many_refunds = replace(refunds, refunds=(refund,) * (recording.MOST_ROWS + 1))
    await world.refused(InvalidInput, orders.record_refunds(world.integration, many_refunds))


async def test_an_empty_call_changes_nothing(world: World) -> None:
    before = await world.stored()
    assert (await record(world)).rows == ()
    assert (await world.ship_all([])).rows == ()
    assert await world.stored() == before


@pytest.mark.rule("§3.22")
async def test_a_closing_told_after_the_deadline_comes_too_late_also_while_the_workers_sleep(
    world: World,
) -> None:
    """Only pickup and refund are judged by their own time (`domain.md §3`)."""
    row = world.row()
    [order] = await world.orders([row])
    await world.ship(order)
    ticket_id = (await world.urge(order)).ticket_id
    deadline = await world.run_out(ticket_id)
    assert outcomes(await record(world, replace(row, closed_at=deadline - HOUR))) == ["UPDATED"]
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED"]
    assert [each["status"] for each in await world.fetch("SELECT status FROM complaint")] == ["FILED"]


@pytest.mark.rule("§3.11")
async def test_closing_an_order_ends_its_ticket(world: World) -> None:
    row = world.row()
    [order] = await world.orders([row])
    await world.ship(order)
    ticket_id = (await world.urge(order)).ticket_id
    closed_at = now()
    assert outcomes(await record(world, replace(row, closed_at=closed_at))) == ["UPDATED"]
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["outcome"]) == ("COMPLETED", "ORDER_CLOSED")
    assert await world.actions(ticket_id) == ["OPENED", "ORDER_CLOSED"]
    assert (await world.one("orders", order.id))["status"] == "CLOSED"
    assert await world.scheduled() == {}
    before = await world.stored()
    assert outcomes(await record(world, row)) == ["UNCHANGED"]
    assert await world.stored() == before


@pytest.mark.rule("§1.2", "§13.6")
async def test_a_whole_refund_ends_the_ticket_and_a_part_of_one_does_not(world: World) -> None:
    order, ticket_id = await world.urged()
    assert (await world.refund(order, whole=False)).outcome == "UPDATED"
    assert (await world.ticket(ticket_id))["status"] == "AWAITING_REPLY"
    moment = now()
    assert (await world.refund(order, moment)).outcome == "UPDATED"
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["outcome"], ticket["money_at_risk"]) == ("COMPLETED", "REFUNDED", 0)
    assert await world.actions(ticket_id) == ["OPENED", "REFUNDED"]
    assert (await world.one("orders", order.id))["refunded_at"] == moment
    assert await world.count("consumer_card") == 0
    before = await world.stored()
    assert (await world.refund(order, moment)).outcome == "UNCHANGED"
    assert await world.stored() == before


@pytest.mark.rule("§3.13")
@pytest.mark.parametrize("late_by", [timedelta(0), -MS])
async def test_a_refund_is_judged_by_its_own_time(world: World, late_by: timedelta) -> None:
    order, ticket_id = await world.urged()
    deadline = await world.run_out(ticket_id)
    await world.refund(order, deadline + late_by)
    if late_by < timedelta(0):
        assert await world.actions(ticket_id) == ["OPENED", "REFUNDED"]
        assert (await world.ticket(ticket_id))["status"] == "COMPLETED"
        assert await world.count("complaint") == 0
        return
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED", "REFUNDED"]
    assert (await world.ticket(ticket_id))["status"] == "ESCALATED"
    assert await world.count("complaint") == 1


async def test_a_refund_told_again_with_another_time_is_recorded_once(world: World) -> None:
    order, ticket_id = await world.urged()
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    for minute in range(3):
        told = await world.refund(order, now() - timedelta(minutes=minute))
        assert told.outcome == "UPDATED"
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED", "REFUNDED"]


@pytest.mark.rule("§3.23")
async def test_refunds_fail_row_by_row(world: World) -> None:
    order = await world.order()
    rows = (
        commands.RefundRow(order_number=f" {order.number} ", refunded_at=now()),
        commands.RefundRow(order_number="nobody's", refunded_at=now()),
        commands.RefundRow(order_number=order.number, refunded_at=now() + HOUR),
        commands.RefundRow(order_number="a\x00b", refunded_at=now()),
    )
    command = commands.RecordRefunds(shop_id=world.shop_id, refunds=rows)
    done = await orders.record_refunds(world.integration, command)
    assert outcomes(done) == ["UPDATED", "FAILED", "FAILED", "FAILED"]
    assert isinstance(done.rows[1].error, NotFound)
    assert done.rows[1].error.path == ("input", "refunds", "1", "orderNumber")
    assert problems(done.rows[2].error) == {("IN_THE_FUTURE", "input.refunds.2.refundedAt")}
    assert isinstance(done.rows[3].error, NotFound)


async def test_another_shops_order_of_the_same_number_is_another(world: World) -> None:
    row = world.row()
    foreign = replace(world, shop=world.other_shop)
    [own], [other] = await world.orders([row]), await foreign.orders([row])
    await world.refund(own)
    assert (await world.one("orders", other.id))["refunded_at"] is None


async def test_the_same_new_orders_from_many_sides_are_made_once(world: World) -> None:
    """In opposite orders, so that inserting one by one would deadlock."""
    rows = [world.row() for _ in range(200)]
    sides = (record(world, *(rows if side % 2 else rows[::-1])) for side in range(8))
    done = await asyncio.gather(*sides)
    assert sum(each.count("CREATED") for each in done) == 200
    assert sum(each.count("UNCHANGED") for each in done) == 7 * 200
    assert await world.count("orders") == 200


async def test_batches_of_known_orders_in_opposite_order_do_not_deadlock(world: World) -> None:
    rows = [world.row() for _ in range(500)]
    await record(world, *rows)
    titles = [f"title {side}" for side in range(8)]
    sides = []
    for side, title in enumerate(titles):
        given = [replace(row, item_title=title) for row in rows]
        sides.append(record(world, *(given if side % 2 else given[::-1])))
    done = await asyncio.gather(*sides)
    assert [each.count("UPDATED") for each in done] == [500] * 8
    left = await world.fetch("SELECT DISTINCT item_title FROM orders")
    assert len(left) == 1


async def test_batches_that_share_known_and_new_orders_do_not_wait_in_a_circle(world: World) -> None:
    rows = [world.row() for _ in range(130)]
    parts = [rows[start : start + 60] for start in range(0, 80, 10)]
    before = await world.deadlocks()
    done = await asyncio.gather(*(record(world, *part) for part in (*parts, *(p[::-1] for p in parts))))
    assert sum(each.count("FAILED") for each in done) == 0
    assert sum(each.count("CREATED") for each in done) == await world.count("orders") == 130
    assert await world.deadlocks() == before


async def test_a_payment_that_was_earlier_lets_the_scan_before_it_count(world: World) -> None:
    row = world.row(paid_at=now() - DAY)
    [order] = await world.orders([row])
    await world.ship(order, "SF1000000000777")
    await world.scan("SF1000000000777", "103", at=now() - 2 * DAY)
    assert (await world.one("orders", order.id))["status"] == "SHIPPED"
    assert outcomes(await record(world, replace(row, paid_at=now() - 3 * DAY))) == ["UPDATED"]
    assert (await world.one("orders", order.id))["status"] == "PICKED_UP"


async def test_a_corrected_amount_is_what_the_ticket_puts_at_risk(world: World) -> None:
    order, ticket_id = await world.urged()
    stored = await world.one("orders", order.id)
    before = await world.ticket(ticket_id)
    corrected = world.row(number=stored["number"], paid_at=stored["paid_at"], paid_amount=Decimal(1000))
    assert outcomes(await record(world, corrected)) == ["UPDATED"]
    after = await world.ticket(ticket_id)
    assert (before["money_at_risk"], after["money_at_risk"]) == (Decimal("6.45"), Decimal("50.00"))
    assert {**after, "money_at_risk": 0} == {**before, "money_at_risk": 0}
