"""What follows a commit: Redis is an index and a hint, no reason to fail (`architecture.md §2.1`)."""

import asyncio
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from escalation import index
from live.hints import Hints
from resolvers import scans
from tests.resolvers.world import World, sf


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def without_redis(world: World, port: int) -> World:
    client = index.connect(f"redis://127.0.0.1:{port}")
    services = replace(world.services, index=index.DeadlineIndex(client), hints=Hints(client))
    return replace(world, services=services)


async def story(world: World) -> None:
    """One of everything that is scheduled and published."""
    order, ticket_id = await world.urged(sf(1))
    await world.reply(ticket_id)
    await world.run_out(ticket_id)
    await world.urge(order)
    await world.scan(sf(1))
    assert (await world.ticket(ticket_id))["status"] == "COMPLETED"
    assert await world.count("event") == 5


async def test_with_redis_gone_every_write_succeeds(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    await story(without_redis(world, port))


async def test_with_a_redis_that_hangs_every_write_succeeds_soon(world: World, silent_port: int) -> None:
    started = time.monotonic()
    await story(without_redis(world, silent_port))
    assert time.monotonic() - started < 3


async def test_a_call_cut_after_its_commit_loses_no_more_than_the_index(world: World) -> None:
    """Cancelled while it publishes: what was committed stands, and is given again under the key."""

    class Slow(index.DeadlineIndex):
        async def put(self, entries: object) -> bool:
            await asyncio.sleep(10)
            return bool(entries)

    order = await world.shipped()
    slow = replace(world, services=replace(world.services, index=Slow(world.redis)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await slow.urge(order, idempotency_key="k")
    assert await world.count("ticket") == 1
    again = await world.urge(order, idempotency_key="k")
    assert await world.actions(again.ticket_id) == ["OPENED"]


async def test_refused_scans_publish_nothing(world: World) -> None:
    before = await world.dump()
    await scans.record_pushed(world.services, [])
    assert await world.dump() == before
