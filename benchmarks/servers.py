"""The processes that are measured: our own web process, and the peers'."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import load
from benchmarks.peers.given import FILE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from benchmarks.peers.given import Given
    from settings import Settings

ROOT = Path(__file__).parents[1]
START_WITHIN_S = 30.0


@asynccontextmanager
async def ours(settings: Settings, log: Path) -> AsyncIterator[None]:
    """Our web process (Granian, one worker) on the settings' port, ready; what it says goes to `log`."""
    asked = f"GET /readyz HTTP/1.1\r\nhost: {load.HOST}:{settings.port}\r\n\r\n".encode()
    command = [sys.executable, str(ROOT / "cli.py"), "serve"]
    async with running(command, settings.for_a_child(), log) as process:
        await _ready(process, settings.port, asked, b'"status":"ok"', log)
        yield


@asynccontextmanager
async def peer(command: Sequence[str], given: Given, folder: Path, probe: bytes) -> AsyncIterator[None]:
    """A peer with its share of what is known, once it answers the request body `probe` with data."""
    file, log = folder / f"peer-{given.port}.json", folder / f"peer-{given.port}.log"
    given.write(file)
    asked = load.request(given.port, "", probe)
    async with running(command, {**os.environ, FILE: str(file)}, log) as process:
        await _ready(process, given.port, asked, b'"data":{', log)
        yield


@asynccontextmanager
async def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that is ended with the block."""
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(
    process: asyncio.subprocess.Process, port: int, asked: bytes, proof: bytes, log: Path
) -> None:
    try:
        async with asyncio.timeout(START_WITHIN_S):
            await _answered(process, port, asked, proof)
    except (TimeoutError, ProcessLookupError):
        said = await asyncio.to_thread(log.read_text)
        raise RuntimeError(f"the server on port {port} did not become ready:\n{said}") from None


async def _answered(process: asyncio.subprocess.Process, port: int, asked: bytes, proof: bytes) -> None:
    while process.returncode is None:
        try:
            async with load.connections(port, 1) as opened:
                await opened[0].ask(asked, proof)
        except (OSError, EOFError, load.WrongAnswer):
            await asyncio.sleep(0.1)
        else:
            return
    raise ProcessLookupError
