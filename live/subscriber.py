"""One subscriber of a hub: it holds its positions and pulls what lies beyond them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Self

from domain import ids

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from uuid import UUID

    from db.streams import StreamEvent
    from live.hub import Hub
    from live.log import Log

BATCH = 200
"""Events a batch has at most (a page from PostgreSQL may round it up to one event a shop)."""
MAX_LAG = 10_000
"""Events a shop may move on while a subscriber does not follow; what it missed before it joined, and
replays, is not counted."""


class Ended(Exception):
    """The hub ended the subscriber; its client can subscribe again with its last cursor."""

    close_code: ClassVar[int]


class TooSlow(Ended):
    """The subscriber stayed too far behind: close its socket with 4412."""

    close_code = 4412


class GoingAway(Ended):
    """This process shuts down: close the socket with 1012, the client goes to another."""

    close_code = 1012


class NotReplayable(Exception):
    """What follows a position is not there any more: read a snapshot, then subscribe again."""


class Subscriber:
    """Follows the shops of `positions`; made by `Hub.subscribe`, closed by who made it."""

    def __init__(self, hub: Hub, logs: Mapping[UUID, Log], positions: Mapping[UUID, int]) -> None:
        self.positions = dict(positions)
        """Where it stands: everything up to here was given, nothing beyond."""
        self.logs = logs
        self.generation = hub.generation
        self.on_end: Callable[[Ended], None] | None = None
        self._hub = hub
        self._joined_at: dict[UUID, int] = {}
        self._due: dict[UUID, None] = {}  # an ordered set: the shops take turns
        self._behind: set[UUID] = set()
        self._stopped: Exception | None = None
        self._wake = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Subscriber:
        return self

    async def __anext__(self) -> list[StreamEvent]:
        return await self.next()

    def close(self) -> None:
        """Leave the hub; may be called twice."""
        self._hub.leave(self)

    async def next(self) -> list[StreamEvent]:
        """The next events, in order within each shop; waits until there is one.

        A cancelled call loses nothing: `positions` moves only with what is returned.

        Raises:
            Ended: the hub ended this subscriber.
            NotReplayable: a shop's next events were trimmed, or its stream was set back.
        """
        while True:
            if self._stopped is not None:
                raise self._stopped
            self._wake.clear()
            batch = await self._page() if self._behind else []
            if self._due:
                batch += self._take(BATCH - len(batch))
            if batch:
                return batch
            if not self._behind:
                await self._wake.wait()

    def notify(self, shop_id: UUID, head: int) -> None:
        """Called by the hub when a shop's log has moved to `head`."""
        position = self.positions[shop_id]
        # Who replays is not slow: only what came after it joined counts.
        joined_at = self._joined_at.setdefault(shop_id, head)
        if self._stopped is not None or head <= position:
            return
        if head - max(position, joined_at) > MAX_LAG:
            self.end(
                TooSlow(f"The subscriber is more than {MAX_LAG} events behind: resume with the last cursor.")
            )
        elif shop_id not in self._behind:
            self._due[shop_id] = None
            self._wake.set()

    def set_back(self, shop_id: UUID, head: int) -> None:
        """Called by the hub when a shop's stream ends before the position that was given out."""
        name = ids.encode(ids.IdKind.SHOP, shop_id)
        self._stop(NotReplayable(f"the stream of {name} was set back to position {head}"))

    def end(self, reason: Ended) -> None:
        """Called by the hub: the next call of `next` raises `reason`."""
        if isinstance(self._stopped, Ended):
            return
        self._stop(reason)
        if self.on_end is not None:
            self.on_end(reason)

    def _stop(self, reason: Exception) -> None:
        self._stopped = reason
        self._wake.set()

    def _take(self, room: int) -> list[StreamEvent]:
        """What the logs hold for it, the shops in turn."""
        batch: list[StreamEvent] = []
        for _ in range(len(self._due)):
            if room <= len(batch):
                break
            shop_id = next(iter(self._due))
            del self._due[shop_id]
            log = self.logs[shop_id]
            events = log.after(self.positions[shop_id], room - len(batch))
            if events is None:
                self._behind.add(shop_id)
            elif events:
                batch += events
                self._move(shop_id, events[-1].position)
        return batch

    async def _page(self) -> list[StreamEvent]:
        """What the logs do not reach back to, from PostgreSQL."""
        after = {shop_id: self.positions[shop_id] for shop_id in self._behind}
        events = await self._hub.replay(after, max(1, BATCH // len(after)))
        if events is None:
            return []
        reached = dict(after)
        for event in events:
            if event.position != reached[event.shop_id] + 1:
                raise _trimmed(event.shop_id, reached[event.shop_id])
            reached[event.shop_id] = event.position
        for shop_id, position in reached.items():
            if position == after[shop_id]:  # The log is ahead of it, so there was an event to give.
                raise _trimmed(shop_id, position)
        for shop_id, position in reached.items():
            self._behind.discard(shop_id)
            self._move(shop_id, position)
        return events

    def _move(self, shop_id: UUID, position: int) -> None:
        self.positions[shop_id] = position
        if position < (self.logs[shop_id].head or 0):
            self._due[shop_id] = None


def _trimmed(shop_id: UUID, position: int) -> NotReplayable:
    name = ids.encode(ids.IdKind.SHOP, shop_id)
    return NotReplayable(f"events of {name} after position {position} are no longer kept")
