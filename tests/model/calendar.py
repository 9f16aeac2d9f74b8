"""Exemptions, and how they move a deadline (`domain.md §5`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.model.order import Order

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Exemption:
    """What falls in the window, by `basis`, is put off to `latest`."""

    basis: str
    start: datetime
    end: datetime
    latest: datetime
    region: str | None = None
    matched: str = "EITHER"
    market: str | None = None

    def covers(self, order: Order) -> bool:
        ends = {"ORIGIN": [order.origin], "DESTINATION": [order.destination]}
        codes = ends.get(self.matched, [order.origin, order.destination])
        here = self.region is None or any(code is not None and code.startswith(self.region) for code in codes)
        return here and self.market in {None, order.shop.market}

    def applies(self, order: Order, deadline: datetime) -> bool:
        judged = {"PAID_AT": order.paid_at, "SHIP_BY": order.ship_by}.get(self.basis, deadline)
        return self.covers(order) and self.start <= judged < self.end


@dataclass
class Calendar:
    """The exemptions of today, by id; each change of the rules is a revision."""

    exemptions: dict[str, Exemption] = field(default_factory=dict)
    revision: int = 0
    changed_at: datetime = NEVER

    def changed(self, now: datetime) -> None:
        self.revision += 1
        self.changed_at = now

    def moved(self, deadline: datetime, order: Order) -> datetime:
        """`deadline := max(deadline, latest_at)`, repeated until nothing moves."""
        while True:
            applying = [each.latest for each in self.exemptions.values() if each.applies(order, deadline)]
            latest = max(applying, default=deadline)
            if latest <= deadline:
                return deadline
            deadline = latest
