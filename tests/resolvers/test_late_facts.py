"""Pickups and refunds that were in time but told after filing dismiss the complaint (`domain.md §3`)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.policy import DEFAULT
from tests.resolvers.world import DAY, HOUR, MS, Placed, World, now, sf, uuid_of

BORDERS = [-MS, timedelta(0), MS]


async def escalated(world: World, number: str | None = None, **changes: Any) -> tuple[Placed, str, datetime]:
    """An order, its escalated ticket, and the deadline that passed."""
    order, ticket_id = await world.urged(number, **changes)
    deadline = await world.run_out(ticket_id)
    await world.work(ticket_id)
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED"]
    return order, ticket_id, deadline


async def complaint_of(world: World, ticket_id: str) -> dict[str, Any]:
    """The ticket's only complaint."""
    [row] = await world.fetch("SELECT * FROM complaint WHERE ticket_id = $1", uuid_of(ticket_id))
    return row


async def dismissed(world: World, ticket_id: str) -> bool:
    """Whether its complaint was dismissed; record, event and times then hang together."""
    complaint = await complaint_of(world, ticket_id)
    told = (await world.actions(ticket_id)).count("COMPLAINT_RULED")
    assert told == (complaint["status"] == "DISMISSED")
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["outcome"]) == ("ESCALATED", "COMPLAINT_FILED")
    if not told:
        assert (complaint["status"], complaint["ruled_at"], complaint["reason"]) == ("FILED", None, None)
        return False
    [record] = await world.fetch(
        "SELECT * FROM follow_up_record WHERE ticket_id = $1 AND action = 'COMPLAINT_RULED'",
        uuid_of(ticket_id),
    )
    assert (record["actor_kind"], record["actor_name"]) == ("SYSTEM", "system")
    assert (record["note"], record["occurred_at"]) == (complaint["reason"], complaint["ruled_at"])
    [event] = await world.fetch("SELECT * FROM event WHERE record_id = $1", record["id"])
    assert (event["action"], event["ticket_id"]) == ("COMPLAINT_RULED", ticket["id"])
    assert complaint["compensation"] == 0
    assert complaint["penalty_points"] == 0
    return True


@pytest.mark.rule("§3.22")
@pytest.mark.parametrize("late_by", BORDERS)
async def test_a_pickup_in_time_told_after_filing_dismisses(world: World, late_by: timedelta) -> None:
    _, ticket_id, deadline = await escalated(world, sf(1))
    await world.scan(sf(1), at=deadline + late_by)
    assert (await world.actions(ticket_id))[:3] == ["OPENED", "ESCALATED", "PICKED_UP"]
    assert await dismissed(world, ticket_id) is (late_by < timedelta(0))
    assert await world.count("consumer_card") == 1
    before = await world.stored()
    await world.scan(sf(1), at=deadline + late_by)
    assert await world.stored() == before


@pytest.mark.rule("§3.22")
@pytest.mark.parametrize("late_by", BORDERS)
async def test_a_refund_in_time_told_after_filing_dismisses(world: World, late_by: timedelta) -> None:
    order, ticket_id, deadline = await escalated(world)
    await world.refund(order, deadline + late_by)
    assert (await world.actions(ticket_id))[:3] == ["OPENED", "ESCALATED", "REFUNDED"]
    assert await dismissed(world, ticket_id) is (late_by < timedelta(0))


@pytest.mark.parametrize("late_by", BORDERS)
async def test_the_promise_of_the_last_round_is_a_border_too(world: World, late_by: timedelta) -> None:
    order, ticket_id = await world.urged(sf(1))
    for _ in range(2):
        await world.reply(ticket_id)
        await world.run_out(ticket_id)
        await world.urge(order)
    await world.reply(ticket_id)
    ended_at = await world.run_out(ticket_id)
    await world.work(ticket_id)
    await world.scan(sf(1), at=ended_at + late_by)
    assert await dismissed(world, ticket_id) is (late_by < timedelta(0))


@pytest.mark.parametrize("after_shipping", [False, True])
@pytest.mark.parametrize("late_by", BORDERS)
async def test_either_clock_of_an_urge_for_shipment_is_excused(
    world: World,
    late_by: timedelta,
    after_shipping: bool,  # noqa: FBT001
) -> None:
    order, ticket_id = await world.shipment_urged()
    if after_shipping:
        await world.ship(order, sf(1), shipped_at=now() - 2 * HOUR)
    deadline = await world.run_out(ticket_id)
    await world.work(ticket_id)
    if not after_shipping:
        await world.ship(order, sf(1), shipped_at=deadline - HOUR)
    await world.scan(sf(1), at=deadline + late_by)
    assert (await complaint_of(world, ticket_id))["violation"] == (
        "NO_PICKUP" if after_shipping else "LATE_SHIPMENT"
    )
    assert await dismissed(world, ticket_id) is (late_by < timedelta(0))


