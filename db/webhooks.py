"""Webhooks as rows, and what their owners do with deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db import rows
from domain.webhooks import SECRET_OVERLAP

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection
    from domain.access import Viewer

_SCOPE = "id = $1 AND ($2::uuid[] IS NULL OR shop_id = ANY($2))"
_FIND = {
    name: f"SELECT shop_id FROM {name} /* fleet-wide: by-id */ WHERE {_SCOPE}"
    for name in ("webhook", "webhook_delivery")
}
_COUNT = "SELECT count(*) FROM webhook WHERE shop_id = $1 AND deleted_at IS NULL"
_LOCK_SHOP = "SELECT FROM shop WHERE id = $1 FOR NO KEY UPDATE"
_LOCK = """
SELECT url, events::text[] AS events, active FROM webhook
WHERE shop_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE"""
_UPDATE = """
UPDATE webhook SET url = $3, events = $4::text[]::webhook_event[], active = $5, failures = 0
WHERE shop_id = $1 AND id = $2"""
_RENEW = """
UPDATE webhook SET old_secret = secret, old_secret_until = clock_timestamp() + $4::interval, secret = $3
WHERE shop_id = $1 AND id = $2"""
_DELETE = """
UPDATE webhook SET deleted_at = date_trunc('milliseconds', clock_timestamp()), active = false
WHERE shop_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING id"""
# What is in flight just now is as good as redelivered: it is left to its sender.
_REDELIVER = """
WITH again AS (
  UPDATE webhook_delivery d SET status = 'PENDING', failures = 0,
    queued_at = date_trunc('milliseconds', clock_timestamp()),
    lease = CASE WHEN d.due_at > clock_timestamp() THEN d.lease END,
    due_at = CASE WHEN d.lease IS NOT NULL AND d.due_at > clock_timestamp() THEN d.due_at
      ELSE date_trunc('milliseconds', clock_timestamp()) END
  FROM webhook w WHERE d.shop_id = $1 AND d.id = $2
    AND w.shop_id = d.shop_id AND w.id = d.webhook_id AND w.deleted_at IS NULL
  RETURNING d.shop_id, d.record_id, d.event
), card AS (
  UPDATE consumer_card c SET delivery = 'PENDING' FROM again
  WHERE c.shop_id = again.shop_id AND c.record_id = again.record_id AND c.delivery = 'FAILED'
    AND again.event IN ('CARD_REPLY', 'CARD_PICKED_UP')
)
SELECT count(*) FROM again"""


async def shop_of(connection: Connection, viewer: Viewer, webhook_id: UUID) -> UUID | None:
    """The shop of a webhook, also of a deleted one, as far as the viewer may know."""
    return await _find(connection, viewer, "webhook", webhook_id)


async def shop_of_delivery(connection: Connection, viewer: Viewer, delivery_id: UUID) -> UUID | None:
    """The shop of a delivery, as far as the viewer may know."""
    return await _find(connection, viewer, "webhook_delivery", delivery_id)


async def count(connection: Connection, shop_id: UUID) -> int:
    """How many webhooks a shop has; nobody else adds one until the transaction ends."""
    await connection.execute(_LOCK_SHOP, shop_id)
    found: int = await connection.fetchval(_COUNT, shop_id)
    return found


async def insert(connection: Connection, webhook: rows.Row) -> None:
    """A new webhook."""
    await rows.insert(connection, "webhook", [webhook])


async def lock(connection: Connection, shop_id: UUID, webhook_id: UUID) -> rows.Row | None:
    """Url, events and whether it is active, locked; None when there is none."""
    row = await connection.fetchrow(_LOCK, shop_id, webhook_id)
    return None if row is None else dict(row)


async def update(connection: Connection, shop_id: UUID, webhook_id: UUID, webhook: rows.Row) -> None:
    """Write url, events and whether it is active; its receiver counts as well until it fails again."""
    await connection.execute(
        _UPDATE, shop_id, webhook_id, webhook["url"], list(webhook["events"]), webhook["active"]
    )


async def renew(connection: Connection, shop_id: UUID, webhook_id: UUID, secret: bytes) -> None:
    """Another secret; the one before goes on signing for a while, the one before that no more."""
    await connection.execute(_RENEW, shop_id, webhook_id, secret, SECRET_OVERLAP)


async def delete(connection: Connection, shop_id: UUID, webhook_id: UUID) -> bool:
    """Mark as deleted; False when it is already. The sender ends what waits for it."""
    return await connection.fetchval(_DELETE, shop_id, webhook_id) is not None


async def redeliver(connection: Connection, shop_id: UUID, delivery_id: UUID) -> bool:
    """Have a delivery sent at once, with all its attempts before it again; False when there is none."""
    return bool(await connection.fetchval(_REDELIVER, shop_id, delivery_id))


async def _find(connection: Connection, viewer: Viewer, table: str, thing: UUID) -> UUID | None:
    shop_ids = None if viewer.shop_ids is None else list(viewer.shop_ids)
    found: UUID | None = await connection.fetchval(_FIND[table], thing, shop_ids)
    return found
