"""What a filter by urgency leaves, as ranges of what the queue is ordered by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.ticket import CRITICAL_UNDER, WARNING_UNDER
from domain.ticket_words import OPEN, TicketStatus, Urgency
from resolvers.plan.binding import NOW

if TYPE_CHECKING:
    from collections.abc import Iterable

RUNNING_DEADLINE = (
    "(CASE WHEN r.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP') THEN r.deadline_at"
    " ELSE 'infinity'::timestamptz END)"
)
"""The deadline of a running clock; those without one come last in the queue. Its index is on these words."""

_CRITICAL = f"{NOW} + interval '{CRITICAL_UNDER.total_seconds():.0f} s'"
_WARNING = f"{NOW} + interval '{WARNING_UNDER.total_seconds():.0f} s'"
_IN_ORDER = (Urgency.OVERDUE, Urgency.CRITICAL, Urgency.WARNING, Urgency.NORMAL, Urgency.NONE)
_FROM = dict(
    zip(_IN_ORDER, ("", f"> {NOW}", f">= {_CRITICAL}", f">= {_WARNING}", ">= 'infinity'"), strict=True)
)
_TO = dict(zip(_IN_ORDER, (f"<= {NOW}", f"< {_CRITICAL}", f"< {_WARNING}", "< 'infinity'", ""), strict=True))


def condition(wanted: Iterable[Urgency]) -> str:
    """The condition that the clock of `r` stands so.

    Neighbours are one range. Of several ranges, what is between the first and the last is read too, which is
    never more than the clocks that run.
    """
    found = sorted(set(wanted), key=_IN_ORDER.index)
    if not found:
        return "false"
    ranges: list[list[Urgency]] = [[found[0]]]
    for each in found[1:]:
        if _IN_ORDER.index(each) == _IN_ORDER.index(ranges[-1][-1]) + 1:
            ranges[-1].append(each)
        else:
            ranges.append([each])
    whole = _between(found[0], found[-1])
    if len(ranges) == 1:
        return whole
    return f"{whole} AND ({' OR '.join(f'({_between(each[0], each[-1])})' for each in ranges)})"


def _between(first: Urgency, last: Urgency) -> str:
    bounds = (_FROM[first], _TO[last])
    return " AND ".join(f"{RUNNING_DEADLINE} {bound}" for bound in bounds if bound) or "true"


def statuses(wanted: Iterable[Urgency]) -> frozenset[TicketStatus]:
    """The states of tickets whose clock stands so."""
    found = set(wanted)
    still = frozenset(TicketStatus) - OPEN if Urgency.NONE in found else frozenset()
    return frozenset(still | OPEN) if found - {Urgency.NONE} else frozenset(still)
