"""A receiver of webhooks that can be told to misbehave: plain sockets, so that it can break any rule."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from standardwebhooks import Webhook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HERE = Path(__file__).parent
CERTIFICATE = HERE / "hooks.test.crt"
"""Of hooks.test, trusted by itself: made for these tests, worth nothing."""
SECRET = b"s" * 32


@dataclass
class Taken:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    def verified(self, secret: bytes = SECRET) -> Any:
        """The body, once the signature fits; raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """Takes every request; answers as `script` says, one after the other, then with `default`.

    A number is a status. "hang" answers never, "drop" breaks the connection, "endless" sends a body
    without an end, "drip" a header a byte at a time, "redirect" to `elsewhere`.
    """

    port: int
    default: int | str = 200
    elsewhere: str = ""
    script: deque[int | str] = field(default_factory=deque)
    taken: list[Taken] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    sent_bytes: int = 0
    open: int = 0
    most_open: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hooks?token=hidden"

    async def until(self, count: int, within_s: float = 20) -> list[Taken]:
        """What came, once there are so many."""
        async with asyncio.timeout(within_s):
            while len(self.taken) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.taken

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._take(reader)
                await self._answer(reader, writer)
        finally:
            self.open -= 1
            self.tasks.discard(task)
            writer.close()

    async def _take(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.taken.append(Taken(first.split(" ")[1], headers, body))
        self.arrived.set()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        how = self.script.popleft() if self.script else self.default
        match how:
            case "hang":
                await reader.read()  # until the sender hangs up
            case "drop":
                writer.transport.abort()
            case "endless":
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
                while True:
                    writer.write(b"x" * 65_536)
                    await writer.drain()
                    self.sent_bytes += 65_536
            case "drip":
                for letter in b"HTTP/1.1 200 OK\r\nx-long: " + b"y" * 10_000:
                    writer.write(bytes([letter]))
                    await writer.drain()
                    await asyncio.sleep(0.05)
            case "redirect":
                writer.write(f"HTTP/1.1 307 Away\r\nlocation: {self.elsewhere}\r\n".encode())
                writer.write(b"content-length: 0\r\n\r\n")
            case _:
                writer.write(f"HTTP/1.1 {how} Said\r\ncontent-length: 2\r\n\r\nok".encode())
        await writer.drain()


@asynccontextmanager
async def listening(*, tls: bool = False, **given: Any) -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver(0, **given)
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(HERE / "hooks.test.pem")
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", receiver.port, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in list(receiver.tasks):
            task.cancel()
        await asyncio.gather(*receiver.tasks, return_exceptions=True)