@pytest.mark.rule("§8.12")
async def test_an_earlier_scan_that_comes_after_a_later_one_still_dismisses(world: World) -> None:
    """Out of order: the pickup was recorded as late, then the scan in time arrives."""
    _, ticket_id, deadline = await escalated(world, sf(1))
    await world.scan(sf(1), "1002", at=deadline + MS)
    assert await dismissed(world, ticket_id) is False
    await world.scan(sf(1), "103", at=deadline)
    assert await dismissed(world, ticket_id) is False
    await world.scan(sf(1), "103", at=deadline - MS)
    assert await dismissed(world, ticket_id) is True
    await world.scan(sf(1), "103", at=deadline - HOUR)
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED", "PICKED_UP", "COMPLAINT_RULED"]
    assert await world.count("consumer_card") == 1


async def test_every_parcel_must_have_been_picked_up_in_time(world: World) -> None:
    order, ticket_id = await world.urged(sf(1))
    await world.ship(order, sf(2))
    deadline = await world.run_out(ticket_id)
    await world.work(ticket_id)
    await world.scan(sf(1), at=deadline - HOUR)
    assert await dismissed(world, ticket_id) is False
    await world.scan(sf(2), "1002", at=deadline)
    assert await dismissed(world, ticket_id) is False
    await world.scan(sf(2), at=deadline - MS)
    assert await dismissed(world, ticket_id) is True


async def test_a_corrected_refund_time_dismisses(world: World) -> None:
    order, ticket_id, deadline = await escalated(world)
    await world.refund(order, deadline)
    assert await dismissed(world, ticket_id) is False
    await world.refund(order, deadline - MS)
    assert await dismissed(world, ticket_id) is True
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED", "REFUNDED", "COMPLAINT_RULED"]


async def test_a_part_refunded_and_a_closed_order_excuse_nothing(world: World) -> None:
    order, ticket_id, deadline = await escalated(world)
    await world.refund(order, deadline - HOUR, whole=False)
    row = world.row(number=order.number, closed_at=deadline - HOUR)
    await world.orders([row])
    assert await dismissed(world, ticket_id) is False
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED"]


async def test_a_complaint_filed_in_the_same_transaction_is_dismissed_in_it(world: World) -> None:
    """Nobody had looked at the overdue ticket; the new number turns out to be picked up in time."""
    order = await world.order()
    parcel_id = await world.ship(order)
    ticket_id = (await world.urge(order)).ticket_id
    deadline = await world.run_out(ticket_id)
    await world.scan(sf(1), at=deadline - MS)
    await world.change(parcel_id, sf(1))
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED", "PICKED_UP", "COMPLAINT_RULED"]
    assert await dismissed(world, ticket_id) is True


async def test_a_complaint_that_was_ruled_on_or_settled_stays(world: World) -> None:
    for place, status in enumerate(("UPHELD", "SETTLED", "DISMISSED"), 1):
        order, ticket_id, deadline = await escalated(world, sf(place))
        await world.database.pool.execute(
            "UPDATE complaint SET status = $2::complaint_status, ruled_at = now(), reason = 'ruled',"
            " compensation = 5 WHERE ticket_id = $1",
            uuid_of(ticket_id),
            status,
        )
        before = await complaint_of(world, ticket_id)
        await world.scan(sf(place), at=deadline - HOUR)
        await world.refund(order, deadline - HOUR)
        assert await complaint_of(world, ticket_id) == before
        assert "COMPLAINT_RULED" not in await world.actions(ticket_id)


@pytest.mark.rule("§3.22")
async def test_the_policy_may_switch_it_off(world: World) -> None:
    strict = world.under(replace(DEFAULT, dismisses_when_in_time=False))
    _, ticket_id, deadline = await escalated(world, sf(1))
    await strict.scan(sf(1), at=deadline - HOUR)
    assert await dismissed(world, ticket_id) is False
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED", "PICKED_UP"]


async def test_the_reason_is_told_in_the_shops_language(world: World) -> None:
    _, ticket_id, deadline = await escalated(world, sf(1))
    await world.database.pool.execute("UPDATE shop SET locale = 'en' WHERE id = $1", world.shop)
    await world.scan(sf(1), at=deadline - HOUR)
    assert "picked up at" in (await complaint_of(world, ticket_id))["reason"]


async def test_many_late_facts_in_one_call_dismiss_each_its_own(world: World) -> None:
    held = [await escalated(world, sf(place)) for place in range(1, 7)]
    for order, _, deadline in held[:3]:
        await world.ship(order, shipped_at=now() - DAY)
        await world.refund(order, deadline - MS)
    for place, (_, _, deadline) in enumerate(held[3:], 4):
        await world.scan(sf(place), at=deadline - MS if place != 5 else deadline)
    assert [await dismissed(world, ticket_id) for _, ticket_id, _ in held] == [True] * 4 + [False, True]
