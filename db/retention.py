"""Letting go of what nobody will ask for again, in small steps beside the day's work.

Events: 24 h and the last 100,000 of a shop are kept for who resumes (`architecture.md §6`). Idempotency
keys: seven days. Scans of numbers that never became a parcel: 90 days. What became of deliveries to webhooks,
and webhooks that were deleted: 30 days.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection

EVENTS_FOR = timedelta(hours=24)
EVENTS_OF_A_SHOP = 100_000
KEYS_FOR = timedelta(days=7)
UNMATCHED_FOR = timedelta(days=90)
DELIVERIES_FOR = timedelta(days=30)

_KEYS = """
DELETE FROM idempotency_key k USING (
  SELECT shop_id, subject, operation, key FROM idempotency_key /* fleet-wide: retention */
  WHERE created_at < clock_timestamp() - $1::interval
  ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED) old
WHERE k.shop_id = old.shop_id AND k.subject = old.subject AND k.operation = old.operation
  AND k.key = old.key"""
_UNMATCHED = """
DELETE FROM unmatched_scan u USING (
  SELECT waybill_number, id FROM unmatched_scan /* fleet-wide: retention */
  WHERE received_at < clock_timestamp() - $1::interval
  ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED) old
WHERE u.waybill_number = old.waybill_number AND u.id = old.id"""
_DELIVERIES = """
DELETE FROM webhook_delivery d USING (
  SELECT shop_id, id FROM webhook_delivery /* fleet-wide: retention */
  WHERE due_at IS NULL AND created_at < clock_timestamp() - $1::interval
  ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED) old
WHERE d.shop_id = old.shop_id AND d.id = old.id"""
_WEBHOOKS = """
DELETE FROM webhook w USING (
  SELECT w.shop_id, w.id FROM webhook /* fleet-wide: retention */ w
  WHERE w.deleted_at < clock_timestamp() - $1::interval
    AND NOT EXISTS (SELECT FROM webhook_delivery d WHERE d.shop_id = w.shop_id AND d.webhook_id = w.id)
  LIMIT $2 FOR UPDATE SKIP LOCKED) old
WHERE w.shop_id = old.shop_id AND w.id = old.id"""
_SHOPS = """
SELECT s.shop_id FROM shop_stream /* fleet-wide: retention */ s CROSS JOIN LATERAL (
  SELECT e.occurred_at FROM event e WHERE e.shop_id = s.shop_id AND e.position > s.trimmed
  ORDER BY e.position LIMIT 1
) oldest
WHERE s.head > s.trimmed AND ($3::uuid IS NULL OR s.shop_id > $3)
  AND (oldest.occurred_at < clock_timestamp() - $1::interval OR s.head - s.trimmed > $2)
ORDER BY s.shop_id LIMIT $4"""
_STREAM = "SELECT head, trimmed FROM shop_stream WHERE shop_id = $1 FOR NO KEY UPDATE SKIP LOCKED"
_CUT = """
WITH page AS MATERIALIZED (
  SELECT position, occurred_at >= clock_timestamp() - $3::interval AND position > $4 AS kept
  FROM event WHERE shop_id = $1 AND position > $2 ORDER BY position LIMIT $5
)
SELECT coalesce((SELECT min(position) - 1 FROM page WHERE kept), (SELECT max(position) FROM page))"""
_TRIM = "DELETE FROM event WHERE shop_id = $1 AND position > $2 AND position <= $3"
_TRIMMED = "UPDATE shop_stream SET trimmed = $2 WHERE shop_id = $1"


async def drop_keys(connection: Connection, limit: int) -> int:
    """Delete up to `limit` idempotency keys that are too old; how many there were."""
    return _count(await connection.execute(_KEYS, KEYS_FOR, limit))


async def drop_unmatched(connection: Connection, limit: int) -> int:
    """Delete up to `limit` unmatched scans that are too old; how many there were."""
    return _count(await connection.execute(_UNMATCHED, UNMATCHED_FOR, limit))


async def drop_deliveries(connection: Connection, limit: int) -> int:
    """Delete up to `limit` deliveries that came to their end long ago; how many there were."""
    return _count(await connection.execute(_DELIVERIES, DELIVERIES_FOR, limit))


async def drop_webhooks(connection: Connection, limit: int) -> int:
    """Delete up to `limit` webhooks that were deleted long ago and have no delivery left; how many."""
    return _count(await connection.execute(_WEBHOOKS, DELIVERIES_FOR, limit))


async def shops_to_trim(connection: Connection, after: UUID | None, limit: int) -> list[UUID]:
    """Shops whose oldest event is too old, or that have too many, by id; those beyond `after`."""
    rows = await connection.fetch(_SHOPS, EVENTS_FOR, EVENTS_OF_A_SHOP, after, limit)
    return [row[0] for row in rows]


async def trim(connection: Connection, shop_id: UUID, limit: int) -> int:
    """Delete up to `limit` of a shop's oldest events that are too old or too many; how many there were.

    In a transaction of its own: it locks the shop's stream row, and no other but the deleted. A stream
    that somebody writes just now is left for the next time.
    """
    stream = await connection.fetchrow(_STREAM, shop_id)
    if stream is None:
        return 0
    oldest_kept = stream["head"] - EVENTS_OF_A_SHOP
    cut = await connection.fetchval(_CUT, shop_id, stream["trimmed"], EVENTS_FOR, oldest_kept, limit)
    if cut is None or cut <= stream["trimmed"]:
        return 0
    deleted = _count(await connection.execute(_TRIM, shop_id, stream["trimmed"], cut))
    await connection.execute(_TRIMMED, shop_id, cut)
    return deleted


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[1])
