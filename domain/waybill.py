"""Changing a waybill: when the new number is taken, and what is only worth a warning (`domain.md §7`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from domain import carriers
from domain.errors import WaybillRefused

if TYPE_CHECKING:
    from datetime import datetime

    from domain.policy import Policy


class WaybillRefusal(StrEnum):
    """Why a new waybill number is refused (`check_change` says which reason comes first)."""

    SAME_NUMBER = "SAME_NUMBER"
    ALREADY_PICKED_UP = "ALREADY_PICKED_UP"
    NOT_SHIPPED = "NOT_SHIPPED"
    ORDER_CLOSED = "ORDER_CLOSED"
    TOO_MANY_CHANGES = "TOO_MANY_CHANGES"
    TOO_LATE = "TOO_LATE"
    IN_USE = "IN_USE"
    SCANNED_BEFORE_PAYMENT = "SCANNED_BEFORE_PAYMENT"


class WarningCode(StrEnum):
    """What is odd about a parcel, though taken."""

    CARRIER_MISMATCH = "CARRIER_MISMATCH"
    UNKNOWN_CARRIER = "UNKNOWN_CARRIER"


WARNINGS = {
    WarningCode.CARRIER_MISMATCH: "The number does not look like one of this carrier's.",
    WarningCode.UNKNOWN_CARRIER: "The carrier is not one we know: its scans may not find the parcel.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelFacts:
    """What the rules need of the parcel whose number changes, and of its order."""

    waybill_number: str
    shipped_at: datetime
    picked_up_at: datetime | None
    changes: int
    order_ended: bool
    order_paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWaybill:
    """The new number, normalised, and what is known of it.

    `in_use`: it serves another open order of this shop with another buyer or address.
    """

    carrier: str
    number: str
    in_use: bool
    first_scan_at: datetime | None


def check_change(parcel: ParcelFacts, new: NewWaybill, *, now: datetime, policy: Policy) -> None:
    """Raise `WaybillRefused` with the first reason that stands against the change (§7)."""
    limit = policy.max_waybill_changes
    days = policy.waybill_change_within.days
    reasons = (
        (parcel.order_ended, WaybillRefusal.ORDER_CLOSED, "The order was refunded or closed."),
        (
            parcel.picked_up_at is not None,
            WaybillRefusal.ALREADY_PICKED_UP,
            "The carrier has picked the parcel up: its number stays.",
        ),
        (
            parcel.waybill_number == new.number,
            WaybillRefusal.SAME_NUMBER,
            "The new number must differ from the old one.",
        ),
        (
            parcel.changes >= limit,
            WaybillRefusal.TOO_MANY_CHANGES,
            f"A parcel's number may be changed at most {limit} times.",
        ),
        (
            now > parcel.shipped_at + policy.waybill_change_within,
            WaybillRefusal.TOO_LATE,
            f"A number may be changed within {days} days of shipping.",
        ),
        (new.in_use, WaybillRefusal.IN_USE, "This number serves another open order of the shop."),
        (
            new.first_scan_at is not None and new.first_scan_at < parcel.order_paid_at,
            WaybillRefusal.SCANNED_BEFORE_PAYMENT,
            "This number was scanned before the order was paid.",
        ),
    )
    for stands, refusal, message in reasons:
        if stands:
            raise WaybillRefused(refusal, message, path=("input", "waybill", "number"))


def warnings(carrier: str, number: str) -> tuple[WarningCode, ...]:
    """What is odd about this carrier and number; formats overlap, so it never refuses (§7)."""
    if carriers.find(carrier) is None:
        return (WarningCode.UNKNOWN_CARRIER,)
    return () if carriers.matches(carrier, number) else (WarningCode.CARRIER_MISMATCH,)
