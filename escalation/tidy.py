"""The worker's slow errand: deleting what was kept long enough, a little at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from db import retention

if TYPE_CHECKING:
    from db.database import Database

STEP = 1_000
"""Rows a transaction."""
PAUSE_S = 0.05
SHOPS = 200


async def tidy(database: Database) -> int:
    """Delete all that is too old, in steps with pauses between; how many rows that were."""
    total = 0
    for drop in (retention.drop_keys, retention.drop_unmatched):
        while True:
            async with database.transaction() as connection:
                dropped = await drop(connection, STEP)
            total += dropped
            if dropped < STEP:
                break
            await asyncio.sleep(PAUSE_S)
    async with database.pool.acquire() as connection:
        shop_ids = await retention.shops_to_trim(connection, SHOPS)
    for shop_id in shop_ids:
        async with database.transaction() as connection:
            total += await retention.trim(connection, shop_id, STEP)
        await asyncio.sleep(PAUSE_S)
    return total
