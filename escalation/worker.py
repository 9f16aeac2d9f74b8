"""The worker: acts when a clock runs out. Any number of them work side by side (`architecture.md §5`)."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol

import redis.asyncio
import redis.exceptions

from db.database import AWAY as DATABASE_AWAY
from db.database import Database, Patience
from db.rules import Rules
from escalation import index, probe
from escalation.clock import DatabaseClock
from escalation.handling import Handling
from escalation.index import DeadlineIndex
from escalation.metrics import Metrics
from escalation.retiming import Retiming
from escalation.steps import UNREADY
from escalation.sweep import Sweep
from escalation.tidy import tidy
from live import hints, throttle
from live.hints import Hints
from live.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from escalation.handling import Publish
    from escalation.index import Claim, Haul
    from escalation.probe import Page
    from settings import Settings

BATCH = 500
LANES = 2
"""Batches in hand at once: one computes while the other waits for PostgreSQL."""
LEASE_MS = 1_200
"""A dead worker's tickets are this much late; a batch that takes longer is looked at twice, harmlessly."""
LONGEST_SLEEP_S = 1.0
SWEEP_S = 0.5
SWEEP_WITHOUT_INDEX_S = 0.25
RETRY_S = 0.5
TIDY_S = 60.0
RETIME_S = 0.5
"""How soon a change of the rules is noticed; the due tickets of a batch are timed by it at once."""
STOP_WITHIN_S = 4.0
CONNECTIONS = LANES + 5
PATIENCE = Patience(answer_s=10, idle_s=2)
"""A worker that sleeps in a transaction holds its tickets so much longer than its lease."""

_log = logging.getLogger("lanshou.worker")


