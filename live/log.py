"""The recent events of one shop, kept once for all its subscribers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.streams import StreamEvent
    from live.subscriber import Subscriber

KEPT = 512
"""Events a shop's log keeps at least; a subscriber further behind reads from PostgreSQL."""
IDLE_COMPARISONS = 10
"""Comparisons of heads without anything new after which the events are let go."""


class Log:
    """A window on the end of a shop's stream. `head` is None until the hub has asked for it once."""

    def __init__(self) -> None:
        self.head: int | None = None
        self.subscribers: set[Subscriber] = set()
        self.ahead: set[Subscriber] = set()
        """Those that joined beyond `head`, to be looked at when the heads are compared next."""
        self._events: list[StreamEvent] = []
        self._idle = 0

    def restart(self, head: int) -> None:
        """Stand at `head` with nothing kept: who is behind it reads from PostgreSQL."""
        self.head = head
        self._events.clear()

    def extend(self, events: Sequence[StreamEvent]) -> None:
        """Add events read after `head`, in order."""
        if events[0].position != (self.head or 0) + 1:
            self._events.clear()
        self._events += events
        self.head = events[-1].position
        self._idle = 0
        if len(self._events) > 2 * KEPT:
            del self._events[:-KEPT]

    def after(self, position: int, limit: int) -> list[StreamEvent] | None:
        """Up to `limit` events beyond `position`; None when they are not kept (any more)."""
        missing = (self.head or 0) - position
        if missing <= 0:
            return []
        start = len(self._events) - missing
        return None if start < 0 else self._events[start : start + limit]

    def let_go_when_idle(self) -> None:
        """Call at each comparison of heads that found nothing new."""
        self._idle += 1
        if self._idle >= IDLE_COMPARISONS:
            self._events.clear()
