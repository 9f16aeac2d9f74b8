"""Appending to the shops' streams: positions without gaps, in commit order (`architecture.md §2.3`)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from db import figures, rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection
    from domain.events import FollowUpAction

# Nothing here is planned by the number of its parameters' values: PostgreSQL keeps the plan it once made.
_APPEND = """
WITH locked AS MATERIALIZED (
  SELECT s.shop_id, n.count FROM shop_stream s
  JOIN (SELECT e.shop_id, count(*) AS count FROM json_populate_recordset(NULL::event, $1) e GROUP BY 1) n
    USING (shop_id)
  ORDER BY s.shop_id FOR UPDATE OF s
), advanced AS (
  UPDATE shop_stream s SET head = s.head + locked.count FROM locked WHERE s.shop_id = locked.shop_id
  RETURNING s.shop_id, s.head - locked.count AS base
), written AS (
  INSERT INTO event (shop_id, position, ticket_id, record_id, action, occurred_at)
  SELECT n.shop_id, a.base + n.position, n.ticket_id, n.record_id, n.action, n.occurred_at
  FROM json_populate_recordset(NULL::event, $1) n JOIN advanced a USING (shop_id)
)"""
"""The events come numbered from 1 within their shop."""
_BASES = "SELECT shop_id, base FROM advanced"


class NewEvent(NamedTuple):
    """One thing that happened; an order's change without a ticket has neither ticket nor record."""

    shop_id: UUID
    ticket_id: UUID | None
    record_id: UUID | None
    action: FollowUpAction
    occurred_at: datetime


async def append(
    connection: Connection, new: Sequence[NewEvent], facts: Sequence[rows.Row] = ()
) -> list[int]:
    """Give each event the next position of its shop and write it; the positions, in the same order.

    `facts` (`figures.row`) of the same shops are counted by the same statement. Takes the stream rows' locks,
    held until the commit: call it last in a transaction.
    """
    if not new:
        return []
    counts: Counter[UUID] = Counter()
    numbered = []
    for event in new:
        counts[event.shop_id] += 1
        numbered.append({**event._asdict(), "position": counts[event.shop_id]})
    if facts:
        text = f"{_APPEND}, {figures.FACTS} {_BASES}"
        found = await connection.fetch(text, rows.parameter(numbered), rows.parameter(facts))
    else:
        found = await connection.fetch(f"{_APPEND} {_BASES}", rows.parameter(numbered))
    bases = {row["shop_id"]: row["base"] for row in found}
    return [bases[each["shop_id"]] + each["position"] for each in numbered]
