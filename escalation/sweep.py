"""What makes the index dispensable: a look at PostgreSQL twice a second, and filling it anew.

The sweep asks PostgreSQL for what is due within the next seconds and enters whatever the index lacks,
before it is due. While Redis is away it takes due tickets straight from PostgreSQL.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from db import due
from escalation.index import Away, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from db.database import Database
    from escalation.clock import DatabaseClock
    from escalation.handling import Handling
    from escalation.index import DeadlineIndex
    from escalation.metrics import Metrics

AHEAD = timedelta(seconds=2)
AT_ONCE = 2_000
"""Tickets a look takes in: more are due only in a backlog, which the index knows."""
DIRECT_BATCH = 500
PAGE = 1_000
HOLD_MS = 10_000
"""How long a worker that fills the index and dies keeps the others from doing so."""

_log = logging.getLogger("lanshou.worker")


class Sweep:
    """Keeps the index equal to PostgreSQL, and stands in for it."""

    def __init__(
        self,
        database: Database,
        index: DeadlineIndex,
        clock: DatabaseClock,
        handling: Handling,
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._index = index
        self._clock = clock
        self._handling = handling
        self._metrics = metrics

    async def look(self, *, index_up: bool) -> bool:
        """One look; whether the index lacked something. Raises `index.Away`."""
        async with self._database.pool.acquire() as connection:
            now = await self._clock.sample(connection)
            if not index_up:
                return False
            steps = await due.steps_until(connection, now + AHEAD, AT_ONCE)
        entries = [Entry(*step) for step in steps if not self._left_alone(step)]
        missing = await self._index.fill(entries, self._clock.now_ms())
        self._metrics.counters["repaired"] += missing
        return missing > 0

    async def take_directly(self, stopping: Callable[[], bool]) -> int:
        """Take all that is due from PostgreSQL, oldest first; how many were looked at to some effect."""
        total = 0
        while not stopping():
            async with self._database.pool.acquire() as connection:
                now = await self._clock.sample(connection)
                steps = await due.steps_until(connection, now, AT_ONCE)
            keys = [(step.shop_id, step.ticket_id) for step in steps if not self._left_alone(step)]
            again = await self._handling.take(keys[:DIRECT_BATCH]) if keys else {}
            soon_ms = self._clock.now_ms() + 1_000
            done = sum(next_ms is None or next_ms > soon_ms for next_ms in again.values())
            total += done
            self._metrics.counters["direct"] += done
            if not done:
                break
        return total

    async def fill_all(self, stopping: Callable[[], bool]) -> bool:
        """Enter every next step there is, earliest first; whether the index is complete now.

        One worker at a time does it. A FLUSHALL meanwhile takes the lock away, and it is done again.
        """
        token = uuid4().hex
        if not await self._index.begin_filling(token, HOLD_MS):
            return False
        complete = False
        try:
            complete = await self._fill_pages(token, stopping)
        finally:
            with suppress(Away):
                await self._index.end_filling(token, complete=complete)
        return complete

    async def _fill_pages(self, token: str, stopping: Callable[[], bool]) -> bool:
        started = time.monotonic()
        seen = missing = 0
        after: due.Step | None = None
        while not stopping():
            async with self._database.pool.acquire() as connection:
                page: Sequence[due.Step] = await due.open_steps(connection, after, PAGE)
            entries = [Entry(*step) for step in page if not self._left_alone(step)]
            missing += await self._index.fill(entries, self._clock.now_ms())
            seen += len(page)
            if not await self._index.keep_filling(token, HOLD_MS):
                return False
            if len(page) < PAGE:
                self._metrics.counters["rebuilds"] += 1
                seconds = time.monotonic() - started
                _log.info(
                    "deadline index filled: %d tickets, %d were missing, %.1f s", seen, missing, seconds
                )
                return True
            after = page[-1]
        return False

    def _left_alone(self, step: due.Step) -> bool:
        return self._handling.left_alone((step.shop_id, step.ticket_id)) is not None
