"""Complaints as rows: reading and ending them, and what counts towards their caps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db import rows
from domain.complaint import Awarded, Complaint, ComplaintStatus, Violation, payment_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection

_READ = """
SELECT status, violation, estimated_compensation FROM complaint WHERE shop_id = $1 AND id = $2"""
_LOCK_CAPS = "SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 7162))"
# Orders are looked up by buyer and day, their complaints from there: neither grows with the shop.
_AWARDED = """
SELECT
  (SELECT coalesce(sum(c.compensation), 0.00) FROM orders o
   JOIN ticket t ON t.shop_id = o.shop_id AND t.order_id = o.id
   JOIN complaint c ON c.shop_id = t.shop_id AND c.ticket_id = t.id AND c.compensation IS NOT NULL
   WHERE o.shop_id = $1 AND o.buyer_id = $2 AND o.paid_at >= $3 AND o.paid_at < $4) AS money,
  (SELECT coalesce(sum(c.penalty_points), 0)::int FROM complaint c
   WHERE c.shop_id = $1 AND c.penalty_points > 0 AND c.ruled_at > $5) AS points"""
_REPRICE = """
UPDATE complaint c SET estimated_compensation = n.estimated_compensation
FROM json_to_recordset($1) AS n(shop_id uuid, id uuid, estimated_compensation numeric)
WHERE c.shop_id = n.shop_id AND c.ticket_id = n.id AND c.status = 'FILED'
  AND c.estimated_compensation <> n.estimated_compensation"""


async def read(connection: Connection, shop_id: UUID, complaint_id: UUID) -> Complaint:
    """A complaint whose order is locked: nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(_READ, shop_id, complaint_id)
    assert row is not None  # noqa: S101 - complaints are never deleted
    return Complaint(ComplaintStatus(row[0]), Violation(row[1]), row[2])


async def lock_caps(connection: Connection, shop_id: UUID) -> None:
    """Let nobody else award compensation or points against the shop until the transaction ends.

    Call it after the order is locked and before `awarded`; the stream row comes after it.
    """
    await connection.execute(_LOCK_CAPS, shop_id)


async def awarded(connection: Connection, order: rows.Row, points_since: datetime) -> Awarded:
    """What was awarded to the order's buyer for its payment day, and the shop's points after `points_since`.

    Only under `lock_caps` does it stay so until the commit.
    """
    day = payment_day(order["paid_at"])
    row = await connection.fetchrow(_AWARDED, order["shop_id"], order["buyer_id"], *day, points_since)
    assert row is not None  # noqa: S101 - a SELECT of sums has a row
    return Awarded(row["money"], row["points"])


async def update(connection: Connection, complaint: rows.Row) -> None:
    """Write these columns of a complaint."""
    await rows.update(connection, "complaint", [complaint])


async def reprice(connection: Connection, estimates: Sequence[rows.Row]) -> None:
    """Write what the filed complaints of these tickets (`shop_id`, `id`) would cost now."""
    if estimates:
        await connection.execute(_REPRICE, list(estimates))
