"""Exemptions and the clock that runs from shipping (`domain.md §3, §5`)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain import ticket
from domain.exemptions import ExemptionBasis
from escalation import steps
from tests.resolvers.test_exemptions import WEEK, deadline, delete, retime, save
from tests.resolvers.world import DAY, HOUR, MS, Placed, World, now, number_of, uuid_of

MINUTE = timedelta(minutes=1)


async def shipped(world: World, at: datetime | None = None, number: str | None = None) -> tuple[Placed, str]:
    """An order whose shipment was urged and then recorded, shipped a minute ago unless said."""
    order, ticket_id = await world.shipment_urged()
    await world.ship(order, number, shipped_at=at or now() - MINUTE)
    assert (await world.ticket(ticket_id))["status"] == "AWAITING_PICKUP"
    return order, ticket_id


async def test_one_that_is_there_when_the_order_is_shipped_moves_the_pickup(world: World) -> None:
    _, ticket_id = await world.shipment_urged()
    public = await save(world)
    await retime(world)
    order, other = await world.shipment_urged()
    shipped_at, latest = now() - MINUTE, now() + 2 * WEEK
    await save(world, id=public, latest_at=latest)
    await world.ship(order, shipped_at=shipped_at)
    row = await world.ticket(other)
    assert (row["deadline_at"], row["deadline_steps"]) == (latest, [shipped_at + DAY, latest])
    assert (row["moved_by"], row["calendar_revision"]) == ([uuid_of(public)], 2)
    assert await retime(world) == 1
    assert await deadline(world, ticket_id) == latest


async def test_saving_and_deleting_one_moves_a_waiting_pickup(world: World) -> None:
    _, ticket_id = await shipped(world)
    before = await world.ticket(ticket_id)
    latest = now() + WEEK
    public = await save(world, latest_at=latest)
    assert await retime(world) == 1
    row = await world.ticket(ticket_id)
    assert (row["deadline_at"], row["clock_started_at"]) == (latest, before["shipped_at"])
    await delete(world, public)
    assert await retime(world) == 1
    assert await deadline(world, ticket_id) == before["deadline_at"]
    assert await world.actions(ticket_id) == ["OPENED", "SHIPPED", "DEADLINE_MOVED", "DEADLINE_MOVED"]


async def test_whoever_is_about_to_file_times_a_pickup_anew_first(world: World) -> None:
    _, ticket_id = await shipped(world)
    ended = await world.run_out(ticket_id, MS)
    latest = now() + WEEK
    await save(world, starts_at=ended - HOUR, latest_at=latest)
    await world.work(ticket_id)
    assert await deadline(world, ticket_id) == latest
    assert await world.actions(ticket_id) == ["OPENED", "SHIPPED", "DEADLINE_MOVED"]
    assert await world.count("complaint") == 0


async def test_a_worker_that_ignores_the_revision_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The known-bad control of the test above."""

    def careless(each: Any, at: datetime, policy: Any, _: Any) -> Any:
        found = ticket.elapse(each.ticket, at, policy)
        return ticket.Change(each.ticket, ()) if found is None else found

    monkeypatch.setattr(steps, "due_now", careless)
    with pytest.raises(AssertionError):
        await test_whoever_is_about_to_file_times_a_pickup_anew_first(world)
    assert await world.count("complaint") == 1


@pytest.mark.parametrize(("after", "completes"), [(-MS, True), (timedelta(0), False)])
async def test_a_pickup_is_judged_by_the_deadline_that_an_exemption_gave(
    world: World, after: timedelta, *, completes: bool
) -> None:
    """Nobody has re-timed the ticket: the scan that tells of the pickup does."""
    number = number_of()
    _, ticket_id = await shipped(world, number=number)
    ended = await world.run_out(ticket_id, HOUR)
    latest = now() - MINUTE
    await save(world, starts_at=ended, ends_at=ended + MS, latest_at=latest)
    await world.scan(number, at=latest + after)
    row = await world.ticket(ticket_id)
    assert row["status"] == ("COMPLETED" if completes else "ESCALATED")
    assert "DEADLINE_MOVED" in await world.actions(ticket_id)


@pytest.mark.parametrize("basis", [ExemptionBasis.PAID_AT, ExemptionBasis.SHIP_BY])
async def test_shipping_after_the_reply_deadline_passed_asks_the_exemptions_first(
    world: World, basis: ExemptionBasis
) -> None:
    """Without the exemption the complaint is filed; with it the shipment is in time."""
    for moved in (False, True):
        order, ticket_id = await world.shipment_urged()
        await world.run_out(ticket_id, MS)
        if moved:
            await save(world, basis=basis, starts_at=now() - 9 * DAY, ends_at=now())
        await world.ship(order, shipped_at=now() - MINUTE)
        row = await world.ticket(ticket_id)
        assert row["status"] == ("AWAITING_PICKUP" if moved else "ESCALATED")


async def test_who_is_told_late_keeps_the_exemption_of_the_time(world: World) -> None:
    latest = now() + 3 * HOUR
    await save(world, starts_at=now() - 5 * DAY, ends_at=now() - DAY, latest_at=latest)
    _, moved = await shipped(world, now() - 3 * DAY)
    assert await deadline(world, moved) == latest
    _, late = await shipped(world, now() - DAY - HOUR / 2)
    recorded = (await world.ticket(late))["updated_at"]
    assert await deadline(world, late) == recorded + HOUR


async def test_a_promise_is_broken_whatever_exemptions_there_are(world: World) -> None:
    """They move deadlines; a promised time is the seller's own. What is urged again is moved."""
    order, ticket_id = await world.urged()
    await world.reply(ticket_id)
    latest = now() + WEEK
    await save(world, starts_at=now() - 2 * HOUR, latest_at=latest)
    assert await retime(world) == 0
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    assert await world.actions(ticket_id) == ["OPENED", "REPLIED", "PROMISE_BROKEN"]
    await world.urge(order)
    assert await deadline(world, ticket_id) == latest
