"""Medians and ratios of the rounds, and whose turn it is."""

import pytest

from benchmarks.load import Timed
from benchmarks.rounds import Contestant, Result, rotated


def timed(requests: int, each_ms: float = 10.0) -> Timed:
    """A second with so many requests."""
    return Timed([each_ms / 1000] * requests, 1.0)


def test_a_rate_is_that_of_the_median_round() -> None:
    result = Result("ours", [timed(900), timed(10), timed(600)])
    assert result.rate == 600
    assert result.spread == "10–900"


def test_a_ratio_is_of_medians() -> None:
    ours, other = Result("ours", [timed(600)] * 3), Result("peer", [timed(100), timed(50), timed(9_999)])
    assert ours.times(other) == 6
    assert other.times(ours) == pytest.approx(1 / 6)


def test_a_percentile_is_the_median_of_the_rounds() -> None:
    result = Result("ours", [timed(10, 5.0), timed(10, 7.0), timed(10, 90.0)])
    assert result.percentile_ms(50) == pytest.approx(7.0)


def test_every_server_is_first_and_last_in_its_turn() -> None:
    servers = [Contestant(name, 0, [], b"") for name in "abc"]
    orders = ["".join(each.name for each in rotated(servers, number)) for number in range(4)]
    assert orders == ["abc", "bca", "cab", "abc"]
