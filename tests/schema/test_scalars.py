"""Instants and money at the border."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from schema import scalars


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T08:00:00Z", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        ("2026-11-22T08:00:00.1z", datetime(2026, 11, 22, 8, 0, 0, 100_000, UTC)),
        ("2026-11-22t08:00:00.123456789Z", datetime(2026, 11, 22, 8, 0, 0, 123_000, UTC)),
        ("2026-11-22T08:00:00.9999Z", datetime(2026, 11, 22, 8, 0, 0, 999_000, UTC)),
        ("2026-11-22T08:00:00+08:00", datetime(2026, 11, 22, 0, tzinfo=UTC)),
        ("2026-11-22T08:00:00-05:30", datetime(2026, 11, 22, 13, 30, tzinfo=UTC)),
        ("2026-11-22T08:00:00-00:00", datetime(2026, 11, 22, 8, tzinfo=UTC)),
    ],
)
def test_instants_are_read_with_any_offset_and_fraction(text: str, expected: datetime) -> None:
    assert scalars.parse_instant(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-22",
        "2026-11-22T08:00:00",
        "2026-11-22 08:00:00Z",
        "2026-11-22T08:00Z",
        "2026-11-22T08:00:00.Z",
        "2026-11-22T08:00:00.1234567890Z",
        "2026-02-30T08:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T08:00:60Z",
        "2026-11-22T08:00:00+24:00",
        "2026-11-22T08:00:00+08:60",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "1969-12-31T23:59:59Z",
        "３026-11-22T08:00:00Z",
        "",
        0,
        1.5,
        True,
        None,
        [],
    ],
)
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        scalars.parse_instant(value)


NAIVE = datetime(1971, 1, 1), datetime(2998, 12, 31)  # noqa: DTZ001 - hypothesis adds the zone


@given(st.datetimes(*NAIVE, timezones=st.just(timezone(timedelta(hours=8)))))
def test_what_is_shown_is_read_again(moment: datetime) -> None:
    shown = scalars.show_instant(moment)
    assert len(shown) == 24
    assert scalars.parse_instant(shown) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_an_instant_without_zone_is_never_shown() -> None:
    with pytest.raises(GraphQLError):
        scalars.show_instant(datetime(2026, 11, 22))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "shown"), [("129", "129.00"), ("129.5", "129.50"), ("0.01", "0.01"), ("-1.00", "-1.00")]
)
def test_money_has_two_digits(text: str, shown: str) -> None:
    assert scalars.show_money(scalars.parse_money(text)) == shown


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "1e3", "1.234", ".5", "5.", "", " 1", "1,00", "12345678901", "١", 1, 1.5, True, None],
)
def test_what_is_no_money_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        scalars.parse_money(value)


def test_money_that_is_no_number_is_never_shown() -> None:
    with pytest.raises(GraphQLError):
        scalars.show_money(Decimal("NaN"))
