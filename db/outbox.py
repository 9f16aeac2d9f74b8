"""The outbox: what is to be told to webhooks, written with the record, taken by any number of senders.

Claims are made one after the other in the whole fleet, so that a receiver is never sent more at once than it
has room for; each is one statement over receivers, not over all that waits for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from db import keys, rows
from domain.cards import DeliveryStatus
from domain.webhooks import GIVEN_UP_AFTER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    import asyncpg

    from db.database import Connection
    from domain.webhooks import WebhookEvent

ROOM = 4
"""Messages in flight to one receiver; one while its last attempt failed."""
_CLAIMING = 7_162
"""The advisory lock of whoever claims."""

_LOCK = "SELECT pg_advisory_xact_lock($1)"
# `statement_timestamp()`: of one statement, so that it can lead into an index, and later than the lock.
_CLAIM = """
WITH RECURSIVE receiver AS (
  (SELECT shop_id, webhook_id FROM webhook_delivery /* fleet-wide: outbox */ WHERE due_at IS NOT NULL
   ORDER BY shop_id, webhook_id LIMIT 1)
  UNION ALL
  SELECT n.shop_id, n.webhook_id FROM receiver r CROSS JOIN LATERAL (
    SELECT d.shop_id, d.webhook_id FROM webhook_delivery /* fleet-wide: outbox */ d
    WHERE d.due_at IS NOT NULL AND (d.shop_id, d.webhook_id) > (r.shop_id, r.webhook_id)
    ORDER BY d.shop_id, d.webhook_id LIMIT 1
  ) n
), room AS MATERIALIZED (
  SELECT w.shop_id, w.id, w.failures > 0 AS ailing,
    greatest(CASE WHEN w.failures > 0 THEN 1 ELSE $4 END - (
      SELECT count(*) FROM webhook_delivery l WHERE l.shop_id = w.shop_id AND l.webhook_id = w.id
        AND l.lease IS NOT NULL AND l.due_at > statement_timestamp()
    ), 0) AS free
  FROM receiver r JOIN webhook w ON w.shop_id = r.shop_id AND w.id = r.webhook_id
  WHERE w.active AND w.deleted_at IS NULL
), picked AS MATERIALIZED (
  SELECT d.shop_id, d.id, r.ailing, d.due_at FROM room r CROSS JOIN LATERAL (
    SELECT d.shop_id, d.id, d.due_at FROM webhook_delivery d
    WHERE d.shop_id = r.shop_id AND d.webhook_id = r.id AND d.due_at <= statement_timestamp()
    ORDER BY d.due_at LIMIT r.free FOR UPDATE SKIP LOCKED
  ) d
), chosen AS (
  (SELECT * FROM picked WHERE NOT ailing ORDER BY due_at LIMIT $2)
  UNION ALL
  (SELECT * FROM picked WHERE ailing ORDER BY due_at LIMIT $3)
)
UPDATE webhook_delivery d SET lease = $1, due_at = statement_timestamp() + $5::interval,
  attempts = attempts + 1, last_attempt_at = date_trunc('milliseconds', statement_timestamp())
FROM chosen c, webhook w
WHERE d.shop_id = c.shop_id AND d.id = c.id AND w.shop_id = d.shop_id AND w.id = d.webhook_id
RETURNING d.shop_id, d.id, d.webhook_id, d.record_id, d.event::text AS event, d.failures, c.ailing,
  d.last_attempt_at AS attempted_at, w.url, w.secret,
  (SELECT market::text FROM shop WHERE id = d.shop_id) AS market,
  CASE WHEN w.old_secret_until > statement_timestamp() THEN w.old_secret END AS old_secret"""
_TOLD = """
SELECT k.ordinality, r.position, r.action::text AS action, r.occurred_at, r.deadline_before, r.deadline_after,
  r.reminder_minutes, t.id AS ticket_id, t.number AS ticket_number, t.kind::text AS ticket_kind,
  o.id AS order_id, o.number AS order_number, o.buyer_id, o.buyer_nick,
  to_jsonb(c) AS card, to_jsonb(p) AS complaint
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS k(shop_id, record_id, ordinality)
JOIN follow_up_record r ON r.shop_id = k.shop_id AND r.id = k.record_id
JOIN ticket t ON t.shop_id = r.shop_id AND t.id = r.ticket_id
JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
LEFT JOIN LATERAL (
  SELECT id, kind, title, body FROM consumer_card WHERE shop_id = r.shop_id AND record_id = r.id
) c ON true
LEFT JOIN LATERAL (
  SELECT id, status, violation, estimated_compensation::text AS estimated_compensation,
    compensation::text AS compensation, penalty_points, reason
  FROM complaint WHERE shop_id = r.shop_id AND ticket_id = r.ticket_id AND filed_at <= r.occurred_at
    AND r.action IN ('ESCALATED', 'COMPLAINT_RULED')
  ORDER BY round DESC LIMIT 1
) p ON true
ORDER BY k.ordinality"""
_CARD = """
UPDATE consumer_card c SET delivery = {status}, delivered_at = {at} FROM done
WHERE c.shop_id = done.shop_id AND c.record_id = done.record_id
  AND done.event IN ('CARD_REPLY', 'CARD_PICKED_UP') AND c.delivery <> 'DELIVERED'"""
_LOCK_CARDS = """
SELECT FROM consumer_card c JOIN unnest($1::uuid[], $2::uuid[]) AS k(shop_id, record_id)
  ON c.shop_id = k.shop_id AND c.record_id = k.record_id
