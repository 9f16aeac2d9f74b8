"""Many things that go on at once, told in the order of their times: tales that say when they go on."""

from __future__ import annotations

import heapq
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from domain.cards import SHANGHAI
from domain.errors import DomainError

if TYPE_CHECKING:
    import random

    from demo.clock import MovedClock

log = logging.getLogger("lanshou.demo")

Tale = AsyncIterator[datetime]
"""Gives the moments at which it wants to go on; a moment that is over means at once."""

ANALYZED_AFTER = (50, 400, 2_000)
"""Steps after which the tables have grown enough to be looked at again."""
# How busy people are, hour by hour in Shanghai: buying goes on into the night, work does not.
BUYING = (3, 2, 1, 0.5, 0.4, 0.4, 0.8, 1.5, 3, 5, 7, 7, 6, 5, 6, 6, 6, 6, 6, 7, 9, 10, 8, 5)
WORK_BEGINS, WORK_ENDS = time(9), time(21, 30)


@dataclass(slots=True)
class Timeline:
    """Tales under one clock, up to its end; one that wants to go on later than that stays as it is then.

    `after_each`: what follows whatever was done.
    """

    clock: MovedClock
    end: datetime
    after_each: Callable[[], Awaitable[None]]
    _waiting: list[tuple[datetime, int, Tale]] = field(default_factory=list)
    _count: int = 0
    broken_off: int = 0

    def add(self, at: datetime, tale: Tale) -> None:
        """Have a tale begin."""
        self._count += 1
        whole_ms = at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
        heapq.heappush(self._waiting, (whole_ms, self._count, tale))

    async def run(self) -> None:
        """Tell all of them. Each step is a tale's, from one moment it named to the next."""
        steps = 0
        while self._waiting and self._waiting[0][0] <= self.end:
            at, _, tale = heapq.heappop(self._waiting)
            await self.clock.to(at)
            following = await self._go_on(tale)
            await self.after_each()
            if following is not None:
                self.add(max(following, at), tale)
            steps += 1
            if steps in ANALYZED_AFTER:
                await self.clock.analyze()
        await self.clock.to(self.end)

    async def _go_on(self, tale: Tale) -> datetime | None:
        """When the tale wants to go on next; None when it has ended, or somebody was in its way."""
        try:
            return await anext(tale, None)
        except DomainError as error:
            self.broken_off += 1
            log.warning("a tale of the demo's past broke off: %s", error.message)
            return None


def at_work(moment: datetime, dice: random.Random) -> datetime:
    """When somebody at work sees to what came at `moment`: then, or some minutes after the next opening."""
    local = moment.astimezone(SHANGHAI)
    if WORK_BEGINS <= local.time() < WORK_ENDS:
        return moment
    day = local.date() if local.time() < WORK_BEGINS else local.date() + timedelta(days=1)
    opening = datetime.combine(day, WORK_BEGINS, SHANGHAI)
    return opening + timedelta(minutes=dice.uniform(2, 50))


def awake(moment: datetime, dice: random.Random) -> datetime:
    """When a buyer does what they might have done at `moment`: nobody urges in the middle of the night."""
    local = moment.astimezone(SHANGHAI)
    if time(1) <= local.time() < time(7, 30):
        return datetime.combine(local.date(), time(7, 30), SHANGHAI) + timedelta(minutes=dice.uniform(0, 90))
    return moment


def bought(day: datetime, dice: random.Random) -> datetime:
    """A moment of that day (its midnight in Shanghai) at which somebody buys, to the second."""
    [hour] = dice.choices(range(24), weights=BUYING)
    return day + timedelta(hours=hour, seconds=dice.randrange(3600))
