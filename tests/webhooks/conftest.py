"""A shop with tickets to tell of, and senders that tell."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from db.database import Database
from db.rules import Rules
from domain.webhooks import Reach
from integrations.posting import Poster
from integrations.sender import Sender
from tests import factories
from tests.factories import Row

DEVELOPMENT = Reach(loopback=True)
SOON = Rules(lambda policy: replace(policy, webhook_pauses=(timedelta(milliseconds=50),) * 8))
"""The same number of attempts, without the hours between."""


@dataclass
class World:
    """One shop and its ticket."""

    url: str
    database: Database
    shop: Row
    order: Row
    ticket: Row

    async def webhook(self, url: str, **given: Any) -> Row:
        """A webhook of the shop."""
        return await factories.webhook(self.database, self.shop, url=url, **given)

    async def reply(self, *webhooks: Row, card: bool = True, **given: Any) -> list[Row]:
        """A reply with its card, to be told to these webhooks; the deliveries."""
        record = await factories.record(self.database, self.ticket, "REPLIED")
        if card:
            await factories.card(self.database, record)
        return [await factories.delivery(self.database, each, record, **given) for each in webhooks]

    async def rows(self, statement: str, *values: object) -> list[Row]:
        """What a statement gives."""
        return [dict(row) for row in await self.database.pool.fetch(statement, *values)]

    async def delivery(self, delivery: Row) -> Row:
        """A delivery as it stands."""
        [row] = await self.rows("SELECT * FROM webhook_delivery WHERE id = $1", delivery["id"])
        return row

    async def card(self, delivery: Row) -> tuple[str, bool]:
        """The status of a delivery's card, and whether it has a time of delivery."""
        [row] = await self.rows(
            "SELECT delivery, delivered_at FROM consumer_card WHERE record_id = $1", delivery["record_id"]
        )
        return row["delivery"], row["delivered_at"] is not None

    async def until(self, status: str, *deliveries: Row, within_s: float = 20) -> list[Row]:
        """The deliveries, once they all stand so."""
        async with asyncio.timeout(within_s):
            while True:
                found = [await self.delivery(each) for each in deliveries]
                if all(each["status"] == status for each in found):
                    return found
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def sending(
        self, *, reach: Reach = DEVELOPMENT, rules: Rules = SOON, **given: Any
    ) -> AsyncIterator[Sender]:
        """A sender at work."""
        sender = Sender(self.url, Poster(reach, **given), rules)
        running = asyncio.create_task(sender.run())
        try:
            yield sender
        finally:
            sender.stop()
            await running


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A shop with one ticket and no webhook."""
    database = await Database.connect(database_url)
    shop = await factories.shop(database)
    order = await factories.order(database, shop)
    ticket = await factories.ticket(database, order)
    yield World(database_url, database, shop, order, ticket)
    await database.close()
