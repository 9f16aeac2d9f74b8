"""What a hub does when things go wrong: hints lost, clients slow, servers away."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import time
from typing import TYPE_CHECKING

import asyncpg
import pytest
import redis.asyncio

from db.database import Database
from live import hub as hubs
from live import log, subscriber
from live.hints import Hints
from live.hub import Hub, Subscriber
from tests.live import shops

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection


async def take(following: Subscriber, count: int, within_s: float = 10) -> list[int]:
    """The positions of the next `count` events."""
    positions: list[int] = []
    async with asyncio.timeout(within_s):
        while len(positions) < count:
            positions += [event.position for event in await following.next()]
    return positions


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_hint_wakes_a_subscriber_within_a_moment(database: Database, hub: Hub, hints: Hints) -> None:
    (shop_id,) = await shops.make(database)
    async with hub.subscribe({shop_id: 0}) as following:
        late = []
        await asyncio.sleep(0.3)
        for number in range(1, 21):
            positions = await shops.written(database, shop_id)
            began = time.monotonic()
            await hints.publish(positions)
            assert await take(following, 1) == [number]
            late.append(time.monotonic() - began)
    assert sorted(late)[10] < 0.1


@pytest.mark.parametrize("loss", ["never published", "FLUSHALL", "Redis is down"])
async def test_lost_hints_cost_a_second_at_most(database: Database, redis_url: str, loss: str) -> None:
    (shop_id,) = await shops.make(database)
    url = f"redis://127.0.0.1:{closed_port()}" if loss == "Redis is down" else redis_url
    async with redis.asyncio.Redis.from_url(url) as client:
        hub = Hub(database, Hints(client))
        await hub.start()
        async with hub.subscribe({shop_id: 0}) as following:
            for number in range(1, 4):
                positions = await shops.written(database, shop_id)
                if loss == "FLUSHALL":
                    await client.flushall()
                if loss == "Redis is down":
                    await Hints(client).publish(positions)
                assert await take(following, 1, within_s=1.3) == [number]
        await hub.stop()


async def test_a_slow_subscriber_is_ended_and_resumes_where_it_stood(database: Database, hub: Hub) -> None:
    (shop_id,) = await shops.make(database)
    ended: list[Exception] = []
    async with hub.subscribe({shop_id: 0}) as slow:
        slow.on_end = ended.append
        await shops.written(database, shop_id)
        await take(slow, 1)
        total = 1 + subscriber.MAX_LAG
        await shops.written(database, *[shop_id] * subscriber.MAX_LAG)
        async with hub.subscribe({shop_id: total - 1}) as watching:
            await take(watching, 1)
            assert not ended, "it may lag so much, but no more"
            await shops.written(database, shop_id)
            await take(watching, 1)
        assert [type(reason) for reason in ended] == [hubs.TooSlow]
        with pytest.raises(hubs.TooSlow) as told:
            await slow.next()
        assert told.value.close_code == 4412
    async with hub.subscribe(slow.positions) as resumed:
        assert await take(resumed, total) == list(range(2, total + 2))


async def test_who_replays_much_is_not_called_slow(database: Database, hub: Hub) -> None:
    (shop_id,) = await shops.make(database)
    total = 2 * subscriber.MAX_LAG
    await shops.written(database, *[shop_id] * total)
    async with hub.subscribe({shop_id: total}) as up_to_date, hub.subscribe({shop_id: 0}) as resumed:
        await shops.written(database, shop_id)
        await take(up_to_date, 1)
        assert await take(resumed, total + 1) == list(range(1, total + 2))


async def test_a_cancelled_call_loses_nothing(database: Database, hub: Hub) -> None:
    (shop_id,) = await shops.make(database)
    await shops.written(database, *[shop_id] * 3_000)
    pick = random.Random(5)
    got: list[int] = []
    async with hub.subscribe({shop_id: 0}) as following, asyncio.timeout(30):
        while len(got) < 3_000:
            call = asyncio.create_task(following.next())
            # From before the read to well after it, on a slow machine too.
            await asyncio.sleep(pick.random() * pick.choice((0.004, 0.05)))
            call.cancel()
            await asyncio.wait([call])
            if not call.cancelled():
                got += [event.position for event in call.result()]
    assert got == list(range(1, 3_001))


async def test_memory_is_bounded_and_given_back_when_a_shop_falls_silent(
    database: Database, hub: Hub
) -> None:
    (shop_id,) = await shops.make(database)
    async with hub.subscribe({shop_id: 0}) as following:
        await shops.written(database, *[shop_id] * 5_000)
        assert await take(following, 5_000) == list(range(1, 5_001))
        kept = hub._logs[shop_id]._events
        assert log.KEPT <= len(kept) <= 2 * log.KEPT
        for _ in range(log.IDLE_COMPARISONS + 1):
            await hub._compare([shop_id])
        assert not hub._logs[shop_id]._events
        await shops.written(database, shop_id)
        assert await take(following, 1) == [5_001]


async def test_shops_take_turns_so_that_a_busy_one_starves_none(database: Database, hub: Hub) -> None:
    busy, calm = await shops.make(database, 2)
    await shops.written(database, *[busy] * 5_000)
    await shops.written(database, calm)
    async with hub.subscribe({busy: 0, calm: 0}) as following:
        seen: list[UUID] = []
        async with asyncio.timeout(5):
            while calm not in seen:
                seen += [event.shop_id for event in await following.next()]
    assert len(seen) <= 3 * subscriber.BATCH


async def test_killed_connections_lose_nothing_and_log_one_line_a_second(
    database: Database, database_url: str, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    shop_ids = await shops.make(database, 3)
    total, began = 150, time.monotonic()
    writer, killer = (
        await Database.connect(database_url, max_connections=1),
        await asyncpg.connect(database_url),
    )
    with caplog.at_level(logging.WARNING):
        async with hub.subscribe(dict.fromkeys(shop_ids, 0)) as following:
            keep = {
                row["pid"] for row in [await writer.pool.fetchrow("SELECT pg_backend_pid() AS pid")] if row
            }
            took = asyncio.create_task(take(following, total * 3, within_s=20))
            for number in range(total):
                await shops.written(writer, *shop_ids)
                if number % 10 == 0:
                    await killer.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL($1)",
                        keep,
                    )
                await asyncio.sleep(0.01)
            assert sorted(await took) == sorted([*range(1, total + 1)] * 3)
    await writer.close()
    await killer.close()
    assert len(caplog.records) <= time.monotonic() - began + 1


async def test_an_outage_of_postgresql_is_waited_for_and_nothing_is_lost(
    database: Database, database_url: str, postgres_admin: Connection, hub: Hub
) -> None:
    (shop_id,) = await shops.make(database)
    name = database_url.rsplit("/", 1)[1]
    async with hub.subscribe({shop_id: 0}) as live, hub.subscribe({shop_id: 0}) as behind:
        await shops.written(database, *[shop_id] * 3_000)
        assert await take(live, 3_000) == list(range(1, 3_001))
        await postgres_admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await postgres_admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        took = asyncio.create_task(take(behind, 3_001, within_s=20))
        await asyncio.sleep(2.5)
        assert not took.done()
        await postgres_admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await shops.written(database, shop_id)
        assert await take(live, 1, within_s=3) == [3_001]
        assert await took == list(range(1, 3_002))


async def test_a_hub_starts_and_stops_while_nothing_is_there(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    (shop_id,) = await shops.make(database)
    await database.close()
    async with redis.asyncio.Redis.from_url(f"redis://127.0.0.1:{closed_port()}") as client:
        hub = Hub(database, Hints(client))
        await hub.start()
        async with hub.subscribe({shop_id: 0}) as following:
            with pytest.raises(TimeoutError):
                await take(following, 1, within_s=0.5)
        await hub.stop()
    assert 1 <= len(caplog.records) <= 4
