"""How a complaint ends: rates by violation, the caps and their borders, and what a ruling may hold (§10)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import complaint, ticket
from domain.complaint import Awarded, Complaint, ComplaintStatus, Ruling, Sale, Violation
from domain.errors import IllegalTransition, InvalidInput
from domain.events import FollowUpAction
from domain.policy import DEFAULT, ComplaintRates
from domain.ticket import Ticket
from domain.ticket_words import TicketKind, TicketOutcome, TicketStatus

T0 = datetime(2026, 11, 22, 8, tzinfo=UTC)
MS = timedelta(milliseconds=1)
RATES = DEFAULT.complaints
FRESH = Awarded(Decimal(0), 0)
UPHELD = Ruling(upheld=True, reason="属实")


def filed(estimate: str = "6.45", violation: Violation = Violation.NO_PICKUP) -> Complaint:
    return Complaint(ComplaintStatus.FILED, violation, Decimal(estimate))


def escalated() -> Ticket:
    return Ticket(
        shop_id=UUID(int=1),
        id=UUID(int=2),
        order_id=UUID(int=3),
        number="T1",
        kind=TicketKind.URGE_PICKUP,
        status=TicketStatus.ESCALATED,
        outcome=TicketOutcome.COMPLAINT_FILED,
        version=2,
        opened_at=T0,
        updated_at=T0,
        clock_started_at=T0,
        deadline_at=T0 + timedelta(days=1),
        next_step_at=None,
        escalated_at=T0 + timedelta(days=1),
        money_at_risk=Decimal("0.00"),
        record_count=2,
    )


@pytest.mark.rule("§10.6", "§10.9", "§10.10", "§10.11")
@pytest.mark.parametrize(
    ("violation", "presale", "paid", "costs"),
    [
        (Violation.NO_PICKUP, False, "99.99", "5.00"),
        (Violation.NO_PICKUP, False, "1000.00", "50.00"),
        (Violation.NO_PICKUP, True, "1000.00", "50.00"),
        (Violation.NO_PICKUP, False, "2000.01", "100.00"),
        (Violation.LATE_SHIPMENT, False, "99.99", "5.00"),
        (Violation.LATE_SHIPMENT, False, "129.00", "6.45"),
        (Violation.LATE_SHIPMENT, False, "999.89", "49.99"),
        (Violation.LATE_SHIPMENT, False, "1000.01", "50.00"),
        (Violation.LATE_SHIPMENT, True, "49.99", "5.00"),
        (Violation.LATE_SHIPMENT, True, "129.00", "12.90"),
        (Violation.LATE_SHIPMENT, True, "500.01", "50.00"),
        (Violation.OUT_OF_STOCK, False, "49.99", "5.00"),
        (Violation.OUT_OF_STOCK, False, "129.00", "12.90"),
        (Violation.OUT_OF_STOCK, False, "5000.01", "500.00"),
        (Violation.OUT_OF_STOCK, True, "33.30", "5.00"),
        (Violation.OUT_OF_STOCK, True, "129.00", "19.35"),
        (Violation.OUT_OF_STOCK, True, "3333.40", "500.00"),
        (Violation.FALSE_WAYBILL, False, "16.60", "5.00"),
        (Violation.FALSE_WAYBILL, True, "129.00", "38.70"),
        (Violation.FALSE_WAYBILL, False, "1666.70", "500.00"),
    ],
)
def test_each_violation_costs_its_rate_within_its_limits(
    violation: Violation,
    presale: bool,  # noqa: FBT001 - a case
    paid: str,
    costs: str,
) -> None:
    assert str(complaint.estimate(violation, Sale(Decimal(paid), presale), RATES)) == costs


@pytest.mark.rule("§10.14")
def test_a_ticket_risks_what_its_complaint_is_filed_for() -> None:
    sale = Sale(Decimal(1000), presale=True)
    assert complaint.money_at_risk(Violation.NO_PICKUP, sale, DEFAULT) == 50
    assert complaint.money_at_risk(Violation.LATE_SHIPMENT, sale, DEFAULT) == 50
    sale = Sale(Decimal(2000))
    assert complaint.money_at_risk(Violation.NO_PICKUP, sale, DEFAULT) == 100
    assert complaint.money_at_risk(Violation.LATE_SHIPMENT, sale, DEFAULT) == 50


@pytest.mark.rule("§10.9", "§10.10")
def test_a_presale_was_promised_more_than_48_hours_after_its_payment() -> None:
    usual = T0 + timedelta(hours=48)
    assert not complaint.is_presale(T0, None, RATES)
    assert not complaint.is_presale(T0, usual - MS, RATES)
    assert not complaint.is_presale(T0, usual, RATES)
    assert complaint.is_presale(T0, usual + MS, RATES)


@pytest.mark.parametrize(
    ("paid_at", "day"),
    [
        (datetime(2026, 11, 21, 15, 59, 59, 999_000, UTC), "2026-11-20T16:00"),
        (datetime(2026, 11, 21, 16, tzinfo=UTC), "2026-11-21T16:00"),
        (datetime(2026, 11, 22, 15, 59, 59, 999_000, UTC), "2026-11-21T16:00"),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), "2026-12-31T16:00"),
    ],
)
def test_a_payment_day_is_shanghais(paid_at: datetime, day: str) -> None:
    start, end = complaint.payment_day(paid_at)
    assert start == datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert end - start == timedelta(days=1)
    assert start <= paid_at < end


@pytest.mark.rule("§10.12")
@pytest.mark.parametrize(
    ("asked", "awarded", "costs"),
    [
        ("100.00", "0.00", "100.00"),
        ("100.00", "400.00", "100.00"),
        ("100.00", "400.01", "99.99"),
        ("100.00", "499.99", "0.01"),
        ("100.00", "500.00", "0.00"),
        ("100.00", "700.00", "0.00"),
        ("500.00", "0.00", "500.00"),
        ("500.01", "0.00", "500.00"),
    ],
)
def test_a_buyer_gets_at_most_500_yuan_for_a_seller_and_payment_day(
    asked: str, awarded: str, costs: str
) -> None:
    """Also below the violation's own least: the cap is the last word."""
    so_far = Awarded(Decimal(awarded), 0)
    settled = complaint.settle(filed(asked), so_far, RATES)
    upheld = complaint.rule(filed(asked), UPHELD, Sale(Decimal(1)), so_far, RATES)
    wanted = Ruling(upheld=True, reason="属实", compensation=Decimal(asked))
    given_ = complaint.rule(filed(), wanted, Sale(Decimal(1)), so_far, RATES)
    assert [str(each.compensation) for each in (settled, upheld, given_)] == [costs] * 3


