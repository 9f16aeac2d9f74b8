"""Deadlines, shipping limits and reminders, to the millisecond (`domain.md §4, §5`)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import sla
from domain.exemptions import Calendar
from domain.policy import DEFAULT
from domain.sla import Deadline, Segment

T0 = datetime(2026, 11, 22, 8, 0, 0, 123_000, tzinfo=UTC)
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
END = T0 + 24 * HOUR


@pytest.mark.rule("§5.11")
def test_the_default_policy_is_the_design_s() -> None:
    assert (DEFAULT.reply_window, DEFAULT.pickup_window) == (24 * HOUR, 24 * HOUR)
    assert (DEFAULT.shipping_limit, DEFAULT.reminder_minutes) == (48 * HOUR, (720, 240, 60, 15))
    assert (DEFAULT.max_rounds, DEFAULT.max_waybill_changes) == (3, 3)
    assert (DEFAULT.waybill_change_within, DEFAULT.future_tolerance) == (
        timedelta(days=50),
        timedelta(minutes=5),
    )


def test_other_windows_leave_the_rest_of_the_policy_alone() -> None:
    short = DEFAULT.with_windows(reply=timedelta(seconds=20), pickup=None)
    assert short == replace(DEFAULT, reply_window=timedelta(seconds=20))
    assert DEFAULT.with_windows(reply=None, pickup=HOUR) == replace(DEFAULT, pickup_window=HOUR)
    assert DEFAULT.with_windows(reply=None, pickup=None) == DEFAULT


@pytest.mark.rule("§5.1", "§5.3")
def test_a_deadline_is_start_plus_window_and_explains_itself() -> None:
    assert sla.deadline(T0, 24 * HOUR, Calendar(), policy_version=7) == Deadline(
        END, 7, (Segment(T0, END, "REPLY_WINDOW", counted=True),)
    )


@pytest.mark.rule("§5.1")
def test_a_window_crosses_midnight_month_and_year_by_elapsed_time() -> None:
    start = datetime(2026, 12, 31, 20, 0, 0, 999_000, tzinfo=UTC)
    assert sla.deadline(start, DEFAULT.reply_window, Calendar(), policy_version=1).at == datetime(
        2027, 1, 1, 20, 0, 0, 999_000, tzinfo=UTC
    )


@pytest.mark.rule("§5.3")
@pytest.mark.parametrize(
    ("deadline_at", "stopped_at", "counted_until"),
    [
        pytest.param(END, None, END, id="a running clock counts to its deadline"),
        pytest.param(END, END + MS, END, id="a ticket closed by its clock counts to its deadline"),
        pytest.param(None, T0 + HOUR, T0 + HOUR, id="a stopped clock counts to where it stopped"),
        pytest.param(None, T0, None, id="stopped at once, nothing counted"),
        pytest.param(None, None, None, id="never started, nothing counted"),
    ],
)
def test_an_explanation_counts_what_ran(
    deadline_at: datetime | None, stopped_at: datetime | None, counted_until: datetime | None
) -> None:
    explained = sla.explain(started_at=T0, deadline_at=deadline_at, stopped_at=stopped_at, policy_version=2)
    segments = () if counted_until is None else (Segment(T0, counted_until, "REPLY_WINDOW", counted=True),)
    assert explained == Deadline(deadline_at, 2, segments)


@pytest.mark.rule("§4.12")
@pytest.mark.parametrize(
    ("ship_by", "limit"),
    [
        pytest.param(None, T0 + 48 * HOUR, id="none of its own: 48 h after payment"),
        pytest.param(T0 + MS, T0 + MS, id="its own, though shorter"),
        pytest.param(T0 + timedelta(days=20), T0 + timedelta(days=20), id="its own, though longer"),
    ],
)
def test_the_shipping_limit(ship_by: datetime | None, limit: datetime) -> None:
    assert sla.shipping_limit(T0, ship_by, DEFAULT) == limit


def _due(now: datetime, last: int | None = None) -> tuple[int, ...]:
    return sla.due_reminders(started_at=T0, deadline_at=END, last_minutes=last, now=now, policy=DEFAULT)


@pytest.mark.rule("§5.11")
@pytest.mark.parametrize(
    ("before", "last", "earlier", "then"),
    [
        (12 * HOUR, None, (), (720,)),
        (4 * HOUR, 720, (), (240,)),
        (4 * HOUR, None, (720,), (720, 240)),
        (1 * HOUR, 240, (), (60,)),
        (1 * HOUR, 720, (240,), (240, 60)),
        (timedelta(minutes=15), 60, (), (15,)),
        (timedelta(minutes=15), None, (720, 240, 60), (720, 240, 60, 15)),
    ],
)
def test_a_reminder_is_due_from_its_very_millisecond(
    before: timedelta, last: int | None, earlier: tuple[int, ...], then: tuple[int, ...]
) -> None:
    """`earlier` is due one millisecond before, `then` at the moment itself and after it."""
    at = END - before
    assert [_due(at - MS, last), _due(at, last), _due(at + MS, last)] == [earlier, then, then]


def test_after_the_last_reminder_none_is_due() -> None:
    assert _due(END + HOUR, 15) == ()


@pytest.mark.rule("§5.12")
@pytest.mark.parametrize(
    ("window", "first"),
    [
        (timedelta(seconds=20), None),
        (timedelta(minutes=15), None),
        (timedelta(minutes=15) + MS, 15),
        (HOUR, 15),
        (HOUR + MS, 60),
        (12 * HOUR, 240),
        (12 * HOUR + MS, 720),
        (24 * HOUR, 720),
    ],
)
def test_a_reminder_already_past_at_opening_is_never_scheduled(window: timedelta, first: int | None) -> None:
    """One that falls on the opening itself is past: the clock counts `>=` as passed."""
    end = T0 + window
    expected = None if first is None else end - timedelta(minutes=first)
    found = sla.next_reminder_at(started_at=T0, deadline_at=end, last_minutes=None, policy=DEFAULT)
    assert found == expected
    due = sla.due_reminders(started_at=T0, deadline_at=end, last_minutes=None, now=end, policy=DEFAULT)
    assert due[:1] == (() if first is None else (first,))


@pytest.mark.rule("§5.13")
@given(
    minutes=st.lists(st.integers(1, 3_000), max_size=8),
    window=st.integers(1, 3_000),
    looks=st.lists(st.integers(0, 3_100), max_size=20),
)
def test_however_often_one_looks_each_reminder_fires_once_in_order(
    minutes: list[int], window: int, looks: list[int]
) -> None:
    """The list may be unsorted and repeat itself; looks are minutes after the start."""
    policy = replace(DEFAULT, reminder_minutes=tuple(minutes))
    end = T0 + timedelta(minutes=window)
    fired: list[int] = []
    for look in sorted([*looks, 3_100]):
        now = T0 + timedelta(minutes=look)
        last = fired[-1] if fired else None
        fired += sla.due_reminders(started_at=T0, deadline_at=end, last_minutes=last, now=now, policy=policy)
        following = sla.next_reminder_at(
            started_at=T0, deadline_at=end, last_minutes=fired[-1] if fired else None, policy=policy
        )
        assert following is None or now < following < end
    assert fired == sorted({each for each in minutes if each < window}, reverse=True)
    assert all(earlier > later for earlier, later in pairwise(fired))
