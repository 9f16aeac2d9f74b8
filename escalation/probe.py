"""`/healthz` and `/metrics` of the worker: two GETs do not need a web framework."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Page = Callable[[], Awaitable[str]]

READ_TIMEOUT_S = 2
LONGEST_REQUEST = 8_192


async def start(host: str, port: int, pages: Mapping[str, Page]) -> asyncio.Server:
    """Answer GET of each path of `pages` with its text, anything else with 404 or 405."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(READ_TIMEOUT_S):
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(await _respond(request, pages))
                await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, host, port, limit=LONGEST_REQUEST)


async def _respond(request: bytes, pages: Mapping[str, Page]) -> bytes:
    method, _, rest = request.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    page = pages.get(rest.partition(" ")[0].partition("?")[0])
    if page is None:
        return _response("404 Not Found", "not found\n")
    if method != "GET":
        return _response("405 Method Not Allowed", "GET only\n", "Allow: GET\r\n")
    return _response("200 OK", await page())


def _response(status: str, body: str, headers: str = "") -> bytes:
    content = body.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n{headers}\r\n"
    )
    return head.encode() + content
