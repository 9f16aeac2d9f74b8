"""The trial of bad wires to PostgreSQL and to Redis: slow, cut, or open at one end only."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import app
from escalation import worker
from tests.trials import data, deadlines
from tests.trials.findings import Count, Findings, Whole
from tests.trials.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from uuid import UUID

    from db.database import Database
    from domain.ticket import Ticket

    Trouble = Callable[[Proxy, float], Coroutine[Any, Any, None]]

DELAY_S = 0.1
"""On the way of each packet, there and back."""
REFUSED_S = 1.0
"""How long a server that was cut off cannot be reached."""
WINDOW_S = 8
LATE_S = worker.PATIENCE.answer_s + 5
"""A dead connection is given up after the worker's patience; then a slow batch may be in the way."""
SLOWEST_S = app.PATIENCE.answer_s * 2 + 2
"""No answer takes longer: a statement on a dead connection, and waiting for one that is dead too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often each trouble comes to each wire, for how long, and how many tickets fall due in one."""

    rounds: int
    seconds: float
    tickets: int
    patient: bool = True
    """Whether there is the time to wait for connections to PostgreSQL that went away without a word."""


FULL = Plan(rounds=4, seconds=8.0, tickets=150)
QUICK = Plan(rounds=1, seconds=1.2, tickets=40, patient=False)


async def slow(proxy: Proxy, seconds: float) -> None:
    """Each packet takes its time."""
    proxy.delay_s = DELAY_S
    await asyncio.sleep(seconds)
    proxy.delay_s = 0


async def cut(proxy: Proxy, seconds: float) -> None:
    """Every connection is cut, and for a second none can be made."""
    proxy.refusing = True
    proxy.cut()
    await asyncio.sleep(REFUSED_S)
    proxy.refusing = False
    await asyncio.sleep(max(0.0, seconds - REFUSED_S))


async def half_open(proxy: Proxy, seconds: float) -> None:
    """Every connection stays open and hands on nothing any more; new ones are well."""
    proxy.strand()
    await asyncio.sleep(seconds)


async def wire(plan: Plan, database_url: str, kind: str, seed: int) -> Findings:
    """Each trouble on the way to each server, of the workers and of a web process in use."""
    rng = random.Random(seed)
    async with deadlines.prepared(database_url, kind, workers=0) as (database, made):
        redis_port, postgres_port = urlsplit(made.redis_url).port or 0, urlsplit(database_url).port or 0
        async with Proxy(redis_port) as to_redis, Proxy(postgres_port) as to_postgres:
            made.environment["LANSHOU_DATABASE_URL"] = to_postgres.before(database_url)
            made.environment["LANSHOU_REDIS_URL"] = to_redis.before(made.redis_url)
            made.environment["LANSHOU_REPLY_WINDOW"] = f"{WINDOW_S}s"
            await made.start()
            async with database.transaction() as connection:
                shop_ids = await data.shops(connection, deadlines.SHOPS)
            troubles = plan.rounds * [
                (proxy, trouble) for proxy in (to_redis, to_postgres) for trouble in (slow, cut, half_open)
            ]
            rng.shuffle(troubles)
            due: list[Ticket] = []
            async with deadlines.used(
                database, made, plan.seconds * len(troubles), slowest_s=SLOWEST_S
            ) as custom:
                custom.may_be_unavailable = True
                for proxy, trouble in troubles:
                    if plan.patient or (proxy, trouble) != (to_postgres, half_open):
                        url = made.environment["LANSHOU_REDIS_URL"]
                        due += await _meanwhile(plan, database, shop_ids, rng, (proxy, trouble, url))
            await deadlines.settled(database, due, kind, grace_s=LATE_S)
            await custom.check(database)
            found = await deadlines.judged(database)
            await made.end()
    return Findings(
        (
            Count("troubles", len(troubles), most=len(troubles)),
            Whole(found),
            Count("s late at most", found.max_late_s, most=LATE_S),
            custom,
        )
    )


async def _meanwhile(
    plan: Plan,
    database: Database,
    shop_ids: list[UUID],
    rng: random.Random,
    trouble: tuple[Proxy, Trouble, str],
) -> list[Ticket]:
    """Tickets that are written in a trouble and fall due in it, of which Redis is told through it."""
    proxy, happen, redis_url = trouble
    happening = asyncio.create_task(happen(proxy, plan.seconds))
    due = await deadlines.written(database, shop_ids, plan.tickets, plan.seconds, rng)
    await deadlines.told(redis_url, due)
    await happening
    return due
