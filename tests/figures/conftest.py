"""Services on a database that the tests of this folder fill with shops of their own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from db.database import Database
from db.rules import Rules
from escalation import index
from live.hints import Hints
from resolvers.context import Services
from settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


class Running:
    """Services, and an event loop to use them in from tests that draw examples."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.runner = asyncio.Runner()
        self.services = self.runner.run(self._open(database_url, redis_url))

    async def _open(self, database_url: str, redis_url: str) -> Services:
        database = await Database.connect(database_url, max_connections=4)
        client = index.connect(redis_url)
        settings = Settings(database_url=database_url, redis_url=redis_url, jwt_key="k" * 40)
        return Services(settings, database, index.DeadlineIndex(client), Hints(client), Rules())

    def close(self) -> None:
        """Close everything."""
        self.runner.run(self.services.database.close())
        self.runner.close()


@pytest.fixture
def running(database_url: str, redis_url: str) -> Iterator[Running]:
    """Services on a database of this test's own."""
    made = Running(database_url, redis_url)
    yield made
    made.close()
