"""A database of one connection in one transaction: the product and its oracle see the same rows and clock."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.database import Connection, Database


class TransactionOver(Exception):
    """Asked after the end of the transaction, by nobody who still waits for the answer."""


class OneTransaction:
    """Stands where `db.database.Database` does, its pool included; one statement at a time."""

    def __init__(self, connection: Connection) -> None:
        self.pool = self.reads = self
        self._connection = connection
        self._turn = asyncio.Lock()
        self._over = False

    @classmethod
    @asynccontextmanager
    async def begin(cls, database: Database) -> AsyncIterator[OneTransaction]:
        """A REPEATABLE READ transaction on a connection of `database`, open during the block."""
        async with database.snapshot() as connection:
            one = cls(connection)
            try:
                yield one
            finally:
                # An answer with an error may be given while its other fields are still being read.
                async with one._turn:
                    one._over = True

    @asynccontextmanager
    async def acquire(self, **_: object) -> AsyncIterator[Connection]:
        """The connection, for as long as the block runs."""
        async with self._turn:
            if self._over:
                raise TransactionOver
            yield self._connection

    snapshot = transaction = acquire

    async def fetch(self, text: str, *values: object) -> list[Any]:
        """Every row."""
        async with self.acquire() as connection:
            return await connection.fetch(text, *values)

    async def fetchrow(self, text: str, *values: object) -> Any:
        """The first row."""
        async with self.acquire() as connection:
            return await connection.fetchrow(text, *values)

    async def fetchval(self, text: str, *values: object) -> Any:
        """The first value."""
        async with self.acquire() as connection:
            return await connection.fetchval(text, *values)
