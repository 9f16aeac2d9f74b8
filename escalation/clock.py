"""PostgreSQL's clock, told without asking it each time (`domain.md §5`: whose clock)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from db import database

if TYPE_CHECKING:
    from db.database import Connection


class DatabaseClock:
    """Runs with this machine's monotonic clock from the last sample, so that setting the wall clock moves
    nothing. A sample was read before it arrived, so this clock is behind PostgreSQL's by up to one round
    trip and never ahead: who goes by it is not early.
    """

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    async def sample(self, connection: Connection) -> datetime:
        """Read PostgreSQL's clock and go by it from now on."""
        now = await database.now(connection)
        self._offset_s = now.timestamp() - time.monotonic()
        return now

    def now_ms(self) -> int:
        """Milliseconds since 1970, rounded down."""
        return int((time.monotonic() + self._offset_s) * 1000)

    def now(self) -> datetime:
        """The same as a time."""
        return datetime.fromtimestamp(time.monotonic() + self._offset_s, UTC)

    @property
    def offset_s(self) -> float:
        """How far PostgreSQL's clock is ahead of this machine's, in seconds."""
        return time.monotonic() + self._offset_s - time.time()
