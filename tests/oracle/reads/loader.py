"""Loaders: keys asked for in one tick of the event loop become one statement, and each is read once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loader(Generic[K, V]):
    """Reads by key, remembering each answer; made for one operation, never shared (stale answers)."""

    def __init__(
        self, fetch: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], *, missing: Callable[[], V]
    ) -> None:
        self._fetch = fetch
        self._missing = missing
        self._answers: dict[K, asyncio.Future[V]] = {}
        self._waiting: list[K] = []
        self._flushes: set[asyncio.Task[None]] = set()

    async def load(self, key: K) -> V:
        """The value of `key`; what `missing` makes when there is none."""
        if key not in self._answers:
            loop = asyncio.get_running_loop()
            self._answers[key] = loop.create_future()
            self._waiting.append(key)
            if len(self._waiting) == 1:
                loop.call_soon(self._start)
        # Shielded: one reader that is cancelled must not take the answer from the others.
        return await asyncio.shield(self._answers[key])

    def _start(self) -> None:
        keys, self._waiting = self._waiting, []
        flush = asyncio.create_task(self._flush(keys))
        self._flushes.add(flush)
        flush.add_done_callback(self._flushes.discard)

    async def _flush(self, keys: list[K]) -> None:
        try:
            found = await self._fetch(keys)
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits
            for key in keys:
                self._answers[key].set_exception(error)
                self._answers[key].exception()
            return
        for key in keys:
            self._answers[key].set_result(found[key] if key in found else self._missing())
