from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
import redis

import demo
import embedded
from settings import Settings
from tests.conftest import clone


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(database_url=database_url, redis_url=redis_url)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    opened: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def made(postgres: embedded.Server, migrated_template: str, redis_server: embedded.Server) -> Iterator[str]:
    """The URL of a database with the demo's month of history, made once: only read it."""
    for url in clone(postgres.url, migrated_template):
        with redis.Redis.from_url(redis_server.url) as client:
            client.flushall()
        asyncio.run(demo.seed(Settings(database_url=url, redis_url=redis_server.url)))
        yield url


@pytest.fixture
async def history(made: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection to that database."""
    opened: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(made)
    yield opened
    await opened.close()


@pytest.fixture
def empty(postgres: embedded.Server, migrated_template: str) -> Iterator[list[str]]:
    """The URLs of two migrated, empty databases."""
    for one in clone(postgres.url, migrated_template):
        for other in clone(postgres.url, migrated_template):
            yield [one, other]
