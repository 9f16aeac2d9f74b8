"""A real web process, as `cli.py serve` starts it: what a test without a network cannot see breaks here."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

import embedded
from domain import ids
from domain.events import ActorKind
from domain.ids import IdKind
from embedded import server as servers
from resolvers import tokens
from settings import Settings
from tests.conftest import with_database

ROOT = Path(__file__).parents[2]
KEY = "k" * 40
READY_WITHIN_S = 30
ENDS_WITHIN_S = 15
SAVE_SHOP = 'mutation { saveShop(input: {name: "A"}) { ... on Shop { id } } }'


@dataclass(frozen=True)
class Target:
    """The web process under attack, and one shop in it."""

    settings: Settings
    port: int
    shop_id: str
    client: httpx.Client

    @property
    def url(self) -> str:
        """Where its GraphQL is."""
        return f"http://127.0.0.1:{self.port}/graphql"

    def token(self, role: ActorKind = ActorKind.STAFF, *, ttl: timedelta = timedelta(hours=1)) -> str:
        """A token for the shop."""
        shop_id = ids.decode_as(IdKind.SHOP, self.shop_id)
        assert shop_id is not None
        return _token(self.settings, role, [shop_id], ttl)

    def post(self, body: Any, *, as_: ActorKind = ActorKind.STAFF, **headers: str) -> httpx.Response:
        """POST bytes as they are, anything else as JSON."""
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        headers = {
            "authorization": f"Bearer {self.token(as_)}",
            "content-type": "application/json",
            **headers,
        }
        return self.client.post(self.url, headers=headers, **content)


def _token(settings: Settings, role: ActorKind, shops: list[UUID] | None, ttl: timedelta) -> str:
    return tokens.issue(settings, role, "mallory", shops, owner=False, ttl=ttl)


@pytest.fixture(scope="session")
def target(
    postgres: embedded.Server,
    redis_server: embedded.Server,
    migrated_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Target]:
    """The web process, on a database of its own."""
    asyncio.run(_run(postgres.url, f"CREATE DATABASE attacked TEMPLATE {migrated_template}"))
    folder = tmp_path_factory.mktemp("attacked")
    port = servers.any_free_port()
    others = {name: value for name, value in os.environ.items() if not name.startswith("LANSHOU_")}
    environment = {
        "LANSHOU_DATA": str(folder / "data"),
        "LANSHOU_PORT": str(port),
        "LANSHOU_JWT_KEY": KEY,
        "LANSHOU_DATABASE_URL": with_database(postgres.url, "attacked"),
        "LANSHOU_REDIS_URL": redis_server.url,
    }
    settings = Settings.read(environment)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "cli.py"), "serve"], env=others | environment, stdout=log, stderr=log
        )
    try:
        _await(lambda: _answers(port))
        platform = _token(settings, ActorKind.PLATFORM, None, timedelta(minutes=1))
        made = httpx.post(
            f"http://127.0.0.1:{port}/graphql",
            json={"query": SAVE_SHOP},
            headers={"authorization": f"Bearer {platform}"},
        ).json()
        with httpx.Client(timeout=20) as client:
            yield Target(settings, port, made["data"]["saveShop"]["id"], client)
    finally:
        process.terminate()
        process.wait(ENDS_WITHIN_S)
        asyncio.run(_run(postgres.url, "DROP DATABASE attacked WITH (FORCE)"))


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _await(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).is_success
    except httpx.HTTPError:
        return False
