"""How a ticket ends: withdrawn, picked up, refunded, order closed (`domain.md §3`)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain import ticket as tickets
from domain.errors import IllegalTransition
from domain.events import FollowUpAction
from domain.ticket import Change, NewRecord, Ticket
from domain.ticket_words import TicketOutcome, TicketStatus
from tests.domain.ticket_states import (
    END,
    FACTS,
    HOUR,
    MS,
    PROMISED,
    T0,
    actions,
    awaiting_pickup,
    broken,
    completed,
    escalated,
    happen,
    opened,
    replied,
    withdrawn,
)

# ---- withdrawal


@pytest.mark.rule("§3.12")
@pytest.mark.parametrize(
    "ticket", [opened(), replied(), broken(), awaiting_pickup()], ids=lambda each: each.status
)
def test_an_unclosed_ticket_can_be_withdrawn(ticket: Ticket) -> None:
    now = T0 + 11 * HOUR
    change = tickets.withdraw(ticket, now)
    told = NewRecord(action=FollowUpAction.WITHDRAWN, deadline_before=ticket.deadline_at)
    assert change.records == (told,)
    after = change.ticket
    assert (after.status, after.outcome) == (TicketStatus.WITHDRAWN, TicketOutcome.WITHDRAWN)
    assert (after.deadline_at, after.next_step_at) == (None, None)
    assert after.money_at_risk == 0
    assert (after.version, after.completed_at) == (ticket.version + 1, now)


@pytest.mark.rule("§3.12")
@pytest.mark.parametrize("ticket", [escalated(), completed(), withdrawn()], ids=lambda each: each.status)
def test_a_closed_ticket_cannot_be_withdrawn(ticket: Ticket) -> None:
    with pytest.raises(IllegalTransition):
        tickets.withdraw(ticket, T0 + 2 * HOUR)


# ---- pickup and refund, judged by their own time; the order's end, when it is told


@pytest.mark.rule("§1.2", "§3.11")
@pytest.mark.parametrize("action", FACTS)
@pytest.mark.parametrize(
    "ticket", [opened(), replied(), broken(), awaiting_pickup()], ids=lambda each: each.status
)
def test_each_of_three_facts_completes_an_unclosed_ticket(ticket: Ticket, action: FollowUpAction) -> None:
    now = T0 + 9 * HOUR
    change = happen(ticket, action, T0 - HOUR, now)
    assert change.records == (NewRecord(action=action, deadline_before=ticket.deadline_at),)
    after = change.ticket
    assert (after.status, after.outcome) == (TicketStatus.COMPLETED, TicketOutcome(action.value))
    assert (after.deadline_at, after.next_step_at) == (None, None)
    assert after.money_at_risk == 0
    assert (after.completed_at, after.version) == (now, ticket.version + 1)


LATE = {"PICKED_UP": ["PICKED_UP"], "REFUNDED": ["REFUNDED"], "ORDER_CLOSED": []}


@pytest.mark.rule("§3.22")
@pytest.mark.parametrize("action", FACTS)
@pytest.mark.parametrize("received", [END - MS, END, END + MS, END + 100 * HOUR])
@pytest.mark.parametrize("fact_at", [END - MS, END, END + MS, END + 4 * timedelta(minutes=1)])
def test_a_fact_beats_the_deadline_by_its_own_time_not_by_when_it_came(
    action: FollowUpAction, received: datetime, fact_at: datetime
) -> None:
    """A time in the future, within the tolerance, counts as now: nothing is filed early.

    Only a closing counts when it is told: else it would depend on the worker which of the two came first.
    """
    change = happen(opened(), action, fact_at, received)
    if (received if action is FollowUpAction.ORDER_CLOSED else min(fact_at, received)) < END:
        assert actions(change) == [action.value]
        assert change.ticket.status is TicketStatus.COMPLETED
    else:
        assert actions(change) == ["ESCALATED", *LATE[action]]
        assert (change.ticket.status, change.files_complaint) == (TicketStatus.ESCALATED, True)
        assert change.ticket.escalated_at == received


@pytest.mark.parametrize("action", FACTS)
@pytest.mark.parametrize(
    ("round_", "after", "expected"),
    [
        (1, -MS, ["{}"]),
        (1, timedelta(0), ["PROMISE_BROKEN", "{}"]),
        (2, MS, ["PROMISE_BROKEN", "{}"]),
        (3, -MS, ["{}"]),
        (3, timedelta(0), ["PROMISE_BROKEN", "ESCALATED", "{}"]),
    ],
)
def test_a_fact_at_the_promises_end_comes_after_it(
    action: FollowUpAction, round_: int, after: timedelta, expected: list[str]
) -> None:
    """The promise is kept by what happens before its end; at the same instant it is broken first."""
    fact_at = PROMISED + after
    told_at = fact_at if action is FollowUpAction.ORDER_CLOSED else PROMISED + HOUR
    change = happen(replied(round_), action, fact_at, told_at)
    names = [name.format(action.value) for name in expected]
    if change.ticket.status is TicketStatus.ESCALATED and action is FollowUpAction.ORDER_CLOSED:
        names.pop()
    assert actions(change) == names
    assert (change.ticket.record_count, change.ticket.version) == (2 + len(names), 2 + len(names))


@pytest.mark.parametrize("action", FACTS)
def test_after_filing_a_pickup_or_refund_is_recorded_and_nothing_else_changes(action: FollowUpAction) -> None:
    before, now = escalated(), END + HOUR
    change = happen(before, action, T0, now)
    assert actions(change) == LATE[action.value]
    recorded = replace(before, version=3, record_count=3, updated_at=now)
    assert change.ticket == (recorded if change.records else before)
    assert not change.files_complaint


@pytest.mark.parametrize("action", FACTS)
@pytest.mark.parametrize("ticket", [completed(), withdrawn()], ids=lambda each: each.status)
def test_a_fact_about_a_ticket_already_handled_changes_nothing(
    ticket: Ticket, action: FollowUpAction
) -> None:
    assert happen(ticket, action, T0, END + HOUR) == Change(ticket, ())
