"""A complaint (`domain.md §10`): filed, then settled, upheld or dismissed, once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass
class Complaint:
    """`estimate`: what it costs before the cap of the day. `ruled_at`: when it ended, however."""

    violation: str
    estimate: Decimal
    id: str = ""
    status: str = "FILED"
    compensation: Decimal | None = None
    points: int = 0
    ruled_at: datetime | None = None

    def end(self, status: str, now: datetime, compensation: Decimal = Decimal(0), points: int = 0) -> None:
        self.status, self.ruled_at = status, now
        self.compensation, self.points = compensation, points


@dataclass(frozen=True)
class Ruling:
    """What the platform decides; None leaves the money to the rate, and the violation as it was filed."""

    upheld: bool
    compensation: Decimal | None = None
    points: int = 0
    violation: str | None = None
