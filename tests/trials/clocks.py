"""The trial of wrong clocks: each machine an hour or a day off, and set again while tickets fall due."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx

from embedded.server import any_free_port
from tests.trials import deadlines, verdict
from tests.trials.api import ISSUED_AGO, Api, NoAnswer
from tests.trials.findings import Count, Findings
from tests.trials.shifted import CLOCK
from tests.trials.working import HONEST

if TYPE_CHECKING:
    from pathlib import Path

HOUR_S, DAY_S = 3_600, 86_400
AHEAD_S = (-DAY_S, -HOUR_S, 0, HOUR_S, DAY_S)
WORKING = ("-m", "tests.trials.shifted", "working")
SERVING = ("-m", "tests.trials.shifted", "serving")
OFFSET = "lanshou_clock_offset_seconds "
RIGHT_WITHIN_S = 60.0
SEEN_WITHIN_S = 0.3
VIEWER = "{ viewer { role } }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """So many clocks are set while `tickets` fall due over `seconds`."""

    tickets: int
    seconds: float
    jumps: int


FULL = Plan(tickets=4_000, seconds=90, jumps=60)
QUICK = Plan(tickets=200, seconds=4, jumps=6)


class Machine:
    """The clock of one process."""

    def __init__(self, file: Path, ahead_s: float) -> None:
        self._file = file
        self.port = any_free_port()
        self.set(ahead_s)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process follow it."""
        return {CLOCK: str(self._file), "LANSHOU_WORKER_PORT": str(self.port)}

    def set(self, ahead_s: float) -> None:
        """Set it so many seconds ahead of this machine's."""
        new = self._file.with_suffix(".new")
        new.write_text(str(ahead_s))
        new.replace(self._file)  # a reader finds the one or the other


async def clocks(plan: Plan, database_url: str, kind: str, seed: int) -> Findings:
    """Two workers and the web process in use, none of them with the right time."""
    rng = random.Random(seed)
    async with deadlines.prepared(database_url, kind, workers=0) as (database, made):
        made.environment["LANSHOU_REPLY_WINDOW"] = f"{deadlines.WINDOW_S}s"
        first, second, web = (
            Machine(made.folder / f"clock-{n}", ahead_s) for n, ahead_s in enumerate((HOUR_S, -DAY_S, DAY_S))
        )
        starts = [made.start_worker(WORKING, each.environment) for each in (first, second)]
        made.workers = list(await asyncio.gather(*starts))
        off_s = await _off_s(first) if kind == HONEST else HOUR_S
        tickets = await deadlines.tickets(plan.tickets, plan.seconds, database, made, rng)
        async with deadlines.used(
            database, made, plan.seconds, words=SERVING, environment=web.environment
        ) as custom:
            seen = await _seen(web, made.web_port)
            async for _ in deadlines.moments(plan.jumps, plan.seconds, rng):
                rng.choice((first, second, web)).set(rng.choice(AHEAD_S))
        await deadlines.settled(database, tickets, kind)
        await custom.check(database)
        found = await deadlines.judged(database)
    least, most = HOUR_S - RIGHT_WITHIN_S, HOUR_S + RIGHT_WITHIN_S
    return Findings(
        (
            Count("s ahead, by a worker's own figure", off_s, most=most, least=least),
            Count("of 2 clocks seen by the web process", seen, most=2, least=2),
            found,
            Count("s late at most", found.max_late_s, most=verdict.LATE_S),
            custom,
        )
    )


async def _seen(machine: Machine, port: int) -> int:
    """Of two clocks, how many the web process goes by: a token good for an hour has ended a day ahead,
    and not by the right time.
    """
    client = Api(port, [], lasts=ISSUED_AGO + timedelta(seconds=HOUR_S))
    answered = []
    for ahead_s in (DAY_S, 0):
        machine.set(ahead_s)
        await asyncio.sleep(SEEN_WITHIN_S)
        try:
            await client.ask(client.buyer, VIEWER)
        except NoAnswer:
            answered.append(False)
        else:
            answered.append(True)
    await client.close()
    return (not answered[0]) + answered[1]


async def _off_s(machine: Machine) -> float:
    """How far a worker finds its machine ahead of PostgreSQL: that it sees the clock that was set for it."""
    async with httpx.AsyncClient() as client:
        page = (await client.get(f"http://127.0.0.1:{machine.port}/metrics")).text
    [line] = [line for line in page.splitlines() if line.startswith(OFFSET)]
    return -float(line.removeprefix(OFFSET))
