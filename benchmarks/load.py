"""A client that costs little: HTTP/1.1 with keep-alive over asyncio streams, and what its requests took."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

HOST = "127.0.0.1"
NO_MORE = b""
BUFFER = 1_000_000
"""Bytes: an answer is read at one go."""


class WrongAnswer(Exception):
    """An answer was not what it must be, so its time means nothing."""


@dataclass(slots=True)
class Timed:
    """What the requests of one run took, in seconds, and the run."""

    each_s: list[float] = field(default_factory=list)
    total_s: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.each_s) / self.total_s

    def percentile_ms(self, percent: float) -> float:
        """The time that `percent` of the requests stayed within, in milliseconds."""
        place = max(0, math.ceil(len(self.each_s) * percent / 100) - 1)
        return sorted(self.each_s)[place] * 1000

    def __str__(self) -> str:
        return f"p50 {self.percentile_ms(50):.1f} ms, p99 {self.percentile_ms(99):.1f} ms"


class Connection:
    """One connection that stays open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes, proof: bytes) -> bytes:
        """Send a request and give its answer; raises `WrongAnswer` unless it is a 200 that holds `proof`."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line[:15].lower() == b"content-length:"
        )
        body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200") or proof not in body or b'"errors":' in body:
            raise WrongAnswer(f"{head.splitlines()[0].decode()} {body[:500].decode(errors='replace')}")
        return body

    def close(self) -> None:
        """Close it."""
        self._writer.close()


def request(port: int, token: str, body: bytes, *, path: str = "/graphql", kind: str = "json") -> bytes:
    """A POST, of a GraphQL request unless another path is given; `kind` follows `application/`."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {HOST}:{port}\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/{kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@asynccontextmanager
async def connections(port: int, count: int) -> AsyncIterator[list[Connection]]:
    """So many open connections."""
    opened = [Connection(*await asyncio.open_connection(HOST, port, limit=BUFFER)) for _ in range(count)]
    try:
        yield opened
    finally:
        for each in opened:
            each.close()


async def flat_out(port: int, count: int, seconds: float, make: Callable[[], bytes], proof: bytes) -> Timed:
    """`count` connections that each send the next request as soon as the last is answered."""
    timed = Timed()

    async def run(connection: Connection, until: float) -> None:
        while (started := time.perf_counter()) < until and (wanted := make()) != NO_MORE:
            await connection.ask(wanted, proof)
            timed.each_s.append(time.perf_counter() - started)

    async with connections(port, count) as opened:
        started = time.perf_counter()
        await asyncio.gather(*(run(each, started + seconds) for each in opened))
        timed.total_s = time.perf_counter() - started
    return timed


async def at_rate(
    port: int, count: int, seconds: float, *, rate: float, make: Callable[[], bytes], proof: bytes
) -> Timed:
    """`rate` requests a second at even distances; the time of each counts from when it was due."""
    timed = Timed()
    free: asyncio.Queue[Connection] = asyncio.Queue()

    async def send(due: float, wanted: bytes) -> None:
        connection = await free.get()
        await connection.ask(wanted, proof)
        free.put_nowait(connection)
        timed.each_s.append(time.perf_counter() - due)

    async with connections(port, count) as opened, asyncio.TaskGroup() as group:
        for each in opened:
            free.put_nowait(each)
        started = time.perf_counter()
        for number in range(int(rate * seconds)):
            due = started + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if (wanted := make()) == NO_MORE:
                break
            group.create_task(send(due, wanted))
        timed.total_s = time.perf_counter() - started
    return timed
