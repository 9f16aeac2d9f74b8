"""Shops with many tickets, by statements over whole sets: what a platform's tables look like after a year.

Half of the tickets are one shop's. 3 % of them run, 5 % are replied to, the rest is closed and spread over a
year; orders without a ticket, parcels, scans, records, cards, complaints and deliveries come with them.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg

from db import refill

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

SHOPS = 20
ME = "me"
"""A member of every shop."""
RARE = "小蜜蜂快运"
"""The carrier of one parcel in 10,000; nobody's code."""

_SHOPS = """
INSERT INTO shop (id, name, market, locale, active, created_at)
SELECT uuidv7(), '店铺 ' || n, 'TMALL', 'zh-CN', true, now() FROM generate_series(1, $1) AS n
RETURNING id"""
_STREAMS = "INSERT INTO shop_stream (shop_id, head, trimmed) SELECT unnest($1::uuid[]), 0, 0"
_MEMBERS = """
INSERT INTO staff_member (shop_id, id, subject, display_name, owner, active, created_at)
SELECT shop_id, uuidv7(), CASE WHEN n = 1 THEN $2 ELSE 'staff-' || place || '-' || n END, '客服 ' || n, false,
  true, now() - n * interval '1 day'
FROM unnest($1::uuid[]) WITH ORDINALITY AS s(shop_id, place), generate_series(1, 12) AS n"""

