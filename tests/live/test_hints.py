"""Hints are heard by every process, and their loss is nobody's trouble."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from live.hints import CHANNEL, PUBLISH_TIMEOUT_S, Hints


@contextlib.asynccontextmanager
async def listening(hints: Hints) -> AsyncIterator[asyncio.Queue[tuple[UUID, int]]]:
    heard: asyncio.Queue[tuple[UUID, int]] = asyncio.Queue()
    task = asyncio.create_task(hints.listen(lambda shop_id, position: heard.put_nowait((shop_id, position))))
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.wait([task])


async def hears(hints: Hints, heard: asyncio.Queue[tuple[UUID, int]]) -> None:
    """Publish until it is heard: who has just connected misses what came before."""
    shop_id = uuid4()
    async with asyncio.timeout(5):
        await hints.publish({shop_id: 7})
        while not await _is_next(heard, (shop_id, 7)):
            await hints.publish({shop_id: 7})


async def _is_next(heard: asyncio.Queue[tuple[UUID, int]], told: tuple[UUID, int]) -> bool:
    with contextlib.suppress(TimeoutError):
        return await asyncio.wait_for(heard.get(), 0.05) == told
    return False


async def test_what_one_process_publishes_every_process_hears(hints: Hints, redis_url: str) -> None:
    async with Redis.from_url(redis_url) as other, listening(hints) as here, listening(Hints(other)) as there:
        await hears(hints, here)
        await hears(hints, there)
        told = {uuid4(): number for number in range(3)}
        await hints.publish(told)
        found: dict[UUID, int] = {}
        async with asyncio.timeout(2):
            while not told.items() <= found.items():
                found.update([await here.get()])


async def test_a_lost_connection_is_made_again(hints: Hints, redis_url: str) -> None:
    async with Redis.from_url(redis_url) as admin, listening(hints) as heard:
        await hears(hints, heard)
        await admin.client_kill_filter(_type="pubsub")
        await hears(hints, heard)


async def test_what_is_no_hint_is_passed_over(hints: Hints, redis_url: str) -> None:
    async with Redis.from_url(redis_url) as admin, listening(hints) as heard:
        await hears(hints, heard)
        await admin.publish(CHANNEL + "nonsense", 1)
        await admin.publish(CHANNEL + uuid4().hex, "many")
        await admin.publish(b"hint:\xff\xff", b"\xff")
        await hears(hints, heard)


async def test_publishing_to_a_redis_that_is_away_never_raises_and_logs_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        async with Redis.from_url(f"redis://127.0.0.1:{port}") as nobody:
            hints = Hints(nobody)
            with caplog.at_level(logging.WARNING):
                for _ in range(5):
                    await hints.publish({uuid4(): 1})
    assert len(caplog.records) == 1


async def test_a_redis_that_hangs_costs_one_mutation_a_second_its_timeout() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        async with Redis.from_url(f"redis://127.0.0.1:{silent.getsockname()[1]}") as hanging:
            hints = Hints(hanging)
            began = time.monotonic()
            for _ in range(20):
                await hints.publish({uuid4(): 1})
            assert time.monotonic() - began < 2 * PUBLISH_TIMEOUT_S


async def test_listening_can_be_cancelled_at_any_moment(redis_url: str) -> None:
    for moment in range(40):
        async with Redis.from_url(redis_url) as client:
            task = asyncio.create_task(Hints(client).listen(lambda _shop_id, _position: None))
            await asyncio.sleep(moment * 0.0002)
            task.cancel()
            await asyncio.wait([task], timeout=2)
            assert task.cancelled()
