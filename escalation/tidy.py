"""The worker's slow errand: deleting what was kept long enough, a little at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from db import retention

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Database

STEP = 1_000
"""Rows a transaction."""
PAUSE_S = 0.05
SHOPS = 200
"""Streams listed at once."""
DROPS = (
    retention.drop_keys,
    retention.drop_unmatched,
    retention.drop_deliveries,
    retention.drop_webhooks,
)


async def tidy(database: Database) -> int:
    """Delete all that is too old, in steps with pauses between; how many rows that were."""
    total = 0
    for drop in DROPS:
        while True:
            async with database.transaction() as connection:
                dropped = await drop(connection, STEP)
            total += dropped
            if dropped < STEP:
                break
            await asyncio.sleep(PAUSE_S)
    return total + await _trim_streams(database)


async def _trim_streams(database: Database) -> int:
    """Every stream in turn, each until it is short enough: none may starve the others."""
    total = 0
    after: UUID | None = None
    while True:
        async with database.pool.acquire() as connection:
            shop_ids = await retention.shops_to_trim(connection, after, SHOPS)
        for shop_id in shop_ids:
            total += await _trim(database, shop_id)
        if len(shop_ids) < SHOPS:
            return total
        after = shop_ids[-1]


async def _trim(database: Database, shop_id: UUID) -> int:
    total = 0
    while True:
        async with database.transaction() as connection:
            dropped = await retention.trim(connection, shop_id, STEP)
        total += dropped
        await asyncio.sleep(PAUSE_S)
        if dropped < STEP:
            return total
