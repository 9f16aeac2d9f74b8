"""The trials of the worker (`quality.md §5`): what is killed or emptied while tickets fall due.

Each comes with workers that are known to be bad: on them the trial must fail, or it proves nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from db import database as databases
from db.database import Database
from escalation import index
from escalation.index import DeadlineIndex, Entry
from tests.trials import api, data, fleet, verdict
from tests.trials.api import Api, Custom
from tests.trials.findings import Count, Findings
from tests.trials.working import HONEST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from domain.ticket import Ticket
    from tests.trials.fleet import Fleet
    from tests.trials.verdict import Verdict

SHOPS = 20
LEAD_S = 1.0
"""Until the first ticket is due: the index knows all of them by then."""
GRACE_S = 6.0
"""How long after the last deadline the trial waits for complaints that are missing."""
GRACE_OF_BAD_S = 2.0
WINDOW_S = 5
"""The reply window of tickets that are opened while the trial runs: a policy in whole seconds."""
ANSWER_S = 2.0
"""The longest that the API may take for an answer while Redis is in trouble."""

DROP_KEY = "ALTER TABLE complaint DROP CONSTRAINT uq_complaint_shop_id_ticket_id_round"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a trial is: `tickets` fall due over `seconds`, with so much trouble meanwhile."""

    tickets: int
    seconds: float
    kills: int = 0
    flushes: int = 0
    redis_kills: int = 0
    outage_s: float = 0.0
    restored: int = 0


KILLS = Plan(tickets=8_000, seconds=360, kills=200)
KILLS_QUICK = Plan(tickets=200, seconds=4, kills=4)
FLUSHES = Plan(tickets=8_000, seconds=120, flushes=10, redis_kills=5, outage_s=30.0, restored=1)
FLUSHES_QUICK = Plan(tickets=200, seconds=5, flushes=2, restored=1)


async def worker_kill(plan: Plan, database_url: str, kind: str, seed: int) -> Verdict:
    """Kill -9 of one of two workers after another, each replaced at once."""
    rng = random.Random(seed)
    async with prepared(database_url, kind) as (database, made):
        due = await tickets(plan.tickets, plan.seconds, database, made, rng)
        await asyncio.sleep(LEAD_S)
        async for number in moments(plan.kills, plan.seconds, rng):
            await made.replace_worker(number % fleet.WORKERS)
        await settled(database, due, kind)
        return await judged(database)


