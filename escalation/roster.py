"""Which workers there are, for people who ask: nothing that works depends on it."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation.index import TIMEOUT_S, Away
from live import nodes
from live.nodes import Command

if TYPE_CHECKING:
    from live.nodes import Client

KEY = "lanshou:workers"
FORGOTTEN_AFTER_MS = 600_000
"""A worker that was not stopped in order is shown as silent for so long."""

_ANNOUNCE = (Path(__file__).parent / "roster.lua").read_text()


class Present(NamedTuple):
    """A worker and when it was last heard of (epoch ms)."""

    name: str
    seen_ms: int


class Roster:
    """The list of workers, in Redis."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.name = f"{socket.gethostname()}/{os.getpid()}"
        """This process, as the others see it."""

    async def announce(self, now_ms: int) -> None:
        """This process works. Raises `Away`."""
        command = ("EVAL", _ANNOUNCE, 1, KEY, self.name, now_ms, now_ms - FORGOTTEN_AFTER_MS)
        await self._ask(Command(KEY, command))

    async def leave(self) -> None:
        """This process has ended; if it cannot be told, it will show as silent."""
        with suppress(Away):
            await self._ask(Command(KEY, ("HDEL", KEY, self.name)))

    async def present(self) -> list[Present]:
        """Every worker that was heard of lately, by name. Raises `Away`."""
        found: dict[bytes, bytes] = await self._ask(Command(KEY, ("HGETALL", KEY)))
        return sorted(Present(name.decode(), int(seen)) for name, seen in found.items())

    async def _ask(self, command: Command) -> Any:  # noqa: ANN401 - whatever a command gives
        [answer] = await nodes.send(self._client, [command], TIMEOUT_S)
        if isinstance(answer, Exception):
            raise Away(str(answer) or type(answer).__name__) from answer
        return answer
