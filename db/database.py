"""The pool, and transactions on it."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg
import orjson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

T = TypeVar("T")

TRIES = 4
"""The first and three more, after a deadlock or a serialization failure (`architecture.md §2.3`)."""
RETRIED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_MS = 30_000
IDLE = "idle_in_transaction_session_timeout"
AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,  # we slept in a transaction: it was ended
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ObjectNotInPrerequisiteStateError,  # the database accepts no connections
    asyncpg.InternalClientError,  # asyncpg itself, when a connection is cut in mid-statement
)
"""What is raised when PostgreSQL cannot be reached or has gone away."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a process that must not hang waits for PostgreSQL, and PostgreSQL for it, in seconds.

    `answer_s`: a statement without an answer by then counts as failed and its connection as dead, as one is
    whose other end went away without a word. `idle_s`: PostgreSQL ends a transaction that asks for nothing
    for so long, and with it the locks of a process that sleeps or was cut off.
    """

    answer_s: float
    idle_s: float


class Database:
    """A pool of connections to one PostgreSQL."""

    def __init__(
        self, pool: asyncpg.Pool[asyncpg.Record], reads: asyncpg.Pool[asyncpg.Record] | None = None
    ) -> None:
        self.pool = pool
        self.reads = pool if reads is None else reads

    @classmethod
    async def connect(
        cls, url: str, *, max_connections: int = 10, patience: Patience | None = None
    ) -> Database:
        """Open a pool on `url` (postgresql://…); raises what asyncpg raises when nobody answers.

        Without `patience` transactions may pause, and the only limit is the server's on a statement.

        `reads` has half as many connections of its own, opened when first used: statements that answer a
        whole operation are large, and planning one costs as much as running it, so they are planned once.
        """
        idle = {} if patience is None else {IDLE: f"{patience.idle_s * 1000:.0f}"}
        pool = await _pool(url, max_connections, patience, **idle)
        try:
            async with pool.acquire():
                pass
        except BaseException:
            pool.terminate()
            raise
        # A snapshot of `reads` may wait for a client who is slow to take it, and it holds no lock.
        generic = {"plan_cache_mode": "force_generic_plan"}
        return cls(pool, await _pool(url, max(1, max_connections // 2), patience, **generic))

    async def close(self) -> None:
        """Close every connection, within a few seconds even if one is stuck."""
        pools = {self.pool, self.reads}
        try:
            await asyncio.wait_for(asyncio.gather(*(pool.close() for pool in pools)), timeout=5)
        except TimeoutError:
            for pool in pools:
                pool.terminate()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction, committed at the end of the block, rolled back when it raises."""
        async with (
            self.pool.acquire() as connection,
            _unless_dead(connection),
            connection.transaction(),
            _unless_dead(connection),
        ):
            yield connection

    @asynccontextmanager
    async def snapshot(self, *, planned_once: bool = False) -> AsyncIterator[Connection]:
        """One read-only transaction that sees the database as of one moment.

        `planned_once`: on a connection of `reads`, for statements that answer a whole operation.
        """
        pool = self.reads if planned_once else self.pool
        async with pool.acquire() as connection, _unless_dead(connection):
            snapshot = connection.transaction(isolation="repeatable_read", readonly=True)
            async with snapshot, _unless_dead(connection):
                yield connection

    async def write(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `work` in a transaction; after a deadlock or serialization failure run it again."""
        for attempt in range(1, TRIES + 1):
            try:
                async with self.transaction() as connection:
                    return await work(connection)
            except RETRIED:
                if attempt == TRIES:
                    raise
                await asyncio.sleep(random.uniform(0, 0.02 * attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError


@asynccontextmanager
async def _unless_dead(connection: PoolConnectionProxy[asyncpg.Record]) -> AsyncIterator[None]:
    """Drop a connection that gave no answer: to roll back, or to give it back, would wait once more."""
    try:
        yield
    except TimeoutError:
        connection.terminate()
        raise


async def now(connection: Connection) -> datetime:
    """PostgreSQL's clock at this moment, to the millisecond (`domain.md §5`: whose clock)."""
    moment: datetime = await connection.fetchval("SELECT date_trunc('milliseconds', clock_timestamp())")
    return moment


async def _pool(
    url: str, max_connections: int, patience: Patience | None, **settings: str
) -> asyncpg.Pool[asyncpg.Record]:
    answer_ms = STATEMENT_TIMEOUT_MS if patience is None else int(patience.answer_s * 1000)
    return await asyncpg.create_pool(
        url,
        min_size=0,  # a floor would be kept up with a traceback in the log at each try
        max_size=max_connections,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=None if patience is None else patience.answer_s,
        init=_prepare,
        reset=_keep,
        # The statement of a whole operation is longer than asyncpg's default allows to keep.
        max_cacheable_statement_size=0,
        server_settings={
            "timezone": "UTC",
            "jit": "off",
            "application_name": "lanshou",
            "statement_timeout": str(answer_ms),
            **settings,
        },
    )


async def _prepare(connection: Any) -> None:  # noqa: ANN401 - asyncpg's own connection type is generic
    # json is what a statement writes for a client, passed on as it is; what is stored is jsonb.
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=_encode_json_bytes, decoder=bytes, format="binary"
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode_json, decoder=orjson.loads, format="text"
    )


async def _keep(connection: Any) -> None:  # noqa: ANN401
    """Nothing to reset: we set no session state. asyncpg's own reset costs a round trip at each release."""


def _encode_json(value: object) -> str:
    return _encode_json_bytes(value).decode()


def _encode_json_bytes(value: object) -> bytes:
    return orjson.dumps(value, default=str)
