"""The demo's story goes on by itself, also where Redis is away and PostgreSQL drops its connections."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from demo import shops, telling
from demo.tales import ENDINGS, Pace, Tale
from settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.database import Connection
    from demo.tales import Ending

WITHIN_S = 40
FAST = Pace(scale=0.02, every_s=0.2, dice=random.Random(11))
# The story's orders are those that came with a shipping limit of their own.
TOLD = (
    "FROM orders o LEFT JOIN ticket t USING (shop_id) WHERE o.ship_by_given IS NOT NULL AND t.order_id = o.id"
)
ORDERS = "SELECT count(*) FROM orders WHERE ship_by_given IS NOT NULL"


@contextlib.asynccontextmanager
async def _story(settings: Settings, pace: Pace) -> AsyncIterator[None]:
    async with shops.services(settings) as held:
        await shops.make(held)  # without their past, which takes its time
    task = asyncio.create_task(telling.tell(settings, pace))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _until(connection: Connection, count: str, least: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while await connection.fetchval(count) < least:  # noqa: ASYNC110 - the database changes
            await asyncio.sleep(0.1)


async def test_tickets_open_are_answered_and_end(
    settings: Settings, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "lanshou.demo")
    without_redis = dataclasses.replace(settings, redis_url="redis://127.0.0.1:1")
    async with _story(without_redis, FAST):
        await _until(connection, f"SELECT count(*) {TOLD}", 3)
        await _until(connection, f"SELECT count(*) {TOLD} AND t.replied_at IS NOT NULL", 2)
        await _until(connection, f"SELECT count(*) {TOLD} AND t.status = 'COMPLETED'", 2)
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert any("-buyer-" in line and " urged order " in line for line in lines)
    assert any(" replied " in line for line in lines)
    assert not [line for line in lines if "broke off" in line]


async def test_lost_connections_are_waited_out(settings: Settings, connection: Connection) -> None:
    async with _story(settings, FAST):
        await _until(connection, ORDERS, 2)
        for _ in range(3):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await asyncio.sleep(0.2)
        so_far = await connection.fetchval(ORDERS)
        await _until(connection, ORDERS, so_far + 3)


@pytest.mark.parametrize("ending", list(ENDINGS), ids=lambda ending: str(ending.__name__))
async def test_each_tale_can_be_told(settings: Settings, ending: Ending) -> None:
    async with shops.services(settings) as held:
        desk = (await shops.make(held))[0]
        async with asyncio.timeout(WITHIN_S):
            await Tale(desk, dataclasses.replace(FAST, scale=0.005)).tell(ending)


async def test_a_day_has_fewer_than_two_thousand_tales() -> None:
    pace = telling.pace_for(Settings(reply_window=timedelta(seconds=20)))
    assert pace.scale == pytest.approx(20 / 210)
    assert 86_400 / pace.every_s < 2_000
    assert telling.pace_for(Settings(reply_window=timedelta(hours=24))).scale == 1.0
