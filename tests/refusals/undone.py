"""A database whose writes are undone in the end: a call that lands costs no copy of the ground."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from tests.oracle.transaction import OneTransaction

if TYPE_CHECKING:
    from db.database import Connection, Database

T = TypeVar("T")


class Undone(OneTransaction):
    """Stands where `db.database.Database` does; each of its transactions is a savepoint in a larger one."""

    @classmethod
    @asynccontextmanager
    async def begin(cls, database: Database) -> AsyncIterator[Undone]:
        """A transaction that is rolled back at the end of the block."""
        async with database.pool.acquire() as connection:
            everything = connection.transaction()
            await everything.start()
            try:
                yield cls(connection)
            finally:
                await everything.rollback()

    @asynccontextmanager
    async def transaction(self, **_: object) -> AsyncIterator[Connection]:
        """A savepoint: kept at the end of the block, rolled back to when it raises."""
        async with self.acquire() as connection, connection.transaction():
            yield connection

    async def write(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `work` in a savepoint; nobody else is here to be retried for."""
        async with self.transaction() as connection:
            return await work(connection)
