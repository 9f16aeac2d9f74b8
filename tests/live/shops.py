"""Shops whose streams can be written to, and what a client of a stream holds."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from db import events
from domain.events import FollowUpAction
from live import cursor, streams

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection

    from db.database import Connection, Database
    from live.hub import Hub


async def make(database: Database, count: int = 1) -> list[UUID]:
    """New shops at position 0."""
    made = [uuid4() for _ in range(count)]
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO shop (id, name, market, locale, created_at)"
            " SELECT id, 'shop', (enum_range(NULL::market))[1], 'zh-CN', now() FROM unnest($1::uuid[]) AS id",
            made,
        )
        await connection.execute("INSERT INTO shop_stream (shop_id) SELECT unnest($1::uuid[])", made)
    return made


async def write(connection: Connection, *shop_ids: UUID, tickets: bool = True) -> dict[UUID, int]:
    """Append one event for each mention of a shop; the last position of each."""
    moment = await connection.fetchval("SELECT now()")
    new = [
        events.NewEvent(
            shop_id, uuid4() if tickets else None, uuid4() if tickets else None, FollowUpAction.NOTED, moment
        )
        for shop_id in shop_ids
    ]
    return dict(zip(shop_ids, await events.append(connection, new), strict=True))


async def written(database: Database, *shop_ids: UUID, tickets: bool = True) -> dict[UUID, int]:
    """`write`, committed."""
    async with database.transaction() as connection:
        return await write(connection, *shop_ids, tickets=tickets)


async def trim(database: Database, shop_id: UUID, position: int) -> None:
    """Forget the events up to `position`."""
    async with database.transaction() as connection:
        await connection.execute("UPDATE shop_stream SET trimmed = $2 WHERE shop_id = $1", shop_id, position)
        await connection.execute("DELETE FROM event WHERE shop_id = $1 AND position <= $2", shop_id, position)


async def set_back(database: Database, shop_id: UUID, position: int) -> None:
    """What restoring a backup does to a stream."""
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM event WHERE shop_id = $1 AND position > $2", shop_id, position)
        await connection.execute("UPDATE shop_stream SET head = $2 WHERE shop_id = $1", shop_id, position)


async def records(connection: Connection, shop_ids: Collection[UUID]) -> list[UUID]:
    """The follow-up records that stand, as a snapshot would show them."""
    rows = await connection.fetch(
        "SELECT record_id FROM event WHERE shop_id = ANY($1::uuid[])", list(shop_ids)
    )
    return [row["record_id"] for row in rows]


class Client:
    """Holds what it was sent, as a front end does, and complains about anything out of place."""

    def __init__(self, hub: Hub, database: Database, shop_ids: Collection[UUID]) -> None:
        self.records: list[UUID] = []
        self.marks: list[tuple[str, int]] = []
        """Each cursor it was given, with the number of records it held then."""
        self.kinds: list[str] = []
        self.resets: list[str] = []
        self._hub = hub
        self._database = database
        self._shop_ids = shop_ids
        self._at: dict[UUID, int] = {}

    @property
    def cursor(self) -> str:
        return self.marks[-1][0]

    def go_back(self, mark: int) -> None:
        """Forget what came after an earlier cursor."""
        del self.marks[mark + 1 :]
        del self.records[self.marks[mark][1] :]

    async def follow(self, after: str | None) -> AsyncGenerator[streams.Message[list[UUID]], None]:
        """The messages, each already taken in."""

        async def snapshot(connection: Connection) -> list[UUID]:
            return await records(connection, self._shop_ids)

        stream = streams.deadline_stream(self._hub, self._database, self._shop_ids, after, snapshot)
        self._at = {}
        async with contextlib.aclosing(stream):
            async for message in stream:
                self._take(message)
                yield message

    async def until(self, kind: type, after: str | None = None) -> None:
        """Follow until a message of this kind."""
        async with contextlib.aclosing(self.follow(after)) as messages:
            async for message in messages:
                if isinstance(message, kind):
                    return

    async def until_at(self, positions: dict[UUID, int], after: str | None) -> None:
        """Follow until the stream has reached `positions`."""
        if after is not None and cursor.decode(after) == positions:
            return
        async with contextlib.aclosing(self.follow(after)) as messages:
            async for message in messages:
                if not isinstance(message, streams.Reset) and cursor.decode(self.cursor) == positions:
                    return

    def _take(self, message: streams.Message[list[UUID]]) -> None:
        self.kinds.append(type(message).__name__)
        match message:
            case streams.Snapshot(data, mark):
                self.records = list(data)
                self.marks = [(mark, len(data))]
            case streams.Reset(mark, reason):
                self.records, self.marks = [], [(mark, 0)]
                self._at = {}
                self.resets.append(reason)
            case streams.Live(mark):
                assert not self.marks or self.kinds[-2] == "Reset" or self.cursor == mark
                self.marks.append((mark, len(self.records)))
            case streams.Batch(batch):
                for event, mark in batch:
                    assert event.record_id is not None
                    assert event.position > self._at.get(event.shop_id, -1), "out of order within its shop"
                    self._at[event.shop_id] = event.position
                    self.records.append(event.record_id)
                    self.marks.append((mark, len(self.records)))
                assert self._at.items() <= cursor.decode(self.cursor).items(), "a cursor beside its event"
