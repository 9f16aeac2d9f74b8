from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from settings import Settings


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(database_url=database_url, redis_url=redis_url)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    opened: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    yield opened
    await opened.close()
