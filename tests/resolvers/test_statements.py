"""How many statements a reply and a push take, and that PostgreSQL keeps the plan of each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from db.database import Database
from domain import scans as rules
from domain.scans import Scan
from resolvers import scans
from tests.resolvers.world import HOUR, World, now, sf

TIMES = 20
PLANNED_ANEW = 5
"""PostgreSQL plans a statement so often with its values before it decides whether to keep a plan without."""
_SENT = """
SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements
WHERE generic_plans + custom_plans >= $1 AND statement NOT LIKE '%pg_prepared_statements%'"""


@pytest.fixture
async def narrow(world: World, emptied_url: str) -> AsyncIterator[World]:
    """The world over one connection, which knows what was sent."""
    database = await Database.connect(emptied_url, max_connections=1)
    yield replace(world, services=replace(world.services, database=database))
    await database.close()


async def sent(world: World, act: Callable[[int], Awaitable[object]]) -> dict[str, tuple[int, int]]:
    """Plans kept and made anew of each statement that is sent every time."""
    for place in range(TIMES):
        await act(place)
    found = await world.fetch(_SENT, TIMES)
    return {row["statement"]: (row["generic_plans"], row["custom_plans"]) for row in found}


def planned_anew(plans: dict[str, tuple[int, int]]) -> list[str]:
    return [statement for statement, (_, custom) in plans.items() if custom > PLANNED_ANEW]


async def test_a_reply_is_seven_statements_each_planned_once(world: World, narrow: World) -> None:
    """Found, key claimed, order locked, read, written, its event appended, key stored."""
    ids = [(await world.urged())[1] for _ in range(TIMES)]

    async def reply(place: int) -> None:
        await narrow.reply(ids[place], idempotency_key=f"k{place}")

    plans = await sent(narrow, reply)
    assert len(plans) == 7
    assert sum(sum(each) for each in plans.values()) == 7 * TIMES
    assert planned_anew(plans) == []


async def test_a_push_is_looked_up_locked_read_joined_written_and_looked_up_again(
    world: World, narrow: World
) -> None:
    for place in range(TIMES):
        await world.shipped(sf(place))

    async def push(place: int) -> None:
        scan = Scan("SF", sf(place), now() - HOUR, "103", "已揽收", rules.KUAIDI100)
        assert (await scans.record_pushed(narrow.services, [scan])).count("CREATED") == 1

    plans = await sent(narrow, push)
    assert len(plans) == 6
    assert sum(sum(each) for each in plans.values()) == 7 * TIMES
    assert planned_anew(plans) == []


async def test_a_statement_that_is_planned_anew_is_seen(narrow: World) -> None:
    """The known-bad control."""
    statement = "SELECT count(*) FROM ticket WHERE shop_id = $1"
    await narrow.database.pool.execute("SET plan_cache_mode = force_custom_plan")

    async def ask(_: int) -> None:
        await narrow.fetch(statement, narrow.shop)

    assert planned_anew(await sent(narrow, ask)) == [statement]
