"""An urge-shipment ticket's two clocks, on both sides of each border (`domain.md §3`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import complaint, shipment, sla
from domain import ticket as tickets
from domain.complaint import Violation
from domain.events import FollowUpAction
from domain.exemptions import UNMOVED
from domain.policy import DEFAULT
from domain.sla import Segment
from domain.ticket import Change, NewRecord
from domain.ticket_words import TicketKind, TicketOutcome, TicketStatus
from tests.domain.ticket_states import (
    AT_RISK,
    END,
    FACTS,
    HOUR,
    MS,
    T0,
    actions,
    awaiting_pickup,
    happen,
    looked_at,
    opened,
    promise,
    replied,
    ship,
    unshipped,
)

if TYPE_CHECKING:
    from datetime import datetime

    from domain.ticket import Ticket

DAY = 24 * HOUR


def test_it_opens_with_the_reply_window_like_the_other_kind() -> None:
    ticket = unshipped()
    assert (ticket.kind, ticket.status) == (TicketKind.URGE_SHIPMENT, TicketStatus.AWAITING_REPLY)
    assert (ticket.deadline_at, ticket.next_step_at, ticket.shipped_at) == (END, END - 12 * HOUR, None)


@pytest.mark.rule("§3.8")
def test_shipping_starts_the_pickup_window_from_the_shipment() -> None:
    now, shipped_at = T0 + 5 * HOUR, T0 + 3 * HOUR
    change = shipment.ship(
        unshipped(),
        shipped_at=shipped_at,
        money_at_risk=Decimal("9.99"),
        settled_at=now,
        now=now,
        policy=DEFAULT,
    )
    end = shipped_at + DAY
    told = NewRecord(action=FollowUpAction.SHIPPED, deadline_before=END, deadline_after=end)
    assert change.records == (told,)
    ticket = change.ticket
    assert (ticket.status, ticket.deadline_at) == (TicketStatus.AWAITING_PICKUP, end)
    assert (ticket.shipped_at, ticket.clock_started_at) == (shipped_at, shipped_at)
    assert (ticket.next_step_at, ticket.last_reminder_minutes) == (end - 12 * HOUR, None)
    assert (ticket.version, ticket.record_count, ticket.money_at_risk) == (2, 2, Decimal("9.99"))
    assert (ticket.opened_at, ticket.policy_version, ticket.round) == (T0, 1, 1)


@pytest.mark.rule("§3.18")
@pytest.mark.parametrize(
    ("left", "deadline"),
    [
        pytest.param(DAY, DAY, id="shipped just now"),
        pytest.param(HOUR, HOUR, id="an hour left"),
        pytest.param(MS, MS, id="1 ms left: not past, so it stands"),
        pytest.param(timedelta(0), HOUR, id="past at this very millisecond: an hour from recording"),
        pytest.param(-MS, HOUR, id="1 ms past"),
        pytest.param(-1_000 * HOUR, HOUR, id="a late import"),
        pytest.param(DAY + timedelta(minutes=5), DAY + timedelta(minutes=5), id="in the tolerated future"),
    ],
)
def test_a_shipment_told_late_leaves_an_hour(left: timedelta, deadline: timedelta) -> None:
    """`left` of the pickup window, and the deadline, both from the recording."""
    now = T0 + HOUR
    change = ship(unshipped(), now + left - DAY, now)
    assert change.ticket.deadline_at == now + deadline
    assert change.ticket.status is TicketStatus.AWAITING_PICKUP
    assert tickets.settle(change.ticket, at=now, now=now, policy=DEFAULT) is None


@pytest.mark.rule("§3.18")
@given(
    shipped=st.integers(-(10**9), 300_000),
    after=st.integers(0, 86_399_999),
    window=st.integers(1, 10**8),
    grace=st.integers(1, 10**7),
)
def test_no_shipment_ever_files_at_once(shipped: int, after: int, window: int, grace: int) -> None:
    """Milliseconds, from the opening: the recording, and the shipment from the recording."""
    policy = replace(
        DEFAULT,
        pickup_window=timedelta(milliseconds=window),
        late_shipment_grace=timedelta(milliseconds=grace),
    )
    now = T0 + timedelta(milliseconds=after)
    shipped_at = now + timedelta(milliseconds=shipped)
    path = sla.pickup_path(shipped_at, now, policy, UNMOVED)
    deadline = sla.explain(
        started_at=shipped_at,
        deadline_at=path.at,
        stopped_at=None,
        policy_version=1,
        path=path,
        pickup_window=policy.pickup_window,
    )
    assert deadline.at is not None
    assert deadline.at > now
    assert deadline.at in (shipped_at + policy.pickup_window, now + policy.late_shipment_grace)
    assert [each.start for each in deadline.segments][:1] == [shipped_at]
    assert deadline.segments[-1].end == deadline.at
    assert sum(each.counted for each in deadline.segments) == 1


@pytest.mark.parametrize(
    ("left", "first"),
    [
        (DAY, 720),
        (12 * HOUR + MS, 720),
        (12 * HOUR, 240),
        (HOUR + MS, 60),
        (HOUR, 15),
        (timedelta(minutes=15), None),
        (MS, None),
        (-MS, 15),
    ],
)
def test_reminders_already_past_when_the_shipment_is_told_never_fire(
    left: timedelta, first: int | None
) -> None:
    """The last: an hour from the recording, so that of 60 minutes is past and that of 15 is left."""
    now = T0 + HOUR
    ticket = ship(unshipped(), now + left - DAY, now).ticket
    end = ticket.deadline_at
    assert end is not None
    assert ticket.next_step_at == (end if first is None else end - timedelta(minutes=first))
    change = tickets.elapse(ticket, end - MS, DEFAULT)
    told = [] if change is None else [record.reminder_minutes for record in change.records]
    assert told == ([] if first is None else [each for each in (720, 240, 60, 15) if each <= first])


def test_reminders_of_the_reply_clock_do_not_keep_back_those_of_the_pickup_clock() -> None:
    reminded = looked_at(unshipped(), END - MS)
    assert reminded.last_reminder_minutes == 15
    ticket = ship(reminded, END - MS, END - MS).ticket
    assert ticket.next_step_at == END - MS + 12 * HOUR
    assert actions(tickets.elapse(ticket, END - MS + 12 * HOUR, DEFAULT)) == ["REMINDED"]


# ---- the end of either clock


@pytest.mark.rule("§3.9")
def test_either_clock_escalates_at_its_very_millisecond_with_its_own_violation() -> None:
    shipped = ship(unshipped(), T0 + HOUR, T0 + HOUR).ticket
    for ticket, end, violation in (
        (unshipped(), END, Violation.LATE_SHIPMENT),
        (shipped, END + HOUR, Violation.NO_PICKUP),
    ):
        early = tickets.elapse(ticket, end - MS, DEFAULT)
        assert early is not None
        assert not early.files_complaint
        for late in (timedelta(0), MS, 100 * HOUR):
            after = looked_at(ticket, end + late)
            assert (after.status, after.outcome) == (TicketStatus.ESCALATED, TicketOutcome.COMPLAINT_FILED)
            assert (after.deadline_at, after.escalated_at) == (end, end + late)
            assert after.money_at_risk == 0
            assert complaint.violation_of(after) is violation
    assert complaint.violation_of(opened()) is Violation.NO_PICKUP


@pytest.mark.parametrize("late", [-MS, timedelta(0), MS])
def test_a_shipment_at_the_deadline_comes_after_it_whatever_time_it_names(late: timedelta) -> None:
    """Not judged by its own time (§3): told at the deadline, the complaint was filed."""
    change = ship(unshipped(), T0 + HOUR, END + late)
    if late < timedelta(0):
        assert actions(change) == ["SHIPPED"]
        return
    assert actions(change) == ["ESCALATED", "SHIPPED"]
    assert change.ticket.status is TicketStatus.ESCALATED
    assert (change.ticket.shipped_at, change.ticket.deadline_at) == (None, END)
    assert complaint.violation_of(change.ticket) is Violation.LATE_SHIPMENT


def test_a_shipment_told_with_a_pickup_in_time_files_nothing() -> None:
    """The worker was late, the import too: the pickup is judged by its own time."""
    change = ship(unshipped(), T0 + HOUR, END + HOUR, settled_at=END - MS)
    assert actions(change) == ["SHIPPED"]
    done = happen(change.ticket, FollowUpAction.PICKED_UP, END - MS, END + HOUR)
    assert done.ticket.status is TicketStatus.COMPLETED
    lost = ship(unshipped(), T0 + HOUR, END + HOUR, settled_at=END)
    assert actions(lost) == ["ESCALATED", "SHIPPED"]


def test_after_filing_a_shipment_is_only_recorded() -> None:
    before = looked_at(unshipped(), END)
    change = ship(before, T0 + HOUR, END + HOUR)
    assert change.records == (NewRecord(action=FollowUpAction.SHIPPED),)
    recorded = replace(before, version=3, record_count=3, updated_at=END + HOUR)
    assert change.ticket == recorded


@pytest.mark.parametrize(
    "ticket",
    [
        opened(),
        replied(),
        looked_at(opened(), END),
        awaiting_pickup(),
        happen(unshipped(), FollowUpAction.REFUNDED, T0 + HOUR, T0 + HOUR).ticket,
        tickets.withdraw(unshipped(), T0 + HOUR),
    ],
    ids=["pickup", "replied", "pickup escalated", "shipped before", "completed", "withdrawn"],
)
def test_a_ticket_that_does_not_wait_for_it_is_left_alone(ticket: Ticket | Change) -> None:
    before = ticket.ticket if isinstance(ticket, Change) else ticket
    assert ship(before, T0, T0 + 2 * HOUR) == Change(before, ())


# ---- replies, and other ends


@pytest.mark.rule("§3.10")
@pytest.mark.parametrize("ticket", [unshipped(), awaiting_pickup()], ids=["unshipped", "shipped"])
def test_replies_are_taken_as_often_as_one_likes_and_stop_nothing(ticket: Ticket) -> None:
    for hours in range(1, 24):
        now = T0 + hours * HOUR
        change = tickets.reply(ticket, promise(now + HOUR), note=None, now=now, policy=DEFAULT)
        assert actions(change) == ["REPLIED"]
        after = change.ticket
        assert (after.status, after.deadline_at) == (ticket.status, ticket.deadline_at)
        assert (after.next_step_at, after.promise_ends_at) == (ticket.next_step_at, None)
        assert after.version == ticket.version + 1
        ticket = after
    assert looked_at(ticket, END).status is TicketStatus.ESCALATED


@pytest.mark.rule("§3.22")
@pytest.mark.parametrize("action", FACTS)
@pytest.mark.parametrize(("fact_at", "in_time"), [(END - MS, True), (END, False), (END + MS, False)])
def test_a_fact_beats_either_clock_by_its_own_time(
    action: FollowUpAction,
    fact_at: datetime,
    in_time: bool,  # noqa: FBT001
) -> None:
    """A closing has none: told after the deadline it comes too late, whatever time it names."""
    ends = in_time and action is not FollowUpAction.ORDER_CLOSED
    for ticket in (unshipped(), awaiting_pickup()):
        change = happen(ticket, action, fact_at, END + HOUR)
        assert change.files_complaint is not ends
        assert (change.ticket.status is TicketStatus.COMPLETED) is ends


# ---- the explanation


@pytest.mark.parametrize(
    ("deadline_at", "stopped_at", "segments"),
    [
        pytest.param(END, None, [(T0, END, "PICKUP_WINDOW", True)], id="running"),
        pytest.param(None, T0 + HOUR, [(T0, T0 + HOUR, "PICKUP_WINDOW", True)], id="stopped in the window"),
        pytest.param(None, END, [(T0, END, "PICKUP_WINDOW", True)], id="stopped at its end"),
        pytest.param(
            END + MS,
            None,
            [(T0, END, "PICKUP_WINDOW", True), (END, END + MS, "RECORDED_LATE", False)],
            id="recorded late",
        ),
        pytest.param(None, T0, [], id="stopped at once"),
    ],
)
def test_the_pickup_clock_explains_itself(
    deadline_at: datetime | None,
    stopped_at: datetime | None,
    segments: list[tuple[datetime, datetime, str, bool]],
) -> None:
    explained = sla.explain(
        started_at=T0, deadline_at=deadline_at, stopped_at=stopped_at, policy_version=2, pickup_window=DAY
    )
    assert explained.segments == tuple(
        Segment(start, end, reason, counted=counted) for start, end, reason, counted in segments
    )
    assert (explained.at, explained.policy_version) == (deadline_at, 2)


def test_what_is_at_risk_follows_the_violation() -> None:
    sale = complaint.Sale(Decimal("1500.00"))
    assert complaint.money_at_risk(Violation.LATE_SHIPMENT, sale, DEFAULT) == Decimal("50.00")
    assert complaint.money_at_risk(Violation.NO_PICKUP, sale, DEFAULT) == Decimal("75.00")
    assert awaiting_pickup().money_at_risk == AT_RISK
