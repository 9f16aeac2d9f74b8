"""The demo's history: every state is there, made once, and never in production."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis.asyncio

import demo
from demo import clock, shops
from demo import history as histories
from demo.office import Receivers
from domain.cards import SHANGHAI
from escalation import index
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


async def test_every_shop_has_tickets_in_every_state(history: Connection) -> None:
    found = await history.fetch("SELECT id, market, locale FROM shop")
    assert {row["market"] for row in found} == {"TAOBAO", "TMALL", "GENERIC"}
    assert {row["locale"] for row in found} == {"zh-CN", "en"}
    for row in found:
        for what, condition in STATES.items():
            statement = f"SELECT count(*) FROM ticket WHERE shop_id = $1 AND {condition}"
            assert await history.fetchval(statement, row["id"]), (what, row["market"])
        for what, statement in SIGHTS.items():
            assert await history.fetchval(statement, row["id"]), (what, row["market"])
    await _known_subjects_have_something_to_see(history)


async def _known_subjects_have_something_to_see(connection: Connection) -> None:
    members = "SELECT count(*) FROM staff_member WHERE subject = $1 AND owner = ($2 = 'owner')"
    assert await connection.fetchval(members, demo.OWNER, "owner") == 3
    assert await connection.fetchval(members, demo.AGENT, "agent") == 3
    bought = "SELECT count(DISTINCT shop_id) FROM orders WHERE buyer_id = $1"
    assert await connection.fetchval(bought, demo.BUYER) == 3


async def test_two_at_once_and_one_more_make_it_once(settings: Settings, connection: Connection) -> None:
    """And the deadline index holds what PostgreSQL says: the next step of each ticket, and nothing else."""
    await asyncio.gather(demo.seed(settings), demo.seed(settings))
    before = await _counts(connection)
    assert before[0] == 3
    assert await _scheduled(settings) == {
        row["id"].hex: index.epoch_ms(row["next_step_at"])
        for row in await connection.fetch(
            "SELECT id, next_step_at FROM ticket WHERE next_step_at IS NOT NULL"
        )
    }
    await connection.execute("UPDATE shop SET name = name || ' (renamed)'")
    await demo.seed(settings)
    assert await _counts(connection) == before


async def _scheduled(settings: Settings) -> dict[str, int]:
    found: dict[str, int] = {}
    async with redis.asyncio.Redis.from_url(settings.redis_url or "") as client:
        async for key in client.scan_iter("lanshou:*:due"):
            members: list[Any] = await client.zrange(key, 0, -1, withscores=True)
            found |= {member[-16:].hex(): int(score) for member, score in members}
    return found


TOLD = """
SELECT o.number, t.kind, t.round, r.position, r.action, r.actor_name, r.note, r.occurred_at
FROM follow_up_record r JOIN ticket t ON t.shop_id = r.shop_id AND t.id = r.ticket_id
JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id ORDER BY r.occurred_at, o.number, r.position"""


@pytest.mark.parametrize("hour", [5, 22])
async def test_the_same_dice_fall_alike_and_no_tale_breaks_off(
    hour: int, settings: Settings, empty: list[str]
) -> None:
    """Whatever the hour at which somebody first starts it: here a short month, twice."""
    end = datetime(2026, 6, 3, hour, tzinfo=SHANGHAI)
    told = []
    for url in empty:
        async with shops.services(dataclasses.replace(settings, database_url=url)) as held:
            assert await histories.fill(held, month=timedelta(days=8), end=end) == 0
            told.append([tuple(row) for row in await held.database.pool.fetch(TOLD)])
    assert told[0] == told[1]
    assert len(told[0]) > 400
    assert max(row[-1] for row in told[0]) <= end


async def test_what_breaks_off_leaves_nothing(
    settings: Settings, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither rows nor the moved clock; and the next start makes all of it."""

    async def stumbles(_: Receivers) -> None:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(Receivers, "take", stumbles)
        with pytest.raises(OSError):  # noqa: PT011 - it has no text
            await demo.seed(settings)
    assert set(await _counts(connection)) == {0}
    async with shops.services(settings) as held, held.database.pool.acquire() as other:
        assert await other.fetchval("SELECT now() - pg_catalog.clock_timestamp() < '1 second'")
        assert await other.fetchval("SELECT to_regnamespace($1) IS NULL", clock.SCHEMA)
        # A demo whose shops an earlier version left half made.
        await shops.make(dataclasses.replace(held))
        await other.execute("DELETE FROM staff_member WHERE owner")
    await demo.seed(settings)
    assert await connection.fetchval("SELECT count(*) FROM shop") == 3
    assert await connection.fetchval("SELECT count(*) FROM ticket") > 200


async def test_a_user_who_may_create_no_schema_is_told(settings: Settings, connection: Connection) -> None:
    """The demo is refused in one line, and nothing is left of it."""
    await connection.execute(
        "CREATE ROLE plain LOGIN PASSWORD 'plain'; GRANT ALL ON ALL TABLES IN SCHEMA public TO plain"
    )
    try:
        url = urlsplit(settings.database_url or "")
        host = f"plain:plain@{url.hostname}:{url.port}"
        poor = dataclasses.replace(settings, database_url=urlunsplit(url._replace(netloc=host)))
        with pytest.raises(demo.DemoRefused, match="may create a schema"):
            await demo.seed(poor)
        assert set(await _counts(connection)) == {0}
    finally:
        await connection.execute("DROP OWNED BY plain; DROP ROLE plain")


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
