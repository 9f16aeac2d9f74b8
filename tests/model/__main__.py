"""`python -m tests.model --runs 500 --steps 50 --seed N`: the state machine; exit code 1 when it diverges."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import embedded
from db import migrate
from tests.model.running import FULL, QUICK, Size, Stage

SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}


def main() -> int:
    """Run what was asked for; 1 when product and model part."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--runs", type=int, default=FULL.runs)
    parser.add_argument("--steps", type=int, default=FULL.steps, help="in each run")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="run the same again")
    parser.add_argument("--quick", action="store_true", help="the size that `make test` runs")
    parser.add_argument("--first", action="store_true", help="show the first divergence, not the shortest")
    asked = parser.parse_args()
    size = QUICK if asked.quick else Size(asked.runs, asked.steps)
    with tempfile.TemporaryDirectory(prefix="lanshou-model-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        servers = [embedded.start_postgres(folder, settings=SETTINGS), embedded.start_redis(folder)]
        began = time.monotonic()
        try:
            migrate.upgrade(servers[0].url)
            with Stage.on(servers[0].url, servers[1].url) as stage:
                counts = stage.run(size, seed=asked.seed, shrinks=not asked.first)
        finally:
            for server in servers:
                server.stop()
    took = time.monotonic() - began
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    sys.stdout.write(f"ok   state machine (seed {asked.seed}): {told}; no divergence; {took:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
