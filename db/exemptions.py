"""Exemptions as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db import rows

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection

COLUMNS = ("id", "title", "market", "region", "end", "basis", "starts_at", "ends_at", "latest_at")
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_LOCK = f"SELECT {_NAMES} FROM exemption WHERE id = $1 FOR UPDATE"
_UPDATE = (
    f"UPDATE exemption SET ({_NAMES}) = (SELECT {_NAMES} FROM json_populate_record(NULL::exemption, $2))"
    " WHERE id = $1"
)
_DELETE = "DELETE FROM exemption WHERE id = $1"


async def insert(connection: Connection, exemption: rows.Row) -> None:
    """A new exemption."""
    await rows.insert(connection, "exemption", [exemption])


async def lock(connection: Connection, exemption_id: UUID) -> rows.Row | None:
    """The exemption, locked; None when there is none."""
    row = await connection.fetchrow(_LOCK, exemption_id)
    return None if row is None else dict(row)


async def update(connection: Connection, exemption: rows.Row) -> None:
    """Write an exemption back."""
    await connection.execute(_UPDATE, exemption["id"], exemption)


async def delete(connection: Connection, exemption_id: UUID) -> None:
    """Delete an exemption; what it moved is timed anew by whoever comes first."""
    await connection.execute(_DELETE, exemption_id)
