"""The whole application in one process, over the world of `tests/schema/world.py`, and who asks it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

import app
from db.database import Database
from domain.access import Viewer
from domain.events import ActorKind
from exports import keys
from exports.keys import Public
from resolvers import tokens
from resolvers.context import Context, Services
from settings import Settings
from tests.schema.world import World, furnished

SECRET = "17" * 32


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(database_url=database_url, redis_url=redis_url, jwt_key="k" * 40, evidence_key=SECRET)


@dataclass(frozen=True)
class Served:
    """The application, and a client of it without a network."""

    services: Services
    client: httpx.AsyncClient

    @property
    def database(self) -> Database:
        """Its database."""
        return self.services.database

    async def get(self, viewer: Viewer | None, path: str, *given: tuple[str, str]) -> httpx.Response:
        """What the address gives the viewer (None: nobody)."""
        headers = {} if viewer is None else bearer(self.services.settings, viewer)
        return await self.client.get(path, params=httpx.QueryParams(given), headers=headers)

    async def ask(self, viewer: Viewer, query: str, **variables: Any) -> Any:
        """The data of the API's answer."""
        body = {"query": query, "variables": variables}
        answer = await self.client.post("/graphql", json=body, headers=bearer(self.services.settings, viewer))
        return answer.json()["data"]


def bearer(settings: Settings, viewer: Viewer) -> dict[str, str]:
    """The header that says who asks."""
    shops = None if viewer.shop_ids is None else sorted(viewer.shop_ids)
    token = tokens.issue(
        settings, viewer.role, viewer.subject, shops, owner=viewer.owner, ttl=timedelta(hours=1)
    )
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[Served]:
    made = app.create(settings)
    async with made.router.lifespan_context(made):
        transport = httpx.ASGITransport(made, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Served(made.state.services, client)


@pytest.fixture
async def world(served: Served) -> World:
    return await furnished(served.database)


@pytest.fixture
def context(served: Served) -> Callable[[Viewer], Context]:
    def of(viewer: Viewer) -> Context:
        return Context(served.services, viewer)

    return of


@pytest.fixture
def platform() -> Viewer:
    return Viewer(ActorKind.PLATFORM, "root")


@pytest.fixture
def trusted(settings: Settings) -> dict[str, Public]:
    """The public key that belongs to the settings."""
    return dict(keys.read(httpx.Response(200, json=keys.published(keys.signer(settings).public)).content))
