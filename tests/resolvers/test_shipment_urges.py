"""Urging the shipment: both clocks, what stops neither, and every end (`domain.md §3, §4`)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.errors import Forbidden, IllegalTransition, InvalidInput, NotFound, UrgeRefused
from domain.urge import UrgeRefusal
from resolvers import commands, urges
from tests.resolvers.world import DAY, HOUR, MS, Placed, World, now, problems, sf, uuid_of

MINUTE = timedelta(minutes=1)


async def refused(world: World, order: Placed) -> UrgeRefused:
    """Urging this order's shipment is refused and changes nothing."""
    return await world.refused(UrgeRefused, world.urge_shipment(order, idempotency_key="k"))


async def shipped(world: World, number: str = "SF1234567890123") -> tuple[Placed, str]:
    """An order whose shipment was urged and which was shipped a minute ago."""
    order, ticket_id = await world.shipment_urged()
    await world.ship(order, number, shipped_at=now() - MINUTE)
    return order, ticket_id


async def complaint_of(world: World, ticket_id: str) -> tuple[str, Decimal]:
    """The violation of the ticket's only complaint, and what it is estimated to cost."""
    [row] = await world.fetch("SELECT * FROM complaint WHERE ticket_id = $1", uuid_of(ticket_id))
    return row["violation"], row["estimated_compensation"]


# ---- opening


@pytest.mark.rule("§3.8")
async def test_urging_the_shipment_opens_a_ticket_with_the_reply_clock(world: World) -> None:
    order = await world.order(paid_amount=Decimal("1500.00"))
    done = await world.urge_shipment(order)
    ticket = await world.ticket(done.ticket_id)
    started = ticket["opened_at"]
    assert (ticket["kind"], ticket["status"]) == ("URGE_SHIPMENT", "AWAITING_REPLY")
    assert ticket["version"] == ticket["round"] == ticket["record_count"] == 1
    assert (ticket["deadline_at"], ticket["next_step_at"]) == (started + DAY, started + DAY / 2)
    assert (ticket["money_at_risk"], ticket["shipped_at"]) == (Decimal("50.00"), None)
    [record] = await world.fetch("SELECT * FROM follow_up_record")
    assert (record["action"], record["actor_kind"], record["actor_name"]) == ("OPENED", "CONSUMER", "小波")
    [event] = await world.fetch("SELECT * FROM event")
    assert (event["position"], event["record_id"]) == (done.position, record["id"])
    assert (await world.one("orders", order.id))["urge_rounds"] == 1
    assert await world.scheduled() == {ticket["id"].hex: ticket["next_step_at"].timestamp() * 1000}


async def test_the_same_key_opens_one_ticket_and_another_operation_has_keys_of_its_own(world: World) -> None:
    order = await world.order()
    first = await world.urge_shipment(order, idempotency_key="k")
    assert await world.urge_shipment(order, idempotency_key="k") == first
    await world.refused(UrgeRefused, world.urge(order, idempotency_key="k"))
    assert await world.count("ticket") == 1


@pytest.mark.rule("§4.4")
async def test_every_refusal_of_the_rule_is_told(world: World) -> None:
    late = now() + HOUR
    within = await refused(world, await world.order(ship_by=late))
    assert (within.refusal, within.available_at) == (UrgeRefusal.WITHIN_SHIPPING_LIMIT, late)
    assert (await refused(world, await world.shipped())).refusal is UrgeRefusal.ALREADY_SHIPPED
    closed = await world.order(closed_at=now())
    assert (await refused(world, closed)).refusal is UrgeRefusal.ORDER_CLOSED
    order, ticket_id = await world.shipment_urged()
    open_ = await refused(world, order)
    assert (open_.refusal, open_.ticket) == (UrgeRefusal.TICKET_OPEN, (world.shop, uuid_of(ticket_id)))
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    filed = await refused(world, order)
    assert (filed.refusal, filed.ticket) == (UrgeRefusal.COMPLAINT_FILED, (world.shop, uuid_of(ticket_id)))