_CHANCE = "(hashint8extended({of}, {salt}) & 65535) / 65536.0"
"""As good as random, and the same each time."""
# `age` is how old the order's urge is, in days: four fifths of all orders were urged.
_MADE = f"""
CREATE TEMP TABLE made AS
SELECT each.*, now() - each.age * interval '1 day' AS opened_at,
  now() - (each.age + 2.5) * interval '1 day' AS paid_at,
  uuidv7(-(each.age + 2.5) * interval '1 day') AS order_id,
  uuidv7(-(each.age + 1) * interval '1 day') AS parcel_id, uuidv7(-each.age * interval '1 day') AS ticket_id,
  CASE WHEN each.state = 'CLOSED' AND each.dice < 0.85 THEN 'COMPLETED'
    WHEN each.state = 'CLOSED' AND each.dice < 0.95 THEN 'ESCALATED'
    WHEN each.state = 'CLOSED' THEN 'WITHDRAWN'
    WHEN each.state = 'RUNNING' AND each.urged_shipment AND each.dice < 0.5 THEN 'AWAITING_PICKUP'
    WHEN each.state = 'RUNNING' THEN 'AWAITING_REPLY' ELSE each.state END AS status,
  (ARRAY['YTO', 'ZTO', 'YUNDA', 'SF', 'STO', 'JTSD', 'JD', 'EMS', 'DEPPON', '{RARE}'])[
    1 + width_bucket(each.lot, ARRAY[0.3, 0.55, 0.7, 0.82, 0.9, 0.95, 0.98, 0.999, 0.9999])] AS carrier
FROM (
  SELECT n, n % 5 < 4 AS urged, n::float / $2 AS place,
    ($1::uuid[])[CASE WHEN n % 2 = 0 THEN 1 ELSE 2 + (n / 2) % (cardinality($1::uuid[]) - 1) END] AS shop_id,
    CASE WHEN n >= 0.97 * $2 THEN 'RUNNING' WHEN n >= 0.92 * $2 THEN 'REPLIED' ELSE 'CLOSED' END AS state,
    CASE WHEN n >= 0.97 * $2 THEN (1 - n::float / $2) / 0.03
      WHEN n >= 0.92 * $2 THEN 1 + (0.97 - n::float / $2) / 0.05 * 4
      ELSE 1.01 + (0.92 - n::float / $2) / 0.92 * 365 END AS age,
    {_CHANCE.format(of="n", salt=1)} AS dice, {_CHANCE.format(of="n", salt=2)} AS lot,
    {_CHANCE.format(of="n", salt=3)} < 0.08 AS urged_shipment, {_CHANCE.format(of="n", salt=4)} AS whose
  FROM generate_series(0, $2 - 1) AS n
) AS each"""
_ORDERS = """
INSERT INTO orders (shop_id, id, number, buyer_id, buyer_nick, item_title, quantity, paid_amount, paid_at,
  ship_by, shipped_at, picked_up_at, signed_at, refunded_at, closed_at, origin_region, destination_region,
  urge_rounds, created_at, updated_at)
SELECT shop_id, order_id, (4000000000000000000 + n * 7)::text, 'buyer-' || n % (1 + $1 / 5),
  (ARRAY['小树', '星星', '月光', 'tb'])[1 + n % 4] || n % (1 + $1 / 5), '新疆长绒棉四件套', 1, 100 + n % 900,
  date_trunc('milliseconds', paid_at), date_trunc('milliseconds', paid_at + interval '2 days'),
  CASE WHEN urged OR dice > 0.05 THEN date_trunc('milliseconds', paid_at + interval '1 day') END,
  CASE WHEN state = 'CLOSED' AND dice > 0.06 THEN date_trunc('milliseconds', paid_at + interval '3 days') END,
  CASE WHEN state = 'CLOSED' AND dice > 0.1 THEN date_trunc('milliseconds', paid_at + interval '6 days') END,
  CASE WHEN dice > 0.97 THEN date_trunc('milliseconds', paid_at + interval '4 days') END,
  CASE WHEN dice > 0.99 THEN date_trunc('milliseconds', paid_at + interval '4 days') END,
  '320500', '110101', urged::int, paid_at, paid_at
FROM made"""
_PARCELS = """
INSERT INTO parcel (shop_id, id, order_id, carrier, waybill_number, shipped_at, shipped_at_estimated,
  picked_up_at, created_at)
SELECT shop_id, CASE WHEN twin = 0 THEN parcel_id ELSE uuidv7(-age * interval '1 day') END, order_id, carrier,
  CASE carrier WHEN 'YTO' THEN 'YT8' WHEN 'SF' THEN 'SF1' WHEN 'ZTO' THEN '73' WHEN 'JTSD' THEN 'JT3'
    ELSE '46' END || lpad((n * 31 + twin)::text, 12, '0'),
  date_trunc('milliseconds', paid_at + interval '1 day'), false,
  CASE WHEN state = 'CLOSED' AND dice > 0.06 THEN date_trunc('milliseconds', paid_at + interval '3 days') END,
  paid_at
FROM made, generate_series(0, 1) AS twin
WHERE (urged OR dice > 0.05) AND (twin = 0 OR n % 33 = 0)"""
_TICKETS = """
INSERT INTO ticket (shop_id, id, order_id, number, kind, status, outcome, version, round, policy_version,
  assignee_id, opened_at, updated_at, clock_started_at, deadline_at, next_step_at, promise_ends_at,
  replied_at, completed_at, escalated_at, shipped_at, money_at_risk, record_count)
SELECT made.shop_id, ticket_id, order_id, to_char(opened_at, '"T"YYMMDD-') || lpad(n::text, 10, '0'),
  CASE WHEN urged_shipment AND status <> 'REPLIED' THEN 'URGE_SHIPMENT' ELSE 'URGE_PICKUP' END::ticket_kind,
  status::ticket_status,
  CASE status WHEN 'COMPLETED' THEN 'PICKED_UP' WHEN 'ESCALATED' THEN 'COMPLAINT_FILED'
    WHEN 'WITHDRAWN' THEN 'WITHDRAWN' END::ticket_outcome,
  1, 1, 1, m.id, opened, least(now(), opened + dice * interval '20 hours'), opened,
  CASE WHEN state = 'RUNNING' OR status = 'ESCALATED' THEN opened + interval '24 hours' END,
  CASE state WHEN 'RUNNING' THEN opened + interval '23 hours'
    WHEN 'REPLIED' THEN opened + interval '6 days' END,
  CASE WHEN state = 'REPLIED' THEN opened + interval '6 days' END,
  CASE WHEN state = 'REPLIED' THEN opened + interval '2 hours' END,
  CASE WHEN status IN ('COMPLETED', 'WITHDRAWN') THEN opened + dice * interval '20 hours' END,
  CASE WHEN status = 'ESCALATED' THEN opened + interval '24 hours' END,
  CASE WHEN status = 'AWAITING_PICKUP' THEN opened END,
  CASE WHEN state = 'CLOSED' THEN 0 ELSE least(100, greatest(5, round((100 + n % 900) * 0.05, 2))) END, 1
FROM made CROSS JOIN LATERAL (SELECT date_trunc('milliseconds', opened_at) AS opened) o
LEFT JOIN members m ON m.shop_id = made.shop_id AND m.place = 1 + floor(whose * whose * 20)
WHERE urged"""
_RECORDS = """
INSERT INTO follow_up_record (shop_id, id, ticket_id, position, action, actor_kind, actor_name, occurred_at,
  note, deadline_after)
SELECT shop_id, uuidv7(-age * interval '1 day'), ticket_id, position, action::follow_up_action,
  actor::actor_kind, name, opened_at + make_interval(mins => position), note, NULL
FROM made, (VALUES (1, 'OPENED', 'CONSUMER', 'nick', NULL), (2, 'NOTED', 'STAFF', '客服', '仓库今天补扫'),
  (3, 'REPLIED', 'STAFF', '客服', NULL)) AS each(position, action, actor, name, note)
WHERE urged AND n % 10 < 3"""
_REPLIES = """
INSERT INTO reply (shop_id, id, record_id, scheme_code, note, promise_ends_at)
SELECT shop_id, uuidv7(), id, 'COURIER_URGED', '今天发', occurred_at + interval '1 day'
FROM follow_up_record WHERE action = 'REPLIED'"""
_REPLACED = """
UPDATE parcel p SET replaced_at = q.shipped_at, replaced_by_id = q.id FROM made, parcel q
WHERE n % 33 = 0 AND n % 330 > 0 AND p.id = parcel_id AND q.order_id = made.order_id AND q.id <> parcel_id"""
_CHANGES = """
INSERT INTO waybill_change (shop_id, id, order_id, from_parcel_id, to_parcel_id, changed_at)
SELECT shop_id, uuidv7(), order_id, id, replaced_by_id, replaced_at
FROM parcel WHERE replaced_at IS NOT NULL"""
_CARDS = """
INSERT INTO consumer_card (shop_id, id, ticket_id, record_id, kind, title, body, created_at, delivery,
  delivered_at)
SELECT shop_id, uuidv7(), ticket_id, id, 'REPLY', '卖家回复', '今天发', occurred_at, 'DELIVERED', occurred_at
FROM follow_up_record WHERE action = 'REPLIED'"""
_COMPLAINTS = f"""
INSERT INTO complaint (shop_id, id, ticket_id, round, status, violation, filed_at, ruled_at,
  estimated_compensation, compensation, penalty_points, reason)
SELECT shop_id, uuidv7(opened_at - now()), id, round, status, 'NO_PICKUP', escalated_at,
  CASE WHEN status <> 'FILED' THEN escalated_at + interval '2 days' END, 5,
  CASE WHEN status IN ('SETTLED', 'UPHELD') THEN 5 END, CASE WHEN status = 'UPHELD' THEN 1 ELSE 0 END, 'seen'
FROM (SELECT t.shop_id, t.id, t.round, t.opened_at, t.escalated_at, (ARRAY['FILED', 'UPHELD', 'DISMISSED',
    'SETTLED'])[1 + width_bucket({_CHANCE.format(of="hashtext(t.number)", salt=5)},
    ARRAY[0.4, 0.8, 0.95])]::complaint_status AS status
  FROM ticket t WHERE t.status = 'ESCALATED') e"""
