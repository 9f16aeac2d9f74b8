"""The numbers of the rules, as data: one version of a market's policy (`domain.md §3-§10`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.replies import SCHEMES

if TYPE_CHECKING:
    from domain.replies import ReplyScheme
    from domain.ticket_words import TicketKind


@dataclass(frozen=True, slots=True)
class CompensationRule:
    """What an upheld complaint costs: `rate` of the paid amount, clamped, in yuan (`domain.md §10`)."""

    rate: Decimal
    least: Decimal
    most: Decimal


WEBHOOK_PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
)
"""Between attempts to deliver to a webhook, growing: nine attempts over some 32 hours (§9)."""


@dataclass(frozen=True, slots=True)
class ComplaintRates:
    """What complaints cost in a market, and the caps on it; the defaults are Tmall's (`domain.md §10`).

    A presale is an order that was promised to be shipped more than `presale_over` after its payment.
    """

    no_pickup: CompensationRule = CompensationRule(Decimal("0.05"), Decimal(5), Decimal(100))
    late_shipment: CompensationRule = CompensationRule(Decimal("0.05"), Decimal(5), Decimal(50))
    late_presale: CompensationRule = CompensationRule(Decimal("0.10"), Decimal(5), Decimal(50))
    out_of_stock: CompensationRule = CompensationRule(Decimal("0.10"), Decimal(5), Decimal(500))
    out_of_stock_presale: CompensationRule = CompensationRule(Decimal("0.15"), Decimal(5), Decimal(500))
    false_waybill: CompensationRule = CompensationRule(Decimal("0.30"), Decimal(5), Decimal(500))
    presale_over: timedelta = timedelta(hours=48)
    most_a_day: Decimal = Decimal(500)
    """Yuan for one buyer, seller and payment day."""
    points_each: int = 1
    most_points: int = 6
    """Penalty points of a shop in any `points_within`."""
    points_within: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a market's numbers. Windows and limits are durations, reminders whole minutes."""

    version: int = 1
    reply_window: timedelta = timedelta(hours=24)
    pickup_window: timedelta = timedelta(hours=24)
    late_shipment_grace: timedelta = timedelta(hours=1)
    shipping_limit: timedelta = timedelta(hours=48)
    reminder_minutes: tuple[int, ...] = (12 * 60, 4 * 60, 60, 15)
    max_rounds: int = 3
    max_waybill_changes: int = 3
    waybill_change_within: timedelta = timedelta(days=50)
    future_tolerance: timedelta = timedelta(minutes=5)
    dismisses_when_in_time: bool = True
    webhook_pauses: tuple[timedelta, ...] = WEBHOOK_PAUSES
    complaints: ComplaintRates = ComplaintRates()
    reply_schemes: tuple[ReplyScheme, ...] = SCHEMES

    def with_windows(self, *, reply: timedelta | None, pickup: timedelta | None) -> Policy:
        """The same policy with other windows, for a demo or a test (`architecture.md §8`)."""
        return replace(
            self,
            reply_window=self.reply_window if reply is None else reply,
            pickup_window=self.pickup_window if pickup is None else pickup,
        )

    def schemes_for(self, kind: TicketKind) -> tuple[ReplyScheme, ...]:
        """The schemes a ticket of this kind may be answered with, in the order they are offered (§6)."""
        return tuple(scheme for scheme in self.reply_schemes if kind in scheme.kinds)


DEFAULT = Policy()
"""What `policies/*.json` say; a test holds the two together."""