@pytest.mark.rule("§4.11")
async def test_withdrawn_tickets_use_the_rounds_of_the_order_up(world: World) -> None:
    order = await world.order()
    opened = []
    for _ in range(3):
        opened.append((await world.urge_shipment(order)).ticket_id)
        await world.withdraw(opened[-1])
    assert [(await world.ticket(each))["round"] for each in opened] == [1, 2, 3]
    assert (await refused(world, order)).refusal is UrgeRefusal.ROUND_LIMIT


async def test_only_the_buyer_and_the_platform_urge_and_only_what_is_theirs(world: World) -> None:
    order = await world.order()
    command = commands.UrgeShipment(order_id=order.id, idempotency_key="k")
    for who in (world.staff, world.owner, world.integration):
        await world.refused(Forbidden, urges.urge_shipment(who, command))
    foreign = await world.order(buyer_id="eve")
    theirs = await world.refused(NotFound, world.urge_shipment(foreign))
    absent = commands.UrgeShipment(order_id="ord_" + "0" * 32)
    nobodys = await world.refused(NotFound, urges.urge_shipment(world.buyer, absent))
    assert (theirs.message, theirs.path) == (nobodys.message, nobodys.path)
    await urges.urge_shipment(world.platform, command)


async def test_the_urge_of_an_overdue_ticket_files_its_complaint_first(world: World) -> None:
    order, ticket_id = await world.shipment_urged()
    await world.run_out(ticket_id)
    with pytest.raises(UrgeRefused) as caught:
        await world.urge_shipment(order, idempotency_key="k")
    assert caught.value.refusal is UrgeRefusal.COMPLAINT_FILED
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED"]
    assert await world.count("idempotency_key") == 0


# ---- replies stop nothing


@pytest.mark.rule("§3.10", "§3.19")
@pytest.mark.parametrize("after_shipping", [False, True])
async def test_a_reply_is_recorded_and_carded_and_stops_nothing(world: World, after_shipping: bool) -> None:  # noqa: FBT001
    order, ticket_id = await world.shipment_urged()
    if after_shipping:
        await world.ship(order, shipped_at=now())
    before = await world.ticket(ticket_id)
    done = await world.reply(
        ticket_id, "PROMISE_PICKUP", promised_pickup_at=now() + HOUR, expected_version=before["version"]
    )
    after = await world.ticket(ticket_id)
    same = ("status", "deadline_at", "next_step_at", "promise_ends_at", "clock_started_at")
    assert [after[name] for name in same] == [before[name] for name in same]
    assert after["version"] == before["version"] + 1
    assert after["replied_at"] == after["updated_at"]
    record = await world.one("follow_up_record", done.record_id or "")
    assert (record["action"], record["deadline_before"]) == ("REPLIED", record["deadline_after"])
    [card] = await world.fetch("SELECT kind, record_id FROM consumer_card")
    assert (card["kind"], card["record_id"]) == ("REPLY", record["id"])
    assert (await world.scheduled()).keys() == {after["id"].hex}
    await world.reply(ticket_id, "OUT_OF_STOCK", note="补货中")
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    assert (await world.ticket(ticket_id))["status"] == "ESCALATED"


@pytest.mark.rule("§6.4")
@pytest.mark.parametrize("scheme", ["CHANGE_WAYBILL", "COURIER_URGED", "SCAN_MISSING"])
async def test_schemes_of_the_other_kind_are_refused(world: World, scheme: str) -> None:
    for _, ticket_id in (await world.shipment_urged(), await shipped(world)):
        reply = world.reply(
            ticket_id, scheme, waybill=commands.Waybill("SF", sf(1)), proof_urls=("https://a.example/1",)
        )
        error = await world.refused(InvalidInput, reply)
        assert ("UNKNOWN_SCHEME", "input.scheme") in problems(error)


