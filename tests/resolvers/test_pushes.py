"""A push over several shops is one transaction: all of it lands, or nothing; and nobody waits in a circle."""

import asyncio
import random
from dataclasses import replace

import asyncpg
import pytest

from db import scans as rows
from domain import scans as rules
from domain.scans import Scan
from resolvers import scans
from tests.resolvers.world import HOUR, World, now, sf


def pushed(number: str, code: str = "103") -> Scan:
    return Scan("SF", number, now() - HOUR / 2, code, "已揽收", rules.KUAIDI100)


async def urged_in_both(world: World) -> tuple[str, str]:
    """A ticket in each of two shops, whose parcels are 1 and 2."""
    foreign = replace(world, shop=world.other_shop)
    return (await world.urged(sf(1)))[1], (await foreign.urged(sf(2)))[1]


async def test_a_push_over_two_shops_completes_tickets_of_both_at_one_moment(world: World) -> None:
    ticket_ids = await urged_in_both(world)
    done = await scans.record_pushed(world.services, [pushed(sf(2)), pushed(sf(1)), pushed(sf(3))])
    assert [row.outcome for row in done.rows] == ["CREATED"] * 3
    assert [row.id is None for row in done.rows] == [False, False, True]
    for ticket_id in ticket_ids:
        assert await world.actions(ticket_id) == ["OPENED", "PICKED_UP"]
    written = await world.fetch(
        "SELECT occurred_at AS at FROM follow_up_record WHERE action = 'PICKED_UP'"
        " UNION ALL SELECT received_at FROM tracking_event UNION ALL SELECT updated_at FROM orders"
    )
    assert len(written) == 6
    assert len({row["at"] for row in written}) == 1
    assert await world.scheduled() == {}


async def test_a_push_that_one_shop_cannot_take_changes_nothing_in_the_other(world: World) -> None:
    """Its sender hears that it failed, and tells all of it again."""
    first, second = await urged_in_both(world)
    refusal = f"ALTER TABLE tracking_event ADD CONSTRAINT refused CHECK (shop_id <> '{world.other_shop}')"
    await world.database.pool.execute(refusal)
    before = await world.dump()
    push = [pushed(sf(1)), pushed(sf(2))]
    with pytest.raises(asyncpg.CheckViolationError):
        await scans.record_pushed(world.services, push)
    assert await world.dump() == before
    await world.database.pool.execute("ALTER TABLE tracking_event DROP CONSTRAINT refused")
    assert (await scans.record_pushed(world.services, push)).count("CREATED") == 2
    assert await world.actions(first) == await world.actions(second) == ["OPENED", "PICKED_UP"]


async def test_no_scan_is_joined_while_somebody_holds_its_number(world: World) -> None:
    """Who holds it may be about to add another parcel of that number, which must see the scan."""
    await world.shipped(sf(1))
    async with world.database.transaction() as connection:
        await rows.lock_numbers(connection, [("SF", sf(1))])
        push = asyncio.create_task(scans.record_pushed(world.services, [pushed(sf(1))]))
        await asyncio.wait([push], timeout=0.3)
        assert not push.done()
        assert await world.count("tracking_event") == 0
    assert (await push).count("CREATED") == 1


async def test_an_unknown_number_is_kept_under_its_lock(world: World) -> None:
    """A parcel that is just being added under it gets the scan, whoever is first."""
    async with world.database.transaction() as connection:
        await rows.lock_numbers(connection, [("SF", sf(1))])
        push = asyncio.create_task(scans.record_pushed(world.services, [pushed(sf(1))]))
        await asyncio.wait([push], timeout=0.3)
        assert not push.done()
        assert await world.count("unmatched_scan") == 0
    assert (await push).count("CREATED") == 1


async def test_pushes_over_the_same_shops_in_any_order_wait_for_each_other(world: World) -> None:
    foreign = replace(world, shop=world.other_shop)
    for place in range(40):
        await (world if place % 2 else foreign).shipped(sf(place))
    before = await world.deadlocks()
    shuffle = random.Random(7).sample
    every = [pushed(sf(place), code) for place in range(40) for code in ("101", "103")]
    done = await asyncio.gather(
        *(scans.record_pushed(world.services, shuffle(every, len(every))) for _ in range(8))
    )
    assert sum(each.count("CREATED") for each in done) == await world.count("tracking_event") == 80
    assert [row["status"] for row in await world.fetch("SELECT DISTINCT status FROM orders")] == ["PICKED_UP"]
    assert await world.deadlocks() == before
