"""Where the streams of a page's shops stand, read in the page's own snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from live import cursor as live_cursor
from live import streams as live_streams
from resolvers.reads.refusals import ReadRefused, TooMuch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from db.database import Connection
    from tests.oracle.reads.scope import Statement

MOST_SHOPS = live_cursor.MAX_SHOPS
"""A stream holds at most so many shops (`architecture.md §2.3`)."""


async def cursor(
    connection: Connection, statement: Statement, shop_ids: Sequence[UUID] | None
) -> str | ReadRefused:
    """The cursor of these shops' streams (None: all the viewer's), or why there can be none."""
    conditions = [statement.scope("shop", "s")]
    if shop_ids is not None:
        conditions.append(f"s.id = ANY({statement.bind(list(shop_ids), 'uuid[]')})")
    text = f"SELECT s.id FROM shop s WHERE {' AND '.join(conditions)} LIMIT {MOST_SHOPS + 1}"
    found = [record["id"] for record in await connection.fetch(text, *statement.values)]
    if len(found) > MOST_SHOPS:
        return TooMuch(f"A stream holds at most {MOST_SHOPS} shops: name them in filter.shopIds.")
    return live_cursor.encode(await live_streams.positions(connection, found))
