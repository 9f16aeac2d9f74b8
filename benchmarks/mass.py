"""Millions of tickets within minutes: keys and indexes are taken off, the rows written by two sessions, and
keys and indexes made again as they were.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from benchmarks import filling

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "maintenance_work_mem": "768MB",
}
"""Of the PostgreSQL that is filled: what reads cost is the same with them."""
SESSIONS = 2
AT_ONCE = 100_000
"""Tickets of one transaction."""
CLOSED_OF_TEN = 9
TABLES = ("orders", "parcel", "ticket", "follow_up_record")

_CONSTRAINTS = """
SELECT conrelid::regclass::text AS of, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS said,
  contype = 'f' AS leads
FROM pg_constraint
WHERE contype IN ('p', 'u', 'f') AND (conrelid = ANY($1::regclass[]) OR confrelid = ANY($1::regclass[]))
ORDER BY contype = 'f' DESC, conname"""
_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS said
FROM pg_index i WHERE i.indrelid = ANY($1::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class Stripped:
    """How to make again what was taken off, keys before what leads to them."""

    keys: list[str]
    leads: list[str]


async def fill(database_url: str, *, shops: int, tickets: int) -> list[UUID]:
    """Fill an empty migrated database; the shops' ids. Of ten tickets nine are closed."""
    started = time.monotonic()
    connection = await asyncpg.connect(database_url)
    stripped = await strip(connection)
    shop_ids = await filling.add_shops(connection, shops)
    ranges = deque(range(at, min(at + AT_ONCE, tickets)) for at in range(0, tickets, AT_ONCE))
    await asyncio.gather(*(_write(database_url, shop_ids, ranges) for _ in range(SESSIONS)))
    _tell(f"{tickets:,} tickets written", started)
    await _run(database_url, stripped.keys)
    _tell("keys and indexes made", started)
    await _run(database_url, stripped.leads)
    _tell("foreign keys checked", started)
    await connection.execute(f"VACUUM (ANALYZE, FREEZE) {', '.join(TABLES)}, {filling.TABLES}")
    _tell("vacuumed", started)
    await connection.close()
    return shop_ids


async def strip(connection: asyncpg.Connection[asyncpg.Record]) -> Stripped:
    """Take all keys and indexes off the large tables, and what leads to them off all others."""
    constraints = await connection.fetch(_CONSTRAINTS, list(TABLES))
    indexes = await connection.fetch(_INDEXES, list(TABLES))
    for each in constraints:
        await connection.execute(f"ALTER TABLE {each['of']} DROP CONSTRAINT {each['name']}")
    for each in indexes:
        await connection.execute(f"DROP INDEX {each['name']}")
    again = [
        (each["leads"], f"ALTER TABLE {each['of']} ADD CONSTRAINT {each['name']} {each['said']}")
        for each in constraints
    ]
    keys = [sql for leads, sql in again if not leads]
    return Stripped([*keys, *(each["said"] for each in indexes)], [sql for leads, sql in again if leads])


async def _write(database_url: str, shop_ids: list[UUID], ranges: deque[range]) -> None:
    connection = await asyncpg.connect(database_url)
    while ranges:
        numbers = ranges.popleft()
        async with connection.transaction():
            await filling.add_tickets(connection, shop_ids, numbers, closed_of_ten=CLOSED_OF_TEN)
    await connection.close()


async def _run(database_url: str, statements: Iterable[str]) -> None:
    left = deque(statements)

    async def run() -> None:
        connection = await asyncpg.connect(database_url)
        while left:
            await connection.execute(left.popleft())
        await connection.close()

    await asyncio.gather(*(run() for _ in range(SESSIONS)))


def _tell(what: str, started: float) -> None:
    print(f"{time.monotonic() - started:.0f} s: {what}", file=sys.stderr)
