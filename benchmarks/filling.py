"""Many tickets at once, written by SQL of our own: what a busy platform's tables look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from db.database import Connection, Database

STAFF = "bench-staff"

_SHOPS = """
INSERT INTO shop (id, name, market, locale, active, created_at)
SELECT uuidv7(), 'Bench shop ' || n, 'TMALL', 'zh-CN', true, now() FROM generate_series(1, $1) AS n
RETURNING id"""
_STREAMS = "INSERT INTO shop_stream (shop_id, head, trimmed) SELECT unnest($1::uuid[]), 0, 0"
_MEMBERS = """
INSERT INTO staff_member (shop_id, id, subject, display_name, owner, active, created_at)
SELECT shop_id, uuidv7(), $2, '客服·小满', false, true, now() FROM unnest($1::uuid[]) AS shop_id"""
_MADE = """
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT n, ($1::uuid[])[1 + n % cardinality($1::uuid[])] AS shop_id, uuidv7() AS order_id,
  uuidv7() AS parcel_id, uuidv7() AS ticket_id, closed, n / cardinality($1::uuid[]) % 10 < $5 AS urged,
  date_trunc('milliseconds', now() - CASE
    WHEN closed THEN make_interval(days => 2, secs => (n * 7919) % 62208000)
    ELSE make_interval(secs => (n * 7919) % 79200) END) AS opened_at
FROM generate_series($2::bigint, $3::bigint - 1) AS n,
  LATERAL (SELECT n / cardinality($1::uuid[]) % 10 < $4 AS closed) AS whether"""
_ORDERS = """
INSERT INTO orders (shop_id, id, number, buyer_id, buyer_nick, item_title, quantity, paid_amount, paid_at,
  ship_by, shipped_at, picked_up_at, origin_region, destination_region, urge_rounds, created_at, updated_at)
SELECT shop_id, order_id, (4000000000000000000 + n)::text, 'buyer-' || n % 5000, 'nick_' || n % 5000,
  '新疆长绒棉四件套 60支贡缎 1.8m床 雾霾蓝', 1, 100 + n % 900, opened_at - interval '3 days',
  opened_at - interval '1 day', opened_at - interval '2 days',
  CASE WHEN closed THEN opened_at + interval '5 hours' END, '320500', '110101', 1,
  opened_at - interval '3 days', opened_at
FROM made"""
_PARCELS = """
INSERT INTO parcel (shop_id, id, order_id, carrier, waybill_number, shipped_at, shipped_at_estimated,
  picked_up_at, created_at)
SELECT shop_id, parcel_id, order_id, 'YTO', 'YT8' || lpad(n::text, 12, '0'), opened_at - interval '2 days',
  false, CASE WHEN closed THEN opened_at + interval '5 hours' END, opened_at - interval '2 days'
FROM made"""
_TICKETS = """
INSERT INTO ticket (shop_id, id, order_id, number, kind, status, outcome, version, round, policy_version,
  opened_at, updated_at, clock_started_at, deadline_at, next_step_at, last_reminder_minutes, completed_at,
  money_at_risk, record_count)
SELECT shop_id, ticket_id, order_id, 'T261122-' || lpad(n::text, 10, '0'), 'URGE_PICKUP',
  (CASE WHEN closed THEN 'COMPLETED' ELSE 'AWAITING_REPLY' END)::ticket_status,
  CASE WHEN closed THEN 'PICKED_UP'::ticket_outcome END, 1, 1, 1, opened_at, opened_at, opened_at,
  CASE WHEN NOT closed THEN opened_at + interval '24 hours' END,
  CASE WHEN NOT closed THEN opened_at + interval '24 hours' END, 15,
  CASE WHEN closed THEN opened_at + interval '5 hours' END,
  CASE WHEN closed THEN 0 ELSE least(100, greatest(5, round((100 + n % 900) * 0.05, 2))) END, 3
FROM made WHERE urged"""
_RECORDS = """
INSERT INTO follow_up_record (shop_id, id, ticket_id, position, action, actor_kind, actor_name, occurred_at,
  note, deadline_after, reminder_minutes)
SELECT shop_id, uuidv7(), ticket_id, position, action::follow_up_action, actor::actor_kind, name,
  opened_at + make_interval(mins => position), note,
  CASE WHEN position = 1 THEN opened_at + interval '24 hours' END, minutes
FROM made, (VALUES
  (1, 'OPENED', 'CONSUMER', 'nick', NULL, NULL),
  (2, 'NOTED', 'STAFF', '客服·小满', '给网点打过两次电话，仓库说今天补扫。', NULL),
  (3, 'REMINDED', 'SYSTEM', 'system', NULL, 720)
) AS each(position, action, actor, name, note, minutes)
WHERE urged"""
TABLES = "shop, staff_member, orders, parcel, ticket, follow_up_record"


@dataclass(frozen=True, slots=True)
class Filled:
    """The shops, and their tickets in an order that goes from shop to shop; all of them await a reply."""

    shop_ids: list[UUID]
    ticket_ids: list[UUID]


async def fill(database: Database, *, shops: int, tickets: int) -> Filled:
    """Shops with one member of the staff each; tickets with an order, a parcel and three records each."""
    async with database.transaction() as connection:
        shop_ids = await add_shops(connection, shops)
        await add_tickets(connection, shop_ids, range(tickets))
        # Those that opened first come last: they would be the first to end while this runs.
        made = await connection.fetch("SELECT ticket_id FROM made ORDER BY opened_at DESC")
    async with database.pool.acquire() as connection:
        await connection.execute(f"VACUUM ANALYZE {TABLES}")
    return Filled(shop_ids, [row["ticket_id"] for row in made])


async def add_shops(connection: Connection, count: int) -> list[UUID]:
    """So many shops with one member of the staff each; their ids."""
    shop_ids = [row["id"] for row in await connection.fetch(_SHOPS, count)]
    await connection.execute(_STREAMS, shop_ids)
    await connection.execute(_MEMBERS, shop_ids, STAFF)
    return shop_ids


async def add_tickets(
    connection: Connection,
    shop_ids: list[UUID],
    numbers: range,
    *,
    closed_of_ten: int = 0,
    urged_of_ten: int = 10,
) -> None:
    """The tickets of these numbers, dealt out to the shops, within a transaction; what is open opened today.

    Of every ten of a shop the first `closed_of_ten` are closed, and opened in the last two years; the first
    `urged_of_ten` are tickets at all, the others orders that nobody urged.
    """
    await connection.execute(_MADE, shop_ids, numbers.start, numbers.stop, closed_of_ten, urged_of_ten)
    for statement in (_ORDERS, _PARCELS, _TICKETS, _RECORDS):
        await connection.execute(statement)
