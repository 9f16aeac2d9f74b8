"""A whole copy of the product as `make run` starts it, without the demo, and what its processes say when."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING

import psutil

from embedded import state
from embedded.server import any_free_port
from running import keys
from tests.trials.fleet import ROOT

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from pathlib import Path

READY_WITHIN_S = 90
ENDED_WITHIN_S = 15
NAME_AT = len("12:34:56 ")


class Copy:
    """One copy in a folder of its own. `said`: moment (monotonic), process and text of each line."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.port = any_free_port()
        self.said: list[tuple[float, str, str]] = []
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("LANSHOU_")}
        own = {"DATA": str(self.data), "PORT": str(self.port), "WORKER_PORT": str(any_free_port())}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "cli.py"),
            "up",
            "--no-demo",
            env={**others, **{f"LANSHOU_{name}": value for name, value in own.items()}},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._reading = asyncio.create_task(self._read(self._process))
        async with asyncio.timeout(READY_WITHIN_S):
            while not any("Lanshou is ready" in text for _, _, text in self.said):
                if self._reading.done():
                    raise RuntimeError(f"the copy ended: {self.said[-3:]}")
                await asyncio.sleep(0.05)

    @property
    def database_url(self) -> str:
        """Its PostgreSQL."""
        return str(state.read(self.data)["postgres"]["url"])

    @property
    def redis_url(self) -> str:
        """Its Redis."""
        return str(state.read(self.data)["redis"]["url"])

    @property
    def key(self) -> str:
        """The key that its tokens are signed with."""
        return keys.TOKENS.kept_or_made(self.data)

    def postgres(self) -> psutil.Process:
        """The main process of its PostgreSQL."""
        return psutil.Process(state.read(self.data)["postgres"]["pid"])

    def lines(self, name: str, start: float, end: float) -> list[str]:
        """What a process said between two moments."""
        return [text for moment, who, text in self.said if who == name and start <= moment <= end]

    async def stop(self) -> None:
        """End it as Ctrl-C would."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.terminate()
        async with asyncio.timeout(ENDED_WITHIN_S):
            await self._process.wait()
        if self._reading is not None:
            await self._reading

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            head, _, text = line.decode(errors="replace").rstrip().partition(" | ")
            self.said.append((time.monotonic(), head[NAME_AT:].strip(), text))
