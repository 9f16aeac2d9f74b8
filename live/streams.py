"""What a client of a stream receives, in which order, whatever the transport (`architecture.md §2.3, §6`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from db.streams import StreamEvent

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection, Database
    from live.hub import Ended, Hub

T = TypeVar("T")


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

    events: list[tuple[StreamEvent, str]]


Message: TypeAlias = Snapshot[T] | Live | Reset | Batch


async def deadline_stream(
    hub: Hub,
    database: Database,
    shop_ids: Collection[UUID],
    after: str | None,
    snapshot: Callable[[Connection], Awaitable[T]],
    *,
    on_end: Callable[[Ended], None] | None = None,
) -> AsyncIterator[Message[T]]:
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
    raise NotImplementedError
    yield Live("")