_WEBHOOKS = """
INSERT INTO webhook (shop_id, id, url, events, secret, created_at)
SELECT unnest($1::uuid[]), uuidv7(), 'https://example.com', '{CARD_REPLY}', decode(repeat('00', 32), 'hex'),
  now()"""
_TEMPLATES = """
INSERT INTO reply_template (shop_id, id, title, scheme_code, body, created_at, updated_at)
SELECT s, uuidv7(), '模板 ' || n, 'COURIER_URGED', '今天发', now(), now()
FROM unnest($1::uuid[]) s, generate_series(1, 8) n"""
_DELIVERIES = """
INSERT INTO webhook_delivery (shop_id, id, webhook_id, record_id, event, status, created_at, queued_at)
SELECT r.shop_id, uuidv7(), w.id, r.id, 'CARD_REPLY', 'DELIVERED', r.occurred_at, r.occurred_at
FROM follow_up_record r JOIN webhook w ON w.shop_id = r.shop_id WHERE r.action = 'REPLIED'"""
_SCANS = """
INSERT INTO tracking_event (shop_id, id, parcel_id, occurred_at, received_at, code, description, text_hash,
  source, proves_pickup)
SELECT shop_id, uuidv7(-age * interval '1 day'), parcel_id, opened_at + make_interval(mins => step),
  opened_at + make_interval(mins => step), '101', '已下单', decode(md5(step::text), 'hex'), 'API', false
FROM made, generate_series(1, 5) AS step WHERE (urged OR dice > 0.05) AND n % 10 = 0"""
_EXEMPTIONS = """
INSERT INTO exemption (id, title, market, region, "end", basis, starts_at, ends_at, latest_at, created_at)
SELECT uuidv7(), '豁免 ' || n, NULL, (11 + n % 50)::text, 'EITHER', 'DEADLINE', day, day + interval '3 days',
  day + interval '5 days', day
FROM (SELECT n, date_trunc('milliseconds', now() - n * interval '2 days') AS day
  FROM generate_series(1, 2000) n) each"""
