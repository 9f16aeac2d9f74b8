"""PostgreSQL's clock, moved by hand: a run of days takes no time, and a deadline is met to the millisecond.

The product asks PostgreSQL what time it is (`domain.md §5`: whose clock). In the database of a run these
functions stand before PostgreSQL's own in the search path; nothing of the product is changed or knows of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from datetime import datetime

    from db.database import Database

_FUNCTION = """
CREATE FUNCTION shifted.{name}() RETURNS timestamptz LANGUAGE sql {volatility}
  AS 'SELECT moment FROM shifted.clock';"""
_INSTALL = (
    "CREATE SCHEMA shifted;"
    "CREATE TABLE shifted.clock (moment timestamptz NOT NULL);"
    "INSERT INTO shifted.clock VALUES (clock_timestamp());"
    + _FUNCTION.format(name="clock_timestamp", volatility="VOLATILE")
    + _FUNCTION.format(name="statement_timestamp", volatility="STABLE")
    + _FUNCTION.format(name="now", volatility="STABLE")
)
_PREFER = """
DO $$BEGIN
  EXECUTE format('ALTER DATABASE %I SET search_path = shifted, pg_catalog, public', current_database());
END$$"""


async def install(database_url: str) -> None:
    """Give a migrated database a clock that stands still; connections opened from now on go by it."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(_INSTALL)
        await connection.execute(_PREFER)
    finally:
        await connection.close()


async def put(database: Database, moment: datetime) -> None:
    """Let it be `moment`."""
    await database.pool.execute("UPDATE shifted.clock SET moment = $1", moment)
