"""A worker's hands: takes batches, counts them, tells who listens, and remembers whom to leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.due import Key
from escalation import steps
from escalation.index import epoch_ms
from escalation.steps import Fate, Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from uuid import UUID

    from db.database import Database
    from db.rules import Rules
    from escalation.clock import DatabaseClock
    from escalation.metrics import Metrics

    Publish = Callable[[Mapping[UUID, int]], Awaitable[None]]

HELD_AGAIN_MS = 100
"""When to look again at a ticket whose order somebody works on."""
FIRST_BACK_OFF_MS = 5_000
LONGEST_BACK_OFF_MS = 300_000


class Handling:
    """Takes due tickets for one worker. `publish` tells the shops' new positions and never raises."""

    def __init__(
        self, database: Database, rules: Rules, clock: DatabaseClock, metrics: Metrics, publish: Publish
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._metrics = metrics
        self._publish = publish
        self._failed: dict[Key, tuple[int, int]] = {}  # key -> (times failed, epoch ms of the next try)

    def left_alone(self, key: Key) -> int | None:
        """Until when (epoch ms) a ticket that could not be written is left alone; None when it is not."""
        _, until_ms = self._failed.get(key, (0, 0))
        return until_ms if until_ms > self._clock.now_ms() else None

    async def take(self, keys: Sequence[Key]) -> dict[Key, int | None]:
        """Do what is due; when to look at each again (epoch ms), None for never. Raises `steps.UNREADY`."""
        again: dict[Key, int | None] = {key: until for key in keys if (until := self.left_alone(key))}
        wanted = [key for key in keys if key not in again]
        if not wanted:
            return again
        taken = await steps.take(self._database, wanted, self._rules)
        for outcome in taken.outcomes:
            again[outcome.key] = self._again(outcome)
            self._count(outcome)
        if taken.positions:
            await self._publish(taken.positions)
        if any(self._too_soon(outcome) for outcome in taken.outcomes):
            # Our idea of PostgreSQL's clock ran ahead of it, as when it was set back.
            async with self._database.pool.acquire() as connection:
                await self._clock.sample(connection)
        return again

    def _again(self, outcome: Outcome) -> int | None:
        if outcome.fate is Fate.HELD:
            return self._clock.now_ms() + HELD_AGAIN_MS
        if outcome.fate is Fate.FAILED:
            times, _ = self._failed.get(outcome.key, (0, 0))
            wait_ms = min(FIRST_BACK_OFF_MS << times, LONGEST_BACK_OFF_MS)
            until_ms = self._clock.now_ms() + wait_ms
            self._failed[outcome.key] = (min(times + 1, 10), until_ms)
            return until_ms
        self._failed.pop(outcome.key, None)
        return None if outcome.next_step_at is None else epoch_ms(outcome.next_step_at)

    def _count(self, outcome: Outcome) -> None:
        self._metrics.fates[outcome.fate.value] += 1
        if outcome.fate is Fate.FIRED:
            self._metrics.fired(outcome.late_s)

    def _too_soon(self, outcome: Outcome) -> bool:
        at = outcome.next_step_at
        return outcome.fate is Fate.EARLY and at is not None and epoch_ms(at) <= self._clock.now_ms()
