"""A process of the product on a machine whose clock is wrong, and is set again while it runs.

`python -m tests.trials.shifted serving` or `… working KIND`, with the file named by TRIAL_CLOCK: how many
seconds its clock is ahead. Granian's workers follow the same file.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

CLOCK = "TRIAL_CLOCK"
LOOK_EVERY_S = 0.02


def follow(file: Path) -> None:
    """Move this process's wall clock as `file` says, from now on; the monotonic clock goes on as it is."""
    ahead_s = float(file.read_text())
    moved = time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead_s)).start()

    def keep() -> None:
        nonlocal ahead_s
        while True:
            time.sleep(LOOK_EVERY_S)
            wanted_s = float(file.read_text())
            if wanted_s != ahead_s:
                moved.shift(wanted_s - ahead_s)
                ahead_s = wanted_s

    def start() -> None:
        threading.Thread(target=keep, daemon=True).start()

    start()
    os.register_at_fork(after_in_child=start)  # Granian's workers


if CLOCK in os.environ:
    follow(Path(os.environ[CLOCK]))

if __name__ == "__main__":
    if sys.argv[1] == "serving":
        import cli

        sys.argv[1:] = ["serve"]
        cli.main()
    else:
        from settings import Settings
        from tests.trials import working

        asyncio.run(working.work(sys.argv[2], Settings.read()))
