"""One PostgreSQL that says which shards a statement would touch: each table cut in parts by what it is
distributed by, and each statement's plan, as it ran, told to whoever sent it.

This is no Citus. It shows whether a shard *can* be told from the statement: PostgreSQL leaves the other parts
alone for the same reason for which a router would not ask the other nodes.
"""

from __future__ import annotations

import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from db import migrate
from db.sharding import DISTRIBUTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

PARTS = 8
_PART = re.compile(r"^(.+)_part(\d+)$")
_SETTINGS = {
    "session_preload_libraries": "'auto_explain'",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_format": "'json'",
    "auto_explain.log_level": "'notice'",
    # A small table is read whole and joined afterwards, whatever the statement says of the shop.
    "enable_seqscan": "off",
    "enable_material": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
_WITH_VALUES = {"plan_cache_mode": "force_custom_plan"}
"""As a router does; PostgreSQL itself picks parts by an array only when it knows it while planning."""


class Ran(NamedTuple):
    """A statement as it ran, and the parts of each table that it read or wrote."""

    sql: str
    parts: dict[str, frozenset[int]]

    @property
    def touched(self) -> frozenset[int]:
        """The parts of the tables that are distributed by shop."""
        shops = [parts for table, parts in self.parts.items() if DISTRIBUTED[table] == "shop_id"]
        return frozenset().union(*shops)


async def make(url: str) -> None:
    """Make every table in an empty database, the distributed ones in parts, and have plans told."""
    cut = sa.MetaData(naming_convention=SQLModel.metadata.naming_convention)
    for table in SQLModel.metadata.tables.values():
        made = table.to_metadata(cut)
        if made.name in DISTRIBUTED:
            made.dialect_options["postgresql"]["with"] = {}  # room in a page is the parts' own
            made.dialect_options["postgresql"]["partition_by"] = f"HASH ({DISTRIBUTED[made.name]})"
    engine = create_async_engine(migrate.sqlalchemy_url(url), poolclass=sa.pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(cut.create_all)
        for name in DISTRIBUTED:
            for part in range(PARTS):
                of = f"PARTITION OF {name} FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
                await connection.exec_driver_sql(f"CREATE TABLE {name}_part{part} {of}")
        for name, value in _SETTINGS.items():
            database_name = engine.url.database
            await connection.exec_driver_sql(f"ALTER DATABASE {database_name} SET {name} = {value}")
    await engine.dispose()


async def part_of(url: str, shop_id: object) -> int:
    """The part that a shop's rows lie in."""
    connection = await asyncpg.connect(url)
    for part in range(PARTS):
        is_here = "SELECT satisfies_hash_partition('shop_stream'::regclass, $1, $2, $3::uuid)"
        if await connection.fetchval(is_here, PARTS, part, shop_id):
            await connection.close()
            return part
    raise LookupError(shop_id)


@contextmanager
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Ran]]:
    """What connections opened from here on send, with the parts that it touched."""
    ran: list[Ran] = []

    async def listen(connection: Any) -> None:
        connection.add_log_listener(lambda _, message: _hear(ran, message))

    pool = asyncpg.create_pool

    def create_pool(url: str, *, server_settings: dict[str, str], **more: Any) -> Any:
        return pool(url, setup=listen, server_settings={**server_settings, **_WITH_VALUES}, **more)

    monkeypatch.setattr(asyncpg, "create_pool", create_pool)
    with warnings.catch_warnings():
        # Each connection is listened to from when it is taken; the pool warns, and ends that itself.
        warnings.simplefilter("ignore", asyncpg.InterfaceWarning)
        yield ran


def _hear(ran: list[Ran], message: asyncpg.PostgresLogMessage) -> None:
    _, _, said = (message.message or "").partition("plan:\n")
    if said and "pg_catalog" not in said:  # asyncpg's own questions about types
        plan = orjson.loads(said)
        ran.append(Ran(plan["Query Text"], _parts(plan["Plan"])))


def _parts(plan: dict[str, Any]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    waiting = [plan]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", ())
        match = _PART.match(node.get("Relation Name", ""))
        if match and node.get("Actual Loops", 0) and node["Node Type"] != "ModifyTable":
            found.setdefault(match[1], set()).add(int(match[2]))
    return {table: frozenset(parts) for table, parts in found.items()}
