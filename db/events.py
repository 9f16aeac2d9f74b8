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

_APPEND = """
WITH locked AS MATERIALIZED (
  SELECT s.shop_id, n.count FROM shop_stream s
  JOIN unnest($1::uuid[], $2::bigint[]) AS n(shop_id, count) USING (shop_id)
  ORDER BY s.shop_id FOR UPDATE OF s
), advanced AS (
  UPDATE shop_stream s SET head = s.head + locked.count FROM locked WHERE s.shop_id = locked.shop_id
  RETURNING s.shop_id, s.head - locked.count AS base
), written AS (
  INSERT INTO event (shop_id, position, ticket_id, record_id, action, occurred_at)
  SELECT n.shop_id, a.base + n.position, n.ticket_id, n.record_id, n.action, n.occurred_at
  FROM json_populate_recordset(NULL::event, $3) n JOIN advanced a USING (shop_id)
)
SELECT shop_id, base FROM advanced"""
"""The events come numbered from 1 within their shop."""


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
    counts: Counter[UUID] = Counter()
    numbered = []
    for event in new:
        counts[event.shop_id] += 1
        numbered.append({**event._asdict(), "position": counts[event.shop_id]})
    shop_ids = sorted(counts)
    found = await connection.fetch(
        _APPEND, shop_ids, [counts[shop_id] for shop_id in shop_ids], rows.parameter(numbered)
    )
    bases = {row["shop_id"]: row["base"] for row in found}
    return [bases[each["shop_id"]] + each["position"] for each in numbered]
