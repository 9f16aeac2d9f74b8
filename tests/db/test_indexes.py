"""Every filter and order of the contract has its index, in the order that a page is read in."""

import pytest

from db.database import Database
from db.tables.orders import AWAITING_PICKUP
from db.tables.tickets import PERSON, QUEUE_ORDER, UNCLOSED

SHOP = "shop_id = '01a20549-2048-7146-a8e3-192718c9b855'"
ID = "'01a20549-2087-7493-b31a-19133913b117'"
WORDS = "status = 'REPLIED' AND kind = 'URGE_PICKUP'"
TICKETS = [
    (f"{SHOP} ORDER BY {QUEUE_ORDER}, id", "ix_ticket_queue"),
    (f"{SHOP} AND {WORDS} ORDER BY {QUEUE_ORDER}, id", "ix_ticket_queue_by_status"),
    (f"{SHOP} AND {WORDS} ORDER BY opened_at, id", "ix_ticket_opened_at_by_status"),
    (f"{SHOP} AND {WORDS} ORDER BY updated_at, id", "ix_ticket_updated_at_by_status"),
    (f"{SHOP} AND {WORDS} ORDER BY money_at_risk, id", "ix_ticket_money_at_risk_by_status"),
    (f"{SHOP} AND {PERSON} = {ID} ORDER BY {QUEUE_ORDER}, id", "ix_ticket_queue_by_person"),
    (f"{SHOP} AND {UNCLOSED} AND assignee_id = {ID}", "ix_ticket_assignee_id"),
    (f"{SHOP} AND deadline_at < now() ORDER BY deadline_at, id", "ix_ticket_deadline_at"),
    (f"{SHOP} ORDER BY opened_at, id", "ix_ticket_opened_at"),
    (f"{SHOP} ORDER BY updated_at, id", "ix_ticket_updated_at"),
    (f"{SHOP} ORDER BY money_at_risk, id", "ix_ticket_money_at_risk"),
    (f"{SHOP} AND order_id = {ID} ORDER BY opened_at, id", "ix_ticket_order_id"),
    (f"{SHOP} AND number LIKE 'T26%'", "uq_ticket_shop_id_number"),
    (f"{SHOP} AND escalated_at >= now()", "ix_ticket_escalated_at"),
    (f"id = {ID}", "ix_ticket_id"),
    ("next_step_at IS NOT NULL ORDER BY next_step_at, shop_id, id", "ix_ticket_next_step_at"),
]
ORDERS = [
    (f"{SHOP} ORDER BY paid_at, id", "ix_orders_paid_at"),
    (f"{SHOP} AND status = 'SHIPPED' ORDER BY paid_at, id", "ix_orders_status"),
    (f"{SHOP} AND {AWAITING_PICKUP} ORDER BY paid_at, id", "ix_orders_awaiting_pickup"),
    (f"{SHOP} AND number LIKE '12%'", "uq_orders_shop_id_number"),
    (f"{SHOP} AND buyer_nick LIKE 'n12%'", "ix_orders_buyer_nick"),
    ("buyer_id = 'bob' ORDER BY paid_at, id", "ix_orders_buyer_id"),
    (f"id = {ID}", "ix_orders_id"),
]
PARCELS = [
    (f"{SHOP} AND order_id = {ID}", "ix_parcel_order_id"),
    (f"{SHOP} AND waybill_number LIKE 'SF%'", "ix_parcel_waybill_number"),
    (f"{SHOP} AND carrier = 'SF' AND replaced_at IS NULL ORDER BY order_id", "ix_parcel_carrier"),
    (f"id = {ID}", "ix_parcel_id"),
]
OTHERS = [
    ("follow_up_record", f"{SHOP} AND ticket_id = {ID} ORDER BY position", "uq_follow_up_record"),
    ("consumer_card", f"{SHOP} AND ticket_id = {ID} ORDER BY created_at, id", "ix_consumer_card_ticket_id"),
    ("complaint", f"{SHOP} ORDER BY filed_at, id", "ix_complaint_filed_at"),
    ("complaint", f"{SHOP} AND status = 'FILED' ORDER BY filed_at, id", "ix_complaint_status"),
    ("complaint", f"{SHOP} AND penalty_points > 0 AND ruled_at > now()", "ix_complaint_points"),
    ("event", f"{SHOP} AND position > 7 ORDER BY position", "pk_event"),
    ("staff_member", "subject = 'amy'", "ix_staff_member_subject"),
    ("shop", "lower(name) LIKE 'bear%'", "ix_shop_name"),
    (
        "webhook_delivery",
        f"{SHOP} AND webhook_id = {ID} ORDER BY created_at, id",
        "ix_webhook_delivery_webhook_id",
    ),
    (
        "webhook_delivery",
        f"{SHOP} AND webhook_id = {ID} AND due_at <= now() ORDER BY due_at",
        "ix_webhook_delivery_due",
    ),
]
CASES = [
    *(("ticket", *case) for case in TICKETS),
    *(("orders", *case) for case in ORDERS),
    *(("parcel", *case) for case in PARCELS),
    *OTHERS,
]


FILL = f"""
INSERT INTO shop (id, name, market, locale, created_at)
VALUES ({SHOP.partition("= ")[2]}, 'shop', 'GENERIC', 'en', now());
INSERT INTO orders (shop_id, id, number, buyer_id, buyer_nick, item_title, quantity, paid_amount, paid_at,
  ship_by, shipped_at, created_at, updated_at)
SELECT shop.id, gen_random_uuid(), n, 'b' || n, 'n' || n, 'x', 1, 1, now() - n * interval '1 minute',
  now(), CASE WHEN n % 9 = 0 THEN now() END, now(), now()
FROM shop, generate_series(1, 3000) n;
INSERT INTO ticket (shop_id, id, order_id, number, kind, status, version, round, policy_version, opened_at,
  updated_at, clock_started_at, deadline_at, outcome, escalated_at, money_at_risk, record_count)
SELECT shop_id, gen_random_uuid(), id, 'T' || number, 'URGE_PICKUP', 'ESCALATED', 1, 1, 1, paid_at, paid_at,
  paid_at, paid_at, 'COMPLAINT_FILED', paid_at, 0, 1 FROM orders;
ANALYZE orders, ticket"""


async def test_each_filter_and_order_is_an_index_range(database_url: str) -> None:
    database = await Database.connect(database_url)
    wrong = []
    await database.pool.execute(FILL)
    async with database.transaction() as connection:
        # The tables are small or empty: without this every plan would be a scan.
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        for table, condition, index in CASES:
            plan = await connection.fetch(f"EXPLAIN SELECT * FROM {table} WHERE {condition} LIMIT 51")
            text = "\n".join(row[0] for row in plan)
            if index not in text or "Sort" in text or "Seq Scan" in text:
                wrong.append(f"{table} WHERE {condition}: wants {index}\n{text}")
    await database.close()
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("index", ["ix_ticket_opened_at", "ix_parcel_waybill_number"])
async def test_an_index_that_is_gone_is_missed(database_url: str, index: str) -> None:
    database = await Database.connect(database_url)
    await database.pool.execute(f"DROP INDEX {index}")
    await database.close()
    with pytest.raises(AssertionError, match=index):
        await test_each_filter_and_order_is_an_index_range(database_url)
