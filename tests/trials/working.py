"""A worker process of a trial: the product's own, or a known-bad one that the trial must find out."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from db.database import Database
from db.rules import Rules
from escalation import index, probe, worker
from escalation.clock import DatabaseClock
from escalation.worker import Worker
from settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from db.database import Connection
    from escalation.index import Claim

HONEST = "honest"
PAUSE_S = 0.3
"""Known-bad workers take their time where they are wrong, so that a short trial is enough."""
SLOW_S = 0.8
"""Longer than from one sweep to the next, which enters again what a FLUSHALL took; twice this, longer than a
lease. An honest worker as slow as that would be looked over by another, and neither would file twice."""

_FILE = """
INSERT INTO complaint (shop_id, id, ticket_id, round, status, violation, filed_at, estimated_compensation)
SELECT t.shop_id, gen_random_uuid(), t.id, t.round, 'FILED', 'NO_PICKUP', clock_timestamp(), 10
FROM unnest($1::uuid[], $2::uuid[]) AS k(shop_id, id) JOIN ticket t USING (shop_id, id)"""
_ESCALATE = """
UPDATE ticket t SET status = 'ESCALATED', outcome = 'COMPLAINT_FILED', escalated_at = clock_timestamp(),
  next_step_at = NULL, money_at_risk = 0
FROM unnest($1::uuid[], $2::uuid[]) AS k(shop_id, id) WHERE t.shop_id = k.shop_id AND t.id = k.id"""


class RemovesFirst(Worker):
    """Takes tickets out of the index before it writes, and has neither sweep nor rebuild."""

    async def _handle(self, claims: Sequence[Claim]) -> None:
        with suppress(index.Away):
            await self.index.finish((claim, None) for claim in claims)
        await asyncio.sleep(PAUSE_S)
        await super()._handle(claims)

    async def _look(self) -> None:
        async with self.database.pool.acquire() as connection:
            await self.clock.sample(connection)

    async def _fill(self) -> None:
        self._refill.clear()


class Guardless(Worker):
    """Files whatever it claimed, without a look at the ticket, a lock, a guard or a unique key."""

    slow_s = SLOW_S

    async def _handle(self, claims: Sequence[Claim]) -> None:
        ids = [claim.shop_id for claim in claims], [claim.ticket_id for claim in claims]
        await asyncio.sleep(self.slow_s)
        async with self.database.transaction() as connection:
            await connection.execute(_FILE, *ids)
            await connection.execute(_ESCALATE, *ids)
        await asyncio.sleep(self.slow_s)
        with suppress(index.Away):
            await self.index.finish((claim, None) for claim in claims)
        self._lanes.release()


class MachineClock(DatabaseClock):
    """This machine's wall clock."""

    async def sample(self, connection: Connection) -> datetime:
        """Ask nobody."""
        del connection
        return self.now()

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return int(time.time() * 1000)

    def now(self) -> datetime:
        """The same as a time."""
        return datetime.now(UTC)


class OwnClock(Guardless):
    """Believes its machine's clock, and files by it."""

    slow_s = 0.0

    async def run(self) -> None:
        """Work by the wrong clock; the sweep and the hands have it too."""
        self.clock.__class__ = MachineClock
        await super().run()


KNOWN_BAD: dict[str, type[Worker]] = {"removes-first": RemovesFirst, "guardless": Guardless}
OWN_CLOCK = "own-clock"


async def work(name: str, settings: Settings) -> None:
    """Work until killed."""
    if name == HONEST:
        await worker.main(settings)
        return
    database = await Database.connect(settings.database_url or "")
    kind = OwnClock if name == OWN_CLOCK else KNOWN_BAD[name]
    bad = kind(database, index.connect(settings.redis_url or ""), Rules(), _tell_nobody)
    async with await probe.start(settings.host, settings.worker_port, {}):
        await bad.run()


async def _tell_nobody(positions: Mapping[UUID, int]) -> None:
    pass


if __name__ == "__main__":
    logging.basicConfig(level=os.environ.get("TRIAL_LOG", "ERROR"), format="%(process)d %(message)s")
    asyncio.run(work(sys.argv[1], Settings.read()))
