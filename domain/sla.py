"""Deadlines, their explanation, and reminders (`domain.md §5`)."""

from __future__ import annotations

from dataclasses import dataclass
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
    return Deadline(path.at, policy_version, _segments(start, path))


def explain(
    *,
    started_at: datetime,
    deadline_at: datetime | None,
    stopped_at: datetime | None,
    policy_version: int,
    path: Path | None = None,
) -> Deadline:
    """Why a ticket's clock stands where it does: what counted, what moved it, since when it is stopped.

    `path`: how the deadline was moved; left out where it stands as the window gave it.
    """
    end = deadline_at if deadline_at is not None else stopped_at
    if end is None or end <= started_at:
        return Deadline(deadline_at, policy_version, ())
    if path is None or path.at != deadline_at:
        path = Path((end,))
    return Deadline(deadline_at, policy_version, _segments(started_at, path))


def _segments(started_at: datetime, path: Path) -> tuple[Segment, ...]:
    counted = Segment(started_at, path.steps[0], "REPLY_WINDOW", counted=True)
    moves = zip(path.steps, path.steps[1:], path.moved_by, strict=False)
    return counted, *(
        Segment(start, end, "KEPT" if by is None else "EXEMPTION", counted=False, exemption_id=by)
        for start, end, by in moves
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


def _reminders_left(
    started_at: datetime, deadline_at: datetime, last_minutes: int | None, policy: Policy
) -> list[int]:
    return [
        minutes
        for minutes in sorted(set(policy.reminder_minutes), reverse=True)
        if deadline_at - timedelta(minutes=minutes) > started_at
        and (last_minutes is None or minutes < last_minutes)
    ]
