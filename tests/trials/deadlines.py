"""The trials of the worker (`quality.md §5`): what is killed or emptied while tickets fall due.

Each comes with workers that are known to be bad: on them the trial must fail, or it proves nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from db import database as databases
from db.database import Database
from escalation import index
from escalation.index import DeadlineIndex, Entry
from tests.trials import data, fleet, verdict
from tests.trials.working import HONEST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from domain.ticket import Ticket
    from tests.trials.fleet import Fleet
    from tests.trials.verdict import Verdict

SHOPS = 20
LEAD_S = 1.0
"""Until the first ticket is due: the index knows all of them by then."""
GRACE_S = 6.0
"""How long after the last deadline the trial waits for complaints that are missing."""
GRACE_OF_BAD_S = 2.0

DROP_KEY = "ALTER TABLE complaint DROP CONSTRAINT uq_complaint_shop_id_ticket_id_round"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a trial is: `tickets` fall due over `seconds`, with so much trouble meanwhile."""

    tickets: int
    seconds: float
    kills: int = 0
    flushes: int = 0
    redis_kills: int = 0
    hangs: int = 0


KILLS = Plan(tickets=2_000, seconds=90, kills=50)
KILLS_QUICK = Plan(tickets=200, seconds=4, kills=4)
FLUSHES = Plan(tickets=2_000, seconds=40, flushes=10, redis_kills=1)
FLUSHES_QUICK = Plan(tickets=200, seconds=4, flushes=3)


async def worker_kill(plan: Plan, database_url: str, kind: str, seed: int) -> Verdict:
    """Kill -9 of one of two workers after another, each replaced at once."""

    async def trouble(made: Fleet, rng: random.Random) -> None:
        async for number in moments(plan.kills, plan.seconds, rng):
            await made.replace_worker(number % fleet.WORKERS)

    return await run(plan, database_url, kind, seed, trouble)


async def flushall(plan: Plan, database_url: str, kind: str, seed: int) -> Verdict:
    """FLUSHALL, and kill -9 of the Redis, without restarting a worker."""

    async def trouble(made: Fleet, rng: random.Random) -> None:
        blows = [made.flush] * plan.flushes + [lambda: made.replace_redis(1.0)] * plan.redis_kills
        rng.shuffle(blows)
        async for number in moments(len(blows), plan.seconds, rng):
            await blows[number]()

    return await run(plan, database_url, kind, seed, trouble)


async def run(
    plan: Plan,
    database_url: str,
    kind: str,
    seed: int,
    trouble: Callable[[Fleet, random.Random], Awaitable[None]],
    *,
    redis_url: str | None = None,
) -> Verdict:
    """Let the tickets fall due while `trouble` is made for a fleet; it has its own Redis if none is given."""
    rng = random.Random(seed)
    database = await Database.connect(database_url, max_connections=2)
    try:
        if kind != HONEST:
            await database.pool.execute(DROP_KEY)
        async with fleet.fleet(database_url, kind, redis_url) as made:
            tickets = await _tickets(plan, database, made, rng)
            await asyncio.sleep(LEAD_S)
            await trouble(made, rng)
            last_at = max(ticket.deadline_at for ticket in tickets if ticket.deadline_at)
            await _settled(database, last_at, GRACE_S if kind == HONEST else GRACE_OF_BAD_S)
        async with database.pool.acquire() as connection:
            return await verdict.read(connection)
    finally:
        await database.close()


async def moments(count: int, seconds: float, rng: random.Random) -> AsyncIterator[int]:
    """0, 1, 2 … at random moments of the next `seconds`, or as soon as what was done before is over."""
    start = time.monotonic()
    for number, moment in enumerate(sorted(rng.uniform(0, seconds) for _ in range(count))):
        await asyncio.sleep(max(0.0, start + moment - time.monotonic()))
        yield number


async def _tickets(plan: Plan, database: Database, made: Fleet, rng: random.Random) -> list[Ticket]:
    """Write the tickets and tell the index, as the web process would have."""
    async with database.transaction() as connection:
        first_at = await databases.now(connection) + timedelta(seconds=LEAD_S)
        shop_ids = await data.shops(connection, SHOPS)
        delays_ms = [rng.randrange(int(plan.seconds * 1000)) for _ in range(plan.tickets)]
        tickets = [
            data.awaiting(rng.choice(shop_ids), first_at + timedelta(milliseconds=delay_ms))
            for delay_ms in delays_ms
        ]
        await data.insert(connection, tickets)
    client = index.connect(made.redis_url)
    await DeadlineIndex(client).put(
        Entry(ticket.shop_id, ticket.id, ticket.next_step_at) for ticket in tickets
    )
    await client.aclose()
    return tickets


async def _settled(database: Database, last_at: datetime, grace_s: float) -> None:
    """Wait until each ticket has its complaint, or long enough after the last deadline."""
    statement = (
        "SELECT (SELECT count(DISTINCT (shop_id, ticket_id)) FROM complaint) = (SELECT count(*) FROM ticket)"
        " OR clock_timestamp() > $1::timestamptz + make_interval(secs => $2)"
    )
    while not await database.pool.fetchval(statement, last_at, grace_s):  # noqa: ASYNC110 - in another server
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)  # a second complaint would come now
