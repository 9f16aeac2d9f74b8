"""The ground, made once a session, and copies of it: a copy takes some 30 ms, filling it a second."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import redis

import embedded
from db.database import Database
from tests.conftest import with_database
from tests.refusals.cases import Case
from tests.refusals.ground import Ground, furnish
from tests.refusals.stage import Fault, Stage, answer_faults, on_stage
from tests.resolvers.conftest import execute

Fresh = Callable[[], AbstractAsyncContextManager[Stage]]
TEMPLATE = "template_of_refusals"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def ground(postgres: embedded.Server, migrated_template: str) -> Iterator[Ground]:
    """What the template of every copy holds."""
    execute(postgres.url, f"CREATE DATABASE {TEMPLATE} TEMPLATE {migrated_template} STRATEGY FILE_COPY")

    async def fill() -> Ground:
        database = await Database.connect(with_database(postgres.url, TEMPLATE))
        try:
            return await furnish(database)
        finally:
            await database.close()

    with asyncio.Runner() as runner:
        yield runner.run(fill())
    execute(postgres.url, f"DROP DATABASE {TEMPLATE} WITH (FORCE)")


@pytest.fixture
def fresh(postgres: embedded.Server, redis_url: str, ground: Ground) -> Fresh:
    """Opens the endpoint on a copy of the ground that nobody has touched, with an empty Redis."""

    @asynccontextmanager
    async def copy() -> AsyncIterator[Stage]:
        name = f"refusals_{next(_numbers)}"
        with redis.Redis.from_url(redis_url) as client:
            client.flushall()
        await asyncio.to_thread(
            execute, postgres.url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
        )
        try:
            async with on_stage(with_database(postgres.url, name), redis_url, ground) as stage:
                yield stage
        finally:
            await asyncio.to_thread(execute, postgres.url, f"DROP DATABASE {name} WITH (FORCE)")

    return copy


@pytest.fixture(scope="session")
def shared_url(postgres: embedded.Server, ground: Ground) -> Iterator[str]:
    """A copy of the ground on which nothing is ever committed."""
    del ground
    execute(postgres.url, f"CREATE DATABASE refusals_undone TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield with_database(postgres.url, "refusals_undone")
    execute(postgres.url, "DROP DATABASE refusals_undone WITH (FORCE)")


@pytest.fixture
async def stage(shared_url: str, redis_url: str, ground: Ground) -> AsyncIterator[Stage]:
    """The endpoint on that copy: to be used by `undone` only."""
    async with on_stage(shared_url, redis_url, ground) as found:
        yield found


async def faults(fresh: Fresh, cases: Sequence[Case], most: int = 5) -> list[Fault]:
    """What is wrong with refusals: their answers, and at most so many of those that changed something."""
    async with fresh() as stage:
        before = await stage.snapshot()
        found = await answer_faults(stage, cases)
        after = await stage.snapshot()
    changed = _changed(before, after)
    return [*found, *await _writers(fresh, cases, changed, most)] if changed else found


async def _writers(fresh: Fresh, cases: Sequence[Case], changed: str, most: int) -> list[Fault]:
    """The cases that change something, at most so many, by halving: some of these do."""
    if len(cases) == 1:
        return [Fault(cases[0], f"it changed {changed}")]
    found: list[Fault] = []
    middle = len(cases) // 2
    for half in (cases[:middle], cases[middle:]):
        if len(found) < most:
            changed = await _run(fresh, half)
            found += await _writers(fresh, half, changed, most - len(found)) if changed else []
    return found or [Fault(cases[0], f"with {len(cases) - 1} others it changed something, alone nothing")]


async def _run(fresh: Fresh, cases: Sequence[Case]) -> str:
    """What changed when these calls were made, by name."""
    async with fresh() as stage:
        before = await stage.snapshot()
        for case in cases:
            await stage.ask(case)
        return _changed(before, await stage.snapshot())


def _changed(before: dict[str, object], after: dict[str, object]) -> str:
    return ", ".join(name for name in after if after[name] != before[name])
