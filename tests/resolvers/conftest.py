"""The world of the use cases, on real servers, new for each test."""

from collections.abc import AsyncIterator

import pytest

from db.database import Database
from domain.policy import DEFAULT
from escalation import index
from live.hints import Hints
from resolvers.context import Services
from settings import Settings
from tests.resolvers.world import World, settle_in


@pytest.fixture
async def world(database_url: str, redis_url: str) -> AsyncIterator[World]:
    """One shop, its people, empty tables."""
    database = await Database.connect(database_url)
    client = index.connect(redis_url)
    services = Services(Settings(), database, index.DeadlineIndex(client), Hints(client), DEFAULT)
    yield await settle_in(services, client)
    await client.aclose()
    await database.close()
