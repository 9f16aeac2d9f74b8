"""What comes while the last lot is still on its way goes together, as one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

T = TypeVar("T")
R = TypeVar("R")


class Gathering(Generic[T, R]):
    """Calls `send` with the things of all who asked since it was last called, in their order.

    One call at a time: a lone thing goes at once, and under load each call carries what came during the one
    before. Whoever asked gets what the call of their things gives or raises; one who is cancelled leaves
    the things to the others.
    """

    def __init__(self, send: Callable[[list[T]], Awaitable[R]]) -> None:
        self._send = send
        self._turn = asyncio.Lock()
        self._things: list[T] = []
        self._next: asyncio.Task[R] | None = None

    async def add(self, things: Iterable[T]) -> R:
        """Have these sent, with what else there is."""
        self._things += things
        if self._next is None:
            self._next = asyncio.create_task(self._go())
        return await asyncio.shield(self._next)

    async def _go(self) -> R:
        async with self._turn:
            things, self._things, self._next = self._things, [], None
            return await self._send(things)
