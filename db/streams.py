"""Reading the shops' streams: where they stand, and what is new (`architecture.md §2.3, §6`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from domain.events import FollowUpAction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection

# A shop that never had an event may lack its row: it stands at 0.
_HEADS = """
SELECT asked.shop_id, coalesce(s.head, 0) AS head, coalesce(s.trimmed, 0) AS trimmed
FROM unnest($1::uuid[]) AS asked(shop_id) LEFT JOIN shop_stream s ON s.shop_id = asked.shop_id"""

_READ = """
SELECT asked.shop_id, e.position, e.ticket_id, e.record_id, e.action, e.occurred_at
FROM unnest($1::uuid[], $2::bigint[]) AS asked(shop_id, after)
CROSS JOIN LATERAL (
  SELECT position, ticket_id, record_id, action, occurred_at FROM event
  WHERE event.shop_id = asked.shop_id AND event.position > asked.after
  ORDER BY event.position LIMIT $3
) AS e
ORDER BY asked.shop_id, e.position"""


class Head(NamedTuple):
    """Where a stream stands: the last position, and the last of those no longer kept."""

    head: int
    trimmed: int


class StreamEvent(NamedTuple):
    """One position of a shop's stream; neither ticket nor record where an order without ticket changed."""

    shop_id: UUID
    position: int
    ticket_id: UUID | None
    record_id: UUID | None
    action: FollowUpAction
    occurred_at: datetime


async def heads(connection: Connection, shop_ids: Collection[UUID]) -> dict[UUID, Head]:
    """Head and trimmed position of each of these shops."""
    rows = await connection.fetch(_HEADS, list(shop_ids))
    return {row["shop_id"]: Head(row["head"], row["trimmed"]) for row in rows}


async def read(connection: Connection, after: Mapping[UUID, int], limit_per_shop: int) -> list[StreamEvent]:
    """The next events of each shop beyond the position in `after`, in order within the shop.

    Positions have no gaps: where a shop's first event is not the one after its position, those
    between were trimmed.
    """
    rows = await connection.fetch(_READ, list(after), list(after.values()), limit_per_shop)
    return [
        StreamEvent(shop_id, position, ticket_id, record_id, FollowUpAction(action), occurred_at)
        for shop_id, position, ticket_id, record_id, action, occurred_at in rows
    ]
