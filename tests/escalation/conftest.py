"""What the tests of the worker share: a database with shops, and what was written to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from db import database as databases
from db.database import Database
from domain.ticket import Ticket
from live.nodes import Client, Cluster
from tests.trials import data


@dataclass
class World:
    """A database, three shops in it, and PostgreSQL's time when it was made."""

    database: Database
    shop_ids: list[UUID]
    now: datetime

    async def add(self, *tickets: Ticket) -> None:
        """Write tickets."""
        async with self.database.transaction() as connection:
            await data.insert(connection, tickets)

    async def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """What a statement gives."""
        async with self.database.pool.acquire() as connection:
            return [dict(row) for row in await connection.fetch(statement, *values)]

    async def ticket(self, ticket: Ticket) -> dict[str, Any]:
        """The ticket's row as it stands."""
        [row] = await self.rows("SELECT * FROM ticket WHERE shop_id = $1 AND id = $2", *ticket.key)
        return row

    async def records(self, ticket: Ticket) -> list[dict[str, Any]]:
        """Its follow-up records but the first, in order."""
        return await self.rows(
            "SELECT * FROM follow_up_record WHERE shop_id = $1 AND ticket_id = $2 AND position > 1"
            " ORDER BY position",
            *ticket.key,
        )

    async def complaints(self, ticket: Ticket) -> list[dict[str, Any]]:
        """Its complaints."""
        return await self.rows(
            "SELECT * FROM complaint WHERE shop_id = $1 AND ticket_id = $2 ORDER BY round", *ticket.key
        )

    async def events(self, shop_id: UUID) -> list[dict[str, Any]]:
        """A shop's stream."""
        return await self.rows("SELECT * FROM event WHERE shop_id = $1 ORDER BY position", shop_id)

    async def everything(self) -> list[list[dict[str, Any]]]:
        """All that a step could write, to show that one wrote nothing."""
        tables = (
            "ticket",
            "follow_up_record",
            "complaint",
            "consumer_card",
            "event",
            "shop_stream",
            "orders",
        )
        return [await self.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]


async def ready(client: Client) -> None:
    """Let it find the nodes of its Cluster: on a busy machine that may take longer than an index may."""
    if isinstance(client, Cluster):
        await client.ready()


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """Three shops without tickets."""
    database = await Database.connect(database_url)
    async with database.transaction() as connection:
        now = await databases.now(connection)
        shop_ids = await data.shops(connection, 3)
    yield World(database, shop_ids, now)
    await database.close()
