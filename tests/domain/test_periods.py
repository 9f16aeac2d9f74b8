"""Periods are cut at Shanghai's borders, to the millisecond (`domain.md §11`)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cards import SHANGHAI
from domain.periods import LENGTHS, MOST_BUCKETS, Bucket, TooManyBuckets, period

MS = timedelta(milliseconds=1)
DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 24, 16, tzinfo=UTC)
"""A Wednesday begins in Shanghai."""
START = datetime(1970, 1, 5, tzinfo=SHANGHAI)
"""A Monday."""
MOMENTS = st.integers(-40 * 86_400_000, 40 * 86_400_000).map(lambda ms: MIDNIGHT + ms * MS)


@pytest.mark.parametrize(
    ("since", "until", "bucket", "inner"),
    [
        (MIDNIGHT, MIDNIGHT + DAY, Bucket.DAY, []),
        (MIDNIGHT - MS, MIDNIGHT + DAY, Bucket.DAY, [MIDNIGHT]),
        (MIDNIGHT, MIDNIGHT + DAY + MS, Bucket.DAY, [MIDNIGHT + DAY]),
        (MIDNIGHT - MS, MIDNIGHT, Bucket.DAY, []),
        # 2026-11-23 is a Monday.
        (MIDNIGHT - 2 * DAY - MS, MIDNIGHT, Bucket.WEEK, [MIDNIGHT - 2 * DAY]),
        (MIDNIGHT - 2 * DAY, MIDNIGHT + 5 * DAY, Bucket.WEEK, []),
        (MIDNIGHT - MS, MIDNIGHT + timedelta(hours=1), Bucket.HOUR, [MIDNIGHT]),
    ],
)
def test_borders_are_shanghais(
    since: datetime, until: datetime, bucket: Bucket, inner: list[datetime]
) -> None:
    assert period(since, until, bucket).borders == (since, *inner, until)


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (MIDNIGHT, MIDNIGHT + DAY, (MIDNIGHT, MIDNIGHT + DAY)),
        (MIDNIGHT + MS, MIDNIGHT + 2 * DAY, (MIDNIGHT + DAY, MIDNIGHT + 2 * DAY)),
        (MIDNIGHT - MS, MIDNIGHT + DAY - MS, None),
        (MIDNIGHT - MS, MIDNIGHT + DAY, (MIDNIGHT, MIDNIGHT + DAY)),
        (MIDNIGHT + MS, MIDNIGHT + 2 * MS, None),
    ],
)
def test_whole_days(since: datetime, until: datetime, days: tuple[datetime, datetime] | None) -> None:
    (first, second), rest = period(since, until, Bucket.DAY).pieces(Bucket.DAY)
    found = [each for each in (first, second) if each[0] < each[1]]
    assert found == ([] if days is None else [days])
    assert sum((end - start for start, end in [*found, *rest]), timedelta()) == until - since


def test_no_more_than_four_hundred_buckets() -> None:
    assert len(period(MIDNIGHT, MIDNIGHT + 400 * DAY, Bucket.DAY).borders) == MOST_BUCKETS + 1
    for until in (MIDNIGHT + 400 * DAY + MS, MIDNIGHT + 900_000 * DAY):
        with pytest.raises(TooManyBuckets):
            period(MIDNIGHT, until, Bucket.DAY)


UNITS = st.sampled_from(
    [(), (Bucket.DAY,), (Bucket.DAY, Bucket.HOUR), (Bucket.WEEK, Bucket.DAY), tuple(reversed(Bucket))]
)


@pytest.mark.rule("§11.4")
@given(MOMENTS, MOMENTS, st.sampled_from(list(Bucket)))
def test_buckets_lie_end_to_end(one: datetime, other: datetime, bucket: Bucket) -> None:
    since, until = min(one, other), max(one, other) + MS
    try:
        made = period(since, until, bucket)
    except TooManyBuckets:
        assert (until - since) / LENGTHS[bucket] > MOST_BUCKETS - 1
        return
    assert (made.borders[0], made.borders[-1]) == (since, until)
    assert list(made.borders) == sorted(set(made.borders))
    assert all(end - start <= LENGTHS[bucket] for start, end in pairwise(made.borders))


@given(MOMENTS, MOMENTS, UNITS)
def test_every_moment_lies_in_one_piece(one: datetime, other: datetime, units: tuple[Bucket, ...]) -> None:
    """And in one of the longest unit that it can lie in as a whole."""
    since, until = min(one, other), max(one, other) + MS
    pieces = period(since, until, Bucket.WEEK).pieces(*units)
    assert len(pieces) == len(units) + 1
    covered = sorted(each for both in pieces for each in both if each[0] < each[1])
    assert (covered[0][0], covered[-1][1]) == (since, until)
    assert all(end == start for (_, end), (start, _) in pairwise(covered))
    for unit, both in zip(units, pieces, strict=False):
        for moment in {moment for each in both if each[0] < each[1] for moment in each}:
            assert (moment - START) % LENGTHS[unit] == timedelta()
    if units:
        # What is left over is shorter than the shortest unit.
        assert all(end - start < LENGTHS[units[-1]] for start, end in pieces[-1])
