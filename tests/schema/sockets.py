"""A WebSocket to an ASGI application without a network: what a server would hand in and take out."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import ASGIApp, Message

WAIT_S = 10


class Closed(Exception):
    """The application closed the socket, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Socket:
    """The client's end."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self.received: asyncio.Queue[Message] = asyncio.Queue()

    async def send(self, message: dict[str, Any]) -> None:
        """Send a text frame."""
        await self.sent.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def receive(self) -> dict[str, Any]:
        """The next text frame; raises `Closed`."""
        message = await asyncio.wait_for(self.received.get(), WAIT_S)
        if message["type"] == "websocket.close":
            raise Closed(message.get("code", 1000))
        found: dict[str, Any] = json.loads(message["text"])
        return found


@contextlib.asynccontextmanager
async def connected(
    app: ASGIApp, headers: Mapping[str, str], protocol: str = "graphql-transport-ws"
) -> AsyncIterator[Socket]:
    """A socket to `/graphql`; gone at the end of the block."""
    socket = Socket()
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in {"host": "test", **headers}.items()],
        "subprotocols": [protocol],
        "server": ("test", 80),
        "client": ("test", 1),
        "state": {},
    }

    async def serve() -> None:
        await app(scope, socket.sent.get, socket.received.put)

    await socket.sent.put({"type": "websocket.connect"})
    serving = asyncio.create_task(serve())
    try:
        first = await asyncio.wait_for(socket.received.get(), WAIT_S)
        if first["type"] != "websocket.accept":
            raise Closed(first.get("code", 1000))
        yield socket
    finally:
        await socket.sent.put({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(serving, WAIT_S)