ORDER BY c.shop_id, c.record_id FOR NO KEY UPDATE OF c"""
_DELIVERED = f"""
WITH done AS (
  UPDATE webhook_delivery SET status = 'DELIVERED', due_at = NULL, lease = NULL, failures = 0,
    last_status_code = $4, last_error = NULL
  WHERE shop_id = $1 AND id = $2 AND lease = $3 RETURNING shop_id, record_id, webhook_id, event
), card AS ({_CARD.format(status="'DELIVERED'", at="date_trunc('milliseconds', clock_timestamp())")})
UPDATE webhook w SET failures = 0 FROM done
WHERE w.shop_id = done.shop_id AND w.id = done.webhook_id AND w.failures > 0"""
_OTHERS = """
NOT EXISTS (SELECT FROM webhook_delivery o WHERE o.shop_id = done.shop_id AND o.record_id = done.record_id
  AND o.event = done.event AND o.id <> ALL (ARRAY(SELECT id FROM done)) AND o.status <> 'FAILED')"""
_FAILED = f"""
WITH done AS (
  UPDATE webhook_delivery SET status = CASE WHEN $6::interval IS NULL THEN 'FAILED' ELSE 'PENDING' END
      ::delivery_status,
    due_at = clock_timestamp() + $6::interval, lease = NULL, failures = failures + 1,
    last_status_code = $4, last_error = $5
  WHERE shop_id = $1 AND id = $2 AND lease = $3 RETURNING shop_id, id, record_id, webhook_id, event
), card AS ({_CARD.format(status="'FAILED'", at="NULL")} AND $6::interval IS NULL AND {_OTHERS})
UPDATE webhook w SET failures = least(failures + 1, 1000000) FROM done
WHERE w.shop_id = done.shop_id AND w.id = done.webhook_id"""
_TOO_OLD = """
SELECT d.shop_id, d.id, d.record_id FROM webhook_delivery /* fleet-wide: outbox */ d
JOIN webhook w ON w.shop_id = d.shop_id AND w.id = d.webhook_id
WHERE d.due_at IS NOT NULL AND (d.lease IS NULL OR d.due_at <= statement_timestamp())
  AND (d.queued_at < statement_timestamp() - $1::interval OR w.deleted_at IS NOT NULL)
ORDER BY d.queued_at LIMIT $2 FOR UPDATE OF d SKIP LOCKED"""
_GIVE_UP = f"""
WITH done AS (
  UPDATE webhook_delivery d SET status = 'FAILED', due_at = NULL, lease = NULL, last_error = $3
  FROM unnest($1::uuid[], $2::uuid[]) AS k(shop_id, id) WHERE d.shop_id = k.shop_id AND d.id = k.id
  RETURNING d.shop_id, d.id, d.record_id, d.event
)
{_CARD.format(status="'FAILED'", at="NULL")} AND {_OTHERS}"""
_WAITING = """
SELECT count(*) FILTER (WHERE d.due_at <= now()), count(*),
  coalesce(extract(epoch FROM now() - min(d.due_at)), 0)
