"""Deadlines, their explanation, and reminders (`domain.md §5`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

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


def reply_deadline(start: datetime, policy: Policy) -> Deadline:
    """Start + reply window; exemptions join here as they come to exist (`domain.md §5`)."""
    end = start + policy.reply_window
    return Deadline(end, policy.version, (Segment(start, end, "REPLY_WINDOW", counted=True),))


def pickup_deadline(shipped_at: datetime, recorded_at: datetime, policy: Policy) -> Deadline:
    """Shipping + pickup window; if that is past when it is recorded, an hour after recording (§3).

    So a shipment that is told late files nothing at once.
    """
    end = shipped_at + policy.pickup_window
    if end <= recorded_at:
        end = recorded_at + policy.late_shipment_grace
    return explain(
        started_at=shipped_at,
        deadline_at=end,
        stopped_at=None,
        policy_version=policy.version,
        pickup_window=policy.pickup_window,
    )


def explain(
    *,
    started_at: datetime,
    deadline_at: datetime | None,
    stopped_at: datetime | None,
    policy_version: int,
    pickup_window: timedelta | None = None,
) -> Deadline:
    """Why a ticket's clock stands where it does: what counted, and since when it is stopped.

    `pickup_window`: the window of a clock that runs from shipping; None for one that waits for a reply.
    """
    end = deadline_at if deadline_at is not None else stopped_at
    if end is None or end <= started_at:
        return Deadline(deadline_at, policy_version, ())
    if pickup_window is None:
        return Deadline(
            deadline_at, policy_version, (Segment(started_at, end, "REPLY_WINDOW", counted=True),)
        )
    over = started_at + pickup_window
    segments = [Segment(started_at, min(end, over), "PICKUP_WINDOW", counted=True)]
    if end > over:
        segments.append(Segment(over, end, "RECORDED_LATE", counted=False))
    return Deadline(deadline_at, policy_version, tuple(segments))


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
