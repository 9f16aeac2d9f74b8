"""The trial of a PostgreSQL that is killed under writers: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import psutil

from db.database import Database
from domain import ids
from domain.ids import IdKind
from tests.trials import api, data, deadlines
from tests.trials.api import Api, NoAnswer
from tests.trials.copy import Copy
from tests.trials.findings import Count, Findings, Whole
from tests.trials.working import HONEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from domain.ticket import Ticket

WRITERS = 8
NOTED = 40
"""Tickets that the writers write notes to."""
AGAIN_S = 0.05
SERVING_WITHIN_S = 5.0
FORGETFUL = "forgetful"
"""A PostgreSQL that acknowledges a commit before it is on its way to the disk."""
FORGET = (
    "ALTER SYSTEM SET synchronous_commit = off",
    "ALTER SYSTEM SET wal_writer_delay = '10s'",
    "ALTER SYSTEM SET wal_writer_flush_after = '1GB'",
    "SELECT pg_reload_conf()",
)
FOUND = "SELECT note, count(*) AS times FROM follow_up_record WHERE action = 'NOTED' GROUP BY note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """So many kills, each so many seconds after PostgreSQL serves again; tickets that fall due meanwhile."""

    kills: int
    pause_s: float
    tickets: int


FULL = Plan(kills=10, pause_s=5.0, tickets=2_000)
QUICK = Plan(kills=2, pause_s=1.0, tickets=100)


@dataclass(slots=True)
class Writers:
    """Clients that write notes, each again under the same key until it is acknowledged."""

    client: Api
    tickets: Sequence[str]
    acknowledged: list[str] = field(default_factory=list)
    answers: list[tuple[float, float]] = field(default_factory=list)
    """When each acknowledged attempt began and ended."""
    failures: int = 0
    refused: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    async def write(self, over: asyncio.Event, rng: random.Random) -> None:
        """Write until `over`; what is under way is seen through."""
        while not over.is_set():
            note = f"note {next(self._numbers)}"
            ticket = rng.choice(self.tickets)
            while not await self._once(ticket, note):
                self.failures += 1
                await asyncio.sleep(AGAIN_S)
            self.acknowledged.append(note)

    async def _once(self, ticket: str, note: str) -> bool:
        began = time.monotonic()
        try:
            answer = await self.client.ask(self.client.agent, api.NOTE, id=ticket, note=note, key=note)
        except NoAnswer:
            return False
        if "record" not in answer:
            self.refused.append(str(answer))
        self.answers.append((began, time.monotonic()))
        return True

    def serving_after(self, moment: float) -> float | None:
        """When the first attempt that began after `moment` was acknowledged."""
        return min((ended for began, ended in self.answers if began > moment), default=None)


@dataclass(frozen=True, slots=True)
class Outage:
    """From a kill to the first acknowledged write."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long nothing was served."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Talk:
    """What a process logged during the outages."""

    copy: Copy
    name: str
    outages: tuple[Outage, ...]

    @property
    def passed(self) -> bool:
        """At most a line for each second begun."""
        return all(len(self._lines(each)) <= math.ceil(each.seconds) for each in self.outages)

    def __str__(self) -> str:
        lines = [line for outage in self.outages for line in self._lines(outage)]
        shown = "" if self.passed else f" ({lines[:6]})"
        return f"{len(lines)} lines of {self.name} in {sum(e.seconds for e in self.outages):.1f} s{shown}"

    def _lines(self, outage: Outage) -> list[str]:
        return self.copy.lines(self.name, outage.start, outage.end)


async def postgres(plan: Plan, database_url: str, kind: str, seed: int) -> Findings:
    """kill -9 of PostgreSQL under writers: its first process, one that serves somebody, or all of them."""
    del database_url  # a server that is killed is the trial's own
    rng = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="lanshou-trial-"))
    folder.chmod(0o711)  # noqa: ASYNC240 - nothing else runs yet
    copy = Copy(folder)
    try:
        await copy.start()
        if kind == FORGETFUL:
            await _forget(copy.database_url)
        return await _run(plan, copy, rng)
    finally:
        with suppress(TimeoutError):
            await copy.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _run(plan: Plan, copy: Copy, rng: random.Random) -> Findings:
    database = await Database.connect(copy.database_url, max_connections=2)
    async with database.transaction() as connection:
        shop_ids = await data.shops(connection, deadlines.SHOPS)
    await api.hire(database, shop_ids)
    seconds = plan.kills * (plan.pause_s + 1)
    due = await deadlines.written(database, shop_ids, plan.tickets, seconds, rng)
    noted = await deadlines.written(database, shop_ids, NOTED, seconds, rng)
    await deadlines.told(copy.redis_url, [*due, *noted])
    await database.pool.execute("CHECKPOINT")  # what a forgetful server may forget begins here
    client = Api(copy.port, shop_ids, key=copy.key)
    writers = Writers(client, [ids.encode(IdKind.TICKET, ticket.id) for ticket in noted])
    over = asyncio.Event()
    writing = [asyncio.create_task(writers.write(over, rng)) for _ in range(WRITERS)]
    outages = [await _kill(plan, copy, writers, rng) for _ in range(plan.kills)]
    over.set()
    await asyncio.gather(*writing)
    await client.close()
    await _again(database)
    return await _judged(database, [*due, *noted], copy, writers, outages)


async def _kill(plan: Plan, copy: Copy, writers: Writers, rng: random.Random) -> Outage:
    await asyncio.sleep(plan.pause_s * rng.uniform(0.5, 1.5))
    main = copy.postgres()
    children = main.children()
    serving = [child for child in children if "lanshou" in " ".join(child.cmdline())]
    killed = rng.choice(([main], [rng.choice(serving or children)], [main, *children]))
    start = time.monotonic()
    for process in killed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    async with asyncio.timeout(60):
        while (end := writers.serving_after(start + 0.1)) is None:  # noqa: ASYNC110 - in other processes
            await asyncio.sleep(0.02)
    return Outage(start, end)


async def _again(database: Database) -> None:
    """Wait until our own connections serve again."""
    while True:
        try:
            await database.pool.execute("SELECT")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await asyncio.sleep(0.1)
        else:
            return


async def _judged(
    database: Database, tickets: list[Ticket], copy: Copy, writers: Writers, outages: list[Outage]
) -> Findings:
    await deadlines.settled(database, tickets, HONEST)
    rows = await database.pool.fetch(FOUND)
    times = {row["note"]: row["times"] for row in rows}
    found = await deadlines.judged(database)
    await database.close()
    kept = len(writers.acknowledged)
    longest = max(outage.seconds for outage in outages)
    return Findings(
        (
            Count("notes acknowledged", kept, most=kept, least=1),
            Count("of these lost", sum(note not in times for note in writers.acknowledged)),
            Count("refused", len(writers.refused)),
            Count("doubled", sum(number > 1 for number in times.values())),
            Count("s until served again at most", longest, most=SERVING_WITHIN_S),
            *(Talk(copy, name, tuple(outages)) for name in ("web", "worker")),
            Whole(found),
        )
    )


async def _forget(url: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in FORGET:
        await connection.execute(statement)
    await connection.close()
