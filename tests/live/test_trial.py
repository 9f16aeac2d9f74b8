"""The trial of the live queue: writers that never stop, clients that come, go and come back.

Beside it two known-bad beginnings, which read positions and snapshot in different transactions: the
same trial fails on each.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from db.database import Database
from live import cursor, streams
from live.hub import Hub
from tests.live import shops

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection
    from uuid import UUID

    from db.database import Connection
    from live.hints import Hints

SEED = 20261122
WRITERS = 8
CLIENTS = 50
SHOPS = 5


pytestmark = pytest.mark.trial


class RolledBack(Exception):
    """A writer changed its mind at the end of its transaction."""


@pytest.fixture
async def writing(database_url: str) -> AsyncIterator[Database]:
    made = await Database.connect(database_url, max_connections=WRITERS)
    yield made
    await made.close()


async def write_on(database: Database, hints: Hints, shop_ids: list[UUID], seed: int, times: int) -> None:
    """Commit to several shops at once, or roll back at the last moment; forget a hint now and then."""
    pick = random.Random(seed)
    for _ in range(times):
        chosen = pick.sample(shop_ids, pick.randint(1, 3))
        try:
            async with database.transaction() as connection:
                positions = await shops.write(connection, *chosen, *chosen[: pick.randint(0, 2)])
                await asyncio.sleep(pick.random() * 0.004)
                if pick.random() < 0.2:
                    raise RolledBack  # noqa: TRY301 - it has to leave the transaction
        except RolledBack:
            continue
        if pick.random() < 0.8:
            await hints.publish(positions)


async def come_and_go(client: shops.Client, seed: int, over: asyncio.Event) -> None:
    """Follow for some messages, leave, come back at any cursor ever held, or begin anew."""
    pick = random.Random(seed)
    after = None
    while not over.is_set():
        left = pick.randint(1, 30)
        async with aclosing(client.follow(after)) as messages:
            try:
                async with asyncio.timeout(pick.random()):
                    async for _ in messages:
                        left -= 1
                        if not left:
                            break
            except TimeoutError:
                pass
        if not client.marks or pick.random() < 0.15:
            after = None
        else:
            client.go_back(pick.randrange(len(client.marks)))
            after = client.cursor


async def trial(
    database: Database, writing: Database, hub: Hub, hints: Hints, times: int
) -> tuple[list[Counter[UUID]], Counter[UUID]]:
    """What each client holds in the end, and what there is to hold."""
    pick = random.Random(SEED)
    shop_ids = await shops.make(database, SHOPS)
    over = asyncio.Event()
    clients = [
        shops.Client(hub, database, pick.sample(shop_ids, SHOPS) if number % 2 else shop_ids)
        for number in range(CLIENTS)
    ]
    async with asyncio.TaskGroup() as going:
        for number, client in enumerate(clients):
            going.create_task(come_and_go(client, SEED + number, over))
        async with asyncio.TaskGroup() as writers:
            for number in range(WRITERS):
                writers.create_task(write_on(writing, hints, shop_ids, SEED - number, times))
        over.set()
    async with database.snapshot() as connection:
        heads = await streams.positions(connection, shop_ids)
        there = Counter(await shops.records(connection, shop_ids))
    assert sum(heads.values()) == there.total(), "a rollback left a gap"
    async with asyncio.timeout(30):
        for client in clients:
            await client.until_at(heads, client.cursor if client.marks else None)
    return [Counter(client.records) for client in clients], there


async def test_no_client_misses_an_event_or_gets_one_twice(
    database: Database, writing: Database, hub: Hub, hints: Hints
) -> None:
    held, there = await trial(database, writing, hub, hints, times=50)
    assert there.total() > WRITERS * 50 * 0.7
    for records in held:
        assert records == there


async def begin_late(
    database: Database, shop_ids: Collection[UUID], snapshot: Callable[[Connection], Awaitable[list[UUID]]]
) -> tuple[streams._Start, list[UUID]]:
    """Known bad: the positions are read after the snapshot, in a transaction of their own."""
    async with database.snapshot() as connection:
        data = await snapshot(connection)
    async with database.snapshot() as connection:
        heads = await streams.positions(connection, shop_ids)
    return streams._Start(heads, heads), data


async def begin_early(
    database: Database, shop_ids: Collection[UUID], snapshot: Callable[[Connection], Awaitable[list[UUID]]]
) -> tuple[streams._Start, list[UUID]]:
    """Known bad: the positions are read before the snapshot, in a transaction of their own."""
    async with database.snapshot() as connection:
        heads = await streams.positions(connection, shop_ids)
    async with database.snapshot() as connection:
        return streams._Start(heads, heads), await snapshot(connection)


@pytest.mark.parametrize(("begin", "wrong"), [(begin_late, "missing"), (begin_early, "twice")])
async def test_the_trial_finds_a_snapshot_read_beside_its_positions(
    database: Database,
    writing: Database,
    hub: Hub,
    hints: Hints,
    monkeypatch: pytest.MonkeyPatch,
    begin: object,
    wrong: str,
) -> None:
    monkeypatch.setattr(streams, "_begin", begin)
    held, there = await trial(database, writing, hub, hints, times=20)
    missing = sum((there - records).total() for records in held)
    twice = sum((records - there).total() for records in held)
    assert {"missing": missing, "twice": twice}[wrong] > 0


async def test_a_snapshot_and_its_stream_give_the_final_state(
    database: Database, writing: Database, hub: Hub, hints: Hints
) -> None:
    """Joined in the midst of writing, never left: what stood and what came, together, is everything."""
    shop_ids = await shops.make(database, SHOPS)
    clients = [shops.Client(hub, database, shop_ids) for _ in range(20)]
    async with asyncio.TaskGroup() as writers:
        for number in range(WRITERS):
            writers.create_task(write_on(writing, hints, shop_ids, SEED + number, 40))
        for client in clients:
            await client.until(streams.Live)
            await asyncio.sleep(0.01)
    async with database.snapshot() as connection:
        heads = await streams.positions(connection, shop_ids)
        there = Counter(await shops.records(connection, shop_ids))
    for client in clients:
        await client.until_at(heads, client.cursor)
        assert Counter(client.records) == there
        assert client.kinds[:2] == ["Snapshot", "Live"]
        assert cursor.decode(client.cursor) == heads
