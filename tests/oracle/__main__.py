"""The long run: `python -m tests.oracle --operations 20000 --seed 1` on private servers."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

import embedded
from db import migrate
from tests.oracle.running import few_are, run


def main() -> int:
    """Compare so many operations; 1 when any differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--operations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--few", type=int, help="rows of a filter that are few (resolvers.plan.walks)")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lanshou-oracle-"))
    folder.chmod(0o711)
    started = time.monotonic()
    try:
        with embedded.start_postgres(folder) as postgres, embedded.start_redis(folder) as redis:
            migrate.upgrade(postgres.url)
            with few_are(given.few):
                done = asyncio.run(run(postgres.url, redis.url, operations=given.operations, seed=given.seed))
    finally:
        shutil.rmtree(folder)
    for report in done.reports[:5]:
        sys.stderr.write(f"{report}\n\n")
    sys.stdout.write(
        f"seed {given.seed}: {done.compared} operations compared, {done.refused} of them"
        f" refused by both; {done.discarded} discarded, {len(done.reports)} differences,"
        f" {time.monotonic() - started:.0f} s\n"
    )
    return 1 if done.reports else 0


if __name__ == "__main__":
    sys.exit(main())
