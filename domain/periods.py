"""The time that figures are asked for, cut into buckets at Shanghai's borders (`domain.md §11`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.cards import SHANGHAI

MOST_BUCKETS = 400
_MONDAY = datetime(1970, 1, 5, tzinfo=SHANGHAI)
"""Where hours, days and weeks begin alike."""
_DAY = timedelta(days=1)


class Bucket(StrEnum):
    """What a period is cut into."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"


LENGTHS = {Bucket.HOUR: timedelta(hours=1), Bucket.DAY: _DAY, Bucket.WEEK: 7 * _DAY}
"""Shanghai has no summer time: every bucket is as long as its like."""


class TooManyBuckets(Exception):
    """The period has more than `MOST_BUCKETS` buckets."""


Range = tuple[datetime, datetime]
"""From (included) to (excluded)."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` (included) to `until` (excluded). `borders`: both, and every bucket's start between them.

    The first and the last bucket may be covered in part: they count what lies in the period, no more.
    """

    since: datetime
    until: datetime
    borders: tuple[datetime, ...]

    def pieces(self, *units: Bucket) -> list[tuple[Range, Range]]:
        """The period by units, longest first, and at last what is less than the shortest.

        Of each, the ranges before and after those of longer units; the longest has but one. Ranges may be
        empty. They lie end to end from `since` to `until`.
        """
        left: list[Range] = [(self.since, self.until), (self.until, self.until)]
        found: list[tuple[Range, Range]] = []
        for unit in units:
            ranges, left = (_outer if found else _inner)(left, LENGTHS[unit])
            found.append(ranges)
        return [*found, (left[0], left[1])]


def _inner(left: list[Range], length: timedelta) -> tuple[tuple[Range, Range], list[Range]]:
    """The whole units in a range, and what lies before and after them."""
    since, until = left[0]
    start = min(_ceiling(since, length), until)
    end = max(_floor(until, length), start)
    return ((start, end), (end, end)), [(since, start), (end, until)]


def _outer(left: list[Range], length: timedelta) -> tuple[tuple[Range, Range], list[Range]]:
    """The whole units before and after longer ones, and what lies before and after all of them."""
    (since, first), (last, until) = left
    if first == last:
        # There are no longer ones between: it is one range.
        (whole, empty), rest = _inner([(since, until)], length)
        return (whole, empty), rest
    start = min(_ceiling(since, length), first)
    end = max(_floor(until, length), last)
    return ((start, first), (last, end)), [(since, start), (end, until)]


def _floor(moment: datetime, length: timedelta) -> datetime:
    return (_MONDAY + (moment - _MONDAY) // length * length).astimezone(UTC)


def _ceiling(moment: datetime, length: timedelta) -> datetime:
    return (_MONDAY + -(-(moment - _MONDAY) // length) * length).astimezone(UTC)


def period(since: datetime, until: datetime, bucket: Bucket) -> Period:
    """The period in buckets; `since` lies before `until`, both aware.

    A week begins on Monday. Raises `TooManyBuckets`.
    """
    length = LENGTHS[bucket]
    first = (since - _MONDAY) // length
    past = -(-(until - _MONDAY) // length)
    if past - first > MOST_BUCKETS:
        raise TooManyBuckets
    starts = [(_MONDAY + number * length).astimezone(UTC) for number in range(first + 1, past)]
    return Period(since, until, (since, *starts, until))
