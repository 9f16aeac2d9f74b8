"""A ticket's clock, replies and rounds: cases on both sides of each border (`domain.md §3, §5`)."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from domain import opening
from domain import ticket as tickets
from domain.errors import IllegalTransition
from domain.events import KEEPS_VERSION, FollowUpAction
from domain.policy import DEFAULT
from domain.replies import BY_CODE, Reply
from domain.ticket import Change, NewRecord, Ticket
from domain.ticket_words import (
    OPEN,
    UNCLOSED,
    TicketKind,
    TicketOutcome,
    TicketStatus,
    Urgency,
)
from tests.domain.ticket_states import (
    AT_RISK,
    END,
    HOUR,
    MS,
    PROMISED,
    T0,
    actions,
    awaiting_pickup,
    broken,
    completed,
    escalated,
    looked_at,
    opened,
    promise,
    replied,
    withdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# ---- opening


def test_an_opened_ticket_awaits_a_reply_for_24_hours() -> None:
    ticket = opened()
    assert (ticket.status, ticket.kind, ticket.outcome) == (
        TicketStatus.AWAITING_REPLY,
        TicketKind.URGE_PICKUP,
        None,
    )
    assert (ticket.opened_at, ticket.updated_at, ticket.clock_started_at) == (T0, T0, T0)
    assert (ticket.deadline_at, ticket.next_step_at) == (END, END - 12 * HOUR)
    assert (ticket.version, ticket.round, ticket.record_count) == (1, 1, 1)
    assert (ticket.money_at_risk, ticket.key) == (AT_RISK, (UUID(int=1), UUID(int=2)))


def test_opening_is_told_by_one_record_with_the_deadline() -> None:
    change = opening.open_ticket(
        shop_id=UUID(int=1),
        ticket_id=UUID(int=2),
        order_id=UUID(int=3),
        number="T1",
        round_=3,
        money_at_risk=AT_RISK,
        now=T0,
        policy=replace(DEFAULT, version=4, reply_window=HOUR),
    )
    assert change.records == (NewRecord(action=FollowUpAction.OPENED, deadline_after=T0 + HOUR),)
    assert (change.ticket.round, change.ticket.policy_version) == (3, 4)
    assert change.ticket.next_step_at == T0 + timedelta(minutes=45)
    assert not change.files_complaint


# ---- the clock: what it does, and not a millisecond before


@pytest.mark.parametrize(
    ("ticket", "border", "does"),
    [
        pytest.param(opened(), END - 12 * HOUR, ["REMINDED"], id="the first reminder"),
        pytest.param(replied(), PROMISED, ["PROMISE_BROKEN"], id="a promise in round 1"),
        pytest.param(replied(2), PROMISED, ["PROMISE_BROKEN"], id="a promise in round 2"),
        pytest.param(replied(3), PROMISED, ["PROMISE_BROKEN", "ESCALATED"], id="in the last round"),
        pytest.param(awaiting_pickup(), END - 12 * HOUR, ["REMINDED"], id="the other kind's reminder"),
    ],
)
def test_the_clock_acts_from_its_very_millisecond(ticket: Ticket, border: datetime, does: list[str]) -> None:
    assert actions(tickets.elapse(ticket, border - MS, DEFAULT)) == []
    assert actions(tickets.elapse(ticket, border, DEFAULT)) == does
    assert actions(tickets.elapse(ticket, border + MS, DEFAULT)) == does


@pytest.mark.rule("§3.4")
@pytest.mark.parametrize("ticket", [opened(), awaiting_pickup()], ids=["awaiting reply", "awaiting pickup"])
def test_the_deadline_escalates_at_its_very_millisecond_and_drops_the_reminders(ticket: Ticket) -> None:
    """Nobody looked for a day: one millisecond before, the four reminders; at the deadline, the complaint."""
    assert actions(tickets.elapse(ticket, END - MS, DEFAULT)) == ["REMINDED"] * 4
    for late in (timedelta(0), MS, 100 * HOUR):
        change = tickets.elapse(ticket, END + late, DEFAULT)
        assert change is not None
        assert (actions(change), change.files_complaint) == (["ESCALATED"], True)


@pytest.mark.rule("§3.3", "§5.13")
@pytest.mark.parametrize(
    "ticket", [broken(), escalated(), completed(), withdrawn()], ids=lambda each: each.status
)
def test_nothing_elapses_once_no_clock_runs(ticket: Ticket) -> None:
    assert ticket.next_step_at is None
    assert tickets.elapse(ticket, END + 1_000 * HOUR, DEFAULT) is None


def test_an_escalated_ticket_keeps_the_deadline_that_closed_it_and_risks_no_more_money() -> None:
    ticket = looked_at(opened(), END + HOUR)
    assert (ticket.status, ticket.outcome) == (TicketStatus.ESCALATED, TicketOutcome.COMPLAINT_FILED)
    assert (ticket.deadline_at, ticket.escalated_at, ticket.completed_at) == (END, END + HOUR, None)
    assert (str(ticket.money_at_risk), ticket.version, ticket.record_count) == ("0.00", 2, 2)


@pytest.mark.rule("§3.5")
def test_a_broken_promise_is_dated_by_its_end_and_leaves_the_ticket_waiting() -> None:
    ticket = looked_at(replied(), PROMISED + 5 * HOUR)
    assert (ticket.status, ticket.promise_broken_at) == (TicketStatus.REPLIED, PROMISED)
    assert (ticket.deadline_at, ticket.next_step_at, ticket.money_at_risk) == (None, None, AT_RISK)
    assert (ticket.version, ticket.record_count) == (3, 3)


@pytest.mark.rule("§3.7")
def test_a_promise_broken_in_the_last_round_escalates_at_once_in_two_records() -> None:
    change = tickets.elapse(replied(3), PROMISED, DEFAULT)
    assert change is not None
    assert all(record.by_system for record in change.records)
    ticket = change.ticket
    assert (ticket.status, ticket.deadline_at) == (TicketStatus.ESCALATED, None)
    assert ticket.money_at_risk == 0
    assert (ticket.promise_broken_at, ticket.escalated_at) == (PROMISED, PROMISED)
    assert (ticket.version, ticket.record_count) == (4, 4)


def test_reminders_come_one_by_one_each_once_and_add_no_version() -> None:
    ticket, seen = opened(), []
    while (step := ticket.next_step_at) is not None and step < END:
        change = tickets.elapse(ticket, step, DEFAULT)
        assert change is not None
        assert tickets.elapse(change.ticket, step, DEFAULT) is None
        ticket = change.ticket
        seen += [(record.reminder_minutes, END - step) for record in change.records]
    assert seen == [(minutes, timedelta(minutes=minutes)) for minutes in (720, 240, 60, 15)]
    assert (ticket.version, ticket.record_count, ticket.next_step_at) == (1, 5, END)


def test_reminders_missed_together_are_recorded_together_in_order() -> None:
    change = tickets.elapse(opened(), END - HOUR, DEFAULT)
    assert change is not None
    assert [record.reminder_minutes for record in change.records] == [720, 240, 60]
    assert (change.ticket.version, change.ticket.record_count) == (1, 4)
    assert change.ticket.next_step_at == END - timedelta(minutes=15)


# ---- replies


@pytest.mark.rule("§3.2", "§3.4")
def test_a_reply_stops_the_clock_until_the_promise_ends() -> None:
    answer = promise()
    change = tickets.reply(opened(), answer, note="好的", now=T0 + HOUR, policy=DEFAULT)
    told = NewRecord(action=FollowUpAction.REPLIED, note="好的", deadline_before=END, reply=answer)
    assert change.records == (told,)
    ticket = change.ticket
    assert (ticket.status, ticket.replied_at, ticket.updated_at) == (TicketStatus.REPLIED, *[T0 + HOUR] * 2)
    assert (ticket.deadline_at, ticket.next_step_at) == (None, PROMISED)
    assert (ticket.promised_pickup_at, ticket.promise_ends_at) == (PROMISED, PROMISED)
    assert (ticket.version, ticket.record_count, ticket.money_at_risk) == (2, 2, AT_RISK)
    assert ticket.promise_runs


def test_without_a_promised_time_only_the_promises_end_is_set() -> None:
    answer = Reply(BY_CODE["COURIER_URGED"], None, None, PROMISED, ())
    ticket = tickets.reply(opened(), answer, note=None, now=T0, policy=DEFAULT).ticket
    assert (ticket.promised_pickup_at, ticket.promise_ends_at) == (None, PROMISED)


def test_a_reply_to_an_urge_for_shipment_changes_neither_status_nor_clock() -> None:
    before = awaiting_pickup()
    change = tickets.reply(before, promise(), note=None, now=T0 + HOUR, policy=DEFAULT)
    assert change.ticket == replace(
        before, replied_at=T0 + HOUR, updated_at=T0 + HOUR, version=3, record_count=3
    )
    assert [(each.deadline_before, each.deadline_after) for each in change.records] == [(END, END)]


@pytest.mark.rule("§6.1")
def test_a_scheme_that_does_not_stop_the_clock_leaves_it_running() -> None:
    scheme = replace(BY_CODE["COURIER_URGED"], stops_clock=False)
    answer = Reply(scheme, None, None, PROMISED, ())
    ticket = tickets.reply(opened(), answer, note=None, now=T0 + HOUR, policy=DEFAULT).ticket
    assert (ticket.status, ticket.deadline_at) == (TicketStatus.AWAITING_REPLY, END)
    assert ticket.promise_ends_at is None


@pytest.mark.rule("§3.19")
@pytest.mark.parametrize(
    "ticket", [replied(), broken(), escalated(), completed(), withdrawn()], ids=lambda each: each.status
)
def test_a_reply_is_taken_only_while_one_is_awaited(ticket: Ticket) -> None:
    with pytest.raises(IllegalTransition) as refused:
        tickets.reply(ticket, promise(), note=None, now=T0 + 2 * HOUR, policy=DEFAULT)
    assert (refused.value.current_status, refused.value.ticket) == (ticket.status.value, ticket.key)


@pytest.mark.rule("§3.21")
@pytest.mark.parametrize("act", ["reply", "withdraw"])
def test_the_clock_decides_at_the_deadline_a_reply_or_withdrawal_is_too_late(act: str) -> None:
    """One millisecond before it is in time; at the deadline it is refused, filed or not."""
    calls: dict[str, Callable[[datetime], Change]] = {
        "reply": lambda now: tickets.reply(opened(), promise(END + HOUR), note=None, now=now, policy=DEFAULT),
        "withdraw": lambda now: tickets.withdraw(opened(), now),
    }
    assert len(calls[act](END - MS).records) == 1
    for now in (END, END + MS):
        with pytest.raises(IllegalTransition, match="deadline has passed"):
            calls[act](now)
        settled = tickets.settle(opened(), at=now, now=now, policy=DEFAULT)
        assert actions(settled) == ["ESCALATED"]
    assert tickets.settle(opened(), at=END - MS, now=END - MS, policy=DEFAULT) is None


# ---- rounds


@pytest.mark.rule("§3.6")
def test_urging_again_starts_the_next_round_with_new_clock_and_reminders() -> None:
    reminded = looked_at(opened(), END - 12 * HOUR)
    late = tickets.reply(reminded, promise(END), note=None, now=END - HOUR, policy=DEFAULT).ticket
    now, newer = END + 3 * HOUR, replace(DEFAULT, version=2)
    change = opening.reopen(looked_at(late, END), round_=2, money_at_risk=Decimal(7), now=now, policy=newer)
    assert change.records == (NewRecord(action=FollowUpAction.REOPENED, deadline_after=now + 24 * HOUR),)
    ticket = change.ticket
    # It keeps the policy it was opened under; the use case gives that one.
    assert (ticket.status, ticket.round, ticket.policy_version) == (TicketStatus.AWAITING_REPLY, 2, 1)
    assert (ticket.clock_started_at, ticket.deadline_at) == (now, now + 24 * HOUR)
    assert (ticket.next_step_at, ticket.last_reminder_minutes) == (now + 12 * HOUR, None)
    assert (ticket.opened_at, ticket.money_at_risk, ticket.promise_runs) == (T0, Decimal(7), False)


def test_a_reply_in_the_next_round_makes_a_new_promise() -> None:
    again = opening.reopen(broken(), round_=2, money_at_risk=AT_RISK, now=END, policy=DEFAULT).ticket
    ticket = tickets.reply(again, promise(END + 9 * HOUR), note=None, now=END, policy=DEFAULT).ticket
    assert (ticket.promise_broken_at, ticket.promise_ends_at) == (None, END + 9 * HOUR)
    assert ticket.promise_runs


@pytest.mark.parametrize(
    "ticket", [opened(), replied(), escalated(), completed(), withdrawn()], ids=lambda each: each.status
)
def test_only_a_broken_promise_can_be_urged_again(ticket: Ticket) -> None:
    with pytest.raises(IllegalTransition):
        opening.reopen(ticket, round_=2, money_at_risk=AT_RISK, now=END, policy=DEFAULT)


# ---- what leaves the clock alone


@pytest.mark.rule("§3.20")
@pytest.mark.parametrize(
    "ticket", [opened(), replied(), broken(), escalated(), completed()], ids=lambda each: each.status
)
def test_a_note_is_recorded_in_any_status_and_adds_no_version(ticket: Ticket) -> None:
    change = tickets.note(ticket, "已核实", END + HOUR)
    assert change.records == (NewRecord(action=FollowUpAction.NOTED, note="已核实"),)
    assert change.ticket == replace(ticket, updated_at=END + HOUR, record_count=ticket.record_count + 1)


@pytest.mark.rule("§7.12")
@pytest.mark.parametrize("ticket", [opened(), replied(), broken(), escalated()], ids=lambda each: each.status)
def test_a_waybill_changed_beside_a_reply_leaves_the_clock_alone(ticket: Ticket) -> None:
    now, end = T0 + 12 * HOUR, ticket.deadline_at
    change = tickets.waybill_changed(ticket, "贴错单", now)
    told = NewRecord(
        action=FollowUpAction.WAYBILL_CHANGED, note="贴错单", deadline_before=end, deadline_after=end
    )
    assert change.records == (told,)
    assert change.ticket == replace(
        ticket, updated_at=now, version=ticket.version + 1, record_count=ticket.record_count + 1
    )


@pytest.mark.rule("§5.14")
def test_only_reminders_and_notes_keep_the_version() -> None:
    assert set(KEEPS_VERSION) == {FollowUpAction.REMINDED, FollowUpAction.NOTED}


# ---- urgency


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (24 * HOUR, Urgency.NORMAL),
        (4 * HOUR, Urgency.NORMAL),
        (4 * HOUR - MS, Urgency.WARNING),
        (HOUR, Urgency.WARNING),
        (HOUR - MS, Urgency.CRITICAL),
        (MS, Urgency.CRITICAL),
        (timedelta(0), Urgency.OVERDUE),
        (-MS, Urgency.OVERDUE),
    ],
)
def test_urgency_by_the_time_left(left: timedelta, expected: Urgency) -> None:
    assert tickets.urgency(opened(), END - left) is expected
    assert tickets.urgency(awaiting_pickup(), END - left) is expected


@pytest.mark.parametrize(
    "ticket", [replied(), broken(), escalated(), completed(), withdrawn()], ids=lambda each: each.status
)
def test_a_ticket_without_running_clock_is_never_urgent(ticket: Ticket) -> None:
    assert tickets.urgency(ticket, END + HOUR) is Urgency.NONE


@pytest.mark.rule("§3.1", "§3.3")
def test_every_status_is_open_or_waiting_or_closed() -> None:
    assert {TicketStatus.AWAITING_REPLY, TicketStatus.AWAITING_PICKUP} == OPEN
    assert {*OPEN, TicketStatus.REPLIED} == UNCLOSED
    closed = [status.value for status in TicketStatus if status not in UNCLOSED]
    assert closed == ["COMPLETED", "ESCALATED", "WITHDRAWN"]