@pytest.mark.parametrize("after_shipping", [False, True])
async def test_at_the_deadline_a_reply_or_withdrawal_is_too_late(world: World, after_shipping: bool) -> None:  # noqa: FBT001
    order, ticket_id = await world.shipment_urged()
    if after_shipping:
        await world.ship(order, shipped_at=now())
    await world.run_out(ticket_id, ago=timedelta(0))
    with pytest.raises(IllegalTransition):
        await world.reply(ticket_id, "OUT_OF_STOCK", note="补货中", idempotency_key="k")
    assert (await world.actions(ticket_id))[-1] == "ESCALATED"
    assert (await world.count("complaint"), await world.count("reply")) == (1, 0)
    await world.refused(IllegalTransition, world.withdraw(ticket_id, idempotency_key="k"))


# ---- shipping


@pytest.mark.rule("§3.8")
async def test_shipping_starts_the_pickup_clock(world: World) -> None:
    order, ticket_id = await world.shipment_urged(paid_amount=Decimal("1500.00"))
    shipped_at = now() - HOUR
    await world.ship(order, shipped_at=shipped_at)
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["version"]) == ("AWAITING_PICKUP", 2)
    assert (ticket["shipped_at"], ticket["deadline_at"]) == (shipped_at, shipped_at + DAY)
    assert ticket["next_step_at"] == shipped_at + DAY / 2
    assert ticket["money_at_risk"] == Decimal("75.00")
    assert await world.actions(ticket_id) == ["OPENED", "SHIPPED"]
    [opened, told] = await world.fetch("SELECT * FROM follow_up_record ORDER BY position")
    assert (told["deadline_before"], told["deadline_after"]) == (opened["deadline_after"], shipped_at + DAY)
    assert (told["actor_kind"], told["actor_name"]) == ("INTEGRATION", "integration")
    [_, event] = await world.fetch("SELECT * FROM event ORDER BY position")
    assert (event["action"], event["record_id"]) == ("SHIPPED", told["id"])
    assert await world.scheduled() == {ticket["id"].hex: ticket["next_step_at"].timestamp() * 1000}
    assert await world.count("consumer_card") == 0


@pytest.mark.rule("§3.18")
async def test_a_shipment_told_late_files_nothing_at_once(world: World) -> None:
    order, ticket_id = await world.shipment_urged()
    await world.ship(order, shipped_at=now() - 20 * DAY)
    ticket = await world.ticket(ticket_id)
    assert ticket["deadline_at"] == ticket["updated_at"] + HOUR
    assert ticket["next_step_at"] == ticket["deadline_at"] - 15 * MINUTE
    await world.work(ticket_id)
    assert await world.actions(ticket_id) == ["OPENED", "SHIPPED"]
    assert await world.count("complaint") == 0


async def test_more_parcels_and_other_numbers_leave_the_pickup_clock_alone(world: World) -> None:
    order, ticket_id = await shipped(world, sf(1))
    before = await world.ticket(ticket_id)
    second = await world.ship(order, sf(2), shipped_at=now())
    done = await world.change(second, sf(3), reason="面单损坏", expected_version=2)
    assert done.ticket_id == ticket_id
    after = await world.ticket(ticket_id)
    same = ("status", "deadline_at", "next_step_at", "shipped_at")
    assert [after[name] for name in same] == [before[name] for name in same]
    assert await world.actions(ticket_id) == ["OPENED", "SHIPPED", "WAYBILL_CHANGED"]
    await world.scan(sf(1))
    assert (await world.ticket(ticket_id))["status"] == "AWAITING_PICKUP"
    await world.scan(sf(3))
    assert (await world.ticket(ticket_id))["status"] == "COMPLETED"