@pytest.mark.rule("§10.3", "§10.13")
@pytest.mark.parametrize(
    ("asked", "so_far", "points"),
    [(0, 0, 0), (1, 0, 1), (2, 0, 1), (1, 5, 1), (1, 6, 0), (1, 9, 0), (0, 6, 0)],
)
def test_a_serious_one_costs_a_point_and_never_more_than_six_in_all(
    asked: int, so_far: int, points: int
) -> None:
    ruling = Ruling(upheld=True, reason="严重", points=asked)
    ending = complaint.rule(filed(), ruling, Sale(Decimal(129)), Awarded(Decimal(0), so_far), RATES)
    assert (ending.status, ending.points) == (ComplaintStatus.UPHELD, points)


@pytest.mark.rule("§10.2")
def test_a_settlement_costs_money_and_no_points() -> None:
    ending = complaint.settle(filed(), FRESH, RATES)
    assert (ending.status, ending.points, ending.reason) == (ComplaintStatus.SETTLED, 0, None)
    assert str(ending.compensation) == "6.45"


@pytest.mark.rule("§10.4")
def test_a_dismissal_costs_nothing_and_says_why() -> None:
    ending = complaint.rule(filed(), Ruling(upheld=False, reason="已揽收"), Sale(Decimal(129)), FRESH, RATES)
    assert (ending.status, str(ending.compensation), ending.points) == (ComplaintStatus.DISMISSED, "0.00", 0)
    assert ending.reason == "已揽收"


def test_another_violation_that_was_found_costs_its_own_rate() -> None:
    ruling = Ruling(upheld=True, reason="单号重复", violation=Violation.FALSE_WAYBILL)
    ending = complaint.rule(filed(), ruling, Sale(Decimal(129)), FRESH, RATES)
    assert (ending.violation, str(ending.compensation)) == (Violation.FALSE_WAYBILL, "38.70")
    same = Ruling(upheld=True, reason="属实", violation=Violation.NO_PICKUP)
    assert str(complaint.rule(filed("7.00"), same, Sale(Decimal(129)), FRESH, RATES).compensation) == "7.00"


MONEY = st.decimals(0, 1_000, places=2)


@given(paid=MONEY, so_far=MONEY, asked=st.none() | MONEY, points=st.integers(0, 9), had=st.integers(0, 9))
def test_no_ruling_passes_a_cap(
    paid: Decimal, so_far: Decimal, asked: Decimal | None, points: int, had: int
) -> None:
    rates = ComplaintRates(most_a_day=Decimal(300), points_each=2, most_points=5)
    ruling = Ruling(upheld=True, reason="属实", compensation=asked, points=points)
    ending = complaint.rule(
        filed(), ruling, Sale(paid), Awarded(min(so_far, Decimal(300)), min(had, 5)), rates
    )
    assert 0 <= ending.compensation <= 300 - min(so_far, Decimal(300))
    assert 0 <= ending.points <= min(2, 5 - min(had, 5), points)
    assert ending.compensation == ending.compensation.quantize(Decimal("0.01"))


