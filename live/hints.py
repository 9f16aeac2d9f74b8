"""Hints that a shop has something new, between processes (`architecture.md §6`).

Redis pub/sub, fire and forget: a lost hint costs a second, because the hub also compares the heads.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from live import nodes
from live.gathering import Gathering
from live.nodes import AWAY, Command
from live.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from live.nodes import Client

CHANNEL = "hint:"
PUBLISH_TIMEOUT_S = 0.25
CONNECT_TIMEOUT_S = 2.0
PAUSE_S = 1.0
"""After a failed publish: a Redis that hangs must not cost each mutation its timeout."""
RECONNECT_FIRST_S = 0.1
RECONNECT_LAST_S = 2.0

log = logging.getLogger(__name__)


class Source(Protocol):
    """Where a hub is told of new positions."""

    async def listen(self, on_hint: Callable[[UUID, int], None]) -> None:
        """Call `on_hint` with shop and position of each hint, until cancelled."""


def connect(url: str) -> Client:
    """A client to publish and listen with: it may wait for a hint for ever, so reads have no timeout."""
    return nodes.connect(url, connect_timeout_s=CONNECT_TIMEOUT_S, read_timeout_s=None, retries=True)


class Hints:
    """Publishes and hears hints on one Redis or Cluster, whose nodes all hear what one is told."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._paused_until = 0.0
        self._publishing = Gathering(self._publish)
        self._sending: set[asyncio.Task[None]] = set()
        self._unpublished = Throttle(log)
        self._unheard = Throttle(log)

    async def publish(self, positions: Mapping[UUID, int]) -> None:
        """Tell every process that these shops reached these positions; call it after the commit.

        Never raises and takes a quarter of a second at most, twice that when another is under way, with which
        it does not go: what is not told is found out.
        """
        if positions and time.monotonic() >= self._paused_until:
            await self._publishing.add(positions.items())

    async def _publish(self, told: Sequence[tuple[UUID, int]]) -> None:
        if time.monotonic() < self._paused_until:
            return
        positions: dict[UUID, int] = {}
        for shop_id, position in told:
            positions[shop_id] = max(position, positions.get(shop_id, 0))
        sending = asyncio.create_task(self._send(positions), name="live hint")
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        # Not `asyncio.timeout`: a redis client that is just connecting can swallow its cancellation.
        await asyncio.wait([sending], timeout=PUBLISH_TIMEOUT_S)
        if not sending.done():
            sending.cancel()
            self._give_up(TimeoutError("no answer in time"))

    async def _send(self, positions: Mapping[UUID, int]) -> None:
        commands = [
            Command(None, ("PUBLISH", CHANNEL + shop_id.hex, position))
            for shop_id, position in positions.items()
        ]
        answers = await nodes.send(self._client, commands, None)
        if (error := next((each for each in answers if isinstance(each, Exception)), None)) is not None:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + PAUSE_S
        self._unpublished.warning("live hints cannot be published, streams are up to a second late", error)

    async def listen(self, on_hint: Callable[[UUID, int], None]) -> None:
        """Call `on_hint` with shop and position of each hint, until cancelled; reconnects for ever."""
        delay_s = RECONNECT_FIRST_S
        while True:
            try:
                async with nodes.subscription(self._client) as pubsub:
                    await pubsub.psubscribe(CHANNEL + "*")
                    _check_cancelled()
                    async for message in pubsub.listen():
                        delay_s = RECONNECT_FIRST_S
                        _hear(message, on_hint)
            except AWAY as error:
                self._unheard.warning("live hints cannot be heard, streams are up to a second late", error)
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, RECONNECT_LAST_S)


def _check_cancelled() -> None:
    """Be cancelled after all, where the redis client swallowed it while it connected."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _hear(message: Mapping[str, object], on_hint: Callable[[UUID, int], None]) -> None:
    if message["type"] != "pmessage":
        return
    channel, data = message["channel"], message["data"]
    # Whoever can reach Redis can publish anything: what is no hint is passed over.
    with contextlib.suppress(ValueError, UnicodeDecodeError):
        name = channel.decode() if isinstance(channel, bytes) else str(channel)
        on_hint(UUID(hex=name.removeprefix(CHANNEL)), int(data if isinstance(data, bytes | str) else 0))
