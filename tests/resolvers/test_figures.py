"""Figures are written with what they are figures of: once, whole, and not at all with what is refused."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from db import refill
from domain.errors import IllegalTransition
from resolvers import commands, team
from tests.figures import asking, reckoning
from tests.resolvers.complaints import filed
from tests.resolvers.world import DAY, HOUR, now

if TYPE_CHECKING:
    from tests.figures.reckoning import Row
    from tests.resolvers.world import World


async def season(world: World) -> Row:
    """The figures of these days, which are what plain Python reckons, and what a refill makes of them."""
    since, until = now() - 10 * DAY, now() + DAY
    found: list[Row] = []
    for again in (False, True):
        if again:
            async with world.database.transaction() as connection:
                await refill.refill(connection, world.shop)
        answer = await asking.ask(world.services, world.shop, since, until)
        raw = await reckoning.raw(world.database, world.shop)
        assert asking.differences(answer, raw, since, until, "DAY") == []
        found.append(answer["total"])
    assert found[0] == found[1]
    return found[0]


async def test_a_reply_sent_twice_counts_once(world: World) -> None:
    _, ticket_id = await world.urged()
    for _ in range(2):
        await world.reply(ticket_id, idempotency_key="k")
    total = await season(world)
    assert (total["opened"], total["handled"], total["onTime"]["numerator"]) == (1, 1, 1)


async def test_what_is_refused_counts_nothing(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.reply(ticket_id)
    before = await world.fetch("SELECT * FROM figure_fact ORDER BY at, record_id, part")
    sums = await world.fetch("SELECT * FROM figure_sum ORDER BY member_id, hours, starts_at")
    with pytest.raises(IllegalTransition):
        await world.reply(ticket_id)
    assert await world.fetch("SELECT * FROM figure_fact ORDER BY at, record_id, part") == before
    assert await world.fetch("SELECT * FROM figure_sum ORDER BY member_id, hours, starts_at") == sums


async def test_replies_at_once_are_all_counted(world: World) -> None:
    tickets = [(await world.urged())[1] for _ in range(12)]
    await asyncio.gather(*(world.reply(ticket_id) for ticket_id in tickets))
    total = await season(world)
    assert (total["handled"], total["promiseKept"]["denominator"]) == (12, 0)


async def test_a_late_pickup_takes_the_complaint_back(world: World) -> None:
    number = "SF1900000000001"
    _, ticket_id = await world.urged(number)
    ended_at = await world.run_out(ticket_id)
    await world.work(ticket_id)
    lost = await season(world)
    assert (lost["escalated"]["numerator"], lost["onTime"]) == (
        1,
        {"numerator": 0, "denominator": 1, "value": 0},
    )
    for _ in range(2):
        await world.scan(number, at=ended_at - timedelta(milliseconds=1))
    total = await season(world)
    assert (total["escalated"]["numerator"], total["escalated"]["denominator"]) == (0, 1)
    assert (total["onTime"]["numerator"], total["handled"]) == (1, 1)


async def test_a_settled_complaint_stays_settled_when_a_pickup_excuses(world: World) -> None:
    complaint = await filed(world)
    await complaint.settle()
    before = await season(world)
    ticket = await world.one("ticket", complaint.ticket_id)
    await world.refund(complaint.order, ticket["deadline_at"] - HOUR)
    after = await season(world)
    assert after == before
    assert after["compensation"] != "0.00"
    assert after["platformLiability"]["numerator"] == 0


async def test_an_upheld_complaint_is_liability(world: World) -> None:
    complaint = await filed(world)
    await complaint.rule(penalty_points=1)
    total = await season(world)
    assert total["platformLiability"] == {"numerator": 1, "denominator": 1, "value": 1}
    assert total["penaltyPoints"] == 1


async def test_an_assigned_ticket_follows_its_member(world: World) -> None:
    _, ticket_id = await world.urged()
    for _ in range(2):
        await team.assign(world.staff, commands.AssignTickets(ticket_ids=(ticket_id,), to_me=True))
    await season(world)
    await team.assign(world.staff, commands.AssignTickets(ticket_ids=(ticket_id,)))
    answer = await asking.ask(world.services, world.shop, now() - DAY, now() + DAY)
    assert (answer["total"]["opened"], answer["byStaff"]) == (1, [])


async def test_a_corrected_payment_moves_between_days(world: World) -> None:
    paid_at = now() - 3 * DAY
    order = await world.order(paid_at=paid_at)
    for moved in (paid_at - 2 * DAY, paid_at - 2 * DAY, paid_at):
        await world.orders([world.row(number=order.number, paid_at=moved)])
        total = await season(world)
        assert total["platformLiability"]["denominator"] == 1
    days = await world.fetch("SELECT sum(orders) AS orders FROM paid_day")
    assert days[0]["orders"] == 1
