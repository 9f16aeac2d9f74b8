"""Appending to the shops' streams: positions without gaps, in commit order (`architecture.md §2.3`)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from db import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection
    from domain.events import FollowUpAction

_ADVANCE = """
WITH locked AS MATERIALIZED (
  SELECT s.shop_id, n.count FROM shop_stream s
  JOIN unnest($1::uuid[], $2::bigint[]) AS n(shop_id, count) USING (shop_id)
  ORDER BY s.shop_id FOR UPDATE OF s
)
UPDATE shop_stream s SET head = s.head + locked.count FROM locked WHERE s.shop_id = locked.shop_id
RETURNING s.shop_id, s.head - locked.count AS base"""


class NewEvent(NamedTuple):
    """One thing that happened; an order's change without a ticket has neither ticket nor record."""

    shop_id: UUID
    ticket_id: UUID | None
    record_id: UUID | None
    action: FollowUpAction
    occurred_at: datetime


async def append(connection: Connection, new: Sequence[NewEvent]) -> list[int]:
    """Give each event the next position of its shop and write it; the positions, in the same order.

    Takes the stream rows' locks, held until the commit: call it last in a transaction.
    """
    if not new:
        return []
    counts = Counter(event.shop_id for event in new)
    shop_ids = sorted(counts)
    found = await connection.fetch(_ADVANCE, shop_ids, [counts[shop_id] for shop_id in shop_ids])
    heads = {row["shop_id"]: row["base"] for row in found}
    positions = []
    for event in new:
        heads[event.shop_id] += 1
        positions.append(heads[event.shop_id])
    await rows.insert(
        connection,
        "event",
        [{**event._asdict(), "position": position} for event, position in zip(new, positions, strict=True)],
    )
    return positions
