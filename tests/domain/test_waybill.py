"""When a waybill may be changed (`domain.md §7`): each limit, on both sides, and which reason is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from domain import waybill
from domain.errors import WaybillRefused
from domain.policy import DEFAULT
from domain.waybill import NewWaybill, ParcelFacts, WarningCode, WaybillRefusal

PAID = datetime(2026, 9, 1, 8, 0, 0, 500_000, tzinfo=UTC)
SHIPPED = PAID + timedelta(hours=20)
NOW = SHIPPED + timedelta(days=2)
MS = timedelta(milliseconds=1)

PARCEL = ParcelFacts(
    waybill_number="YT1234567890123",
    shipped_at=SHIPPED,
    picked_up_at=None,
    changes=0,
    order_ended=False,
    order_paid_at=PAID,
)
NEW = NewWaybill(carrier="YTO", number="YT9876543210987", in_use=False, first_scan_at=None)


def _refusal(parcel: ParcelFacts, new: NewWaybill, now: datetime = NOW) -> WaybillRefusal | None:
    try:
        waybill.check_change(parcel, new, now=now, policy=DEFAULT)
    except WaybillRefused as caught:
        refused = caught
    else:
        return None
    assert refused.path == ("input", "waybill", "number")
    assert refused.message.endswith(".")
    return refused.refusal


@pytest.mark.rule("§7.1")
def test_a_fresh_number_for_an_unscanned_parcel_is_taken() -> None:
    assert _refusal(PARCEL, NEW) is None


@pytest.mark.rule("§7.2")
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [(0, None), (2, None), (3, WaybillRefusal.TOO_MANY_CHANGES), (4, WaybillRefusal.TOO_MANY_CHANGES)],
)
def test_a_number_is_changed_at_most_three_times(changes: int, refusal: WaybillRefusal | None) -> None:
    assert _refusal(replace(PARCEL, changes=changes), NEW) is refusal


@pytest.mark.rule("§7.3")
@pytest.mark.parametrize(
    ("after", "refusal"),
    [(-MS, None), (timedelta(0), None), (MS, WaybillRefusal.TOO_LATE)],
)
def test_a_number_is_changed_within_50_days_of_shipping(
    after: timedelta, refusal: WaybillRefusal | None
) -> None:
    assert _refusal(PARCEL, NEW, SHIPPED + timedelta(days=50) + after) is refusal


@pytest.mark.rule("§7.6")
@pytest.mark.parametrize(
    ("first_scan_at", "refusal"),
    [
        (None, None),
        (PAID + MS, None),
        (PAID, None),
        (PAID - MS, WaybillRefusal.SCANNED_BEFORE_PAYMENT),
    ],
)
def test_a_number_scanned_before_payment_is_a_false_shipment(
    first_scan_at: datetime | None, refusal: WaybillRefusal | None
) -> None:
    assert _refusal(PARCEL, replace(NEW, first_scan_at=first_scan_at)) is refusal


@pytest.mark.rule("§7.4")
def test_the_same_number_with_another_carrier_is_the_same_number() -> None:
    assert _refusal(PARCEL, replace(NEW, carrier="SF", number=PARCEL.waybill_number)) is (
        WaybillRefusal.SAME_NUMBER
    )


IN_ORDER: tuple[
    tuple[WaybillRefusal, Callable[[ParcelFacts, NewWaybill], tuple[ParcelFacts, NewWaybill]]], ...
] = (
    (WaybillRefusal.ORDER_CLOSED, lambda old, new: (replace(old, order_ended=True), new)),
    (WaybillRefusal.ALREADY_PICKED_UP, lambda old, new: (replace(old, picked_up_at=NOW), new)),
    (WaybillRefusal.SAME_NUMBER, lambda old, new: (old, replace(new, number=old.waybill_number))),
    (WaybillRefusal.TOO_MANY_CHANGES, lambda old, new: (replace(old, changes=3), new)),
    (WaybillRefusal.TOO_LATE, lambda old, new: (replace(old, shipped_at=NOW - timedelta(days=51)), new)),
    (WaybillRefusal.IN_USE, lambda old, new: (old, replace(new, in_use=True))),
    (
        WaybillRefusal.SCANNED_BEFORE_PAYMENT,
        lambda old, new: (old, replace(new, first_scan_at=PAID - timedelta(days=1))),
    ),
)


@pytest.mark.rule("§7.1")
@pytest.mark.parametrize("stand", list(product((False, True), repeat=len(IN_ORDER))))
def test_of_all_reasons_that_stand_the_first_is_told(stand: tuple[bool, ...]) -> None:
    """All 128 combinations: what ends everything first, then this number's own faults."""
    old, new = PARCEL, NEW
    expected = None
    for (refusal, spoil), stands in zip(IN_ORDER, stand, strict=True):
        if stands:
            old, new = spoil(old, new)
            expected = expected or refusal
    assert _refusal(old, new) is expected


@pytest.mark.rule("§7.7")
@pytest.mark.parametrize(
    ("carrier", "number", "expected"),
    [
        ("YTO", "YT1234567890123", ()),
        ("圆通速递", "YT1234567890123", ()),
        ("YTO", "SF1234567890123", (WarningCode.CARRIER_MISMATCH,)),
        ("SF", "YT1234567890123", (WarningCode.CARRIER_MISMATCH,)),
        ("隔壁老王快递", "YT1234567890123", (WarningCode.UNKNOWN_CARRIER,)),
    ],
)
def test_an_odd_number_is_a_warning_never_a_refusal(
    carrier: str, number: str, expected: tuple[WarningCode, ...]
) -> None:
    assert waybill.warnings(carrier, number) == expected
    assert _refusal(PARCEL, replace(NEW, carrier=carrier, number=number + "9")) is None


def test_every_warning_has_its_sentence() -> None:
    assert set(waybill.WARNINGS) == set(WarningCode)
