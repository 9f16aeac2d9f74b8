"""Complaints that the system takes back (`domain.md §3`): which still stand, and writing that they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection

_FILED = """
SELECT c.ticket_id FROM unnest($1::uuid[], $2::uuid[]) AS k(shop_id, ticket_id)
JOIN complaint c ON c.shop_id = k.shop_id AND c.ticket_id = k.ticket_id AND c.status = 'FILED'"""
_DISMISS = """
UPDATE complaint c SET status = 'DISMISSED', ruled_at = $4, compensation = 0, reason = n.reason
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n(shop_id, ticket_id, reason)
WHERE c.shop_id = n.shop_id AND c.ticket_id = n.ticket_id AND c.status = 'FILED'
RETURNING c.id"""


async def filed(connection: Connection, tickets: Sequence[tuple[UUID, UUID]]) -> set[UUID]:
    """Those of these tickets (shop, id) whose complaint was filed and not ruled on or settled yet.

    The caller holds the locks of the orders, which whoever rules takes too.
    """
    columns = [shop_id for shop_id, _ in tickets], [ticket_id for _, ticket_id in tickets]
    return {row[0] for row in await connection.fetch(_FILED, *columns)}


async def write(connection: Connection, reasons: Sequence[tuple[UUID, UUID, str]], now: datetime) -> int:
    """Dismiss the filed complaint of each (shop, ticket, reason); how many there were."""
    if not reasons:
        return 0
    columns = [list(column) for column in zip(*reasons, strict=True)]
    return len(await connection.fetch(_DISMISS, *columns, now))
