"""The schema on real servers: who asks, and one world of two shops that hold everything once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from db.database import Database
from db.rules import Rules
from domain.access import Viewer
from domain.events import ActorKind
from escalation import index
from live import hints
from live.hub import Hub
from resolvers.context import Services
from schema.build import schema
from schema.context import Asked
from settings import Settings
from tests.schema.world import World, furnished

KEY = "k" * 40


@pytest.fixture
async def services(database_url: str, redis_url: str) -> AsyncIterator[Services]:
    """Everything a use case needs, on servers of this test's own."""
    settings = Settings(database_url=database_url, redis_url=redis_url, jwt_key=KEY)
    database = await Database.connect(database_url)
    client, listening = index.connect(redis_url), hints.connect(redis_url)
    told = hints.Hints(listening)
    hub = Hub(database, told)
    await hub.start()
    yield Services(settings, database, index.DeadlineIndex(client), told, Rules(), hub)
    await hub.stop()
    await client.aclose()
    await listening.aclose()
    await database.close()


@pytest.fixture
async def world(services: Services) -> World:
    """Two shops, one furnished with everything, the other with somebody else's."""
    return await furnished(services.database)


@dataclass(frozen=True)
class Answer:
    """What came back: data, and the codes of errors by path."""

    data: Any
    errors: list[Any]

    @property
    def codes(self) -> list[str]:
        """The codes of the errors."""
        return [error.extensions["code"] for error in self.errors]


Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture
def ask(services: Services) -> Ask:
    """Execute a document as a viewer (None: nobody)."""

    async def execute(viewer: Viewer | None, document: str, **variables: Any) -> Answer:
        result = await schema.execute(
            document, variable_values=variables, context_value=Asked(services, viewer)
        )
        # A planned answer is JSON text already.
        data = orjson.loads(orjson.dumps(result.data))
        return Answer(data, result.errors or [])

    return execute


@pytest.fixture
def platform() -> Viewer:
    """Who may do everything."""
    return Viewer(ActorKind.PLATFORM, "root")