class Worker:
    """Claims due tickets, takes them, finishes them; a sweep beside it makes up for what the index lacks."""

    def __init__(
        self, database: Database, client: redis.asyncio.Redis, rules: Rules, publish: Publish
    ) -> None:
        self.clock = DatabaseClock()
        self.metrics = Metrics()
        self.index = DeadlineIndex(client)
        self.database = database
        self.handling = Handling(database, rules, self.clock, self.metrics, publish)
        self.sweep = Sweep(database, self.index, self.clock, self.handling, self.metrics)
        self.retiming = Retiming(database, rules, self.index, self.metrics, publish)
        self._client = client
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._sweep_now = asyncio.Event()
        self._refill = asyncio.Event()
        self._lanes = asyncio.Semaphore(LANES)
        self._index_up = True
        self._trouble = Throttle(_log)

    async def run(self) -> None:
        """Work until `stop`; what is in hand then is finished first."""
        await self._first_sample()
        self._refill.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._serve(group))
            group.create_task(self._repeat(self._look, self._sweep_pause))
            group.create_task(self._repeat(self._fill, self._fill_pause))
            group.create_task(self._repeat(self._tidy, self._tidy_pause))
            group.create_task(self._repeat(self._retime, self._retime_pause))
            listening = group.create_task(self._repeat(self._listen, self._retry_pause))
            await self._stopping.wait()
            listening.cancel()

    async def _first_sample(self) -> None:
        while not self._stopping.is_set():
            try:
                async with self.database.pool.acquire() as connection:
                    await self.clock.sample(connection)
            except Exception as error:  # noqa: BLE001 - nothing can be judged before PostgreSQL answers
                self._failed(error)
                await self._pause(RETRY_S)
            else:
                return

    def stop(self) -> None:
        """Take nothing more; `run` returns when the batches in hand are done."""
        self._stopping.set()
        for event in (self._wake, self._sweep_now, self._refill):
            event.set()

    async def page(self) -> str:
        """The metrics."""
        try:
            counts = await self.index.counts()
        except index.Away:
            counts = None
        return self.metrics.render(counts, offset_s=self.clock.offset_s, now_ms=self.clock.now_ms())

    async def _serve(self, group: asyncio.TaskGroup) -> None:
        while not self._stopping.is_set():
            await self._lanes.acquire()
            haul = await self._claim()
            if haul is not None and haul.claims:
                group.create_task(self._handle(haul.claims))
                continue
            self._lanes.release()
            await self._wait(self._wake, RETRY_S if haul is None else self._until(haul.next_ms))

    async def _claim(self) -> Haul | None:
        if self._stopping.is_set():
            return None
        try:
            haul = await self.index.claim(self.clock.now_ms(), limit=BATCH, lease_ms=LEASE_MS)
        except index.Away as error:
            self._index_lost(error)
            return None
        if not self._index_up:
            self._index_up = True
            _log.info("Redis is back")
            self._refill.set()
        if not haul.filled:
            self._refill.set()
        self.metrics.counters["claims"] += len(haul.claims)
        self.metrics.counters["leases_returned"] += haul.returned
        return haul

    async def _handle(self, claims: Sequence[Claim]) -> None:
        try:
            again = await self.handling.take([(claim.shop_id, claim.ticket_id) for claim in claims])
            with suppress(index.Away):  # if it cannot be told, the leases run out
                await self.index.finish((claim, again[claim.shop_id, claim.ticket_id]) for claim in claims)
        except Exception as error:  # noqa: BLE001 - a lane outlives every batch
            self._failed(error)
            await self._give_back(claims, RETRY_S)
            await self._pause(RETRY_S)
        except asyncio.CancelledError:
            await self._give_back(claims, 0)
            raise
        finally:
            self._lanes.release()

    async def _give_back(self, claims: Sequence[Claim], after_s: float) -> None:
        with suppress(index.Away):
            await self.index.give_back(claims, self.clock.now_ms() + int(after_s * 1000))

    async def _look(self) -> None:
        try:
            if await self.sweep.look(index_up=self._index_up):
                self._wake.set()
        except index.Away as error:
            self._index_lost(error)
        if not self._index_up:
            await self.sweep.take_directly(self._stopping.is_set)

    async def _fill(self) -> None:
        self._refill.clear()
        if self._index_up and await self.sweep.fill_all(self._stopping.is_set):
            self._refill.clear()  # asked for meanwhile: done; what went missing since is asked for again
            self._wake.set()

    async def _listen(self) -> None:
        async with self._client.pubsub() as subscription:
            await subscription.subscribe(index.WAKE_CHANNEL)
            while not self._stopping.is_set():
                if await subscription.get_message(ignore_subscribe_messages=True, timeout=1.0):
                    self._wake.set()

    async def _tidy(self) -> None:
        if deleted := await tidy(self.database):
            _log.info("%d rows deleted that were kept long enough", deleted)

    async def _retime(self) -> None:
        if retimed := await self.retiming.work(self._stopping.is_set):
            _log.info("%d open tickets timed anew by changed rules", retimed)

    async def _repeat(
        self, work: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[None]]
    ) -> None:
        while not self._stopping.is_set():
            try:
                await work()
            except index.Away as error:
                self._index_lost(error)
            except redis.exceptions.RedisError:
                pass  # the wake-up channel; `_claim` tells that Redis is away
            except Exception as error:  # noqa: BLE001 - none of these loops may end
                self._failed(error)
                await self._pause(RETRY_S)
            await pause()

    async def _sweep_pause(self) -> None:
        await self._wait(self._sweep_now, SWEEP_S if self._index_up else SWEEP_WITHOUT_INDEX_S)

    async def _fill_pause(self) -> None:
        # The least a rebuild waits for the next: whoever holds the lock may be doing it.
        await self._pause(LONGEST_SLEEP_S)
        await self._refill.wait()

    async def _retry_pause(self) -> None:
        await self._pause(LONGEST_SLEEP_S)

    async def _retime_pause(self) -> None:
        await self._pause(RETIME_S)

    async def _tidy_pause(self) -> None:
        await self._pause(TIDY_S)

    async def _pause(self, seconds: float) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _wait(self, event: asyncio.Event, seconds: float) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)
        if not self._stopping.is_set():
            event.clear()

    def _until(self, next_ms: int | None) -> float:
        if next_ms is None:
            return LONGEST_SLEEP_S
        return min(max(next_ms - self.clock.now_ms(), 1) / 1000, LONGEST_SLEEP_S)

    def _index_lost(self, error: Exception) -> None:
        self._trouble.warning("Redis is away, due tickets are taken from PostgreSQL", error)
        self._index_up = False
        self._sweep_now.set()

    def _failed(self, error: Exception) -> None:
        self.metrics.counters["batch_errors"] += 1
        if isinstance(error, UNREADY):
            throttle.POSTGRES.warning("PostgreSQL is not ready, trying again", error)
        else:
            self._trouble.warning("the worker stumbled, trying again", error, trace=True)


