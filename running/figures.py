"""`cli.py figures`: shops' figures made again from their records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from db import refill
from domain import ids
from domain.ids import IdKind
from running.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from settings import Settings


async def again(settings: Settings, public: Sequence[str], tell: Callable[[str], None]) -> None:
    """Make the figures of these shops again (none named: of all), each in a transaction of its own.

    Raises `StartError` for what is no shop, before anything is changed.
    """
    # Not the connections of the product, whose statements end after 30 s.
    connection = await asyncpg.connect(settings.database_url)
    try:
        rows = await connection.fetch("SELECT id FROM shop ORDER BY id")
        known = {row["id"]: ids.encode(IdKind.SHOP, row["id"]) for row in rows}
        wrong = sorted(set(public) - set(known.values()))
        if wrong:
            raise StartError(f"there is no shop {', '.join(wrong)}")
        for shop_id, name in known.items():
            if not public or name in public:
                async with connection.transaction():
                    facts = await refill.refill(connection, shop_id)
                tell(f"{name}: {facts:,} facts")
    finally:
        await connection.close()
