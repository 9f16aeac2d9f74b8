"""A database, and a hub that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest
from redis.asyncio import Redis

from db.database import Database
from live.hints import Hints
from live.hub import Hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.database import Connection


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = await Database.connect(database_url)
    yield made
    await made.close()


@pytest.fixture
async def hints(redis_url: str) -> AsyncIterator[Hints]:
    async with Redis.from_url(redis_url) as client:
        yield Hints(client)


@pytest.fixture
async def hub(database: Database, hints: Hints) -> AsyncIterator[Hub]:
    made = Hub(database, hints)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def postgres_admin(database_url: str) -> AsyncIterator[Connection]:
    """A connection beside the test's own database."""
    made = await asyncpg.connect(database_url.rsplit("/", 1)[0] + "/postgres")
    yield made
    await made.close()
