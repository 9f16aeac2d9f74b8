"""An exemption that concerns many open tickets: how long until all are timed anew, and how replies fare.

The bar: 100,000 tickets in 60 s by two worker processes, while replies keep p99 100 ms.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.stage import stage
from benchmarks.table import table
from db import database as databases
from db.database import Database
from db.rules import Rules
from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from escalation import index
from live.hints import Hints
from resolvers import commands, exemptions, rule_commands, tickets
from resolvers.context import Context, Services
from settings import Settings
from tests.trials import data, fleet
from tests.trials.working import HONEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from domain.ticket import Ticket

SHOPS = 50
TICKETS, QUICK_TICKETS = 100_000, 3_000
REPLIES_A_SECOND = 50
QUIET_S = 5.0
CHUNK = 10_000
PATIENCE_S = 600.0
TIMED_IN_S = 60
"""The bar for `TICKETS`."""


class Measured(NamedTuple):
    """From saving the exemption to the last ticket; what replies took then, and before."""

    took_s: float
    meanwhile_ms: list[float]
    before_ms: list[float]


def measure(*, quick: bool) -> list[str]:
    """Everything, as lines of a table; the Redis is its own."""
    count = QUICK_TICKETS if quick else TICKETS
    with stage() as made:
        found = asyncio.run(retiming(made.database("bench"), count, quiet_s=QUIET_S))
    rate = f"{found.took_s:.1f} s, {count / found.took_s:,.0f} tickets/s"
    reach = f"{TIMED_IN_S} s" if count == TICKETS else ""
    rows = [
        (f"an exemption of {count:,} open tickets", rate, reach),
        (f"replies meanwhile, {REPLIES_A_SECOND}/s", _figure(found.meanwhile_ms), "p99 100 ms"),
        (f"replies before, {REPLIES_A_SECOND}/s", _figure(found.before_ms), ""),
    ]
    return table(("retiming, two workers", "measured", "to reach"), rows)


async def retiming(database_url: str, count: int, *, quiet_s: float) -> Measured:
    """Time `count` open tickets anew on a migrated, empty database; replies go on, `quiet_s` before too."""
    database = await Database.connect(database_url, max_connections=6)
    try:
        async with fleet.fleet(database_url, HONEST) as made:
            client = index.connect(made.redis_url)
            services = Services(Settings(), database, index.DeadlineIndex(client), Hints(client), Rules())
            found = await _measure(services, count, quiet_s)
            await client.aclose()
    finally:
        await database.close()
    return found


def _figure(times_ms: list[float]) -> str:
    cuts = statistics.quantiles(times_ms, n=100)
    return f"p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms, longest {max(times_ms):.0f} ms ({len(times_ms):,})"


async def _measure(services: Services, count: int, quiet_s: float) -> Measured:
    database = services.database
    async with database.transaction() as connection:
        shop_ids = await data.shops(connection, SHOPS)
        now = await databases.now(connection)
    made: list[Ticket] = []
    for start in range(0, count, CHUNK):
        fresh = [
            data.awaiting(shop_ids[number % SHOPS], now + timedelta(hours=20, milliseconds=number))
            for number in range(start, min(count, start + CHUNK))
        ]
        async with database.transaction() as connection:
            await data.insert(connection, fresh)
        made += fresh
    await database.pool.execute("VACUUM ANALYZE ticket, orders, follow_up_record")
    asked = iter(made[:: max(1, count // 20_000)])
    before = await _replying(services, asked, asyncio.create_task(asyncio.sleep(quiet_s)))
    started = time.monotonic()
    await _save(services, now)
    meanwhile = await _replying(services, asked, asyncio.create_task(_done(database)))
    return Measured(time.monotonic() - started, meanwhile, before)


async def _save(services: Services, now: datetime) -> None:
    platform = Context(services, Viewer(ActorKind.PLATFORM, "root"))
    command = rule_commands.SaveExemption(
        title="bench",
        starts_at=now,
        ends_at=now + timedelta(days=3),
        latest_at=now + timedelta(days=7),
    )
    await exemptions.save(platform, command)


async def _done(database: Database) -> None:
    """When as many tickets are timed anew as were concerned, those replied to meanwhile left out."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            left = await database.pool.fetchval(
                "SELECT count(*) FROM ticket WHERE status = 'AWAITING_REPLY' AND calendar_revision = 0"
            )
            if left == 0:
                return
            await asyncio.sleep(0.5)


async def _replying(services: Services, asked: Iterator[Ticket], until: asyncio.Task[None]) -> list[float]:
    """Reply at a steady rate until the task is done; how long each took, in milliseconds."""
    times: list[float] = []
    running: set[asyncio.Task[None]] = set()
    begun, sent = time.monotonic(), 0
    while not until.done():
        ticket = next(asked)
        task = asyncio.create_task(_reply(services, ticket, times))
        running.add(task)
        task.add_done_callback(running.discard)
        sent += 1
        await asyncio.sleep(max(0.0, begun + sent / REPLIES_A_SECOND - time.monotonic()))
    await asyncio.gather(*running, until)
    return times


async def _reply(services: Services, ticket: Ticket, times: list[float]) -> None:
    staff = Context(services, Viewer(ActorKind.STAFF, "amy", frozenset({ticket.shop_id})))
    command = commands.ReplyToTicket(ticket_id=ids.encode(IdKind.TICKET, ticket.id), scheme="COURIER_URGED")
    started = time.monotonic()
    await tickets.reply(staff, command)
    times.append((time.monotonic() - started) * 1000)
