"""The product beside the model: its use cases on real servers, a shop of its own for each run."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from db.database import Database
from domain import policy as policies
from domain.errors import DomainError
from domain.events import ActorKind
from escalation import index
from escalation.worker import LEASE_MS, Worker
from live.hints import Hints
from resolvers import commands, staff
from resolvers.context import Services
from settings import Settings
from tests.model import clock
from tests.model.refusal import Refused, in_words
from tests.resolvers.world import settle_in

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import datetime

    import redis.asyncio

    from resolvers.context import Context
    from tests.model.policy import Policy
    from tests.resolvers.world import World

AT_ONCE = 100
MOST_LOOKS = 10
_runs = itertools.count(1)


@dataclass
class Servers:
    """Connections to one PostgreSQL and one Redis, for all runs of a set."""

    services: Services
    redis: redis.asyncio.Redis
    worker: Worker

    @classmethod
    async def connect(cls, database_url: str, redis_url: str) -> Servers:
        """Put the moved clock into this migrated database, and connect to it."""
        await clock.install(database_url)
        database = await Database.connect(database_url, max_connections=4)
        client = index.connect(redis_url)
        hints = Hints(client)
        services = Services(Settings(), database, index.DeadlineIndex(client), hints, policies.DEFAULT)
        return cls(services, client, Worker(database, client, policies.DEFAULT, hints.publish))

    async def close(self) -> None:
        await self.redis.aclose()
        await self.services.database.close()


@dataclass
class Product:
    """One run's shop and its people."""

    servers: Servers
    world: World
    run: int = field(default_factory=lambda: next(_runs))
    members: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def founded(cls, servers: Servers, now: datetime) -> Product:
        """A new shop with two of staff; nothing is in the index."""
        await servers.redis.flushdb()
        await clock.put(servers.services.database, now)
        product = cls(servers, await settle_in(servers.services, servers.redis))
        rows = await product.world.fetch("SELECT id FROM staff_member WHERE shop_id = $1", product.world.shop)
        product.members["amy"] = rows[0]["id"].hex
        ben = commands.SaveStaffMember(shop_id=product.world.shop_id, subject="ben", display_name="Ben")
        saved = await staff.save(product.world.platform, ben)
        product.members["ben"] = saved.id.split("_")[1]
        return product

    def under(self, policy: Policy) -> Product:
        """The same under these numbers."""
        rules = replace(
            policies.DEFAULT,
            reminder_minutes=policy.reminders,
            complaints=replace(
                policies.DEFAULT.complaints, most_a_day=policy.most_a_day, most_points=policy.most_points
            ),
        )
        world = self.world.under(rules)
        worker = Worker(world.database, world.redis, rules, world.services.hints.publish)
        return replace(self, world=world, servers=replace(self.servers, worker=worker))

    def buyer(self, name: str) -> Context:
        """A buyer of this run's shop alone."""
        return self.world.as_(ActorKind.CONSUMER, self.subject(name))

    def subject(self, name: str) -> str:
        return f"{name}-{self.run}"

    async def put_clock(self, now: datetime) -> None:
        await clock.put(self.world.database, now)

    async def work(self, now: datetime) -> None:
        """What a worker does that is awake now: it claims what is due, takes it, finishes it."""
        worker = self.servers.worker
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