_CALENDAR = """
INSERT INTO calendar_change (revision, exemption_id, changed_at, finished_at)
SELECT row_number() OVER (ORDER BY created_at), id, created_at, created_at FROM exemption"""
_PLACES = """
CREATE TEMP TABLE members AS
SELECT shop_id, id, row_number() OVER (PARTITION BY shop_id ORDER BY subject <> 'me', subject) AS place
FROM staff_member"""
_INDEXES = """
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relname = ANY($1::text[]) AND NOT i.indisunique ORDER BY 1"""
FILLED = [
    "orders",
    "parcel",
    "waybill_change",
    "ticket",
    "follow_up_record",
    "reply",
    "consumer_card",
    "complaint",
    "tracking_event",
    "webhook_delivery",
]


_SOME = """
SELECT t.id AS ticket, t.order_id AS "order", t.number, o.number AS order_number, o.buyer_nick, o.buyer_id,
  p.id AS parcel, p.waybill_number, f.id AS record, c.id AS card, e.id AS scan,
  (SELECT m.id FROM members m WHERE m.shop_id = t.shop_id AND m.place = 3) AS member,
  (SELECT i.id FROM complaint i WHERE i.shop_id = t.shop_id LIMIT 1) AS complaint,
  (SELECT w.id FROM webhook w WHERE w.shop_id = t.shop_id) AS webhook,
  (SELECT x.id FROM exemption x LIMIT 1) AS exemption,
  (SELECT d.id FROM webhook_delivery d WHERE d.shop_id = t.shop_id LIMIT 1) AS delivery
FROM ticket t JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
JOIN parcel p ON p.shop_id = t.shop_id AND p.order_id = t.order_id
JOIN follow_up_record f ON f.shop_id = t.shop_id AND f.ticket_id = t.id
JOIN consumer_card c ON c.shop_id = t.shop_id AND c.ticket_id = t.id
JOIN tracking_event e ON e.shop_id = t.shop_id AND e.parcel_id = p.id
WHERE t.shop_id = $1 ORDER BY t.opened_at OFFSET $2 LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Filled:
    """`tickets` of `shops`, the largest first, and one `ticket` of it with all that hangs on it."""

    tickets: int
    shops: list[UUID]
    some: dict[str, Any]


async def fill(url: str, *, tickets: int, shops: int = SHOPS) -> Filled:
    """Fill a migrated, empty database; a million tickets take two minutes."""
    connection = await asyncpg.connect(url, server_settings={"maintenance_work_mem": "256MB", "jit": "off"})
    orders = tickets * 5 // 4
    try:
        # Keys between the tables hold by construction; checking each row of them takes as long as the rest.
        await connection.execute("SET session_replication_role = replica")
        found = [row["id"] for row in await connection.fetch(_SHOPS, shops)]
        await connection.execute(_STREAMS, found)
        await connection.execute(_MEMBERS, found, ME)
        await connection.execute(_PLACES)
        await connection.execute(_WEBHOOKS, found)
        await connection.execute(_TEMPLATES, found)
        await connection.execute(_EXEMPTIONS)
        await connection.execute(_CALENDAR)
        await connection.execute(_MADE, found, orders)
        async with _without_indexes(connection):
            await connection.execute(_ORDERS, orders)
            for statement in (_PARCELS, _REPLACED, _CHANGES, _TICKETS, _RECORDS, _REPLIES, _CARDS):
                await connection.execute(statement)
            for statement in (_COMPLAINTS, _SCANS, _DELIVERIES):
                await connection.execute(statement)
        for shop_id in found:
            async with connection.transaction():
                await refill.refill(connection, shop_id)
        await connection.execute("VACUUM ANALYZE")
        some = await connection.fetchrow(_SOME, found[0], tickets // 200)
        if some is None:
            raise LookupError
        return Filled(tickets, found, dict(some))
    finally:
        await connection.close()


@asynccontextmanager
async def _without_indexes(connection: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[None]:
    """Without the indexes that guard nothing; made again at the end, which sorts each of them once."""
    indexes = await connection.fetch(_INDEXES, FILLED)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    yield
    for index in indexes:
        await connection.execute(index["made"])
