"""`make bench`: measures on private servers, prints one table; `--write` keeps it in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

import embedded
from benchmarks import deadlines, requests
from db import migrate

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BURST, QUICK_BURST = 20_000, 3_000
DUE_A_SECOND = 500
START = "<!-- measured: written by `make bench ARGS=--write` -->"
END = "<!-- end -->"


def main() -> None:
    """Measure, print, and with `--write` keep what was printed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="smaller sizes: under 40 seconds, rougher figures"
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lanshou-bench-"))
    folder.chmod(0o711)  # the servers' own account has to reach its folders
    started = time.monotonic()
    busy = os.getloadavg()[0]
    try:
        figures, version = _measure(folder, quick=given.quick)
    finally:
        shutil.rmtree(folder)
    text = "\n".join([_machine(version, busy, quick=given.quick), "", *_table(figures)])
    print(text)
    print(f"\n{time.monotonic() - started:.0f} s in all")
    if given.write:
        _keep(text)


def _measure(folder: Path, *, quick: bool) -> tuple[list[tuple[str, str]], str]:
    with embedded.start_postgres(folder) as postgres, embedded.start_redis(folder) as redis:
        urls = [_database(postgres.url, name) for name in ("bench_requests", "bench_deadlines")]
        version = asyncio.run(_version(postgres.url))
        sizes = requests.QUICK if quick else requests.FULL
        figures = asyncio.run(requests.measure(urls[0], redis.url, sizes, log=folder / "web.log"))
        figures += asyncio.run(_deadlines(urls[1], quick=quick))
    return figures, version


async def _deadlines(url: str, *, quick: bool) -> list[tuple[str, str]]:
    return [
        *await deadlines.lateness(url, DUE_A_SECOND, 2 if quick else 10),
        *await deadlines.burst(url, QUICK_BURST if quick else BURST),
    ]


def _database(url: str, name: str) -> str:
    async def create() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()

    asyncio.run(create())
    made = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    migrate.upgrade(made)
    return made


async def _version(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()


def _machine(version: str, busy: float, *, quick: bool) -> str:
    size = "quick" if quick else "full"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {size} sizes; {os.cpu_count()} cores ({_processor()}) shared by"
        f" servers and client; Python {platform.python_version()}, PostgreSQL {version}, fsync on;"
        f" {requests.SHOPS} shops, one web process, two workers. Load average before it started: {busy:.1f}."
    )


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _table(figures: list[tuple[str, str]]) -> list[str]:
    wide = max(len(name) for name, _ in figures)
    lines = [f"| {name:<{wide}} | {figure} |" for name, figure in figures]
    return [f"| {'what':<{wide}} | measured |", f"|{'-' * (wide + 2)}|---|", *lines]


def _keep(text: str) -> None:
    page = PAGE.read_text()
    before, _, rest = page.partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n{text}\n{END}{after}")


if __name__ == "__main__":
    main()
