"""Replies are data (`domain.md §6`): the table as it stands there, and what is wrong with a reply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.model.policy import DAY, HOUR

if TYPE_CHECKING:
    from datetime import datetime

PICKUP, SHIPMENT = "URGE_PICKUP", "URGE_SHIPMENT"
FIELDS = {"WAYBILL": "waybill", "PROMISED_TIME": "promisedPickupAt", "NOTE": "note", "PROOF": "proofUrls"}


@dataclass(frozen=True)
class Scheme:
    """What a reply of this code needs, and how far it may promise."""

    kinds: tuple[str, ...]
    requires: tuple[str, ...]
    longest: timedelta


BOTH = (PICKUP, SHIPMENT)
SCHEMES = {
    "CHANGE_WAYBILL": Scheme((PICKUP,), ("WAYBILL",), 24 * HOUR),
    "PROMISE_PICKUP": Scheme(BOTH, ("PROMISED_TIME",), 48 * HOUR),
    "COURIER_URGED": Scheme((PICKUP,), (), 24 * HOUR),
    "SCAN_MISSING": Scheme((PICKUP,), ("PROOF",), 24 * HOUR),
    "REFUND_AGREED": Scheme(BOTH, ("NOTE",), 72 * HOUR),
    "OUT_OF_STOCK": Scheme(BOTH, ("NOTE",), 24 * HOUR),
    "BUYER_ASKED_LATER": Scheme(BOTH, ("NOTE", "PROMISED_TIME"), 15 * DAY),
    "ADDRESS_PROBLEM": Scheme(BOTH, ("NOTE",), 48 * HOUR),
    "FORCE_MAJEURE": Scheme(BOTH, ("NOTE",), 7 * DAY),
}


@dataclass(frozen=True)
class Answer:
    """What the seller filled in."""

    scheme: str
    promised_at: datetime | None = None
    note: bool = False
    proof: str | None = None
    waybill: str | None = None
    parcel: int | None = None
    """Which of the order's parcels is to have the new number, when one is named."""

    def faults(self, kind: str, now: datetime) -> set[str]:
        """Every field at fault, when the ticket is of this kind."""
        scheme = SCHEMES.get(self.scheme)
        wrong = set()
        if self.proof is not None and not self.proof.startswith("https://"):
            wrong.add("proofUrls")
        if self.promised_at is not None and self.promised_at <= now:
            wrong.add("promisedPickupAt")
        if scheme is None or kind not in scheme.kinds:
            return wrong | {"scheme"}
        given = {
            "WAYBILL": self.waybill,
            "PROMISED_TIME": self.promised_at,
            "NOTE": self.note,
            "PROOF": self.proof,
        }
        wrong |= {FIELDS[need] for need in scheme.requires if not given[need]}
        if self.promised_at is not None and self.promised_at > now + scheme.longest:
            wrong.add("promisedPickupAt")
        if self.waybill is not None and "WAYBILL" not in scheme.requires:
            wrong.add("waybill")
        return wrong

    def promise_ends(self, now: datetime) -> datetime:
        return self.promised_at or now + SCHEMES[self.scheme].longest
