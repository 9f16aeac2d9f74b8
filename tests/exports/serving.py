"""A real web process over a database with many tickets, as `cli.py serve` starts it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from domain.access import Viewer
from embedded import server as servers
from settings import Settings
from tests.exports.conftest import bearer

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 30
ENDS_WITHIN_S = 15


@dataclass(frozen=True)
class Web:
    """The process, and how to ask it."""

    process: psutil.Process
    settings: Settings

    def client(self, viewer: Viewer) -> httpx.Client:
        """A client of its own, so that its connection can be left alone."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.settings.port}",
            headers=bearer(self.settings, viewer),
            timeout=60,
        )

    @property
    def memory(self) -> int:
        """Bytes that the process and its workers hold."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(each.memory_info().rss for each in family)


@contextmanager
def served(environment: dict[str, str], folder: Path) -> Iterator[Web]:
    """The web process, until the block ends."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("LANSHOU_")}
    given = {
        **environment,
        "LANSHOU_PORT": str(servers.any_free_port()),
        "LANSHOU_DATA": str(folder / "data"),
        "LANSHOU_JWT_KEY": "k" * 40,
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "cli.py"), "serve"], env=others | given, stdout=log, stderr=log
        )
    web = Web(psutil.Process(process.pid), Settings.read(given))
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not _answers(web.settings.port):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield web
    finally:
        process.terminate()
        process.wait(ENDS_WITHIN_S)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).is_success
    except httpx.HTTPError:
        return False
