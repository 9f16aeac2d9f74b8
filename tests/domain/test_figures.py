"""What counts, one fact after the other, and how exact the histogram is (`domain.md §11`)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain.complaint import ComplaintStatus
from domain.events import FollowUpAction
from domain.figures import (
    LONGEST_S,
    SHOWN,
    STARTS,
    Credit,
    Fact,
    Happened,
    Standing,
    Verdict,
    bin_of,
    count,
    whole_seconds,
)
from domain.ticket_words import TicketKind

OPENED = datetime(2026, 11, 25, tzinfo=UTC)
HOUR = timedelta(hours=1)
AMY, BEN = UUID(int=1), UUID(int=2)


def told(*happened: Happened, kind: TicketKind = TicketKind.URGE_PICKUP) -> list[Fact]:
    """The facts of a ticket's story, after its opening."""
    stands = Standing(opened_at=OPENED, kind=kind)
    count(stands, Happened(action=FollowUpAction.OPENED, at=OPENED))
    return [fact for each in happened for fact in count(stands, each)]


def at(hours: float, action: FollowUpAction, **more: object) -> Happened:
    """Something that happened so many hours after the opening."""
    return Happened(action=action, at=OPENED + hours * HOUR, **more)  # type: ignore[arg-type]


def totals(facts: list[Fact]) -> dict[str, int]:
    """What they come to; names of what comes to nothing left out."""
    names = ("opened", "on_time", "decided", "kept", "promised", "escalated", "ended", "upheld", "points")
    found = {name: sum(getattr(fact, name) for fact in facts) for name in names}
    found["handled"] = sum(1 for fact in facts if fact.handling_s is not None)
    return {name: value for name, value in found.items() if value}


REPLY = at(1, FollowUpAction.REPLIED, member_id=AMY, stops_clock=True)
BROKEN = at(25, FollowUpAction.PROMISE_BROKEN)
AGAIN = at(26, FollowUpAction.REOPENED)
REPLY_AGAIN = at(27, FollowUpAction.REPLIED, member_id=BEN, stops_clock=True)
PICKED_UP = at(30, FollowUpAction.PICKED_UP)
ESCALATED = at(50, FollowUpAction.ESCALATED)
EXCUSED = at(60, FollowUpAction.COMPLAINT_RULED, excuses=True)


@pytest.mark.rule("§11.1", "§11.2", "§11.3")
@pytest.mark.parametrize(
    ("story", "wanted"),
    [
        (
            [REPLY, PICKED_UP],
            {"handled": 1, "on_time": 1, "decided": 1, "kept": 1, "promised": 1, "ended": 1},
        ),
        ([PICKED_UP], {"handled": 1, "on_time": 1, "decided": 1, "ended": 1}),
        (
            [REPLY, BROKEN, AGAIN, REPLY_AGAIN, PICKED_UP],
            {"handled": 1, "on_time": 2, "decided": 2, "kept": 1, "promised": 2, "ended": 1},
        ),
        # Broken and not urged again: the round was handled by its reply.
        (
            [REPLY, BROKEN, PICKED_UP],
            {"handled": 1, "on_time": 1, "decided": 1, "promised": 1, "ended": 1},
        ),
        ([ESCALATED], {"decided": 1, "escalated": 1, "ended": 1}),
        ([ESCALATED, PICKED_UP], {"decided": 1, "escalated": 1, "ended": 1}),
        # In time, but told late: the window was met, and nothing was escalated.
        ([ESCALATED, PICKED_UP, EXCUSED], {"handled": 1, "on_time": 1, "decided": 1, "ended": 1}),
        (
            [REPLY, BROKEN, ESCALATED],
            {"handled": 1, "on_time": 1, "decided": 1, "promised": 1, "escalated": 1, "ended": 1},
        ),
        (
            [REPLY, BROKEN, ESCALATED, EXCUSED],
            {"handled": 1, "on_time": 1, "decided": 1, "kept": 1, "promised": 1, "ended": 1},
        ),
        ([at(2, FollowUpAction.WITHDRAWN)], {}),
        ([REPLY, at(2, FollowUpAction.WITHDRAWN)], {"handled": 1, "on_time": 1, "decided": 1}),
    ],
)
def test_stories_come_to(story: list[Happened], wanted: dict[str, int]) -> None:
    assert totals(told(*story)) == wanted


def test_a_reply_to_an_urge_for_shipment_handles_nothing() -> None:
    reply = at(1, FollowUpAction.REPLIED, member_id=AMY)
    (fact,) = told(reply, kind=TicketKind.URGE_SHIPMENT)
    assert (fact.answers, fact.handling_s, fact.decided, fact.member_id) == (True, None, 0, AMY)
    shipped = at(2, FollowUpAction.SHIPPED)
    found = told(reply, shipped, PICKED_UP, kind=TicketKind.URGE_SHIPMENT)
    assert totals(found) == {"handled": 1, "on_time": 1, "decided": 1, "ended": 1}


@pytest.mark.rule("§11.3")
@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (ComplaintStatus.UPHELD, {"upheld": 1, "points": 1}),
        (ComplaintStatus.SETTLED, {"points": 1}),
        (ComplaintStatus.DISMISSED, {"escalated": -1}),
    ],
)
def test_how_a_complaint_ends(status: ComplaintStatus, wanted: dict[str, int]) -> None:
    verdict = Verdict(status=status, compensation=Decimal("5.00"), points=1)
    ruled = told(ESCALATED, at(60, FollowUpAction.COMPLAINT_RULED, verdict=verdict))[1:]
    assert totals(ruled) == wanted
    dismissed = status is ComplaintStatus.DISMISSED
    assert [fact.at for fact in ruled] == [ESCALATED.at if dismissed else OPENED + 60 * HOUR]
    assert sum(fact.compensation for fact in ruled) == (0 if dismissed else 5)


@pytest.mark.rule("§11.4")
def test_whose_it_is() -> None:
    """A reply is theirs who replied, a promise theirs who made it, the rest the assignee's."""
    assigned = at(0.5, FollowUpAction.ASSIGNED, assignee_after=BEN)
    moved, taken, reply, completed, kept = told(assigned, REPLY, PICKED_UP)
    assert [(fact.member_id, fact.opened, fact.at) for fact in (moved, taken)] == [
        (None, -1, OPENED),
        (BEN, 1, OPENED),
    ]
    assert (reply.member_id, completed.member_id) == (AMY, BEN)
    assert (kept.member_id, kept.credit) == (BEN, Credit.PROMISER)


@pytest.mark.rule("§11.3")
def test_a_bin_stands_for_its_times_within_two_percent() -> None:
    assert list(STARTS) == sorted(set(STARTS))
    for place, start in enumerate(STARTS[:-1]):
        for seconds in (start, STARTS[place + 1] - 1):
            assert bin_of(seconds) == place
            assert abs(SHOWN[place] - seconds) <= seconds * 0.02
    assert bin_of(LONGEST_S * 9) == len(STARTS) - 1
    assert len(SHOWN) == len(STARTS)


@pytest.mark.parametrize(("ms", "seconds"), [(0, 0), (499, 0), (500, 1), (1_499, 1), (1_500, 2)])
def test_half_a_second_is_rounded_up(ms: int, seconds: int) -> None:
    assert whole_seconds(timedelta(milliseconds=ms)) == seconds