async def redis(plan: Plan, database_url: str, kind: str, seed: int) -> Findings:
    """FLUSHALL, kill -9 of Redis, an outage, an old file restored: no worker restarted, the API in use."""
    rng = random.Random(seed)
    async with prepared(database_url, kind) as (database, made):
        made.environment["LANSHOU_REPLY_WINDOW"] = f"{WINDOW_S}s"
        early = await tickets(plan.tickets // 2, plan.seconds, database, made, rng)
        old = await made.backed_up()
        due = early + await tickets(plan.tickets - len(early), plan.seconds, database, made, rng)
        blows = [made.flush] * plan.flushes + [lambda: made.replace_redis(1.0)] * plan.redis_kills
        blows += [lambda: made.replace_redis(plan.outage_s)] * (plan.outage_s > 0)
        blows += [lambda: made.replace_redis(0.5, restored=old)] * plan.restored
        rng.shuffle(blows)
        async with used(database, made, plan.seconds) as custom:
            async for number in moments(len(blows), plan.seconds, rng):
                await blows[number]()
        await settled(database, due, kind)
        await custom.check(database)
        found = await judged(database)
    return Findings((found, Count("s late at most", found.max_late_s, verdict.LATE_S), custom))


@asynccontextmanager
async def prepared(
    database_url: str, kind: str, *, workers: int = fleet.WORKERS
) -> AsyncIterator[tuple[Database, Fleet]]:
    """The trial's database, and the workers of this kind."""
    database = await Database.connect(database_url, max_connections=2)
    try:
        if kind != HONEST:
            await database.pool.execute(DROP_KEY)
        async with fleet.fleet(database_url, kind, workers=workers) as made:
            yield database, made
    finally:
        await database.close()


@asynccontextmanager
async def used(
    database: Database,
    made: Fleet,
    seconds: float,
    *,
    slowest_s: float = ANSWER_S,
    words: Sequence[str] = fleet.SERVING,
    environment: Mapping[str, str] = {},
) -> AsyncIterator[Custom]:
    """Start the web process and use its API throughout the block."""
    async with database.transaction() as connection:
        [shop_id] = await data.shops(connection, 1)
        order_ids = await data.orders(connection, shop_id, int(seconds * 4) + 5)
    await api.hire(database, [shop_id])
    await made.start_web(words, environment)
    custom, over = Custom(slowest_s), asyncio.Event()
    client = Api(made.web_port, [shop_id])
    using = asyncio.create_task(custom.use(client, shop_id, order_ids, over))
    try:
        yield custom
    finally:
        over.set()
        await using
        await client.close()


async def moments(count: int, seconds: float, rng: random.Random) -> AsyncIterator[int]:
    """0, 1, 2 … at random moments of the next `seconds`, or as soon as what was done before is over."""
    start = time.monotonic()
    for number, moment in enumerate(sorted(rng.uniform(0, seconds) for _ in range(count))):
        await asyncio.sleep(max(0.0, start + moment - time.monotonic()))
        yield number


async def written(
    database: Database, shop_ids: Sequence[UUID], count: int, seconds: float, rng: random.Random
) -> list[Ticket]:
    """Write tickets that fall due within `seconds`, and tell the index nothing."""
    async with database.transaction() as connection:
        first_at = await databases.now(connection) + timedelta(seconds=LEAD_S)
        delays_ms = [rng.randrange(int(seconds * 1000)) for _ in range(count)]
        tickets = [
            data.awaiting(rng.choice(shop_ids), first_at + timedelta(milliseconds=delay_ms))
            for delay_ms in delays_ms
        ]
        await data.insert(connection, tickets)
    return tickets


async def told(redis_url: str, tickets: Sequence[Ticket]) -> None:
    """Tell the index of new tickets, as the web process would have."""
    client = index.connect(redis_url)
    await DeadlineIndex(client).put(
        Entry(ticket.shop_id, ticket.id, ticket.next_step_at) for ticket in tickets
    )
    await client.aclose()


async def tickets(
    count: int, seconds: float, database: Database, made: Fleet, rng: random.Random
) -> list[Ticket]:
    """Shops and tickets that fall due within `seconds`, and the index told."""
    async with database.transaction() as connection:
        shop_ids = await data.shops(connection, SHOPS)
    due = await written(database, shop_ids, count, seconds, rng)
    await told(made.redis_url, due)
    return due


async def settled(
    database: Database, tickets: Sequence[Ticket], kind: str, *, grace_s: float = GRACE_S
) -> None:
    """Wait until each ticket with a deadline has its complaint, or long enough after the last one."""
    last_at = max(ticket.deadline_at for ticket in tickets if ticket.deadline_at)
    await _settled(database, last_at, grace_s if kind == HONEST else GRACE_OF_BAD_S)


async def _settled(database: Database, last_at: datetime, grace_s: float) -> None:
    statement = (
        "SELECT NOT EXISTS (SELECT FROM ticket t WHERE deadline_at IS NOT NULL AND NOT EXISTS ("
        " SELECT FROM complaint c WHERE c.shop_id = t.shop_id AND c.ticket_id = t.id))"
        " OR clock_timestamp() > $1::timestamptz + make_interval(secs => $2)"
    )
    while not await database.pool.fetchval(statement, last_at, grace_s):  # noqa: ASYNC110 - in another server
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)  # a second complaint would come now


async def judged(database: Database) -> Verdict:
    """What became of all tickets."""
    async with database.pool.acquire() as connection:
        return await verdict.read(connection)
