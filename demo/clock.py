"""A moved clock: the use cases at work in the past, whole and at once.

Use cases go by PostgreSQL's clock and by nothing else. So the past is made by moving that clock, for one
connection and one transaction: functions of the clock's names stand before PostgreSQL's own in that
transaction's search path and give the moment that the demo has come to. They go with the transaction, which
nobody sees before all of it is there: no worker meets an old deadline half-way, and what breaks off leaves
nothing behind.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

import asyncpg

from db import due
from db.database import Database
from db.rules import Rules
from demo.shops import DemoRefused, addresses
from escalation import steps
from escalation.index import DeadlineIndex, Entry
from escalation.steps import Fate
from live.hints import Hints

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection
    from resolvers.context import Services

T = TypeVar("T")

SCHEMA = "lanshou_demo_clock"
SETTING = "lanshou.demo_now"
NAMES = ("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp")
DUE_AT_ONCE = 200
TABLES = (
    "orders",
    "parcel",
    "tracking_event",
    "waybill_directory",
    "ticket",
    "follow_up_record",
    "complaint",
)
"""What grows most: read by plans that were made when it was empty, until they are made again."""

_SEARCH = (
    "SELECT set_config('search_path', $1 || ', ' || current_setting('search_path') || ', pg_catalog', true)"
)
_SET = f"SELECT set_config('{SETTING}', $1, true)"


class _OneConnection:
    """Stands where a pool stands: whoever acquires gets the same connection. Its users take turns."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        yield self._connection


class _Within(Database):
    """The database inside one transaction: what would be transactions are steps of it.

    They are no savepoints, for each would lock the same rows anew, which PostgreSQL keeps a list of. So what
    a use case wrote before it raised would stay: they refuse before they write.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(cast("asyncpg.Pool[asyncpg.Record]", _OneConnection(connection)))
        self._connection = connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        yield self._connection

    async def write(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        return await work(self._connection)


class _LaterIndex(DeadlineIndex):
    """Keeps the last word on each ticket until the commit."""

    def __init__(self) -> None:
        self.entries: dict[due.Key, Entry] = {}

    async def put(self, entries: Iterable[Entry]) -> bool:
        self.entries.update({(each.shop_id, each.ticket_id): each for each in entries})
        return True


class _LaterHints(Hints):
    """Keeps the last position of each shop until the commit."""

    def __init__(self) -> None:
        self.positions: dict[UUID, int] = {}

    async def publish(self, positions: Mapping[UUID, int]) -> None:
        self.positions.update(positions)


class MovedClock:
    """The services under a clock that is set by hand, and only forwards."""

    def __init__(self, services: Services, connection: Connection, now: datetime) -> None:
        self.services = services
        self.now = now
        self._connection = connection

    async def to(self, moment: datetime) -> None:
        """Move on to `moment`; what deadlines, reminders and promises had to do by then is done, each at its
        own time, as the worker would have done it.
        """
        while found := await due.steps_until(self._connection, moment, DUE_AT_ONCE):
            at = max(found[0].at, self.now)
            await self._set(at)
            keys = [(step.shop_id, step.ticket_id) for step in found if step.at <= at]
            await self._elapse(keys)
        await self._set(max(moment, self.now))

    async def analyze(self) -> None:
        """Have PostgreSQL look at what has grown."""
        await self._connection.execute(f"ANALYZE {', '.join(TABLES)}")

    async def _elapse(self, keys: list[due.Key]) -> None:
        taken = await steps.take(self.services.database, keys, self.services.rules)
        await self.services.index.put(Entry(*each.key, each.next_step_at) for each in taken.outcomes)
        await self.services.hints.publish(taken.positions)
        if stuck := [each.fate for each in taken.outcomes if each.fate in {Fate.HELD, Fate.FAILED}]:
            raise RuntimeError(f"the demo's past cannot go on: tickets are {stuck}")

    async def _set(self, moment: datetime) -> None:
        if moment != self.now:
            await self._connection.execute(_SET, moment.isoformat())
        self.now = moment


@asynccontextmanager
async def moved(held: Services, start: datetime) -> AsyncIterator[MovedClock]:
    """The services as of `start` and on, in one transaction that is committed at the end of the block.

    Raises:
        DemoRefused: this PostgreSQL's user may create no schema in its database.
    """
    index, hints = _LaterIndex(), _LaterHints()
    database_url, _ = addresses(held.settings)
    # A pool of its own: what a connection learned under the moved clock must not go back to another.
    own = await Database.connect(database_url, max_connections=1)
    try:
        async with own.transaction() as connection:
            await _begin(connection, start)
            services = replace(held, database=_Within(connection), index=index, hints=hints, rules=Rules())
            yield MovedClock(services, connection, start)
            await connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    finally:
        await own.close()
    await held.index.put(index.entries.values())
    await held.hints.publish(hints.positions)


async def _begin(connection: Connection, start: datetime) -> None:
    try:
        await connection.execute(f"CREATE SCHEMA {SCHEMA}")
    except asyncpg.InsufficientPrivilegeError:
        raise DemoRefused(
            "the demo needs a PostgreSQL user who may create a schema: it makes its past under its own clock"
        ) from None
    for name in NAMES:
        await connection.execute(
            f"CREATE FUNCTION {SCHEMA}.{name}() RETURNS timestamptz LANGUAGE sql STABLE AS"
            f" $$ SELECT pg_catalog.current_setting('{SETTING}')::timestamptz $$"
        )
    await connection.execute(_SET, start.isoformat())
    await connection.execute(_SEARCH, SCHEMA)
