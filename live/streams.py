"""What a client of a stream receives, in which order, whatever the transport (`architecture.md §2.3, §6`)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from db import streams
from domain import ids
from live import cursor
from live.subscriber import NotReplayable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
    from uuid import UUID

    from db.database import Connection, Database
    from live.hub import Hub
    from live.subscriber import Ended, Subscriber

T = TypeVar("T")

NOWHERE = cursor.encode({})
"""The cursor that knows no shop."""


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[T]):
    """What stood when the stream began; `cursor` belongs to the same moment."""

    data: T
    cursor: str


@dataclass(frozen=True, slots=True)
class Live:
    """Caught up with everything that was committed when the stream began."""

    cursor: str


@dataclass(frozen=True, slots=True)
class Reset:
    """What was missed cannot be replayed; a snapshot follows.

    `cursor` knows no shop, so that who loses the connection before the snapshot is reset again.
    """

    cursor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in order within each shop, each with the cursor of the whole stream after it."""

    events: list[tuple[streams.StreamEvent, str]]


Message: TypeAlias = Snapshot[T] | Live | Reset | Batch


async def deadline_stream(
    hub: Hub,
    database: Database,
    shop_ids: Collection[UUID],
    after: str | None,
    snapshot: Callable[[Connection], Awaitable[T]],
    *,
    on_end: Callable[[Ended], None] | None = None,
) -> AsyncGenerator[Message[T], None]:
    """The messages of one subscriber of these shops, for as long as it asks for them.

    Without `after`: Snapshot, Live, then Batch after Batch. With it: what was missed as Batch, then
    Live; or, where that cannot be replayed, Reset, Snapshot, Live. A Reset can also come later, when
    events are trimmed under a slow client or the database is restored: again Reset, Snapshot, Live.

    Args:
        hub: The reader of this process, started.
        database: Where the snapshot is read.
        shop_ids: The shops the viewer sees, at most 200; others are dropped from the cursor.
        after: The cursor of the last message the client holds.
        snapshot: Reads the snapshot on the connection it is given, one REPEATABLE READ transaction in
            which the positions were read. It may be called again, after a Reset.
        on_end: Called once with the reason when the hub ends the stream, at once, even while nobody
            asks for the next message: for a transport that waits in a send.

    Raises:
        BadCursor: `after` is no cursor (before the first message).
        TooManyShops: more than 200 shops (likewise).
        Ended: the hub ended the stream: `TooSlow` or `GoingAway`, each with its `close_code`.
    """
    shops = frozenset(shop_ids)
    if len(shops) > cursor.MAX_SHOPS:
        raise cursor.TooManyShops(len(shops))
    start = None if after is None else await _resume(database, shops, cursor.decode(after))
    while True:
        first = None
        if isinstance(start, str):
            yield Reset(NOWHERE, start)
        if not isinstance(start, _Start):
            start, data = await _begin(database, shops, snapshot)
            first = Snapshot(data, cursor.encode(start.positions))
        try:
            async with hub.subscribe(start.positions) as subscriber:
                # Joined before the first message, so that who is stuck in sending it is ended too.
                subscriber.on_end = on_end
                if first is not None:
                    yield first
                async with contextlib.aclosing(_follow(subscriber, start.heads)) as messages:
                    async for message in messages:
                        yield message
        except NotReplayable as reason:
            start = str(reason)


class _Start(NamedTuple):
    """Where a stream begins, and where the shops stood at that moment."""

    positions: dict[UUID, int]
    heads: dict[UUID, int]


async def positions(connection: Connection, shop_ids: Collection[UUID]) -> dict[UUID, int]:
    """Where these shops stand: what a page's `streamCursor` encodes, read in the page's transaction."""
    return {shop_id: stands.head for shop_id, stands in (await streams.heads(connection, shop_ids)).items()}


async def _begin(
    database: Database, shops: Collection[UUID], snapshot: Callable[[Connection], Awaitable[T]]
) -> tuple[_Start, T]:
    """Positions and snapshot of one moment: nothing lies between the two, nothing is in both."""
    async with database.snapshot() as connection:
        heads = await positions(connection, shops)
        return _Start(heads, heads), await snapshot(connection)


async def _resume(database: Database, shops: Collection[UUID], held: Mapping[UUID, int]) -> _Start | str:
    """Where `held` goes on, or the reason why it cannot."""
    async with database.pool.acquire() as connection:
        stands = await streams.heads(connection, shops)
    for shop_id, (head, trimmed) in stands.items():
        name = ids.encode(ids.IdKind.SHOP, shop_id)
        position = held.get(shop_id)
        if position is None:
            return f"{name} is not in the cursor"
        if position < trimmed:
            return f"events of {name} after position {position} are no longer kept"
        if position > head:
            return f"the stream of {name} was set back to position {head}"
    return _Start(
        {shop_id: held[shop_id] for shop_id in shops}, {shop_id: s.head for shop_id, s in stands.items()}
    )


async def _follow(subscriber: Subscriber, heads: Mapping[UUID, int]) -> AsyncGenerator[Live | Batch, None]:
    """Batches, and Live between them as soon as every shop has reached its position in `heads`."""
    vector = cursor.Vector(subscriber.positions)
    replayed = {shop_id: head for shop_id, head in heads.items() if subscriber.positions[shop_id] < head}
    live = False
    while True:
        if not (live or replayed):
            live = True
            yield Live(vector.text())
        told = []
        for event in await subscriber.next():
            vector.move(event.shop_id, event.position)
            if event.ticket_id is not None:
                told.append((event, vector.text()))
        if told:
            yield Batch(told)
        replayed = {
            shop_id: head for shop_id, head in replayed.items() if subscriber.positions[shop_id] < head
        }
