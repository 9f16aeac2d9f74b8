"""Worker processes, a web process and a Redis of their own, to be killed and brought back."""

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
from tests.trials.api import JWT_KEY

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
WORKERS = 2
READY_WITHIN_S = 30
WORKING = ("-m", "tests.trials.working")
SERVING = (str(ROOT / "cli.py"), "serve")


class Fleet:
    """The processes of one run of a trial. What is in `environment` comes on top of what each is given."""

    def __init__(self, database_url: str, kind: str, folder: Path) -> None:
        self._kind = kind
        self.folder = folder
        self.redis_server = embedded.start_redis(folder)
        self.environment: dict[str, str] = {
            "LANSHOU_DATABASE_URL": database_url,
            "LANSHOU_REDIS_URL": self.redis_url,
            "LANSHOU_JWT_KEY": JWT_KEY,
        }
        self.workers: list[Process] = []
        self.web: Process | None = None
        self.web_port = 0

    @property
    def redis_url(self) -> str:
        """Where the Redis is; the same after a restart."""
        return self.redis_server.url

    async def start(self, workers: int = WORKERS) -> None:
        """Start the workers."""
        self.workers = list(await asyncio.gather(*(self.start_worker() for _ in range(workers))))

    async def start_worker(
        self, words: Sequence[str] = WORKING, environment: Mapping[str, str] = {}
    ) -> Process:
        """Start one more worker and wait until it works."""
        port = int(environment.get("LANSHOU_WORKER_PORT", any_free_port()))
        command = (*words, self._kind)
        return await self._start(command, {"LANSHOU_WORKER_PORT": str(port), **environment}, port)

    async def start_web(self, words: Sequence[str] = SERVING, environment: Mapping[str, str] = {}) -> None:
        """Start the web process, and wait until it listens; what it says goes to `web.log`."""
        self.web_port = any_free_port()
        given = {"LANSHOU_PORT": str(self.web_port), **environment}
        self.web = await self._start(words, given, self.web_port, self.web_log)

    @property
    def web_log(self) -> Path:
        """What the web process said."""
        return self.folder / "web.log"

    async def replace_worker(self, number: int) -> None:
        """Kill -9 one worker, start another in its place, and wait until that one works."""
        self.workers[number].kill()
        await self.workers[number].wait()
        self.workers[number] = await self.start_worker()

    async def flush(self) -> None:
        """FLUSHALL."""
        async with redis.asyncio.from_url(self.redis_url) as client:
            await client.flushall()

    async def replace_redis(self, away_s: float, *, restored: Path | None = None) -> None:
        """Kill -9 the Redis, start it on the same port after a while, with another file if one is given."""
        os.kill(self.redis_server.pid, signal.SIGKILL)
        await asyncio.to_thread(self.redis_server.stop)
        await asyncio.sleep(away_s)
        before = self.redis_url
        if restored is not None:
            await asyncio.to_thread(_restore, restored, self._append_only)
        self.redis_server = await asyncio.to_thread(embedded.start_redis, self.folder)
        if self.redis_url != before:
            raise RuntimeError("another program took the port of the trial's Redis: run it again")

    async def backed_up(self) -> Path:
        """A copy of the Redis's append-only file as it is now."""
        copy = self.folder / "old"
        await asyncio.to_thread(shutil.copytree, self._append_only, copy)
        return copy

    async def end(self) -> None:
        """End the processes of the product."""
        for process in (*self.workers, *([self.web] if self.web else [])):
            if process.returncode is None:
                process.send_signal(signal.SIGCONT)
                # Granian's own workers end with it only when it is asked.
                process.terminate() if process is self.web else process.kill()
            await process.wait()

    async def stop(self) -> None:
        """End all of it."""
        await self.end()
        await asyncio.to_thread(self.redis_server.stop)

    @property
    def _append_only(self) -> Path:
        return self.folder / "redis" / "appendonlydir"

    async def _start(
        self, words: Sequence[str], environment: Mapping[str, str], port: int, log: Path | None = None
    ) -> Process:
        others = {name: value for name, value in os.environ.items() if not name.startswith("LANSHOU_")}
        with (log or Path(os.devnull)).open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *words,
                cwd=ROOT,
                env={**others, **self.environment, **environment},
                stdout=out if log else None,
                stderr=out if log else None,
            )
        async with asyncio.timeout(READY_WITHIN_S):
            while not await _listens(port):
                if process.returncode is not None:
                    raise RuntimeError(f"a process of the trial ended with {process.returncode}: {words}")
                await asyncio.sleep(0.02)
        return process


@asynccontextmanager
async def fleet(database_url: str, kind: str, *, workers: int = WORKERS) -> AsyncIterator[Fleet]:
    """A fleet whose workers are of this kind, started, and ended after."""
    folder = _folder()
    made = await asyncio.to_thread(Fleet, database_url, kind, folder)
    try:
        await made.start(workers)
        yield made
    finally:
        await made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _restore(old: Path, place: Path) -> None:
    """Put an old copy in place, with the owner of what stood there."""
    owner = place.stat()
    shutil.rmtree(place)
    shutil.copytree(old, place)
    for path in (place, *place.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)


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
