"""Sends what the outbox holds, beside the deadlines in the worker's process; any number work side by side.

At least once, under an id that does not change: a sender that dies between the sending and the commit leaves
a lease that ends, and whoever takes the delivery next sends the same id again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from db import keys, outbox
from db.database import AWAY, Database, Patience
from domain import webhooks
from domain.shop import Market
from integrations import messages
from integrations.figures import Figures
from integrations.posting import Poster

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from db.database import Connection
    from db.outbox import Claim
    from db.rows import Row
    from db.rules import Rules
    from integrations.posting import Outcome

HEALTHY = 256
"""Messages in flight to receivers that are well: waiting, not working, so there may be many."""
AILING = 64
"""And to those whose last attempt failed: slots of their own, for they mostly wait until time is out."""
LEASE = timedelta(seconds=60)
"""Well beyond the longest attempt (`posting.WHOLE_S`); how late a dead sender's messages are."""
POLL_S = 1.0
"""Between looks when nobody wakes us: a pause that ended, a hint that was lost."""
LEAST_PAUSE_S = 0.02
"""Between looks when we are woken: many commits are one look."""
GIVE_UP_S = 60.0
GIVE_UP_STEP = 1_000
STOP_WITHIN_S = 3.0
CONNECTIONS = 4
PATIENCE = Patience(answer_s=10, idle_s=5)

log = logging.getLogger("lanshou.webhooks")


class Sender:
    """Claims due deliveries, posts them, writes down what became of each. `wake`: there may be new ones."""

    def __init__(self, database_url: str, poster: Poster, rules: Rules) -> None:
        self.figures = Figures()
        self._url = database_url
        self._poster = poster
        self._rules = rules
        self._database: Database | None = None
        self._connecting = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._in_hand: dict[asyncio.Task[None], bool] = {}  # task -> whether its receiver is ailing
        self._away = False

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def stop(self) -> None:
        """Take nothing more; `run` returns when what is in flight has ended, or after three seconds."""
        self._stopping.set()
        self._wake.set()

    async def page(self) -> str:
        """The figures."""
        if self._database is None or self._away:
            return self.figures.render(None)
        async with self._database.pool.acquire() as connection:
            return self.figures.render(await outbox.waiting(connection))

    async def run(self) -> None:
        """Work until `stop`."""
        async with self._poster:
            giving_up = asyncio.create_task(self._give_up())
            while not self._stopping.is_set():
                full = await self._guarded(self._take)
                await asyncio.sleep(LEAST_PAUSE_S)
                if not full:
                    await self._woken()
            giving_up.cancel()
            await asyncio.gather(giving_up, return_exceptions=True)
            await self._finish()
        if self._database is not None:
            await self._database.close()

    async def _woken(self) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._wake.wait(), POLL_S)
        if not self._stopping.is_set():
            self._wake.clear()

    async def _finish(self) -> None:
        if self._in_hand:
            await asyncio.wait(set(self._in_hand), timeout=STOP_WITHIN_S)
        for task in self._in_hand:
            task.cancel()  # its lease ends by itself, and somebody sends it again
        await asyncio.gather(*self._in_hand, return_exceptions=True)

    async def _take(self) -> bool:
        """Claim and begin; whether there may be more to take at once."""
        ailing = sum(self._in_hand.values())
        healthy_room, ailing_room = HEALTHY - (len(self._in_hand) - ailing), AILING - ailing
        lease = keys.new()

        async def work(connection: Connection) -> list[tuple[Claim, Row]]:
            claims = await outbox.claim(
                connection, lease, healthy=healthy_room, ailing=ailing_room, lease_for=LEASE
            )
            return list(zip(claims, await outbox.told(connection, claims), strict=True))

        taken = await (await self._connected()).write(work)
        for claim, told in taken:
            task = asyncio.create_task(self._deliver(claim, lease, told))
            self._in_hand[task] = claim.ailing
            task.add_done_callback(self._ended)
        return bool(taken)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._in_hand[task]
        self._wake.set()  # its receiver has room again
        if not task.cancelled() and (error := task.exception()) is not None:
            # The lease ends by itself. The error's text may hold a url: its class must do.
            log.error("a delivery stumbled and will be sent again (%s)", type(error).__name__)

    async def _deliver(self, claim: Claim, lease: UUID, told: Row) -> None:
        identity, body = messages.message_id(claim, told), messages.body(claim, told)
        begun = time.monotonic()
        outcome = await self._poster.post(claim.url, messages.headers(claim, identity, body), body)
        self.figures.attempted(time.monotonic() - begun, taken=outcome.taken)
        await self._guarded(lambda: self._settle(claim, lease, outcome))

    async def _settle(self, claim: Claim, lease: UUID, outcome: Outcome) -> bool:
        database = await self._connected()
        if outcome.error is None:
            code = outcome.status_code or 0
            await database.write(lambda connection: outbox.delivered(connection, claim, lease, code))
            return False
        error = outcome.error
        pause = await database.write(
            lambda connection: self._put_off(connection, claim, lease, outcome.status_code, error)
        )
        if not claim.ailing or pause is None:
            what = "is given up" if pause is None else "will be tried again"
            log.warning("webhook %s: %s; the message %s", claim.webhook_id, error, what)
        self.figures.given_up += pause is None
        return False

    async def _put_off(
        self, connection: Connection, claim: Claim, lease: UUID, status_code: int | None, error: str
    ) -> timedelta | None:
        """Until the next attempt, by the policy of the shop's market; None when there is none."""
        book = await self._rules.now(connection)
        policy = book.current(Market(claim.market), claim.attempted_at)
        pause = webhooks.next_pause(policy.webhook_pauses, claim.failures + 1)
        await outbox.failed(connection, claim, lease, status_code=status_code, error=error, pause=pause)
        return pause

    async def _give_up(self) -> None:
        while True:
            while await self._guarded(self._give_up_some):
                pass
            await asyncio.sleep(GIVE_UP_S)

    async def _give_up_some(self) -> bool:
        database = await self._connected()
        ended = await database.write(lambda connection: outbox.give_up(connection, GIVE_UP_STEP))
        self.figures.given_up += ended
        return ended == GIVE_UP_STEP

    async def _connected(self) -> Database:
        """A pool of our own, so that no deadline ever waits for a connection of ours."""
        async with self._connecting:
            if self._database is None:
                self._database = await Database.connect(
                    self._url, max_connections=CONNECTIONS, patience=PATIENCE
                )
            return self._database

    async def _guarded(self, work: Callable[[], Awaitable[bool]]) -> bool:
        """`work`, whose failure ends nothing; False then, after a pause. Leases make up for what was lost."""
        try:
            done = await work()
        except Exception as error:  # noqa: BLE001 - the sender outlives whatever it meets
            self._away = isinstance(error, AWAY)
            if not self._away:  # the worker beside us says that PostgreSQL is away
                log.warning("webhooks wait: %s", type(error).__name__)
            await asyncio.sleep(POLL_S)
            return False
        self._away = False
        return done