@pytest.mark.parametrize("status", ComplaintStatus)
def test_only_a_filed_complaint_can_be_changed(status: ComplaintStatus) -> None:
    stands = Complaint(status, Violation.NO_PICKUP, Decimal("6.45"))
    if status is ComplaintStatus.FILED:
        complaint.require_filed(stands, escalated())
        return
    with pytest.raises(IllegalTransition) as caught:
        complaint.require_filed(stands, escalated())
    assert (caught.value.current_status, caught.value.ticket) == (status.value, escalated().key)


def test_the_ticket_tells_of_it_and_stays_as_it_ended() -> None:
    before = escalated()
    change = ticket.complaint_moved(
        before, FollowUpAction.COMPLAINT_SETTLED, "认了", T0 + 2 * timedelta(days=1)
    )
    after = change.ticket
    assert (after.version, after.record_count) == (before.version + 1, before.record_count + 1)
    assert (after.status, after.outcome, after.next_step_at) == (before.status, before.outcome, None)
    assert [(each.action, each.note) for each in change.records] == [("COMPLAINT_SETTLED", "认了")]


GOOD = {"upheld": True, "reason": "属实", "compensation": None, "points": 0, "violation": None}


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"reason": " "}, {("REQUIRED", "reason")}),
        ({"reason": "x" * 2_001}, {("TOO_LONG", "reason")}),
        ({"reason": "a\x00b"}, {("BAD_CHARACTER", "reason")}),
        ({"compensation": Decimal("-0.01")}, {("OUT_OF_RANGE", "compensation")}),
        ({"compensation": Decimal("NaN")}, {("OUT_OF_RANGE", "compensation")}),
        ({"compensation": Decimal("10000000000.00")}, {("OUT_OF_RANGE", "compensation")}),
        ({"points": -1}, {("OUT_OF_RANGE", "penaltyPoints")}),
        ({"violation": "LATE"}, {("UNKNOWN_VIOLATION", "violation")}),
        ({"upheld": False, "compensation": Decimal(0)}, {("NOT_TAKEN", "compensation")}),
        ({"upheld": False, "points": 1}, {("NOT_TAKEN", "penaltyPoints")}),
        ({"upheld": False, "violation": "NO_PICKUP"}, {("NOT_TAKEN", "violation")}),
        (
            {"upheld": False, "reason": "", "compensation": Decimal(-1), "points": -1, "violation": "LATE"},
            {
                ("REQUIRED", "reason"),
                ("OUT_OF_RANGE", "compensation"),
                ("OUT_OF_RANGE", "penaltyPoints"),
                ("UNKNOWN_VIOLATION", "violation"),
            },
        ),
    ],
)
def test_every_faulty_field_of_a_ruling_is_named(changes: Any, problems: set[tuple[str, str]]) -> None:
    given_: dict[str, Any] = {**GOOD, **changes}
    with pytest.raises(InvalidInput) as caught:
        complaint.check_ruling(**given_)
    assert {(each.code, each.path[-1]) for each in caught.value.problems} == problems
    assert all(each.path[0] == "input" for each in caught.value.problems)


def test_a_good_ruling_passes() -> None:
    found = complaint.check_ruling(
        upheld=True,
        reason=" 单号重复 ",
        compensation=Decimal("0.00"),
        points=1,
        violation="FALSE_WAYBILL",
    )
    assert found == Ruling(
        upheld=True,
        reason="单号重复",
        compensation=Decimal("0.00"),
        points=1,
        violation=Violation.FALSE_WAYBILL,
    )
    assert complaint.check_ruling(**{**GOOD, "upheld": False}) == Ruling(upheld=False, reason="属实")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "proofs", "problems"),
    [
        (" \n", [], {("REQUIRED", "statement")}),
        ("x" * 2_001, ["http://example.com"], {("TOO_LONG", "statement"), ("NOT_HTTPS", "0")}),
        ("x", ["https://example.com"] * 10, {("TOO_MANY", "proofUrls")}),
    ],
)
def test_every_faulty_field_of_a_statement_is_named(
    statement: str, proofs: list[str], problems: set[tuple[str, str]]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        complaint.check_statement(statement, proofs)
    assert {(each.code, each.path[-1]) for each in caught.value.problems} == problems


def test_a_statement_is_taken_without_the_spaces_around_it() -> None:
    assert complaint.check_statement(" 已交快递 ", ["https://example.com"] * 9) == "已交快递"
    assert complaint.check_statement("x" * 2_000, []) == "x" * 2_000


def test_a_settlement_needs_no_note() -> None:
    assert (complaint.check_note(None), complaint.check_note("  ")) == (None, None)
    assert complaint.check_note(" 认了 ") == "认了"
    with pytest.raises(InvalidInput):
        complaint.check_note("x" * 2_001)
