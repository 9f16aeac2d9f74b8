"""A parcel by its number, and what carriers said of it (`domain.md §7, §8`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tests.model.order import Order

PROVES = {"103": True, "1002": True, "301": True, "101": False, "102": False, "205": False, "401": False}
"""Kuaidi100's codes: picked up, in transit, signed; ordered, awaiting, a problem, cancelled."""


@dataclass(frozen=True)
class Scan:
    """The same time and code of one number are the same scan, however often they come."""

    at: datetime
    code: str


@dataclass
class Parcel:
    """`changes`: how often the number was changed over the chain of parcels that this one ends."""

    order: Order = field(repr=False)
    number: str
    shipped_at: datetime
    changes: int = 0
    current: bool = True
    picked_up_at: datetime | None = None
    id: str = ""
    scans: set[Scan] = field(default_factory=set)

    def take(self, scan: Scan) -> bool:
        """A scan of the number arrives, or was known already; whether it is new to the parcel.

        Before the payment another parcel bore the number; after a change of the number no scan counts.
        """
        if scan in self.scans:
            return False
        self.scans.add(scan)
        counts = self.current and scan.at >= self.order.paid_at and PROVES[scan.code]
        if counts and (self.picked_up_at is None or scan.at < self.picked_up_at):
            self.picked_up_at = scan.at
        return True
