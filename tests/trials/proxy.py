"""A TCP proxy before a server: slow, cut, or open at one end only."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    Limits = Callable[[], tuple[int | None, int | None]]

HOST = "127.0.0.1"
CHUNK = 65_536


class _Link:
    """One client's connection and the one to the server that belongs to it."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.ends = (client, server)
        self.stranded = False

    def abort(self) -> None:
        """Cut both ends at once."""
        for end in self.ends:
            end.transport.abort()


class Proxy:
    """Hands on what comes for the server on `port`. `limits` gives, for each new connection, after how many
    bytes to the server and to the client it is cut; None for never.
    """

    def __init__(self, port: int, limits: Limits = lambda: (None, None)) -> None:
        self.delay_s = 0.0
        self.refusing = False
        self._to = port
        self._limits = limits
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._welcome, HOST, 0)
        return self

    async def __aexit__(self, *raised: object) -> None:
        assert self._server is not None
        self._server.close()
        while self._tasks:  # one that was just connecting is cut in the next round
            self.cut()
            await asyncio.wait(self._tasks, timeout=0.1)

    @property
    def port(self) -> int:
        """Where clients connect to."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def before(self, url: str) -> str:
        """The server's URL, by way of the proxy."""
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=f"{parts.netloc.rsplit(':', 1)[0]}:{self.port}"))

    def cut(self) -> None:
        """Cut every connection there is."""
        for link in list(self._links):
            link.abort()

    def strand(self) -> None:
        """Leave every connection open, and hand on nothing any more, in neither direction."""
        for link in self._links:
            link.stranded = True

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self.refusing:
            writer.transport.abort()
            return
        try:
            from_server, to_server = await asyncio.open_connection(HOST, self._to)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(writer, to_server)
        self._links.add(link)
        there, back = self._limits()
        try:
            await asyncio.gather(
                self._hand_on(link, reader, to_server, there), self._hand_on(link, from_server, writer, back)
            )
        finally:
            self._links.discard(link)
            link.abort()

    async def _hand_on(
        self, link: _Link, source: asyncio.StreamReader, target: asyncio.StreamWriter, limit: int | None
    ) -> None:
        left = limit
        with suppress(OSError):
            while data := await source.read(CHUNK):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if link.stranded:
                    continue
                target.write(data if left is None else data[:left])
                await target.drain()
                left = None if left is None else left - len(data)
                if left is not None and left <= 0:
                    break
        if limit is not None and left is not None and left <= 0:
            link.abort()
        elif not link.stranded:
            with suppress(OSError):
                target.close()