class Companion(Protocol):
    """What works beside the deadlines in the same process, woken by each hint of a commit."""

    def wake(self) -> None:
        """There may be something new."""

    async def run(self) -> None:
        """Work until `stop`; never raises."""

    def stop(self) -> None:
        """End soon."""

    async def page(self) -> str:
        """Its metrics."""


async def main(settings: Settings, companions: Sequence[Callable[[Settings, Rules], Companion]] = ()) -> None:
    """Run a worker and its `/healthz` and `/metrics` until SIGTERM or SIGINT, then end within 10 s."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("a worker needs LANSHOU_DATABASE_URL and LANSHOU_REDIS_URL")
    database = await _connect(settings.database_url, stopping)
    if database is None:
        return
    client = index.connect(settings.redis_url)
    rules = Rules.with_windows(reply=settings.reply_window, pickup=settings.pickup_window)
    worker = Worker(database, client, rules, Hints(client).publish)
    beside = [companion(settings, rules) for companion in companions]

    async def metrics() -> str:
        return "".join([await worker.page(), *[await each.page() for each in beside]])

    try:
        async with (
            await _serve_pages(settings, {"/healthz": _healthy, "/metrics": metrics}),
            _waking(settings.redis_url, beside),
        ):
            await _run([worker, *beside], stopping)
    finally:
        await client.aclose()
        await database.close()


@asynccontextmanager
async def _waking(redis_url: str, companions: Sequence[Companion]) -> AsyncIterator[None]:
    """Wake the companions at each hint that a shop has something new."""
    if not companions:
        yield
        return
    client = hints.connect(redis_url)

    def wake(*_: object) -> None:
        for companion in companions:
            companion.wake()

    listening = asyncio.create_task(Hints(client).listen(wake), name="hints for companions")
    yield
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await client.aclose()


async def _serve_pages(settings: Settings, pages: Mapping[str, Page]) -> asyncio.Server:
    try:
        return await probe.start(settings.host, settings.worker_port, pages)
    except OSError as error:
        reason = f"the worker cannot listen on port {settings.worker_port}: {error.strerror}"
        raise SystemExit(f"{reason}; set LANSHOU_WORKER_PORT to a free one") from error


async def _run(workers: Sequence[Worker | Companion], stopping: asyncio.Event) -> None:
    running = [asyncio.create_task(each.run()) for each in workers]
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait({*running, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    for each in workers:
        each.stop()
    _, late = await asyncio.wait(running, timeout=STOP_WITHIN_S)
    for task in late:
        task.cancel()  # gives its claims back
    for task in running:
        with suppress(asyncio.CancelledError):
            await task


async def _connect(url: str, stopping: asyncio.Event) -> Database | None:
    """The database, however long it takes to come up; None when asked to stop meanwhile."""
    while not stopping.is_set():
        try:
            return await Database.connect(url, max_connections=CONNECTIONS, patience=PATIENCE)
        except DATABASE_AWAY as error:
            throttle.POSTGRES.warning("PostgreSQL cannot be reached, trying again", error)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stopping.wait(), RETRY_S)
    return None


async def _healthy() -> str:
    return "ok\n"
