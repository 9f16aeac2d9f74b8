"""A GraphQL document as the product answers it, and what PostgreSQL does for that: the very statement, its
very values, on the very connections, where a statement is planned without knowing its values.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from db.rules import Rules
from escalation import index
from live import hints
from resolvers.context import Services
from schema import context
from schema.build import schema
from settings import Settings
from tests.explain.plans import Plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from db.database import Database
    from domain.access import Viewer

NOWHERE = "redis://127.0.0.1:1/0"
"""No read asks Redis."""


class Statement(NamedTuple):
    """A statement, and the values of this request."""

    sql: str
    values: tuple[object, ...]


class _Heard:
    """Stands before the pool of reads and notes what it is asked."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self.statements: list[Statement] = []
        self._pool = pool

    async def fetchrow(self, sql: str, *values: object) -> Any:
        self.statements.append(Statement(sql, values))
        return await self._pool.fetchrow(sql, *values)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[_Heard]:
        yield self

    async def prepare(self, sql: str) -> _Prepared:
        return _Prepared(self, sql)


class _Prepared(NamedTuple):
    heard: _Heard
    sql: str

    async def fetchrow(self, *values: object) -> Any:
        return await self.heard.fetchrow(self.sql, *values)


class Asker:
    """Asks documents of the schema on a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        settings = Settings(database_url=NOWHERE, redis_url=NOWHERE, jwt_key="k" * 40)
        self._services = Services(
            settings,
            database,
            index.DeadlineIndex(index.connect(NOWHERE)),
            hints.Hints(hints.connect(NOWHERE)),
            Rules(),
        )

    async def answer(self, viewer: Viewer, document: str, **variables: Any) -> tuple[Any, Statement]:
        """The data of the answer, and the one statement that it took."""
        heard = _Heard(self.database.reads)
        database: Any = type("Watched", (), {"pool": self.database.pool, "reads": heard})
        asked = context.Asked(replace(self._services, database=database), viewer)
        result = await schema.execute(document, variable_values=variables, context_value=asked)
        assert not result.errors, (document, variables, result.errors)
        (statement,) = heard.statements
        return orjson.loads(orjson.dumps(result.data)), statement

    async def plan(self, statement: Statement) -> Plan:
        """What PostgreSQL did for the statement."""
        async with self.database.reads.acquire() as connection:
            prepared = await connection.prepare(statement.sql)
            kinds = prepared.get_parameters()
            given = ", ".join(
                _literal(value, kind.name) for value, kind in zip(statement.values, kinds, strict=True)
            )
            # EXPLAIN of the statement itself would be planned with its values; a prepared one is not.
            await connection.execute(f"PREPARE explained AS {statement.sql}")
            try:
                said = await connection.fetchval(
                    "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE explained"
                    + (f" ({given})" if given else "")
                )
            finally:
                await connection.execute("DEALLOCATE explained")
        return Plan(orjson.loads(said)[0])


def _literal(value: object, kind: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        inner = ", ".join(_literal(each, kind.removesuffix("[]")) for each in value)
        return f"ARRAY[{inner}]::{kind}"
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'::{kind}"
