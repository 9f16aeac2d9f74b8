"""Tickets with everything that a ticket's page can show: replied to with another waybill number, the promise
broken, urged again; every second one then escalated, with its complaint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Database

RECORDS = 8
_MADE = """
CREATE TEMP TABLE past ON COMMIT DROP AS
SELECT n, $1::uuid AS shop_id, m.id AS member_id, n % 2 = 0 AS escalated,
  uuidv7() AS order_id, uuidv7() AS old_id, uuidv7() AS new_id, uuidv7() AS ticket_id, uuidv7() AS reply_id,
  (SELECT array_agg(uuidv7()) FROM generate_series(n, n + 7)) AS record_ids,
  date_trunc('milliseconds', now()) - make_interval(hours => CASE WHEN n % 2 = 0 THEN 60 ELSE 40 END)
    AS opened_at
FROM generate_series(1, $2) AS n, staff_member m WHERE m.shop_id = $1"""
_ORDERS = """
INSERT INTO orders (shop_id, id, number, buyer_id, buyer_nick, item_title, quantity, paid_amount, paid_at,
  ship_by, shipped_at, origin_region, destination_region, urge_rounds, created_at, updated_at)
SELECT shop_id, order_id, (5000000000000000000 + n)::text, 'past-' || n, 'nick_' || n,
  '加厚羊绒大衣 双面呢 中长款 燕麦色 M', 1, 899, opened_at - interval '3 days', opened_at - interval '1 day',
  opened_at - interval '2 days', '320500', '110101', 2, opened_at - interval '3 days', opened_at
FROM past"""
_PARCELS = """
INSERT INTO parcel (shop_id, id, order_id, carrier, waybill_number, shipped_at, shipped_at_estimated,
  replaced_by_id, replaced_at, changes, warnings, created_at)
SELECT shop_id, id, order_id, carrier, number || lpad(n::text, 12, '0'), opened_at - interval '2 days', false,
  CASE WHEN old THEN new_id END, CASE WHEN old THEN opened_at + interval '2 hours' END, changes,
  warnings::text[], opened_at
FROM past, LATERAL (VALUES
  (old_id, true, 'YTO', 'YT9', 0, '{}'),
  (new_id, false, 'SF', 'JT1', 1, '{CARRIER_MISMATCH}')
) AS each(id, old, carrier, number, changes, warnings)"""
_SCANS = """
INSERT INTO tracking_event (shop_id, id, parcel_id, occurred_at, received_at, code, text_hash, description,
  source, proves_pickup, counted)
SELECT shop_id, uuidv7(), parcel_id, opened_at + make_interval(hours => hour),
  opened_at + make_interval(hours => hour, mins => 1), code, decode(md5(code || hour), 'hex'), words,
  'KUAIDI100', false, hour < 2 OR parcel_id = new_id
FROM past, LATERAL (VALUES
  (old_id, -40, '101', '商家已下单，等待快递员上门'), (old_id, -20, '102', '快递员未取到件，将再次上门'),
  (new_id, 3, '101', '商家已下单，等待快递员上门'), (new_id, 9, '102', '【苏州市】快递员已联系商家'),
  (new_id, 20, '102', '【苏州市】约定次日上门取件'), (new_id, 30, '201', '【苏州市】商家不在，未取到件')
) AS each(parcel_id, hour, code, words)"""
_TICKETS = """
INSERT INTO ticket (shop_id, id, order_id, number, kind, status, outcome, version, round, policy_version,
  assignee_id, opened_at, updated_at, clock_started_at, deadline_at, next_step_at, last_reminder_minutes,
  promised_pickup_at, promise_ends_at, promise_broken_at, replied_at, escalated_at, money_at_risk,
  record_count)
SELECT shop_id, ticket_id, order_id, 'T261120-' || lpad(n::text, 10, '0'), 'URGE_PICKUP',
  (CASE WHEN escalated THEN 'ESCALATED' ELSE 'AWAITING_REPLY' END)::ticket_status,
  CASE WHEN escalated THEN 'COMPLAINT_FILED'::ticket_outcome END, 6, 2, 1, member_id, opened_at,
  opened_at + interval '26 hours', opened_at + interval '26 hours', opened_at + interval '50 hours',
  CASE WHEN NOT escalated THEN opened_at + interval '50 hours' END, 720, opened_at + interval '26 hours',
  opened_at + interval '26 hours', opened_at + interval '26 hours', opened_at + interval '2 hours',
  CASE WHEN escalated THEN opened_at + interval '50 hours' END,
  CASE WHEN escalated THEN 0 ELSE 44.95 END, 8
