"""Deadlines, their explanation, and reminders (`domain.md §5`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from domain.exemptions import Path

if TYPE_CHECKING:
    from uuid import UUID

    from domain.exemptions import Calendar
    from domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time and what it did: `counted` towards the window, or moved the deadline.

    `exemption_id`: the exemption that gave it, if one did.
    """

    start: datetime
    end: datetime
    reason: str
    counted: bool
    exemption_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a clock runs out, and why then. `at` is None when the clock was stopped before."""

    at: datetime | None
    policy_version: int
    segments: tuple[Segment, ...]


def deadline(start: datetime, window: timedelta, calendar: Calendar, *, policy_version: int) -> Deadline:
    """Start + window, then the exemptions of `calendar`; when, and why then (`domain.md §5`)."""
    path = calendar.path(start + window)
    return explain(
        started_at=start, deadline_at=path.at, stopped_at=None, policy_version=policy_version, path=path
    )


def pickup_path(shipped_at: datetime, recorded_at: datetime, policy: Policy, calendar: Calendar) -> Path:
    """Shipping + pickup window, then the exemptions; if that is past when it is recorded, an hour after (§3).

    So a shipment that is told late files nothing at once, and loses no exemption by it.
    """
    path = calendar.path(shipped_at + policy.pickup_window)
    return path if path.at > recorded_at else calendar.path(recorded_at + policy.late_shipment_grace)


def explain(
    *,
    started_at: datetime,
    deadline_at: datetime | None,
    stopped_at: datetime | None,
    policy_version: int,
    path: Path | None = None,
    pickup_window: timedelta | None = None,
) -> Deadline:
    """Why a ticket's clock stands where it does: what counted, what moved it, since when it is stopped.

    `path`: how the deadline was moved; left out where it stands as the window gave it. `pickup_window`: the
    window of a clock that runs from shipping; None for one that waits for a reply.
    """
    end = deadline_at if deadline_at is not None else stopped_at
    if end is None or end <= started_at:
        return Deadline(deadline_at, policy_version, ())
    if path is None or (deadline_at is not None and path.at != deadline_at):
        path = Path((end,))
    made = (*_windows(started_at, path.steps[0], pickup_window), *_moves(path))
    segments = tuple(replace(each, end=min(each.end, end)) for each in made if each.start < end)
    return Deadline(deadline_at, policy_version, segments)


def _windows(started_at: datetime, end: datetime, pickup_window: timedelta | None) -> tuple[Segment, ...]:
    """The window up to where a deadline's path begins, and what a late recording added to it."""
    if pickup_window is None:
        return (Segment(started_at, end, "REPLY_WINDOW", counted=True),)
    over = started_at + pickup_window
    counted = Segment(started_at, min(end, over), "PICKUP_WINDOW", counted=True)
    return (counted, Segment(over, end, "RECORDED_LATE", counted=False)) if end > over else (counted,)


def _moves(path: Path) -> tuple[Segment, ...]:
    return tuple(
        Segment(start, end, "KEPT" if by is None else "EXEMPTION", counted=False, exemption_id=by)
        for start, end, by in zip(path.steps, path.steps[1:], path.moved_by, strict=False)
    )


def shipping_limit(paid_at: datetime, ship_by: datetime | None, policy: Policy) -> datetime:
    """The order's own `ship_by` if it has one, else payment + the policy's limit (`domain.md §4`)."""
    return ship_by if ship_by is not None else paid_at + policy.shipping_limit


def due_reminders(
    *, started_at: datetime, deadline_at: datetime, last_minutes: int | None, now: datetime, policy: Policy
) -> tuple[int, ...]:
    """Minutes-before of each reminder that is due at `now` and did not fire yet, in the order they fire."""
    return tuple(
        minutes
        for minutes in _reminders_left(started_at, deadline_at, last_minutes, policy)
        if deadline_at - timedelta(minutes=minutes) <= now
    )


def next_reminder_at(
    *, started_at: datetime, deadline_at: datetime, last_minutes: int | None, policy: Policy
) -> datetime | None:
    """When the next reminder is due; None when none is left. Those past at opening never are."""
    left = _reminders_left(started_at, deadline_at, last_minutes, policy)
    return deadline_at - timedelta(minutes=left[0]) if left else None


def last_reminder_gone(deadline_at: datetime, now: datetime, policy: Policy) -> int | None:
    """Minutes-before of the last reminder already past when a clock is set `now`; None when none is."""
    gone = [minutes for minutes in policy.reminder_minutes if deadline_at - timedelta(minutes=minutes) <= now]
    return min(gone, default=None)


def _reminders_left(
    started_at: datetime, deadline_at: datetime, last_minutes: int | None, policy: Policy
) -> list[int]:
    return [
        minutes
        for minutes in sorted(set(policy.reminder_minutes), reverse=True)
        if deadline_at - timedelta(minutes=minutes) > started_at
        and (last_minutes is None or minutes < last_minutes)
    ]
