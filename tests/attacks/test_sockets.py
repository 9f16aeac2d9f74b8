"""Hostile and careless WebSocket clients, against the real server."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import websockets

from tests.attacks.conftest import Target

SUBSCRIPTION = "subscription { deadlineUpdates { __typename } }"
WITH_SHOPS = "subscription ($ids: [ID!]) { deadlineUpdates(shopIds: $ids) { __typename } }"
PATIENCE_S = 1.5


@asynccontextmanager
async def connected(target: Target, token: str | None = None) -> AsyncIterator[websockets.ClientConnection]:
    """A socket; with a token it is initialised."""
    url = target.url.replace("http", "ws")
    async with websockets.connect(
        url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")], close_timeout=1
    ) as socket:
        if token is not None:
            await send(socket, {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
            assert await receive(socket) == {"type": "connection_ack"}
        yield socket


async def send(socket: websockets.ClientConnection, message: object) -> None:
    await socket.send(json.dumps(message))


async def receive(socket: websockets.ClientConnection, within_s: float = PATIENCE_S) -> Any:
    """The next message."""
    return json.loads(await asyncio.wait_for(socket.recv(), within_s))


async def close_code(socket: websockets.ClientConnection, within_s: float = PATIENCE_S) -> int | None:
    """The code of the close frame that ends the socket; None when it ends without one."""
    try:
        while True:
            await receive(socket, within_s)
    except websockets.ConnectionClosed as closed:
        return None if closed.rcvd is None else closed.rcvd.code


def subscribe(payload: dict[str, Any]) -> dict[str, Any]:
    return {"id": "1", "type": "subscribe", "payload": payload}


async def test_a_token_that_ends_closes_its_socket_with_4403(target: Target) -> None:
    async with connected(target, target.token(ttl=timedelta(seconds=2))) as socket:
        await send(socket, subscribe({"query": SUBSCRIPTION}))
        begun = time.monotonic()
        assert await close_code(socket, 5) == 4403
        assert time.monotonic() - begun < 4


async def test_a_socket_that_says_nothing_is_closed(target: Target) -> None:
    async with connected(target) as socket:
        assert await close_code(socket, 12) == 4408


@pytest.mark.parametrize(
    "frame",
    [
        "null",
        "5",
        '"x"',
        "[]",
        '{"id":[1],"type":"subscribe","payload":{"query":"{__typename}"}}',
        '{"id":"1","type":"subscribe","payload":{"query":5}}',
        '{"id":"1","type":"subscribe","payload":{"query":"{__typename}","variables":[1]}}',
    ],
)
async def test_a_frame_that_is_no_message_closes_with_4400(target: Target, frame: str) -> None:
    async with connected(target, target.token()) as socket:
        await socket.send(frame)
        assert await close_code(socket) == 4400


@pytest.mark.parametrize(
    "payload",
    [
        {"query": SUBSCRIPTION, "operationName": "Nope"},
        {"query": ""},
        {"query": "{"},
        {"query": "{ viewer { role } }" + " " * 100_001},
    ],
    ids=["unknown operation", "no query", "syntax", "too long"],
)
async def test_an_operation_that_cannot_be_is_refused_with_a_code(
    target: Target, payload: dict[str, Any]
) -> None:
    async with connected(target, target.token()) as socket:
        await send(socket, subscribe(payload))
        answer = await receive(socket)
        assert answer["type"] in {"error", "next"}
        errors = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
        assert [error["extensions"]["code"] for error in errors] != ["INTERNAL"]


@pytest.mark.parametrize("frame", ["", "hello", "{", "[" * 50_000, '{"type":"ping","payload":"\\ud800"}'])
async def test_a_frame_that_is_no_json_closes_with_4400(target: Target, frame: str) -> None:
    async with connected(target, target.token()) as socket:
        await socket.send(frame)
        assert await close_code(socket) == 4400


async def test_two_hundred_clients_that_vanish_leave_nothing(target: Target) -> None:
    """A socket cut while it watches gives back its subscriber and its connections."""

    async def vanish() -> None:
        async with connected(target, target.token()) as socket:
            await send(socket, subscribe({"query": SUBSCRIPTION}))
            await receive(socket)
            socket.transport.abort()

    for _ in range(10):
        await asyncio.gather(*(vanish() for _ in range(20)))
    async with connected(target, target.token()) as socket:
        await send(socket, subscribe({"query": SUBSCRIPTION}))
        assert (await receive(socket))["type"] == "next"
