"""Whatever happens to a ticket, in whatever order and at whatever millisecond (`domain.md §3, §5`).

The machine keeps a model of its own, in plain words and times, and compares after every step.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain import complaint, dismissal, opening, shipment
from domain import ticket as tickets
from domain.errors import IllegalTransition
from domain.events import FollowUpAction
from domain.policy import DEFAULT
from domain.ticket import Change, NewRecord, Ticket
from domain.ticket_words import TicketKind, TicketStatus, Urgency
from tests.domain.ticket_states import (
    AT_RISK,
    FACTS,
    HOUR,
    MS,
    T0,
    actions,
    opened,
    promise,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SILENT = ("REMINDED", "NOTED")
REMINDERS = (720, 240, 60, 15)
OPEN = ("AWAITING_REPLY", "AWAITING_PICKUP")
UNCLOSED = (*OPEN, "REPLIED", "BROKEN")
PICKUP_RISK = AT_RISK + 1
KINDS = st.sampled_from(TicketKind)
NUDGES = st.sampled_from([-MS, timedelta(0), MS])
MILLISECONDS = st.integers(0, 30 * 3_600_000).map(lambda ms: timedelta(milliseconds=ms))


class TicketLife(RuleBasedStateMachine):
    """One ticket, its records, and what a person would expect of it."""

    ticket: Ticket
    now: datetime
    status: str
    end: datetime | None
    round: int

    @initialize(kind=KINDS)
    def open(self, kind: TicketKind) -> None:
        self.ticket, self.now = opened(kind=kind), T0
        self.shipping = kind is TicketKind.URGE_SHIPMENT
        self.reminders, self.risk = list(REMINDERS), AT_RISK
        self.shipped = self.dismissed = False
        self.status, self.end, self.round = "AWAITING_REPLY", T0 + 24 * HOUR, 1
        self.records = [NewRecord(action=FollowUpAction.OPENED)]
        self.last_end = T0 + 24 * HOUR
        self.escalated_with: datetime | None = None

    @precondition(lambda self: self.ticket.closed)
    @rule(kind=KINDS)
    def another_ticket_opens(self, kind: TicketKind) -> None:
        """Most facts close a ticket: without this most steps would be spent on closed ones."""
        self.open(kind)

    # ---- time

    @rule(span=MILLISECONDS)
    def wait(self, span: timedelta) -> None:
        self.now += span

    @rule(nudge=NUDGES)
    def wait_until_about_the_next_step(self, nudge: timedelta) -> None:
        if self.ticket.next_step_at is not None:
            self.now = max(self.now, self.ticket.next_step_at + nudge)

    @rule(nudge=NUDGES)
    def wait_until_about_the_end(self, nudge: timedelta) -> None:
        if self.end is not None:
            self.now = max(self.now, self.end + nudge)

    # ---- what may happen

    @rule()
    def the_worker_looks(self) -> None:
        change = tickets.elapse(self.ticket, self.now, DEFAULT)
        self._clock(self.now)
        if change is not None:
            self._take(change)
        assert tickets.elapse(self.ticket, self.now, DEFAULT) is None
        assert self.ticket.next_step_at is None or self.ticket.next_step_at > self.now

    @rule(promised=st.integers(1, 48 * 3_600_000).map(lambda ms: timedelta(milliseconds=ms)))
    def the_seller_replies(self, promised: timedelta) -> None:
        answer = promise(self.now + promised)
        self._refused_while_overdue(
            lambda: tickets.reply(self.ticket, answer, note=None, now=self.now, policy=DEFAULT)
        )
        self._settle()
        if self.status not in OPEN:
            with pytest.raises(IllegalTransition):
                tickets.reply(self.ticket, answer, note=None, now=self.now, policy=DEFAULT)
            return
        if not self.shipping:
            self.status, self.end = "REPLIED", self.now + promised
        self._take(tickets.reply(self.ticket, answer, note=None, now=self.now, policy=DEFAULT))

    @rule()
    def the_buyer_withdraws(self) -> None:
        self._refused_while_overdue(lambda: tickets.withdraw(self.ticket, self.now))
        self._settle()
        if self.status not in UNCLOSED:
            with pytest.raises(IllegalTransition):
                tickets.withdraw(self.ticket, self.now)
            return
        self.status, self.end = "WITHDRAWN", None
        self._take(tickets.withdraw(self.ticket, self.now))

    @precondition(lambda self: self.status == "AWAITING_REPLY" and not self.shipping)
    @rule(reminders=st.integers(0, 4))
    def a_round_is_lost(self, reminders: int) -> None:
        """Some reminders, a reply, no pickup, another urge: the only way to the last round."""
        for _ in range(reminders):
            self.wait_until_about_the_next_step(timedelta(0))
            self.the_worker_looks()
        self.the_seller_replies(HOUR)
        self.wait_until_about_the_end(timedelta(0))
        self.the_worker_looks()
        self.the_buyer_urges_again()

    @rule()
    def the_buyer_urges_again(self) -> None:
        self._settle()
        if self.status != "BROKEN":
            with pytest.raises(IllegalTransition):
                self._reopen()
            return
        self.status, self.end, self.round = "AWAITING_REPLY", self.now + 24 * HOUR, self.round + 1
        self.reminders = list(REMINDERS)
        self._take(self._reopen())

    @rule(
        action=st.sampled_from(FACTS),
        ago=MILLISECONDS | st.integers(-300_000, 0).map(lambda ms: timedelta(milliseconds=ms)),
    )
    def a_fact_arrives(self, action: FollowUpAction, ago: timedelta) -> None:
        self._fact(action, self.now - ago)

    @rule(action=st.sampled_from(FACTS), nudge=NUDGES)
    def a_fact_of_about_the_end_arrives(self, action: FollowUpAction, nudge: timedelta) -> None:
        """The end that runs, or the one that closed the ticket."""
        self._fact(action, min((self.end or self.last_end) + nudge, self.now + timedelta(minutes=5)))

    @rule(
        ago=MILLISECONDS | st.integers(-300_000, 0).map(lambda ms: timedelta(milliseconds=ms)),
    )
    def the_order_is_shipped(self, ago: timedelta) -> None:
        self._ship(self.now - ago)

    @rule(nudge=NUDGES)
    def a_shipment_of_about_a_window_ago_is_told(self, nudge: timedelta) -> None:
        self._ship(self.now - 24 * HOUR + nudge)

    @rule()
    def staff_take_a_note(self) -> None:
        self._take(tickets.note(self.ticket, "已核实", self.now))

    @rule()
    def the_waybill_changes(self) -> None:
        self._take(tickets.waybill_changed(self.ticket, None, self.now))

    # ---- what always holds

    @invariant()
    def the_model_agrees(self) -> None:
        expected = "REPLIED" if self.status == "BROKEN" else self.status
        assert self.ticket.status.value == expected
        assert (self.ticket.ends_at, self.ticket.round) == (self.end, self.round)
        assert self.ticket.promise_runs is (self.status == "REPLIED")

    @invariant()
    def a_closed_ticket_has_no_clock_and_risks_nothing(self) -> None:
        ticket = self.ticket
        assert (ticket.money_at_risk == 0) is ticket.closed is (ticket.outcome is not None)
        if ticket.closed:
            assert not ticket.open
            assert ticket.next_step_at is None
            assert tickets.urgency(ticket, self.now) is Urgency.NONE
        else:
            assert ticket.money_at_risk == self.risk
        assert (ticket.completed_at is None) is (self.status not in ("COMPLETED", "WITHDRAWN"))

    @invariant()
    def a_deadline_stands_only_while_the_clock_runs_or_when_it_escalated(self) -> None:
        if self.ticket.status is TicketStatus.ESCALATED:
            assert self.ticket.deadline_at == self.escalated_with
        else:
            assert (self.ticket.deadline_at is not None) is self.ticket.open

    @invariant()
    def one_complaint_ever(self) -> None:
        filed = sum(record.action is FollowUpAction.ESCALATED for record in self.records)
        assert (
            filed == (self.ticket.status is TicketStatus.ESCALATED) == (self.ticket.escalated_at is not None)
        )

    @invariant()
    def records_are_counted_and_versions_grow_with_all_but_silent_ones(self) -> None:
        assert self.ticket.record_count == len(self.records)
        assert self.ticket.version == sum(record.action.value not in SILENT for record in self.records)

    @invariant()
    def each_reminder_fires_once_a_round_and_the_next_step_is_up_to_date(self) -> None:
        fired: list[int | None] = []
        for record in self.records:
            if record.action is FollowUpAction.REOPENED or (
                record.action.value == "SHIPPED" and self.shipped
            ):
                fired = []
            if record.action is FollowUpAction.REMINDED:
                fired.append(record.reminder_minutes)
        assert fired == self.reminders[: len(fired)]
        expected = self.end
        if self.ticket.open and self.end is not None:
            expected = self.end - timedelta(minutes=[*self.reminders, 0][len(fired)])
        assert self.ticket.next_step_at == expected == tickets.next_step(self.ticket, DEFAULT)

    @invariant()
    def the_clock_accuses_of_what_it_measures(self) -> None:
        unshipped = self.shipping and not self.shipped
        assert complaint.violation_of(self.ticket).value == ("LATE_SHIPMENT" if unshipped else "NO_PICKUP")

    @invariant()
    def a_complaint_is_dismissed_at_most_once(self) -> None:
        told = [record.action.value for record in self.records].count("COMPLAINT_RULED")
        assert told == self.dismissed <= (self.status == "ESCALATED")

    # ---- how

    def _ship(self, shipped_at: datetime) -> None:
        change = shipment.ship(
            self.ticket,
            shipped_at=shipped_at,
            money_at_risk=PICKUP_RISK,
            settled_at=self.now,
            now=self.now,
            policy=DEFAULT,
        )
        if not self.shipping:
            assert change == Change(self.ticket, ())
            return
        before = self.status
        self._clock(self.now)
        filed = ["ESCALATED"] if self.status != before else []
        if self.status == "AWAITING_REPLY":
            late = shipped_at + 24 * HOUR <= self.now
            self.status, self.shipped, self.risk = "AWAITING_PICKUP", True, PICKUP_RISK
            self.end = self.now + HOUR if late else shipped_at + 24 * HOUR
            self.last_end = self.end
            self.reminders = [each for each in REMINDERS if self.end - timedelta(minutes=each) > self.now]
            assert actions(change) == ["SHIPPED"]
        elif self.status == "ESCALATED":
            assert actions(change) == [*filed, "SHIPPED"]
        else:
            assert actions(change) == filed == []
        self._take(change)

    def _refused_while_overdue(self, act: Callable[[], Change]) -> None:
        """The rule itself refuses, also when nobody settled the ticket before."""
        if self.status in OPEN and self.end is not None and self.now >= self.end:
            with pytest.raises(IllegalTransition):
                act()

    def _settle(self) -> None:
        """What every use case does before a reply, a withdrawal or another urge."""
        settled = tickets.settle(self.ticket, at=self.now, now=self.now, policy=DEFAULT)
        self._clock(self.now)
        if settled is not None:
            self._take(settled)

    def _clock(self, at: datetime) -> None:
        """The model's own clock: the end that has come by `at`."""
        if self.end is None or at < self.end:
            return
        if self.status == "REPLIED" and self.round < 3:
            self.status = "BROKEN"
        else:
            self.escalated_with = self.end if self.status in OPEN else None
            self.status = "ESCALATED"
        self.last_end, self.end = self.end, None

    def _fact(self, action: FollowUpAction, fact_at: datetime) -> None:
        closing = action is FollowUpAction.ORDER_CLOSED
        self._clock(self.now if closing else min(fact_at, self.now))
        change = tickets.complete(self.ticket, action, fact_at=fact_at, now=self.now, policy=DEFAULT)
        told = action.value in actions(change)
        if self.status in UNCLOSED:
            self.status, self.end = "COMPLETED", None
            assert told
        elif self.status == "ESCALATED":
            assert told is not closing
        else:
            assert change == Change(self.ticket, ())
        excused = False
        if self.status == "ESCALATED":
            excused = complaint.excused(change.ticket, fact_at=fact_at, policy=DEFAULT)
            assert excused is (fact_at < self.last_end)
        self._take(change)
        if told and excused and not self.dismissed:
            self.dismissed = True
            self._take(dismissal.dismiss(self.ticket, "in time", self.now))

    def _reopen(self) -> Change:
        return opening.reopen(
            self.ticket, round_=self.ticket.round + 1, money_at_risk=AT_RISK, now=self.now, policy=DEFAULT
        )

    def _take(self, change: Change) -> None:
        before, after = self.ticket, change.ticket
        assert (after.key, after.order_id, after.number, after.opened_at) == (
            *(before.key, before.order_id, before.number, before.opened_at),
        )
        assert after.updated_at == (self.now if change.records else before.updated_at)
        self.ticket = after
        self.records += change.records


TestTicketLife = TicketLife.TestCase
TestTicketLife.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
