"""How often a receiver is tried again is the policy's, by the market of the shop (`domain.md §9`)."""

import asyncio
from collections import deque

import orjson
import pytest

from db import policies
from db.rules import Rules
from domain.shop import Market
from tests import factories
from tests.factories import Row
from tests.webhooks.conftest import World
from tests.webhooks.receiver import listening


async def tried(world: World, delivery: Row) -> Row:
    """The delivery once an attempt has failed."""
    async with asyncio.timeout(20):
        while True:
            row = await world.delivery(delivery)
            if row["failures"]:
                return row
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("ours", [True, False])
async def test_a_saved_version_of_the_shops_market_says_when_to_give_up(world: World, *, ours: bool) -> None:
    market = Market(world.shop["market"])
    other = next(each for each in Market if each is not market)
    saved = market if ours else other
    document = {**orjson.loads(policies.shipped(saved).document), "webhookPauseSeconds": []}
    now = factories.now()
    version = policies.SavedPolicy(saved, 2, orjson.dumps(document).decode(), now)
    async with world.database.transaction() as connection:
        await policies.insert(connection, version, saved_by="root", now=now)
    change = {"revision": 1, "market": saved.value, "policy_version": 2, "changed_at": now}
    await factories.insert(world.database, "calendar_change", change)
    async with listening(script=deque([500])) as receiver, world.sending(rules=Rules()):
        webhook = await world.webhook(receiver.url)
        [delivery] = await world.reply(webhook)
        row = await tried(world, delivery)
    assert row["status"] == ("FAILED" if ours else "PENDING")
    assert (row["due_at"] is None) is ours
