"""Which messages a client receives, and in which order."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from live import cursor, streams
from live.hub import GoingAway
from tests.live import shops

if TYPE_CHECKING:
    from db.database import Connection, Database
    from live.hub import Hub


async def test_a_new_stream_begins_with_a_snapshot_then_live_then_what_is_committed(
    database: Database, hub: Hub
) -> None:
    (shop_id,) = await shops.make(database)
    await shops.written(database, shop_id)
    client = shops.Client(hub, database, [shop_id])
    async with contextlib.aclosing(client.follow(None)) as messages:
        assert isinstance(await anext(messages), streams.Snapshot)
        assert len(client.records) == 1
        assert isinstance(await anext(messages), streams.Live)
        await shops.written(database, shop_id)
        batch = await anext(messages)
    assert isinstance(batch, streams.Batch)
    ((event, mark),) = batch.events
    assert (event.shop_id, event.position) == (shop_id, 2)
    assert cursor.decode(mark) == {shop_id: 2}


async def test_a_resumed_stream_replays_what_was_missed_then_is_live(database: Database, hub: Hub) -> None:
    one, two = await shops.make(database, 2)
    client = shops.Client(hub, database, [one, two])
    await client.until(streams.Live)
    for _ in range(300):
        await shops.written(database, one, two)
    await client.until(streams.Live, client.cursor)
    assert set(client.kinds[2:-1]) == {"Batch"}
    assert cursor.decode(client.cursor) == {one: 300, two: 300}
    assert len(set(client.records)) == len(client.records) == 600


async def test_a_resumed_stream_without_news_is_live_at_once(database: Database, hub: Hub) -> None:
    (shop_id,) = await shops.make(database)
    client = shops.Client(hub, database, [shop_id])
    await client.until(streams.Live)
    await client.until(streams.Live, client.cursor)
    assert client.kinds == ["Snapshot", "Live", "Live"]


async def test_an_event_without_a_ticket_moves_the_cursor_and_is_not_told(
    database: Database, hub: Hub
) -> None:
    (shop_id,) = await shops.make(database)
    start = cursor.encode({shop_id: 0})
    await shops.written(database, shop_id, shop_id, tickets=False)
    client = shops.Client(hub, database, [shop_id])
    await client.until(streams.Live, start)
    assert client.kinds == ["Live"]
    assert cursor.decode(client.cursor) == {shop_id: 2}


async def test_each_event_carries_the_positions_of_all_shops(database: Database, hub: Hub) -> None:
    one, two = await shops.make(database, 2)
    await shops.written(database, one, one)
    client = shops.Client(hub, database, [one, two])
    await client.until(streams.Live)
    await shops.written(database, two)
    await client.until(streams.Batch, client.cursor)
    assert cursor.decode(client.cursor) == {one: 2, two: 1}


async def test_a_shop_no_longer_visible_is_dropped_from_the_cursor(database: Database, hub: Hub) -> None:
    kept, gone = await shops.make(database, 2)
    client = shops.Client(hub, database, [kept])
    await shops.written(database, gone)
    await client.until(streams.Live, cursor.encode({kept: 0, gone: 0}))
    assert client.kinds == ["Live"]
    assert cursor.decode(client.cursor) == {kept: 0}


async def test_a_shop_the_cursor_lacks_resets_the_stream(database: Database, hub: Hub) -> None:
    known, added = await shops.make(database, 2)
    client = shops.Client(hub, database, [known, added])
    await client.until(streams.Live, cursor.encode({known: 0}))
    assert client.kinds == ["Reset", "Snapshot", "Live"]
    assert added.hex in client.resets[0]


async def test_events_no_longer_kept_reset_the_stream(database: Database, hub: Hub) -> None:
    (shop_id,) = await shops.make(database)
    await shops.written(database, *[shop_id] * 10)
    await shops.trim(database, shop_id, 5)
    client = shops.Client(hub, database, [shop_id])
    await client.until(streams.Live, cursor.encode({shop_id: 4}))
    assert client.kinds == ["Reset", "Snapshot", "Live"]
    client = shops.Client(hub, database, [shop_id])
    await client.until(streams.Live, cursor.encode({shop_id: 5}))
    assert client.kinds == ["Batch", "Live"]


async def test_a_head_behind_the_cursor_resets_the_stream(database: Database, hub: Hub) -> None:
    (shop_id,) = await shops.make(database)
    await shops.written(database, shop_id)
    client = shops.Client(hub, database, [shop_id])
    await client.until(streams.Live, cursor.encode({shop_id: 2}))
    assert client.kinds == ["Reset", "Snapshot", "Live"]


async def test_who_is_cut_off_between_reset_and_snapshot_is_reset_again(database: Database, hub: Hub) -> None:
    (shop_id,) = await shops.make(database)
    client = shops.Client(hub, database, [shop_id])
    await client.until(streams.Reset, cursor.encode({}))
    await client.until(streams.Live, client.cursor)
    assert client.kinds == ["Reset", "Reset", "Snapshot", "Live"]


async def test_a_live_stream_is_reset_when_the_database_is_set_back(database: Database, hub: Hub) -> None:
    (shop_id,) = await shops.make(database)
    await shops.written(database, *[shop_id] * 10)
    client = shops.Client(hub, database, [shop_id])
    async with asyncio.timeout(5), contextlib.aclosing(client.follow(None)) as messages:
        await anext(messages)
        await anext(messages)
        await shops.set_back(database, shop_id, 4)
        assert isinstance(await anext(messages), streams.Reset)
        assert isinstance(await anext(messages), streams.Snapshot)
        assert len(client.records) == 4
        assert isinstance(await anext(messages), streams.Live)
        await shops.written(database, shop_id)
        await anext(messages)
    assert cursor.decode(client.cursor) == {shop_id: 5}


async def test_events_trimmed_under_a_client_that_does_not_keep_up_reset_it(
    database: Database, hub: Hub
) -> None:
    (shop_id,) = await shops.make(database)
    client = shops.Client(hub, database, [shop_id])
    async with asyncio.timeout(10), contextlib.aclosing(client.follow(None)) as messages:
        await anext(messages)
        await anext(messages)
        await shops.written(database, *[shop_id] * 5_000)
        await shops.trim(database, shop_id, 4_990)
        async for message in messages:
            if isinstance(message, streams.Live):
                break
    assert client.kinds[2:] in (["Reset", "Snapshot", "Live"], ["Batch", "Reset", "Snapshot", "Live"])
    assert len(client.records) == 10


async def test_a_stream_without_shops_is_live_and_silent(database: Database, hub: Hub) -> None:
    client = shops.Client(hub, database, [])
    await client.until(streams.Live)
    await client.until(streams.Live, client.cursor)
    assert client.kinds == ["Snapshot", "Live", "Live"]


async def test_a_shop_without_a_stream_yet_stands_at_0(database: Database, hub: Hub) -> None:
    shop_id = uuid4()
    client = shops.Client(hub, database, [shop_id])
    await client.until(streams.Live)
    assert cursor.decode(client.cursor) == {shop_id: 0}


async def test_more_than_200_shops_and_foreign_cursors_are_refused_before_the_first_message(
    database: Database, hub: Hub
) -> None:
    async def snapshot(_: Connection) -> None:
        raise AssertionError

    many = [uuid4() for _ in range(201)]
    with pytest.raises(cursor.TooManyShops):
        await anext(streams.deadline_stream(hub, database, many, None, snapshot))
    with pytest.raises(cursor.BadCursor):
        await anext(streams.deadline_stream(hub, database, [], "nonsense", snapshot))
    with pytest.raises(cursor.TooManyShops):
        hub.subscribe(dict.fromkeys(many, 0))
    assert not hub._logs


async def test_stopping_the_hub_ends_streams_also_those_that_nobody_pulls(
    database: Database, hub: Hub
) -> None:
    (shop_id,) = await shops.make(database)
    told: list[Exception] = []

    async def snapshot(_: Connection) -> list[UUID]:
        return []

    stream = streams.deadline_stream(hub, database, [shop_id], None, snapshot, on_end=told.append)
    async with contextlib.aclosing(stream):
        await anext(stream)
        await hub.stop()
        assert [type(reason) for reason in told] == [GoingAway]
        assert isinstance(await anext(stream), streams.Live)
        with pytest.raises(GoingAway) as ended:
            await anext(stream)
    assert ended.value.close_code == 1012
    with pytest.raises(GoingAway):
        hub.subscribe({})


async def test_a_stream_that_is_left_leaves_nothing_behind(database: Database, hub: Hub) -> None:
    (shop_id,) = await shops.make(database)
    await shops.Client(hub, database, [shop_id]).until(streams.Live)
    assert (hub._logs, hub._subscribers, hub._new, hub._wanted) == ({}, set(), set(), set())
