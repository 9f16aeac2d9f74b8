"""The product beside the model: its use cases on real servers, a shop of its own for each run."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from db import policies
from db.database import Database
from db.rules import Rules
from domain.errors import DomainError
from domain.events import ActorKind
from domain.shop import Market
from escalation import index
from escalation.worker import LEASE_MS, Worker
from live.hints import Hints
from resolvers import commands, staff
from resolvers.context import Services
from settings import Settings
from tests.model import clock
from tests.model.policy import HOUR
from tests.model.refusal import Refused, in_words
from tests.resolvers.world import TABLES, settle_in

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import datetime

    from live.nodes import Client
    from resolvers.context import Context
    from tests.model.policy import Policy
    from tests.resolvers.world import World

AT_ONCE = 100
MOST_LOOKS = 10
TIDY_EVERY = 10
"""Runs: what they delete would slow down all that follow."""
WALKS = 2
"""Of the worker through a change of the rules: the first times tickets anew, the next finds none."""
# Exemptions concern every shop, and a worker looks at every ticket: none of an earlier run may be there.
_EMPTY = "SET LOCAL session_replication_role = replica;" + ";".join(f"DELETE FROM {name}" for name in TABLES)
_runs, _emptied = itertools.count(1), itertools.count(1)


@dataclass
class Servers:
    """Connections to one PostgreSQL and one Redis, for all runs of a set."""

    database: Database
    redis: Client

    @classmethod
    async def connect(cls, database_url: str, redis_url: str) -> Servers:
        """Put the moved clock into this migrated database, and connect to it."""
        await clock.install(database_url)
        return cls(await Database.connect(database_url, max_connections=4), index.connect(redis_url))

    async def close(self) -> None:
        await self.redis.aclose()
        await self.database.close()


@dataclass
class Product:
    """One run's shop and its people, and a worker, under rules that nobody has changed yet."""

    world: World
    worker: Worker
    run: int = field(default_factory=lambda: next(_runs))
    members: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def founded(cls, servers: Servers, now: datetime) -> Product:
        """A new shop with two of staff; there is no other, and nothing in the index."""
        database, client = servers.database, servers.redis
        async with database.transaction() as connection:
            await connection.execute(_EMPTY)
        if next(_emptied) % TIDY_EVERY == 0:
            await database.pool.execute("VACUUM")
        await client.flushdb()
        await clock.put(database, now)
        rules, hints = Rules(), Hints(client)
        services = Services(Settings(), database, index.DeadlineIndex(client), hints, rules)
        product = cls(await settle_in(services, client), Worker(database, client, rules, hints.publish))
        rows = await product.world.fetch("SELECT id FROM staff_member WHERE shop_id = $1", product.world.shop)
        product.members["amy"] = rows[0]["id"].hex
        ben = commands.SaveStaffMember(shop_id=product.world.shop_id, subject="ben", display_name="Ben")
        saved = await staff.save(product.world.platform, ben)
        product.members["ben"] = saved.id.split("_")[1]
        return product

    def buyer(self, name: str) -> Context:
        """A buyer of this run's shop alone."""
        return self.world.as_(ActorKind.CONSUMER, self.subject(name))

    def subject(self, name: str) -> str:
        return f"{name}-{self.run}"

    async def put_clock(self, now: datetime) -> None:
        await clock.put(self.world.database, now)

    async def follow_rules(self) -> None:
        """What a process does every half second that only reads."""
        async with self.world.database.pool.acquire() as connection:
            await self.world.services.rules.now(connection)

    async def work(self, now: datetime, *, retimes: bool) -> None:
        """What a worker does that is awake now: it times anew, claims what is due, takes it, finishes it."""
        worker = self.worker
        for _ in range(WALKS if retimes else 0):
            await worker.retiming.work(lambda: False)
        now_ms = index.epoch_ms(now)
        for _ in range(MOST_LOOKS):
            haul = await worker.index.claim(now_ms, limit=AT_ONCE, lease_ms=LEASE_MS)
            if not haul.claims:
                return
            keys = [(claim.shop_id, claim.ticket_id) for claim in haul.claims]
            again = await worker.handling.take(keys)
            await worker.index.finish((claim, again[claim.shop_id, claim.ticket_id]) for claim in haul.claims)
        raise AssertionError("a worker finds no end of what is due")


async def told(asked: Awaitable[Any]) -> Any:
    """What a use case answers, its refusal in the model's words."""
    try:
        return await asked
    except DomainError as error:
        return in_words(error)


def row_told(error: Exception | None) -> Refused | None:
    """The same of one row of many."""
    return None if error is None else in_words(error)


def document(policy: Policy) -> str:
    """A policy as the platform saves it: the one that is shipped, with other numbers."""
    said = orjson.loads(policies.shipped(Market.GENERIC).document)
    costs = said["complaints"]
    costs["noPickup"]["rate"] = policy.no_pickup_share
    costs |= {"mostADay": f"{policy.most_a_day:.2f}", "mostPoints": policy.most_points}
    said |= {
        "replyWindowHours": policy.reply_window // HOUR,
        "pickupWindowHours": policy.pickup_window // HOUR,
        "shippingLimitHours": policy.shipping_limit // HOUR,
        "reminderMinutes": policy.reminders,
        "maxRounds": policy.rounds,
        "maxWaybillChanges": policy.waybill_changes,
    }
    return orjson.dumps(said).decode()
