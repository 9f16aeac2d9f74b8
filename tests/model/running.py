"""Running the state machine: so many runs of so many steps, by a seed."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.product import Servers
from tests.model.ruling import Ruling

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Size:
    """How many runs, of how many steps each."""

    runs: int
    steps: int


FULL = Size(runs=500, steps=50)
QUICK = Size(runs=20, steps=50)


@dataclass(frozen=True)
class Stage:
    """Servers on which any number of sets can be run, one after the other."""

    runner: asyncio.Runner
    servers: Servers

    @classmethod
    @contextmanager
    def on(cls, database_url: str, redis_url: str) -> Iterator[Stage]:
        """A stage on a migrated database and a Redis that are nobody else's."""
        with asyncio.Runner() as runner:
            servers = runner.run(Servers.connect(database_url, redis_url))
            try:
                yield cls(runner, servers)
            finally:
                runner.run(servers.close())

    def run(self, size: Size, *, seed: int, shrinks: bool = True) -> Counter[str]:
        """How many runs, steps, refusals. Raises what parted product and model, the shortest way to it.

        Hypothesis begins some runs that have no room for all steps; they come on top of `size.runs`.
        """
        counts: Counter[str] = Counter()

        class Counted(Ruling):
            """A run of this set."""

        Counted.servers, Counted.runner, Counted.counts = self.servers, self.runner, counts
        run_state_machine_as_test(
            hypothesis.seed(seed)(Counted),
            settings=settings(
                max_examples=size.runs,
                stateful_step_count=size.steps,
                deadline=None,
                database=None,
                phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
            _min_steps=size.steps,
        )
        return counts
