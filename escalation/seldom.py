"""Logging what repeats: at most one line a second, with how often it happened meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

INTERVAL_S = 1.0


class Seldom:
    """One kind of trouble that can come a thousand times a second."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._next = float("-inf")
        self._held = 0

    def warning(self, message: str, *values: object, exc_info: BaseException | None = None) -> None:
        """Log it, unless a line was logged within the last second."""
        now = time.monotonic()
        if now < self._next:
            self._held += 1
            return
        more = f" ({self._held} more like it)" if self._held else ""
        self._next, self._held = now + INTERVAL_S, 0
        self._log.warning(message + more, *values, exc_info=exc_info)
