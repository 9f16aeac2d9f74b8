"""Distributing the tables over the nodes of a Citus cluster: `cli.py migrate --citus`.

What lies where is said in `db.sharding`. The tables are made by the migrations first, then handed to Citus in
one transaction: all or none. Foreign keys are taken off meanwhile and put back at the end: a reference table
would make local tables of all those that refer to it, and no local table may refer to a distributed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from db.sharding import DISTRIBUTED, LEADERS, REFERENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from db.database import Connection

_INSTALLED = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')"
_AVAILABLE = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citus')"
_CREATE = "CREATE EXTENSION citus"
_PLACED = "SELECT table_name::text, citus_table_type, distribution_column FROM citus_tables"
# Every node's part of a change waits for the one before: some tables refer to reference tables.
_ONE_BY_ONE = "SET LOCAL citus.multi_shard_modify_mode TO 'sequential'"
_KEYS = """
SELECT t.relname AS table, i.relname AS name,
  ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY k(number, place)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number ORDER BY k.place) AS columns
FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE (x.indisunique OR x.indisexclusion) AND t.relnamespace = 'public'::regnamespace ORDER BY 1, 2"""
_FOREIGN = """
SELECT t.relname AS table, c.conname AS name, f.relname AS target, pg_get_constraintdef(c.oid) AS said,
  ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(number, place)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number ORDER BY k.place) AS columns,
  ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(number, place)
        JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum = k.number ORDER BY k.place) AS targets
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace ORDER BY 1, 2"""


class CitusError(Exception):
    """The tables cannot be distributed; the message says why and what to do."""


class Placed(NamedTuple):
    """How a table lies now. `column`: what it is distributed by, None for a reference table."""

    column: str | None


async def distribute(url: str) -> list[str]:
    """Hand every table to Citus that it does not have yet; their names, in the order.

    Raises `CitusError` where the extension is missing, where a key or foreign key could not be kept over
    several nodes, and where a table is already distributed in another way: nothing is changed then.
    """
    connection = await asyncpg.connect(url)
    try:
        await _extension(connection)
        return await hand_over(connection)
    finally:
        await connection.close()


async def hand_over(connection: Connection) -> list[str]:
    """`distribute`, where the extension is."""
    if faults := await unkept(connection):
        raise CitusError("these keys cannot be kept over several nodes: " + "; ".join(faults))
    todo = missing(await _placed(connection))
    async with connection.transaction():
        await connection.execute(_ONE_BY_ONE)
        loose = [row for row in await connection.fetch(_FOREIGN) if row["table"] in todo]
        for row in loose:
            await connection.execute(f"ALTER TABLE {row['table']} DROP CONSTRAINT {row['name']}")
        for table, column in todo.items():
            await connection.fetch(_statement(table, column))
        for row in loose:
            await connection.execute(f"ALTER TABLE {row['table']} ADD CONSTRAINT {row['name']} {row['said']}")
    return list(todo)


def missing(placed: Mapping[str, Placed]) -> dict[str, str | None]:
    """The tables that Citus does not have, with what to distribute each by; raises `CitusError`."""
    wanted: dict[str, str | None] = {**dict.fromkeys(REFERENCE), **DISTRIBUTED}
    for table, column in wanted.items():
        if table in placed and placed[table].column != column:
            raise CitusError(
                f"{table} is {_way(placed[table].column)} and should be {_way(column)}:"
                f" undistribute_table('{table}') takes it back"
            )
    return {table: column for table, column in wanted.items() if table not in placed}


def _way(column: str | None) -> str:
    return "a reference table" if column is None else f"distributed by {column}"


async def unkept(connection: Connection) -> list[str]:
    """Keys of distributed tables that Citus refuses, each with the reason.

    A key must hold what its table is distributed by, or two nodes could each keep one of two equal rows; a
    foreign key must hold it on both sides, at the same place, or lead to a reference table.
    """
    faults = []
    for row in await connection.fetch(_KEYS):
        column = DISTRIBUTED.get(row["table"])
        if column is not None and column not in row["columns"]:
            faults.append(f"{row['name']} of {row['table']} lacks {column}")
    for row in await connection.fetch(_FOREIGN):
        column = DISTRIBUTED.get(row["table"])
        if row["target"] in REFERENCE:
            continue
        same = column is not None and DISTRIBUTED.get(row["target"]) == column
        if not same or (column, column) not in zip(row["columns"], row["targets"], strict=True):
            faults.append(
                f"{row['name']} leads from {row['table']} to {row['target']}, which may lie elsewhere"
            )
    return faults


async def _extension(connection: Connection) -> None:
    if await connection.fetchval(_INSTALLED):
        return
    if not await connection.fetchval(_AVAILABLE):
        raise CitusError(
            "this PostgreSQL has no extension citus: install Citus on every node, name it in"
            " shared_preload_libraries, add the nodes, and run this again on the coordinator"
        )
    try:
        await connection.execute(_CREATE)
    except asyncpg.PostgresError as error:
        raise CitusError(f"the extension citus cannot be made: {error}") from error


async def _placed(connection: Connection) -> dict[str, Placed]:
    rows = await connection.fetch(_PLACED)
    return {
        row["table_name"]: Placed(
            row["distribution_column"] if row["citus_table_type"] == "distributed" else None
        )
        for row in rows
        if row["citus_table_type"] in {"distributed", "reference"}
    }


def _statement(table: str, column: str | None) -> str:
    if column is None:
        return f"SELECT create_reference_table('{table}')"
    leader = LEADERS[column]
    beside = "" if table == leader else f", colocate_with => '{leader}'"
    alone = ", colocate_with => 'none'" if table == leader else ""
    return f"SELECT create_distributed_table('{table}', '{column}'{beside}{alone})"
