"""The reader of a process: one statement reads what is new for all of its subscribers.

Subscribers pull from a log that all subscribers of a shop share; why there is no queue for each of
them is told in `docs/adr/0004-subscribers-pull-from-a-shared-log.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import random
from typing import TYPE_CHECKING

from db import streams
from db.database import AWAY
from live import cursor, throttle
from live.log import Log
from live.subscriber import Ended, GoingAway, NotReplayable, Subscriber, TooSlow
from live.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from db.database import Database
    from live import hints

__all__ = ["Ended", "GoingAway", "Hub", "NotReplayable", "Subscriber", "TooSlow"]

COMPARE_S = 1.0
"""Between two comparisons of heads: what a lost hint costs at most."""
READ_TIMEOUT_S = 10.0
READ_LIMIT = 500
"""Events of one shop read at once; what is left is read in the next round."""
REPLAYS = 3
"""Subscribers that may read from PostgreSQL at once, so that a thousand that come back together leave
connections to the requests."""
RETRY_FIRST_S = 0.1
RETRY_LAST_S = 1.0
CANCEL_AGAIN_S = 0.2
"""A client that is just connecting can swallow a cancellation."""

log = logging.getLogger(__name__)


class Hub:
    """Wakes the subscribers of a shop when it has something new, in one process."""

    def __init__(self, database: Database, hints: hints.Source) -> None:
        self.generation = 0
        """Counts the comparisons of heads, to know which began before a subscriber came."""
        self._database = database
        self._hints = hints
        self._logs: dict[UUID, Log] = {}
        self._subscribers: set[Subscriber] = set()
        self._new: set[UUID] = set()
        self._wanted: set[UUID] = set()
        self._wake = asyncio.Event()
        self._compare_at = 0.0
        self._failures = 0
        self._replays = asyncio.Semaphore(REPLAYS)
        self._throttle = Throttle(log)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Begin to read; needs neither PostgreSQL nor Redis to be there."""
        self._tasks = [
            asyncio.create_task(self._run(), name="live hub"),
            asyncio.create_task(self._listen(), name="live hints"),
        ]

    async def stop(self) -> None:
        """End every subscriber with `GoingAway`, and the reading."""
        self._stopping = True
        for subscriber in list(self._subscribers):
            subscriber.end(GoingAway("The server shuts down: resume with the last cursor."))
        left = set(self._tasks)
        while left:
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
        self._tasks = []

    def subscribe(self, positions: Mapping[UUID, int]) -> Subscriber:
        """A subscriber that gets every event of these shops beyond these positions, each once.

        Take the positions from the transaction that read what the client starts with. Close it.

        Raises:
            TooManyShops: more than 200.
            GoingAway: the hub was stopped.
        """
        if len(positions) > cursor.MAX_SHOPS:
            raise cursor.TooManyShops(len(positions))
        if self._stopping:
            raise GoingAway("The server shuts down: resume with the last cursor.")
        subscriber = Subscriber(self, {shop_id: self._watch(shop_id) for shop_id in positions}, positions)
        self._subscribers.add(subscriber)
        for shop_id, shop_log in subscriber.logs.items():
            shop_log.subscribers.add(subscriber)
            if shop_log.head is None or positions[shop_id] > shop_log.head:
                shop_log.ahead.add(subscriber)
            if shop_log.head is not None:
                subscriber.notify(shop_id, shop_log.head)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a subscriber, and the shops that only it watched."""
        self._subscribers.discard(subscriber)
        for shop_id, shop_log in subscriber.logs.items():
            shop_log.subscribers.discard(subscriber)
            shop_log.ahead.discard(subscriber)
            if not shop_log.subscribers and self._logs.get(shop_id) is shop_log:
                del self._logs[shop_id]
                self._new.discard(shop_id)
                self._wanted.discard(shop_id)

    def hint(self, shop_id: UUID, position: int) -> None:
        """Tell the hub that a shop has reached a position; nobody else's shop, no old news."""
        shop_log = self._logs.get(shop_id)
        if shop_log is not None and (shop_log.head is None or position > shop_log.head):
            self._wanted.add(shop_id)
            self._wake.set()

    async def replay(
        self, after: Mapping[UUID, int], limit_per_shop: int
    ) -> list[streams.StreamEvent] | None:
        """Events that are no longer in the logs; None, after a pause, when PostgreSQL is away."""
        try:
            async with self._replays:
                return await self._read(after, limit_per_shop)
        except Exception as error:  # noqa: BLE001 - what cannot be read now is read later
            self._away(error)
        await asyncio.sleep(RETRY_LAST_S * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
        return None

    def _watch(self, shop_id: UUID) -> Log:
        shop_log = self._logs.get(shop_id)
        if shop_log is None:
            shop_log = self._logs[shop_id] = Log()
            self._new.add(shop_id)
            self._wake.set()
        return shop_log

    async def _listen(self) -> None:
        while True:
            try:
                await self._hints.listen(self.hint)
            except Exception as error:  # noqa: BLE001 - hints are a convenience: the heads are compared anyway
                self._throttle.warning("live hints cannot be heard", error, trace=True)
            await asyncio.sleep(COMPARE_S)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(max(self._compare_at, loop.time())):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._round(loop)
                self._failures = 0
            except Exception as error:  # noqa: BLE001 - a hub that dies would leave every stream silent
                self._away(error)
                await self._back_off()

    def _away(self, error: Exception) -> None:
        told = throttle.POSTGRES if isinstance(error, AWAY) else self._throttle
        told.warning("streams wait for PostgreSQL", error, trace=not isinstance(error, AWAY))

    async def _back_off(self) -> None:
        delay_s = min(RETRY_FIRST_S * 2**self._failures, RETRY_LAST_S)
        self._failures = min(self._failures + 1, 10)
        await asyncio.sleep(delay_s)
        self._compare_at = 0.0
        self._wake.set()

    async def _round(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop.time() >= self._compare_at:
            await self._compare(list(self._logs))
            self._compare_at = loop.time() + COMPARE_S
        elif self._new:
            await self._compare(list(self._new))
        if self._wanted:
            await self._read_news()

    async def _compare(self, shop_ids: Collection[UUID]) -> None:
        """Find the shops whose streams moved without a hint, or were set back."""
        logs = {shop_id: self._logs[shop_id] for shop_id in shop_ids}
        if not logs:
            return
        self.generation += 1
        generation = self.generation
        async with asyncio.timeout(READ_TIMEOUT_S), self._database.pool.acquire() as connection:
            heads = await streams.heads(connection, logs)
        for shop_id, shop_log in logs.items():
            if self._logs.get(shop_id) is shop_log:
                self._new.discard(shop_id)
                self._settle(shop_id, shop_log, heads[shop_id], generation)

    def _settle(self, shop_id: UUID, shop_log: Log, stands: streams.Head, generation: int) -> None:
        head, trimmed = stands
        if shop_log.head is None or head < shop_log.head or trimmed > shop_log.head:
            shop_log.restart(head)
            shop_log.ahead = set(shop_log.subscribers)
            self._notify(shop_id, shop_log, head)
        elif head > shop_log.head:
            self._wanted.add(shop_id)
        else:
            shop_log.let_go_when_idle()
        for subscriber in list(shop_log.ahead):
            if subscriber.positions[shop_id] <= head:
                shop_log.ahead.discard(subscriber)
            elif subscriber.generation < generation:
                # It came before we asked, and yet PostgreSQL knows nothing of what it was given.
                subscriber.set_back(shop_id, head)

    async def _read_news(self) -> None:
        """Read what the wanted shops have beyond their logs, and wake their subscribers."""
        logs = {shop_id: self._logs[shop_id] for shop_id in self._wanted}
        after = {shop_id: shop_log.head for shop_id, shop_log in logs.items() if shop_log.head is not None}
        self._wanted.clear()
        try:
            events = await self._read(after, READ_LIMIT)
        except BaseException:
            self._wanted.update(shop_id for shop_id in after if shop_id in self._logs)
            raise
        for shop_id, group in itertools.groupby(events, key=lambda event: event.shop_id):
            shop_log = logs[shop_id]
            news = list(group)
            if self._logs.get(shop_id) is not shop_log:
                continue
            shop_log.extend(news)
            if len(news) == READ_LIMIT:
                self._wanted.add(shop_id)
                self._wake.set()
            self._notify(shop_id, shop_log, news[-1].position)

    async def _read(self, after: Mapping[UUID, int], limit_per_shop: int) -> list[streams.StreamEvent]:
        async with asyncio.timeout(READ_TIMEOUT_S), self._database.pool.acquire() as connection:
            return await streams.read(connection, after, limit_per_shop)

    def _notify(self, shop_id: UUID, shop_log: Log, head: int) -> None:
        for subscriber in list(shop_log.subscribers):
            subscriber.notify(shop_id, head)
