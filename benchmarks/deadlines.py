"""How fast due tickets are worked off, and how late they are: two worker processes, one PostgreSQL.

The bars are in `quality.md §4`: 10,000 complaints/s in a burst of 100,000, p99 250 ms late at 500/s.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.stage import stage
from benchmarks.table import table
from db import database as databases
from db.database import Database
from escalation import index
from escalation.index import DeadlineIndex, Entry
from tests.trials import data, fleet
from tests.trials.working import HONEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tests.trials.fleet import Fleet

SHOPS = 50
BURST, QUICK_BURST = 20_000, 3_000
DUE_A_SECOND = 500
LEAD_S = 4.0
"""Until the first is due: the workers have started, and the index knows all."""
PUT_AT_ONCE = 5_000
PATIENCE_S = 300.0

_FOUND = """
SELECT count(*) AS filed, max(late_s) AS latest_s,
  extract(epoch FROM max(filed_at) - min(deadline_at))::float8 AS took_s,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY late_s) AS p50_s,
  percentile_cont(0.99) WITHIN GROUP (ORDER BY late_s) AS p99_s
FROM (
  SELECT c.filed_at, t.deadline_at, extract(epoch FROM c.filed_at - t.deadline_at)::float8 AS late_s
  FROM complaint c JOIN ticket t ON t.shop_id = c.shop_id AND t.id = c.ticket_id
  WHERE c.shop_id = ANY($1::uuid[])
) f"""


async def burst(database_url: str, count: int) -> list[tuple[str, str]]:
    """`count` tickets due in one moment: complaints a second, from that moment to the last."""
    found = await _measure(database_url, [timedelta(0)] * count)
    rate = found["filed"] / found["took_s"]
    return [(f"burst of {count:,} deadlines", f"{rate:,.0f} complaints/s")]


async def lateness(database_url: str, rate: int, seconds: int) -> list[tuple[str, str]]:
    """`rate` tickets due a second, for some seconds: how late their complaints are filed."""
    found = await _measure(database_url, [timedelta(seconds=n / rate) for n in range(rate * seconds)])
    figure = f"p50 {found['p50_s'] * 1000:.0f} ms, p99 {found['p99_s'] * 1000:.0f} ms"
    return [(f"lateness, {rate} due a second", figure)]


def measure(*, quick: bool) -> list[str]:
    """Both, as lines of a table; the Redis is their own."""
    with stage() as made:
        url = made.database("bench")
        figures = [
            *asyncio.run(lateness(url, DUE_A_SECOND, 2 if quick else 10)),
            *asyncio.run(burst(url, QUICK_BURST if quick else BURST)),
        ]
    return table(("deadlines, two workers", "measured"), figures)


async def _measure(database_url: str, delays: Sequence[timedelta]) -> dict[str, float]:
    database = await Database.connect(database_url, max_connections=2)
    try:
        async with fleet.fleet(database_url, HONEST) as made:
            shop_ids = await _prepare(database, made, delays)
            return await _filed(database, shop_ids, len(delays))
    finally:
        await database.close()


async def _prepare(database: Database, made: Fleet, delays: Sequence[timedelta]) -> list[UUID]:
    """Write the tickets with their deadlines far ahead, tell the index, then let them all come near."""
    async with database.transaction() as connection:
        shop_ids = await data.shops(connection, SHOPS)
        far_at = await databases.now(connection) + timedelta(days=1)
        tickets = [
            data.awaiting(shop_ids[number % SHOPS], far_at + delay) for number, delay in enumerate(delays)
        ]
        await data.insert(connection, tickets)
    async with database.transaction() as connection:
        nearer = far_at - await databases.now(connection) - timedelta(seconds=LEAD_S + len(delays) / 20_000)
        nearer = timedelta(seconds=int(nearer.total_seconds()))
        await connection.execute(
            "UPDATE ticket SET deadline_at = deadline_at - $1::interval, next_step_at = next_step_at - $1"
            " WHERE shop_id = ANY($2::uuid[])",
            nearer,
            shop_ids,
        )
    await database.pool.execute("VACUUM ANALYZE ticket")
    client = index.connect(made.redis_url)
    entries = [
        Entry(ticket.shop_id, ticket.id, (ticket.deadline_at or far_at) - nearer) for ticket in tickets
    ]
    for start in range(0, len(entries), PUT_AT_ONCE):
        await DeadlineIndex(client).put(entries[start : start + PUT_AT_ONCE])
    await client.aclose()
    return shop_ids


async def _filed(database: Database, shop_ids: Sequence[UUID], count: int) -> dict[str, float]:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            row = await database.pool.fetchrow(_FOUND, shop_ids)
            if row is not None and row["filed"] == count:
                return dict(row)
            await asyncio.sleep(0.5)
