"""The numbers of `domain.md` (§3-§7, §10), written down once more: nothing here is the product's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

MS = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rate:
    """A share of what was paid, not less and not more than so many yuan."""

    share: str
    least: int
    most: int

    def of(self, paid: Decimal) -> Decimal:
        money = max(Decimal(self.least), min(Decimal(self.most), paid * Decimal(self.share)))
        return money.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Policy:
    """A version of a market's numbers."""

    version: int = 1
    reply_window: timedelta = 24 * HOUR
    pickup_window: timedelta = 24 * HOUR
    late_shipment_grace: timedelta = HOUR
    shipping_limit: timedelta = 48 * HOUR
    presale_over: timedelta = 48 * HOUR
    reminders: tuple[int, ...] = (12 * 60, 4 * 60, 60, 15)
    rounds: int = 3
    waybill_changes: int = 3
    waybill_change_within: timedelta = 50 * DAY
    future: timedelta = 5 * MINUTE
    no_pickup_share: str = "0.05"
    most_a_day: Decimal = Decimal(500)
    points_each: int = 1
    most_points: int = 6
    points_within: timedelta = 30 * DAY

    def costs(self, violation: str, paid: Decimal, *, presale: bool) -> Decimal:
        """What a violation costs before the cap of the day (§10)."""
        rates = {
            "NO_PICKUP": Rate(self.no_pickup_share, 5, 100),
            "LATE_SHIPMENT": Rate("0.10", 5, 50) if presale else Rate("0.05", 5, 50),
            "OUT_OF_STOCK": Rate("0.15", 5, 500) if presale else Rate("0.10", 5, 500),
            "FALSE_WAYBILL": Rate("0.30", 5, 500),
        }
        return rates[violation].of(paid)
