"""`python -m tests.trials [--quick] [--seed N] [names]`: run the trials; exit code 1 when one fails."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

import embedded
from db import migrate
from tests.trials import deadlines, nodes
from tests.trials.working import HONEST, KNOWN_BAD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.trials.deadlines import Plan
    from tests.trials.verdict import Verdict

    Trial = Callable[[Plan, str, str, int], Awaitable[Verdict]]

TRIALS: dict[str, tuple[Trial, Plan, Plan]] = {
    "worker_kill": (deadlines.worker_kill, deadlines.KILLS, deadlines.KILLS_QUICK),
    "flushall": (deadlines.flushall, deadlines.FLUSHES, deadlines.FLUSHES_QUICK),
    "redis_cluster": (nodes.cluster, nodes.KILLS, nodes.KILLS_QUICK),
    "redis_sentinel": (nodes.sentinel, nodes.KILLS, nodes.KILLS_QUICK),
}
"""The trial, its plan and its quick plan. A known-bad worker is found out by the quick one."""


def main() -> int:
    """Run what was asked for; 0 when every trial passed and every known-bad worker failed it."""
    parser = argparse.ArgumentParser(prog="python -m tests.trials", description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[[], *TRIALS], help=f"of {', '.join(TRIALS)}; all if none"
    )
    parser.add_argument("--quick", action="store_true", help="the sizes that `make test` runs")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="run the same trial again")
    asked = parser.parse_args()
    with _postgres() as url:
        outcomes = [
            _run(url, name, kind, seed=asked.seed, quick=asked.quick)
            for name in asked.names or TRIALS
            for kind in (HONEST, *KNOWN_BAD)
        ]
    return 0 if all(outcomes) else 1


def _run(url: str, name: str, kind: str, *, seed: int, quick: bool) -> bool:
    trial, full, small = TRIALS[name]
    plan = small if quick or kind != HONEST else full
    found = asyncio.run(_in_new_database(url, lambda database_url: trial(plan, database_url, kind, seed)))
    as_it_should = found.passed == (kind == HONEST)
    sys.stdout.write(f"{'ok  ' if as_it_should else 'FAIL'} {name} ({kind}, seed {seed}): {found}\n")
    sys.stdout.flush()
    return as_it_should


async def _in_new_database(url: str, run: Callable[[str], Awaitable[Verdict]]) -> Verdict:
    connection = await asyncpg.connect(url)
    name = "trial"
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {name}")
        database_url = url.rsplit("/", 1)[0] + f"/{name}"
        await asyncio.to_thread(migrate.upgrade, database_url)
        return await run(database_url)
    finally:
        await connection.close()


@contextmanager
def _postgres() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="lanshou-trials-"))
    folder.chmod(0o711)
    server = embedded.start_postgres(folder)
    try:
        yield server.url
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
