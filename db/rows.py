"""Many rows in one statement, whatever their number: PostgreSQL unpacks them from one JSON parameter."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from db.database import Connection

Row = dict[str, Any]


async def insert(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    """Insert `rows`, all with the same keys, into `table`."""
    if rows:
        await connection.execute(insertion(table, tuple(rows[0])), parameter(rows))


async def insert_new(connection: Connection, table: str, rows: Sequence[Row], returning: str) -> list[Any]:
    """Insert those rows that break no unique constraint; the `returning` column of each that landed."""
    if not rows:
        return []
    statement = f"{insertion(table, tuple(rows[0]))} ON CONFLICT DO NOTHING RETURNING {returning}"
    return [row[0] for row in await connection.fetch(statement, parameter(rows))]


async def update(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    """Set every column but the key (shop_id, id) of the rows of `table`, all with the same keys."""
    if rows:
        await connection.execute(_update(table, tuple(rows[0])), parameter(rows))


def parameter(rows: Sequence[Row]) -> list[Row]:
    """Rows as the one parameter that a statement unpacks."""
    return [_plain(row) for row in rows]


@cache
def insertion(table: str, columns: tuple[str, ...], place: int = 1) -> str:
    """The statement that inserts rows with these columns, which are its parameter at `place`."""
    # Quoted: an exemption's `end` is a word of SQL.
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, ${place})"
    )


def _plain(row: Mapping[str, Any]) -> Row:
    return {name: rf"\x{value.hex()}" if isinstance(value, bytes) else value for name, value in row.items()}


@cache
def _update(table: str, columns: tuple[str, ...]) -> str:
    sets = ", ".join(f'"{name}" = n."{name}"' for name in columns if name not in {"shop_id", "id"})
    return (
        f"UPDATE {table} t SET {sets} FROM json_populate_recordset(NULL::{table}, $1) n"
        " WHERE t.shop_id = n.shop_id AND t.id = n.id"
    )
