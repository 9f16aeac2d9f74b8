"""What a complaint costs, and when the system takes it back (`domain.md §3, §10`)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import complaint, opening, ticket
from domain.complaint import Sale, Violation
from domain.policy import DEFAULT, CompensationRule
from domain.replies import Reply, schemes_for
from domain.ticket import Ticket
from domain.ticket_words import TicketKind

T0 = datetime(2026, 11, 22, 8, tzinfo=UTC)
MS = timedelta(milliseconds=1)
DAY = timedelta(hours=24)


@pytest.mark.rule("§10.8")
@pytest.mark.parametrize(
    ("paid", "costs"),
    [
        ("0.00", "5.00"),
        ("99.99", "5.00"),
        ("100.00", "5.00"),
        ("100.09", "5.00"),
        ("100.10", "5.01"),
        ("100.30", "5.02"),
        ("129.00", "6.45"),
        ("1999.89", "99.99"),
        ("1999.90", "100.00"),
        ("2000.00", "100.00"),
        ("2000.01", "100.00"),
        ("9999999999.99", "100.00"),
    ],
)
def test_no_pickup_costs_5_percent_between_5_and_100_yuan(paid: str, costs: str) -> None:
    """Halves of a cent are rounded up; always two digits after the point."""
    sale = Sale(Decimal(paid))
    assert str(complaint.money_at_risk(Violation.NO_PICKUP, sale, DEFAULT)) == costs


@pytest.mark.rule("§10.6")
@given(
    paid=st.decimals(0, 10**9, places=2),
    least=st.decimals(0, 10, places=2),
    span=st.decimals(0, 500, places=2),
)
def test_compensation_is_whole_cents_within_the_rules_limits(
    paid: Decimal, least: Decimal, span: Decimal
) -> None:
    rule = CompensationRule(Decimal("0.05"), least, least + span)
    costs = complaint.compensation(paid, rule)
    assert rule.least <= costs <= rule.most
    assert costs == costs.quantize(Decimal("0.01"))
    assert complaint.compensation(paid + 1, rule) >= costs


def _opened(round_: int = 1) -> Ticket:
    return opening.open_ticket(
        shop_id=UUID(int=1),
        ticket_id=UUID(int=2),
        order_id=UUID(int=3),
        number="T1",
        round_=round_,
        money_at_risk=Decimal("6.45"),
        now=T0,
        policy=DEFAULT,
    ).ticket


def _escalated_by_the_clock() -> Ticket:
    change = ticket.elapse(_opened(), T0 + DAY, DEFAULT)
    assert change is not None
    return change.ticket


def _escalated_by_a_broken_promise() -> Ticket:
    """Its last round's promise ended at T0 + 5 h."""
    scheme = schemes_for(TicketKind.URGE_PICKUP)[2]
    answer = Reply(scheme, None, None, T0 + timedelta(hours=5), ())
    replied = ticket.reply(_opened(3), answer, note=None, now=T0, policy=DEFAULT)
    change = ticket.elapse(replied.ticket, T0 + timedelta(hours=6), DEFAULT)
    assert change is not None
    return change.ticket


@pytest.mark.rule("§3.22")
@pytest.mark.parametrize(
    ("escalated", "border"),
    [
        pytest.param(_escalated_by_the_clock(), T0 + DAY, id="escalated by the clock"),
        pytest.param(_escalated_by_a_broken_promise(), T0 + timedelta(hours=5), id="by a broken promise"),
    ],
)
def test_only_what_happened_before_the_end_excuses(escalated: Ticket, border: datetime) -> None:
    assert complaint.excused(escalated, fact_at=border - MS, policy=DEFAULT)
    assert not complaint.excused(escalated, fact_at=border, policy=DEFAULT)
    assert not complaint.excused(escalated, fact_at=border + MS, policy=DEFAULT)


def test_the_policy_can_switch_excuses_off() -> None:
    strict = replace(DEFAULT, dismisses_when_in_time=False)
    assert not complaint.excused(_escalated_by_the_clock(), fact_at=T0, policy=strict)


def test_a_ticket_without_complaint_needs_no_excuse() -> None:
    assert not complaint.excused(_opened(), fact_at=T0, policy=DEFAULT)