@pytest.mark.parametrize("worked", [False, True])
async def test_a_shipment_told_too_late_is_recorded_after_filing(world: World, worked: bool) -> None:  # noqa: FBT001
    """The clock decides, not the worker: it makes no difference whether he was there."""
    order, ticket_id = await world.shipment_urged()
    deadline = await world.run_out(ticket_id)
    if worked:
        await world.work(ticket_id)
    await world.ship(order, shipped_at=deadline - HOUR)
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED", "SHIPPED"]
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["shipped_at"]) == ("ESCALATED", None)
    assert (await complaint_of(world, ticket_id))[0] == "LATE_SHIPMENT"
    assert await world.scheduled() == {}


@pytest.mark.rule("§3.15", "§4.6")
async def test_its_buyer_looks_on_and_never_urges_the_pickup(world: World) -> None:
    order, ticket_id = await world.shipment_urged()
    await world.withdraw(ticket_id)
    second = (await world.urge_shipment(order)).ticket_id
    await world.ship(order, sf(1), shipped_at=now())
    for ended in (False, True):
        if ended:
            await world.run_out(second)
            await world.work(second)
        error = await world.refused(UrgeRefused, world.urge(order, idempotency_key="k"))
        assert error.refusal is UrgeRefusal.SHIPMENT_TICKET_EXISTS
        assert error.ticket == (world.shop, uuid_of(second))


# ---- the ends


@pytest.mark.rule("§3.9")
@pytest.mark.parametrize("after_shipping", [False, True])
@pytest.mark.parametrize("late_by", [-MS, timedelta(0)])
async def test_either_clock_escalates_at_its_very_millisecond(
    world: World,
    late_by: timedelta,
    after_shipping: bool,  # noqa: FBT001
) -> None:
    """A refund at the deadline's own millisecond comes after it; one before it ends the ticket."""
    order, ticket_id = await world.shipment_urged(paid_amount=Decimal("1500.00"))
    if after_shipping:
        await world.ship(order, shipped_at=now())
    deadline = await world.run_out(ticket_id)
    await world.refund(order, deadline + late_by)
    ticket = await world.ticket(ticket_id)
    if late_by < timedelta(0):
        assert (ticket["status"], ticket["outcome"]) == ("COMPLETED", "REFUNDED")
        assert await world.count("complaint") == 0
        return
    assert (ticket["status"], ticket["deadline_at"]) == ("ESCALATED", deadline)
    expected = ("NO_PICKUP", Decimal("75.00")) if after_shipping else ("LATE_SHIPMENT", Decimal("50.00"))
    assert await complaint_of(world, ticket_id) == expected
    assert ticket["money_at_risk"] == 0


@pytest.mark.rule("§3.14")
async def test_the_worker_reminds_and_escalates_the_pickup_clock(world: World) -> None:
    order, ticket_id = await world.shipment_urged()
    await world.ship(order, shipped_at=now() - DAY + 4 * HOUR)
    await world.work(ticket_id)
    ticket = await world.ticket(ticket_id)
    assert ticket["next_step_at"] == ticket["deadline_at"] - HOUR
    await world.database.pool.execute(
        "UPDATE ticket SET clock_started_at = clock_started_at - interval '3 hours',"
        " deadline_at = deadline_at - interval '3 hours', next_step_at = next_step_at - interval '3 hours'"
    )
    await world.work(ticket_id)
    assert await world.actions(ticket_id) == ["OPENED", "SHIPPED", "REMINDED"]
    assert (await world.ticket(ticket_id))["version"] == 2
    await world.run_out(ticket_id, ago=timedelta(0))
    await world.work(ticket_id)
    await world.work(ticket_id)
    assert await world.actions(ticket_id) == ["OPENED", "SHIPPED", "REMINDED", "ESCALATED"]
    assert await world.count("complaint") == 1
    assert await world.scheduled() == {}


