"""What may be recorded of an order (`domain.md §3`)."""

from datetime import UTC, datetime, timedelta

import pytest

from domain import order
from domain.policy import DEFAULT

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TOLERANCE = timedelta(minutes=5)


@pytest.mark.rule("§3.23")
@pytest.mark.parametrize("ahead", [timedelta(days=-400), timedelta(0), TOLERANCE])
def test_a_time_up_to_five_minutes_ahead_is_taken(ahead: timedelta) -> None:
    assert order.future_problems("occurredAt", NOW + ahead, NOW, DEFAULT) == []


def test_a_time_that_was_not_given_is_not_in_the_future() -> None:
    assert order.future_problems("closedAt", None, NOW, DEFAULT) == []


@pytest.mark.rule("§3.23")
def test_a_time_more_than_five_minutes_ahead_is_refused() -> None:
    """By a millisecond: what PostgreSQL's clock is read with."""
    at = NOW + TOLERANCE + timedelta(milliseconds=1)
    [problem] = order.future_problems("paidAt", at, NOW, DEFAULT)
    assert (problem.code, problem.path) == ("IN_THE_FUTURE", ("paidAt",))
    assert problem.message == "paidAt is more than 5 minutes in the future."