FROM webhook_delivery /* fleet-wide: outbox */ d WHERE d.due_at IS NOT NULL"""


class NewMessage(NamedTuple):
    """An event of a record, for whoever of its shop wants it."""

    shop_id: UUID
    record_id: UUID
    event: WebhookEvent


class Claim(NamedTuple):
    """A delivery that is ours until its lease ends, and where it goes. The secrets sign it, both if there
    are two. `failures`: how often it failed since it was queued; `ailing`: the receiver's last attempt did.
    """

    shop_id: UUID
    id: UUID
    webhook_id: UUID
    record_id: UUID
    event: str
    failures: int
    ailing: bool
    attempted_at: datetime
    url: str
    secret: bytes
    market: str
    old_secret: bytes | None


class Waiting(NamedTuple):
    """What waits: how many are due, how many in all, how long the first has been due (0 or less: not yet)."""

    due: int
    pending: int
    oldest_s: float


async def queue(
    connection: Connection, messages: Sequence[NewMessage], webhooks: Sequence[asyncpg.Record], now: datetime
) -> None:
    """Write one delivery for each of `webhooks` that wants a message, in the transaction of its record.

    `webhooks`: `id`, `shop_id` and `events` of all that the messages' shops have.
    """
    wanted: dict[UUID, list[Any]] = {}
    for webhook in webhooks:
        wanted.setdefault(webhook["shop_id"], []).append(webhook)
    new = [
        {
            "shop_id": message.shop_id,
            "id": keys.new(),
            "webhook_id": webhook["id"],
            "record_id": message.record_id,
            "event": message.event,
            "status": DeliveryStatus.PENDING,
            "attempts": 0,
            "failures": 0,
            "created_at": now,
            "queued_at": now,
            "due_at": now,
        }
        for message in messages
        for webhook in wanted.get(message.shop_id, ())
        if message.event.value in webhook["events"]
    ]
    await rows.insert(connection, "webhook_delivery", new)


async def claim(
    connection: Connection, lease: UUID, *, healthy: int, ailing: int, lease_for: timedelta
) -> list[Claim]:
    """Take what is due, in a transaction of its own: so many for receivers that are well, so many others.

    Each counts as an attempt from now on. Until the lease has ended nobody else takes it.
    """
    await connection.execute(_LOCK, _CLAIMING)
    found = await connection.fetch(_CLAIM, lease, healthy, ailing, ROOM, lease_for)
    return [Claim(**dict(row)) for row in found]


async def told(connection: Connection, claims: Sequence[Claim]) -> list[rows.Row]:
    """What each of these deliveries tells, in their order: columns that no later change touches."""
    shop_ids, record_ids = [each.shop_id for each in claims], [each.record_id for each in claims]
    return [dict(row) for row in await connection.fetch(_TOLD, shop_ids, record_ids)]


async def delivered(connection: Connection, claim: Claim, lease: UUID, status_code: int) -> None:
    """The receiver took it: so has the buyer's card arrived. Nothing when the lease is no longer ours."""
    await connection.execute(_DELIVERED, claim.shop_id, claim.id, lease, status_code)


async def failed(
    connection: Connection,
    claim: Claim,
    lease: UUID,
    *,
    status_code: int | None,
    error: str,
    pause: timedelta | None,
) -> None:
    """It was not taken: try again after `pause`, or (None) give up. Nothing when the lease is not ours."""
    if pause is None:
        # Of the last two deliveries of a card the one must see the other's end.
        await connection.execute(_LOCK_CARDS, [claim.shop_id], [claim.record_id])
    await connection.execute(_FAILED, claim.shop_id, claim.id, lease, status_code, error, pause)


async def give_up(connection: Connection, limit: int) -> int:
    """End up to `limit` deliveries that waited too long or whose webhook was deleted; how many."""
    old = await connection.fetch(_TOO_OLD, GIVEN_UP_AFTER, limit)
    shop_ids = [row["shop_id"] for row in old]
    await connection.execute(_LOCK_CARDS, shop_ids, [row["record_id"] for row in old])
    await connection.execute(_GIVE_UP, shop_ids, [row["id"] for row in old], "given up: too old, or deleted")
    return len(old)


async def waiting(connection: Connection) -> Waiting:
    """How much there is to send."""
    row = await connection.fetchrow(_WAITING)
    return Waiting(0, 0, 0.0) if row is None else Waiting(row[0], row[1], float(row[2]))
