"""Two worker processes and a Redis of their own, or several, to be killed and brought back."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import redis.asyncio

import embedded
from embedded.server import any_free_port

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]
WORKERS = 2
READY_WITHIN_S = 30


class Fleet:
    """The processes of one run of a trial."""

    def __init__(self, database_url: str, kind: str, folder: Path, redis_url: str | None = None) -> None:
        self._database_url = database_url
        self._kind = kind
        self._folder = folder
        self._given = redis_url
        if redis_url is None:
            self.redis_server = embedded.start_redis(folder)
        self.workers: list[Process] = []

    @property
    def redis_url(self) -> str:
        """Where the Redis is; the same after a restart."""
        return self._given or self.redis_server.url

    async def start(self) -> None:
        """Start the workers."""
        self.workers = list(await asyncio.gather(*(self._start_worker() for _ in range(WORKERS))))

    async def replace_worker(self, number: int) -> None:
        """Kill -9 one worker, start another in its place, and wait until that one works."""
        self.workers[number].kill()
        await self.workers[number].wait()
        self.workers[number] = await self._start_worker()

    async def flush(self) -> None:
        """FLUSHALL."""
        async with redis.asyncio.from_url(self.redis_url) as client:
            await client.flushall()

    async def replace_redis(self, away_s: float) -> None:
        """Kill -9 the Redis, start it again on the same port after a while."""
        os.kill(self.redis_server.pid, signal.SIGKILL)
        await asyncio.to_thread(self.redis_server.stop)
        await asyncio.sleep(away_s)
        before = self.redis_url
        self.redis_server = await asyncio.to_thread(embedded.start_redis, self._folder)
        if self.redis_url != before:
            raise RuntimeError("another program took the port of the trial's Redis: run it again")

    async def stop(self) -> None:
        """End all of it."""
        for worker in self.workers:
            if worker.returncode is None:
                worker.kill()
            await worker.wait()
        if self._given is None:
            await asyncio.to_thread(self.redis_server.stop)

    async def _start_worker(self) -> Process:
        port = any_free_port()
        environment = {
            **os.environ,
            "LANSHOU_DATABASE_URL": self._database_url,
            "LANSHOU_REDIS_URL": self.redis_url,
            "LANSHOU_WORKER_PORT": str(port),
        }
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.trials.working", self._kind, cwd=ROOT, env=environment
        )
        async with asyncio.timeout(READY_WITHIN_S):
            while not await _listens(port):  # noqa: ASYNC110 - in another process
                await asyncio.sleep(0.02)
        return worker


@asynccontextmanager
async def fleet(database_url: str, kind: str, redis_url: str | None = None) -> AsyncIterator[Fleet]:
    """A fleet whose workers are of this kind, started, and ended after; `redis_url`: where its Redis is, if
    that is not its own.
    """
    folder = _folder()
    made = await asyncio.to_thread(Fleet, database_url, kind, folder, redis_url)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _folder() -> Path:
    """A folder that the Redis's account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="lanshou-trial-"))
    folder.chmod(0o711)
    return folder
