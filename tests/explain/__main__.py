"""`python -m tests.explain --tickets 1000000`: every list at that size; exit code 1 when one does too much.

Prints a line for each list with each filter, over its orders, directions, ways of paging and viewers.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import embedded
from db import migrate
from db.database import Database
from tests.explain import filling
from tests.explain.asking import Asker
from tests.explain.cases import world
from tests.explain.judging import cases, judge, judge_live

if TYPE_CHECKING:
    from tests.explain.judging import Judged

SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "8GB"}
"""What makes filling fast; it changes no plan."""
TITLE = "list, filter | ms, one shop: median, worst | the rest | rows read | sorted | index of the slowest"


def main() -> int:
    """Fill, ask, judge, print; 1 when a case does more than it may."""
    parser = argparse.ArgumentParser(prog="python -m tests.explain", description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_const", dest="tickets", const=30_000)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lanshou-explain-"))
    folder.chmod(0o711)
    server = embedded.start_postgres(folder, settings=SETTINGS)
    try:
        migrate.upgrade(server.url)
        found = asyncio.run(_run(server.url, asked.tickets))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if found else 0


async def _run(url: str, tickets: int) -> int:
    """How many cases do too much."""
    began = time.monotonic()
    filled = await filling.fill(url, tickets=tickets)
    _say(f"{tickets:,} tickets of {len(filled.shops)} shops, filled in {time.monotonic() - began:.0f} s\n\n")
    database = await Database.connect(url)
    try:
        seen = await world(database, filled)
        asker = Asker(database)
        judged = [await judge(asker, case) for case in cases(seen, whole=True)]
        judged.append(await judge_live(asker, seen))
    finally:
        await database.close()
    _table(judged)
    bad = [each for each in judged if each.faults]
    for each in bad:
        _say(f"FAIL {each}\n")
    _say(f"\n{len(judged)} asked, {len(bad)} do too much, {time.monotonic() - began:.0f} s\n")
    return len(bad)


def _table(judged: list[Judged]) -> None:
    groups: dict[str, list[Judged]] = {}
    for each in judged:
        groups.setdefault(each.case.group, []).append(each)
    _say(f"| {TITLE} |\n|{'---|' * (TITLE.count('|') + 1)}\n")
    for group, members in groups.items():
        one = [each for each in members if each.case.name.startswith("one shop")]
        rest = [each for each in members if each not in one]
        slowest = max(members, key=lambda each: each.plan.ms)
        rows, sorts = (max(getattr(each.plan, name) for each in members) for name in ("rows", "sorted"))
        index = ", ".join(slowest.plan.indexes[:2])
        _say(f"| {group} | {_ms(one)} | {_ms(rest)} | {rows:,} | {sorts:,} | {index} |\n")


def _ms(members: list[Judged]) -> str:
    """What half of them take at most, and the slowest."""
    times = [each.plan.ms for each in members]
    return f"{statistics.median(times):.1f}, {max(times):.1f}" if times else "–"


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
