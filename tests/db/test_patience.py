"""What one process's sleep, or a dead connection, costs the others."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from db.database import AWAY, Database, Patience
from tests import factories
from tests.trials.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LOCK = "SELECT FROM shop WHERE id = $1 FOR UPDATE"
RENAME = "UPDATE shop SET name = 'renamed' WHERE id = $1"
NAME = "SELECT name FROM shop WHERE id = $1"


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    made = await Database.connect(database_url, max_connections=2)
    yield made
    await made.close()


async def test_a_transaction_that_sleeps_loses_its_locks_and_writes_nothing(
    database_url: str, other: Database
) -> None:
    shop = await factories.shop(other)
    sleeper = await Database.connect(database_url, patience=Patience(answer_s=5, idle_s=0.3))

    async def sleep() -> None:
        async with sleeper.transaction() as connection:
            await connection.execute(RENAME, shop["id"])
            async with asyncio.timeout(3):
                await other.pool.execute(LOCK, shop["id"])  # waits until the sleeper's lock is gone
            await connection.execute(RENAME, shop["id"])

    try:
        with pytest.raises(AWAY):
            await sleep()
        assert await other.pool.fetchval(NAME, shop["id"]) == shop["name"]
        assert await sleeper.pool.fetchval(NAME, shop["id"]) == shop["name"]
    finally:
        await sleeper.close()


async def test_a_connection_whose_other_end_is_gone_is_given_up(database_url: str, other: Database) -> None:
    shop = await factories.shop(other)
    port = urlsplit(database_url).port
    assert port
    async with Proxy(port) as proxy:
        patient = Patience(answer_s=0.4, idle_s=0.4)
        database = await Database.connect(proxy.before(database_url), max_connections=2, patience=patient)

        async def be_cut_off() -> None:
            async with database.transaction() as connection:
                await connection.execute(RENAME, shop["id"])
                proxy.strand()
                await connection.execute(RENAME, shop["id"])

        started = time.monotonic()
        with pytest.raises(AWAY):
            await be_cut_off()
        assert time.monotonic() - started < 2
        assert await database.pool.fetchval(NAME, shop["id"]) == shop["name"]
        async with asyncio.timeout(3):
            await other.pool.execute(RENAME, shop["id"])  # PostgreSQL let the lock go, though nobody told it
        await database.close()
