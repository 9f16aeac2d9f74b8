"""One log line a second while something is away, however often it is tried."""

from __future__ import annotations

import logging
import time

EVERY_S = 1.0


class Throttle:
    """Warnings of one kind, at most one each second; the next one says how many were left out."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._quiet_until = 0.0
        self._left_out = 0

    def warning(self, text: str, error: BaseException, *, trace: bool = False, message: bool = True) -> None:
        """Say `text` and what the error is; with `trace` where it came from, for what nobody foresaw; without
        `message` only its class, where its words may be a user's.
        """
        now = time.monotonic()
        if now < self._quiet_until:
            self._left_out += 1
            return
        self._quiet_until = now + EVERY_S
        more = f" ({self._left_out} more times)" if self._left_out else ""
        self._left_out = 0
        # PostgreSQL puts hints on lines of their own: the promise is one line.
        what = " ".join((type(error).__name__, *(str(error).split() if message else ())))
        self._log.warning("%s: %s%s", text, what, more, exc_info=error if trace else None)


POSTGRES = Throttle(logging.getLogger("lanshou.postgres"))
"""For a PostgreSQL that is away: one line a second from the whole process, whoever meets it first."""
