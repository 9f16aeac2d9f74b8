"""From a public id to the shop and order it belongs to, as far as the viewer may know.

The viewer's scope enters here, once for every write: what is not the viewer's is not found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from domain.access import Viewer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

    from db.database import Connection

# The shops are looked at in Python: sent as an array, each costs more than the whole look-up.
_SCOPE = "($2::text IS NULL OR o.buyer_id = $2)"
_TICKET = f"""
SELECT t.shop_id, t.order_id
FROM ticket /* fleet-wide: by-id */ t JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
WHERE t.id = $1 AND {_SCOPE}"""
_TICKETS = f"""
SELECT t.id, t.shop_id, t.order_id
FROM ticket /* fleet-wide: by-id */ t JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
WHERE t.id = ANY($1::uuid[]) AND {_SCOPE}"""
_ORDER = f"""
SELECT o.shop_id, o.id AS order_id FROM orders /* fleet-wide: by-id */ o WHERE o.id = $1 AND {_SCOPE}"""
_PARCEL = f"""
SELECT p.shop_id, p.order_id
FROM parcel /* fleet-wide: by-id */ p JOIN orders o ON o.shop_id = p.shop_id AND o.id = p.order_id
WHERE p.id = $1 AND {_SCOPE}"""


_COMPLAINT = f"""
SELECT t.shop_id, t.order_id, c.ticket_id FROM complaint /* fleet-wide: by-id */ c
JOIN ticket t ON t.shop_id = c.shop_id AND t.id = c.ticket_id
JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
WHERE c.id = $1 AND {_SCOPE}"""


class Place(NamedTuple):
    """Where a thing belongs."""

    shop_id: UUID
    order_id: UUID


async def ticket(connection: Connection, viewer: Viewer, ticket_id: UUID) -> Place | None:
    """The shop and order of a ticket."""
    return await _find(connection, _TICKET, viewer, ticket_id)


async def tickets(connection: Connection, viewer: Viewer, ticket_ids: Sequence[UUID]) -> dict[UUID, Place]:
    """The shop and order of each of these tickets that the viewer sees."""
    found = await connection.fetch(_TICKETS, list(ticket_ids), viewer.buyer_id)
    return {row["id"]: Place(row["shop_id"], row["order_id"]) for row in found if viewer.sees(row["shop_id"])}


async def order(connection: Connection, viewer: Viewer, order_id: UUID) -> Place | None:
    """The shop of an order."""
    return await _find(connection, _ORDER, viewer, order_id)


async def parcel(connection: Connection, viewer: Viewer, parcel_id: UUID) -> Place | None:
    """The shop and order of a parcel."""
    return await _find(connection, _PARCEL, viewer, parcel_id)


async def complaint(connection: Connection, viewer: Viewer, complaint_id: UUID) -> tuple[Place, UUID] | None:
    """The shop and order of a complaint, and its ticket."""
    row = await _row(connection, _COMPLAINT, viewer, complaint_id)
    return None if row is None else (Place(row["shop_id"], row["order_id"]), row["ticket_id"])


async def shop(connection: Connection, viewer: Viewer, shop_id: UUID) -> UUID | None:
    """The shop itself, when it exists and is the viewer's."""
    if not viewer.sees(shop_id):
        return None
    found: UUID | None = await connection.fetchval("SELECT id FROM shop WHERE id = $1", shop_id)
    return found


async def _row(connection: Connection, statement: str, viewer: Viewer, thing: UUID) -> asyncpg.Record | None:
    row = await connection.fetchrow(statement, thing, viewer.buyer_id)
    return row if row is not None and viewer.sees(row["shop_id"]) else None


async def _find(connection: Connection, statement: str, viewer: Viewer, thing: UUID) -> Place | None:
    row = await _row(connection, statement, viewer, thing)
    return None if row is None else Place(row["shop_id"], row["order_id"])
