"""The demo's history: every state is there, made once, and never in production."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import TYPE_CHECKING

import pytest

import demo
from demo import history, shops
from settings import Settings

if TYPE_CHECKING:
    from db.database import Connection

# What a newcomer should find in every shop: a condition on tickets, by what it shows.
STATES = {
    "far from the deadline": "status = 'AWAITING_REPLY' AND deadline_at > now() + interval '4 hours'",
    "under four hours": "status = 'AWAITING_REPLY' AND deadline_at - now() BETWEEN '1 hour' AND '4 hours'",
    "under an hour": "status = 'AWAITING_REPLY' AND deadline_at - now() BETWEEN '0' AND '1 hour'",
    "reminded": "status = 'AWAITING_REPLY' AND last_reminder_minutes IS NOT NULL",
    "promise running": "status = 'REPLIED' AND promise_ends_at > now() + interval '1 hour'",
    "promise broken": "status = 'REPLIED' AND promise_broken_at IS NOT NULL",
    "second round": "status = 'AWAITING_REPLY' AND round = 2",
    "picked up": "outcome = 'PICKED_UP' AND replied_at IS NULL",
    "picked up after a reply": "outcome = 'PICKED_UP' AND replied_at IS NOT NULL",
    "refunded": "outcome = 'REFUNDED'",
    "closed with its order": "outcome = 'ORDER_CLOSED'",
    "escalated, nobody answered": "status = 'ESCALATED' AND round = 1 AND replied_at IS NULL",
    "escalated in the last round": "status = 'ESCALATED' AND round = 3",
    "withdrawn": "status = 'WITHDRAWN'",
    "shipment urged": "kind = 'URGE_SHIPMENT' AND status = 'AWAITING_REPLY' AND replied_at IS NULL",
    "shipment urged and answered": "kind = 'URGE_SHIPMENT' AND status = 'AWAITING_REPLY'"
    " AND replied_at IS NOT NULL",
    "shipped, awaiting pickup": "status = 'AWAITING_PICKUP' AND deadline_at = shipped_at + interval '24 h'",
    "shipped, told late": "status = 'AWAITING_PICKUP' AND deadline_at > shipped_at + interval '24 h'",
    "shipped and picked up": "kind = 'URGE_SHIPMENT' AND outcome = 'PICKED_UP'",
    "not shipped in time": "kind = 'URGE_SHIPMENT' AND status = 'ESCALATED' AND shipped_at IS NULL",
}
# And what else: a statement that counts it, for one shop ($1).
SIGHTS = {
    "unshipped": "SELECT count(*) FROM orders WHERE shop_id = $1 AND status = 'PAID'",
    "to be urged": "SELECT count(*) FROM orders WHERE shop_id = $1 AND status = 'SHIPPED' AND ship_by < now()"
    " AND buyer_id = 'demo-buyer' AND urge_rounds = 0",
    "signed": "SELECT count(*) FROM orders WHERE shop_id = $1 AND status = 'SIGNED'",
    "changed beside a reply": "SELECT count(*) FROM waybill_change WHERE shop_id = $1 AND NOT outside",
    "changed outside": "SELECT count(*) FROM waybill_change WHERE shop_id = $1 AND outside",
    "odd number": "SELECT count(*) FROM parcel WHERE shop_id = $1 AND 'CARRIER_MISMATCH' = ANY(warnings)",
    "odd carrier": "SELECT count(*) FROM parcel WHERE shop_id = $1 AND 'UNKNOWN_CARRIER' = ANY(warnings)",
    "notes": "SELECT count(*) FROM follow_up_record WHERE shop_id = $1 AND action = 'NOTED'",
    "reply cards": "SELECT count(*) FROM consumer_card WHERE shop_id = $1 AND kind = 'REPLY'",
    "pickup cards": "SELECT count(*) FROM consumer_card WHERE shop_id = $1 AND kind = 'PICKED_UP'",
    "complaints": "SELECT count(*) FROM complaint WHERE shop_id = $1 AND status = 'FILED'",
    "settled": "SELECT count(*) FROM complaint WHERE shop_id = $1 AND status = 'SETTLED'",
    "upheld, with a point": "SELECT sum(penalty_points) FROM complaint WHERE shop_id = $1"
    " AND status = 'UPHELD' AND statement IS NOT NULL",
    "dismissed": "SELECT count(*) FROM complaint WHERE shop_id = $1 AND status = 'DISMISSED'",
    "unmatched": "SELECT count(*) FROM unmatched_scan WHERE $1 = ANY(shop_ids)",
}
TABLES = ("shop", "staff_member", "orders", "parcel", "tracking_event", "unmatched_scan", "ticket", "event")


async def _counts(connection: Connection) -> list[int]:
    return [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES]


async def test_every_shop_has_tickets_in_every_state(settings: Settings, connection: Connection) -> None:
    started = time.monotonic()
    await demo.seed(settings)
    assert time.monotonic() - started < 10
    found = await connection.fetch("SELECT id, market, locale FROM shop")
    assert {row["market"] for row in found} == {"TAOBAO", "TMALL", "GENERIC"}
    assert {row["locale"] for row in found} == {"zh-CN", "en"}
    for row in found:
        for what, condition in STATES.items():
            statement = f"SELECT count(*) FROM ticket WHERE shop_id = $1 AND {condition}"
            assert await connection.fetchval(statement, row["id"]), (what, row["market"])
        for what, statement in SIGHTS.items():
            assert await connection.fetchval(statement, row["id"]), (what, row["market"])
    assert 60 <= await connection.fetchval("SELECT count(*) FROM orders") <= 150
    await _known_subjects_have_something_to_see(connection)


async def _known_subjects_have_something_to_see(connection: Connection) -> None:
    members = "SELECT count(*) FROM staff_member WHERE subject = $1 AND owner = ($2 = 'owner')"
    assert await connection.fetchval(members, demo.OWNER, "owner") == 3
    assert await connection.fetchval(members, demo.AGENT, "agent") == 3
    bought = "SELECT count(DISTINCT shop_id) FROM orders WHERE buyer_id = $1"
    assert await connection.fetchval(bought, demo.BUYER) == 3


async def test_two_at_once_and_one_more_make_it_once(settings: Settings, connection: Connection) -> None:
    await asyncio.gather(demo.seed(settings), demo.seed(settings))
    before = await _counts(connection)
    assert before[0] == 3
    await connection.execute("UPDATE shop SET name = name || ' (renamed)'")
    await demo.seed(settings)
    assert await _counts(connection) == before


async def test_a_half_made_demo_is_completed(settings: Settings, connection: Connection) -> None:
    async with shops.services(settings) as held:
        await shops.make(held)
    assert await connection.fetchval("SELECT count(*) FROM ticket") == 0
    await demo.seed(settings)
    assert await connection.fetchval("SELECT count(*) FROM shop") == 3
    made = history.UNSCANNED + history.UNSHIPPED
    assert await connection.fetchval("SELECT count(*) FROM ticket") == 3 * made


async def test_no_demo_in_production(settings: Settings, connection: Connection) -> None:
    production = dataclasses.replace(settings, env="production")
    with pytest.raises(demo.DemoRefused, match="production"):
        await demo.seed(production)
    with pytest.raises(demo.DemoRefused, match="production"):
        await demo.story(production)
    assert set(await _counts(connection)) == {0}


async def test_without_servers_the_demo_says_what_it_needs() -> None:
    with pytest.raises(demo.DemoRefused, match="LANSHOU_DATABASE_URL"):
        await demo.seed(Settings())
