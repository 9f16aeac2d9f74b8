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
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg

import embedded
from db import migrate
from tests.trials import clocks, deadlines, postgres, sends, sleepers, wire
from tests.trials.working import HONEST, KNOWN_BAD, OWN_CLOCK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.trials.findings import Part

    Run = Callable[[Any, str, str, int], Awaitable[Part]]


class Trial(NamedTuple):
    """What is run with a plan, a database, a kind and a seed; the plan and its quick size, by which the kinds
    that are known to be bad are found out.
    """

    run: Run
    full: object
    quick: object
    bad: tuple[str, ...] = tuple(KNOWN_BAD)


TRIALS = {
    "worker_kill": Trial(deadlines.worker_kill, deadlines.KILLS, deadlines.KILLS_QUICK),
    "redis": Trial(deadlines.redis, deadlines.FLUSHES, deadlines.FLUSHES_QUICK),
    "postgres": Trial(postgres.postgres, postgres.FULL, postgres.QUICK, (postgres.FORGETFUL,)),
    "sends": Trial(sends.sends, sends.FULL, sends.QUICK, (sends.KEYLESS,)),
    "clocks": Trial(clocks.clocks, clocks.FULL, clocks.QUICK, (OWN_CLOCK,)),
    "sleeper": Trial(sleepers.sleeper, sleepers.FULL, sleepers.QUICK, ("guardless",)),
    "wire": Trial(wire.wire, wire.FULL, wire.QUICK),
}


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
            for kind in (HONEST, *TRIALS[name].bad)
        ]
    return 0 if all(outcomes) else 1


def _run(url: str, name: str, kind: str, *, seed: int, quick: bool) -> bool:
    trial = TRIALS[name]
    plan = trial.quick if quick or kind != HONEST else trial.full
    found = asyncio.run(_in_new_database(url, lambda database_url: trial.run(plan, database_url, kind, seed)))
    as_it_should = found.passed == (kind == HONEST)
    sys.stdout.write(f"{'ok  ' if as_it_should else 'FAIL'} {name} ({kind}, seed {seed}): {found}\n")
    sys.stdout.flush()
    return as_it_should


async def _in_new_database(url: str, run: Callable[[str], Awaitable[Part]]) -> Part:
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
