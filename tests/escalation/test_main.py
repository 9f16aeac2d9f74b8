"""The worker as a process: its pages, its end, what it says when it cannot start."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import httpx
import pytest

from tests.escalation.conftest import World
from tests.trials import data

PROGRAM = """
import asyncio, logging
from escalation import worker
from settings import Settings
logging.basicConfig(level=logging.INFO)
asyncio.run(worker.main(Settings.read()))
"""
MOST_TO_END_S = 10


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@asynccontextmanager
async def process(database_url: str, redis_url: str, port: int) -> AsyncIterator[Process]:
    """A worker process, killed at the end if it still runs."""
    environment = {
        **os.environ,
        "LANSHOU_DATABASE_URL": database_url,
        "LANSHOU_REDIS_URL": redis_url,
        "LANSHOU_WORKER_PORT": str(port),
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, env=environment, stderr=PIPE
    )
    yield started
    with suppress(ProcessLookupError):
        started.kill()
    await started.communicate()


async def get(port: int, path: str) -> httpx.Response:
    """Ask until the worker listens."""
    async with httpx.AsyncClient() as client, asyncio.timeout(20):
        while True:
            with suppress(httpx.TransportError):
                return await client.get(f"http://127.0.0.1:{port}{path}")
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_answers_works_and_ends(
    world: World, database_url: str, redis_url: str, number: signal.Signals
) -> None:
    """`/healthz`, `/metrics`, a complaint filed, and gone within ten seconds of the signal."""
    ticket = data.awaiting(world.shop_ids[0], world.now - timedelta(seconds=1))
    await world.add(ticket)
    port = free_port()
    async with process(database_url, redis_url, port) as worker:
        assert (await get(port, "/healthz")).text == "ok\n"
        assert (await get(port, "/nothing")).status_code == 404
        async with asyncio.timeout(10):
            while 'fate="fired"} 1' not in (await get(port, "/metrics")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert len(await world.complaints(ticket)) == 1
        worker.send_signal(number)
        assert await asyncio.wait_for(worker.wait(), MOST_TO_END_S) == 0


async def test_it_waits_for_postgresql(redis_url: str) -> None:
    """One line a second, and still gone at once when asked."""
    async with process(
        f"postgresql://postgres@127.0.0.1:{free_port()}/none", redis_url, free_port()
    ) as worker:
        assert worker.stderr is not None
        line = await asyncio.wait_for(worker.stderr.readline(), 20)
        assert b"PostgreSQL cannot be reached" in line
        worker.terminate()
        assert await asyncio.wait_for(worker.wait(), MOST_TO_END_S) == 0


async def test_a_port_in_use_is_said_in_one_line(database_url: str, redis_url: str) -> None:
    """With the variable that changes it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with process(database_url, redis_url, taken.getsockname()[1]) as worker:
            _, said = await asyncio.wait_for(worker.communicate(), 20)
    assert worker.returncode == 1
    assert b"set LANSHOU_WORKER_PORT to a free one" in said.splitlines()[-1]
