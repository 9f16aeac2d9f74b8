"""The world of the use cases, on real servers, empty at the start of each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

import embedded
from db.database import Database
from db.rules import Rules
from escalation import index
from live.hints import Hints
from resolvers.context import Services
from settings import Settings
from tests.resolvers.world import TABLES, World, settle_in

NAME = "test_resolvers"
# Deleting the few rows of a test takes a tenth of the time that cloning a database does.
EMPTY = "SET session_replication_role = replica;" + ";".join(f"DELETE FROM {table}" for table in TABLES)


@pytest.fixture(scope="session")
def shared_database_url(postgres: embedded.Server, migrated_template: str) -> Iterator[str]:
    """The URL of a migrated database that the tests of this folder share, one after the other."""
    execute(postgres.url, f"CREATE DATABASE {NAME} TEMPLATE {migrated_template} STRATEGY FILE_COPY")
    yield urlunsplit(urlsplit(postgres.url)._replace(path=f"/{NAME}"))
    execute(postgres.url, f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture
def emptied_url(shared_database_url: str) -> str:
    """The same database without any row."""
    execute(shared_database_url, EMPTY)
    return shared_database_url


@pytest.fixture
async def world(emptied_url: str, redis_url: str) -> AsyncIterator[World]:
    """One shop, its people, empty tables."""
    database = await Database.connect(emptied_url)
    client = index.connect(redis_url)
    services = Services(Settings(), database, index.DeadlineIndex(client), Hints(client), Rules())
    yield await settle_in(services, client)
    await client.aclose()
    await database.close()


def execute(url: str, statements: str) -> None:
    """Run statements on a connection of their own."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    with asyncio.Runner() as runner:
        runner.run(run())
