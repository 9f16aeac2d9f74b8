"""Runs of the comparison: random data, random operations, every kind of viewer."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from db.database import Database
from db.rules import Rules
from escalation import index
from live import hints
from resolvers.context import Services
from resolvers.plan import walks
from schema.build import schema
from settings import Settings
from tests.oracle import filling, generated
from tests.oracle.comparison import Different, compare
from tests.oracle.operations import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolvers.plan.declared import Few
    from tests.oracle.filling import Filled

WEIGHTS = (4, 6, 1, 6, 4, 5, 1, 3)
"""How often each of `filling.fill`'s viewers asks."""
A_DATABASE = 2_500
"""Operations on one set of data."""


@dataclass
class Done:
    """What a run compared, and the reports of what differed."""

    compared: int = 0
    refused: int = 0
    discarded: int = 0
    reports: list[str] = field(default_factory=list)


@contextmanager
def few_are(number: int | None) -> Iterator[None]:
    """Take more rows of a filter than this for many, which the small data of a test never has; None: as is.

    As many and one more are then near. New plans only: the documents that are known keep theirs.
    """
    keys, near = walks._keys, walks.NEAR

    def counted(few: Few, most: int) -> str:
        return keys(few, most if number is None else number)

    walks._keys, walks.NEAR = counted, near if number is None else number + 1
    try:
        yield
    finally:
        walks._keys, walks.NEAR = keys, near


async def run(database_url: str, redis_url: str, *, operations: int, seed: int, stop_at: int = 5) -> Done:
    """Compare so many operations on a migrated, empty database; data is added as the run goes on."""
    database = await Database.connect(database_url, max_connections=3)
    client, listening = index.connect(redis_url), hints.connect(redis_url)
    settings = Settings(database_url=database_url, redis_url=redis_url, jwt_key="k" * 40)
    services = Services(settings, database, index.DeadlineIndex(client), hints.Hints(listening), Rules())
    done = Done()
    logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL)  # refusals are compared, not logged
    try:
        number = 0
        while done.compared < operations and len(done.reports) < stop_at:
            filled = await filling.fill(database, seed + number)
            async with database.pool.acquire() as connection:
                await services.rules.now(connection)
            await compare_many(
                services, filled, done, min(operations, done.compared + A_DATABASE), seed + number, stop_at
            )
            number += 1
    finally:
        await client.aclose()
        await listening.aclose()
        await database.close()
    return done


async def compare_many(
    services: Services, filled: Filled, done: Done, until: int, seed: int, stop_at: int
) -> None:
    """Compare operations on these rows until so many are compared, or so many differ."""
    writer = Writer(schema._schema, filled, seed)
    thought_of = iter(generated.operations((until - done.compared) // 4, seed))
    while done.compared < until and len(done.reports) < stop_at:
        asked = (next(thought_of, None) if writer.rng.random() < 0.25 else None) or writer.operation()
        viewer = writer.rng.choices(filled.viewers, weights=WEIGHTS)[0]
        try:
            outcome = await compare(services, viewer, asked)
        except Different as difference:
            done.compared += 1
            done.reports.append(str(difference))
            continue
        if outcome is None:
            done.discarded += 1
            continue
        done.compared += 1
        done.refused += outcome.refused
        writer.known_cursors += outcome.cursors