FROM past"""
_RECORDS = """
INSERT INTO follow_up_record (shop_id, id, ticket_id, position, action, actor_kind, actor_name, occurred_at,
  note, deadline_before, deadline_after, reminder_minutes)
SELECT shop_id, record_ids[position], ticket_id, position,
  (CASE WHEN position = 8 AND escalated THEN 'ESCALATED' ELSE action END)::follow_up_action,
  actor::actor_kind, name, opened_at + make_interval(hours => hour), note,
  opened_at + make_interval(hours => before), opened_at + make_interval(hours => after), minutes
FROM past, (VALUES
  (1, 'OPENED', 'CONSUMER', 'nick', 0, NULL, NULL, 24, NULL),
  (2, 'NOTED', 'STAFF', '店长', 1, '小满来跟。', NULL, NULL, NULL),
  (3, 'NOTED', 'STAFF', '客服·小满', 1, '圆通说这个单号没有货，换顺丰重新下单。', NULL, NULL, NULL),
  (4, 'REPLIED', 'STAFF', '客服·小满', 2, NULL, 24, NULL, NULL),
  (5, 'PROMISE_BROKEN', 'SYSTEM', 'system', 26, NULL, NULL, NULL, NULL),
  (6, 'REOPENED', 'CONSUMER', 'nick', 26, NULL, NULL, 50, NULL),
  (7, 'REMINDED', 'SYSTEM', 'system', 38, NULL, NULL, NULL, 720),
  (8, 'NOTED', 'STAFF', '客服·小满', 39, '已再次联系网点，今天一定取。', NULL, NULL, NULL)
) AS each(position, action, actor, name, hour, note, before, after, minutes)"""
_REPLIES = """
INSERT INTO reply (shop_id, id, record_id, scheme_code, note, promised_at, promise_ends_at, proof_urls)
SELECT shop_id, reply_id, record_ids[4], 'CHANGE_WAYBILL', '亲，已换顺丰重新发出，明天就能看到物流。',
  opened_at + interval '26 hours', opened_at + interval '26 hours',
  ARRAY['https://img.example/' || n || '/handover.jpg']
FROM past"""
_CHANGES = """
INSERT INTO waybill_change (shop_id, id, order_id, record_id, from_parcel_id, to_parcel_id, reason, outside,
  changed_at)
SELECT shop_id, uuidv7(), order_id, record_ids[4], old_id, new_id, '圆通没有货', false,
  opened_at + interval '2 hours'
FROM past"""
_CARDS = """
INSERT INTO consumer_card (shop_id, id, ticket_id, record_id, kind, title, body, created_at, delivery,
  delivered_at)
SELECT shop_id, uuidv7(), ticket_id, record_ids[4], 'REPLY', '店铺回复了您的催揽收',
  '修改运单号。新运单号：顺丰 JT1' || lpad(n::text, 12, '0') || '。', opened_at + interval '2 hours',
  'DELIVERED', opened_at + interval '2 hours 3 seconds'
FROM past"""
_COMPLAINTS = """
INSERT INTO complaint (shop_id, id, ticket_id, round, status, violation, filed_at, statement, proof_urls,
  estimated_compensation, penalty_points)
SELECT shop_id, uuidv7(), ticket_id, 2, 'FILED', 'NO_PICKUP', opened_at + interval '50 hours',
  '快递员三次未上门，有通话记录。', ARRAY['https://img.example/' || n || '/calls.jpg'], 44.95, 0
FROM past WHERE escalated"""
_ALL = (_ORDERS, _PARCELS, _SCANS, _TICKETS, _RECORDS, _REPLIES, _CHANGES, _CARDS, _COMPLAINTS)
TABLES = "parcel, tracking_event, ticket, follow_up_record, reply, waybill_change, consumer_card, complaint"


async def add(database: Database, shop_id: UUID, count: int) -> list[UUID]:
    """Give a shop that has one member of the staff so many tickets with a history; their ids."""
    async with database.transaction() as connection:
        await connection.execute(_MADE, shop_id, count)
        for statement in _ALL:
            await connection.execute(statement)
        ticket_ids = [row["ticket_id"] for row in await connection.fetch("SELECT ticket_id FROM past")]
    await database.pool.execute(f"ANALYZE {TABLES}")
    return ticket_ids