@pytest.mark.rule("§3.14")
async def test_a_pickup_completes_it_with_a_card(world: World) -> None:
    order, ticket_id = await shipped(world, sf(1))
    await world.scan(sf(1))
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["outcome"]) == ("COMPLETED", "PICKED_UP")
    assert (ticket["deadline_at"], ticket["next_step_at"], ticket["money_at_risk"]) == (None, None, 0)
    assert await world.actions(ticket_id) == ["OPENED", "SHIPPED", "PICKED_UP"]
    [card] = await world.fetch("SELECT kind FROM consumer_card")
    assert card["kind"] == "PICKED_UP"
    assert (await world.one("orders", order.id))["status"] == "PICKED_UP"
    assert await world.scheduled() == {}


async def test_a_parcel_scanned_before_it_was_told_of_ships_and_completes_at_once(world: World) -> None:
    order, ticket_id = await world.shipment_urged()
    await world.scan(sf(1), at=now() - HOUR)
    await world.ship(order, sf(1), shipped_at=now() - 2 * HOUR)
    assert await world.actions(ticket_id) == ["OPENED", "SHIPPED", "PICKED_UP"]
    [shipped_, picked_up] = await world.fetch(
        "SELECT id, action FROM follow_up_record WHERE position > 1 ORDER BY position"
    )
    [card] = await world.fetch("SELECT record_id FROM consumer_card")
    assert (card["record_id"], shipped_["action"]) == (picked_up["id"], "SHIPPED")


@pytest.mark.parametrize("late_by", [-MS, timedelta(0)])
async def test_a_late_import_of_a_pickup_in_time_files_nothing(world: World, late_by: timedelta) -> None:
    """Shipment and pickup are told together after the deadline, before the worker came."""
    order, ticket_id = await world.shipment_urged()
    deadline = await world.run_out(ticket_id)
    await world.scan(sf(1), at=deadline + late_by)
    await world.ship(order, sf(1), shipped_at=deadline - DAY)
    if late_by < timedelta(0):
        assert await world.actions(ticket_id) == ["OPENED", "SHIPPED", "PICKED_UP"]
        assert await world.count("complaint") == 0
        return
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED", "SHIPPED", "PICKED_UP"]
    assert (await complaint_of(world, ticket_id))[0] == "LATE_SHIPMENT"


@pytest.mark.rule("§3.11")
@pytest.mark.parametrize("after_shipping", [False, True])
async def test_refund_closing_and_withdrawal_end_either_clock(world: World, after_shipping: bool) -> None:  # noqa: FBT001
    rows = [world.row() for _ in range(3)]
    placed = await world.orders(rows)
    opened = [(await world.urge_shipment(order)).ticket_id for order in placed]
    if after_shipping:
        for order in placed:
            await world.ship(order, shipped_at=now())
    await world.refund(placed[0])
    await world.orders([world.row(number=placed[1].number, closed_at=now())])
    await world.withdraw(opened[2])
    ended = [await world.ticket(ticket_id) for ticket_id in opened]
    assert [each["outcome"] for each in ended] == ["REFUNDED", "ORDER_CLOSED", "WITHDRAWN"]
    assert [each["status"] for each in ended] == ["COMPLETED", "COMPLETED", "WITHDRAWN"]
    assert await world.scheduled() == {}


async def test_a_corrected_amount_is_at_risk_by_the_clock_that_runs(world: World) -> None:
    order, ticket_id = await world.shipment_urged(paid_amount=Decimal("100.00"))
    same = {"number": order.number, "paid_at": (await world.one("orders", order.id))["paid_at"]}
    await world.orders([world.row(**same, paid_amount=Decimal("1500.00"))])
    assert (await world.ticket(ticket_id))["money_at_risk"] == Decimal("50.00")
    await world.ship(order, shipped_at=now())
    assert (await world.ticket(ticket_id))["money_at_risk"] == Decimal("75.00")
    await world.orders([world.row(**same, paid_amount=Decimal("1000.00"))])
    assert (await world.ticket(ticket_id))["money_at_risk"] == Decimal("50.00")
