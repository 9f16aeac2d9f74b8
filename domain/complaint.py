"""Complaints: what one costs, and how it ends (`domain.md §10`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.cards import SHANGHAI
from domain.errors import IllegalTransition, InvalidInput, Problem
from domain.order import MOST_MONEY, text_problem
from domain.replies import proof_problems
from domain.ticket_words import TicketKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.policy import CompensationRule, ComplaintRates, Policy
    from domain.ticket import Ticket

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
TEXT_CHARACTERS = 2_000
"""Of a statement, a note and a reason."""


class ComplaintStatus(StrEnum):
    """Where a complaint stands (`domain.md §10`)."""

    FILED = "FILED"
    SETTLED = "SETTLED"
    UPHELD = "UPHELD"
    DISMISSED = "DISMISSED"


class Violation(StrEnum):
    """What a complaint accuses the seller of; a ruling may find another than it was filed for."""

    NO_PICKUP = "NO_PICKUP"
    LATE_SHIPMENT = "LATE_SHIPMENT"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    FALSE_WAYBILL = "FALSE_WAYBILL"


@dataclass(frozen=True, slots=True)
class Sale:
    """What compensation is reckoned from: yuan paid, and whether the order was a presale."""

    paid: Decimal
    presale: bool = False


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as it stands; `estimate` is what it costs in yuan, before the cap of the day."""

    status: ComplaintStatus
    violation: Violation
    estimate: Decimal


@dataclass(frozen=True, slots=True)
class Awarded:
    """What counts towards the caps already.

    `money`: yuan awarded to the buyer against the seller for orders of the same payment day; `points`: the
    seller's penalty points of the last `ComplaintRates.points_within`.
    """

    money: Decimal
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the platform decides. `compensation` (yuan) takes the place of rate x paid; None: the rate's.

    `violation` None: the one it was filed for.
    """

    upheld: bool
    reason: str
    compensation: Decimal | None = None
    points: int = 0
    violation: Violation | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a complaint ends; money in yuan."""

    status: ComplaintStatus
    violation: Violation
    compensation: Decimal
    points: int = 0
    reason: str | None = None


def is_presale(paid_at: datetime, ship_by_given: datetime | None, rates: ComplaintRates) -> bool:
    """Whether the order's own limit was set longer after the payment than is usual (§10)."""
    return ship_by_given is not None and ship_by_given - paid_at > rates.presale_over


def rule_for(violation: Violation, sale: Sale, rates: ComplaintRates) -> CompensationRule:
    """Rate and limits of a violation (§10)."""
    match violation:
        case Violation.NO_PICKUP:
            return rates.no_pickup
        case Violation.LATE_SHIPMENT:
            return rates.late_presale if sale.presale else rates.late_shipment
        case Violation.OUT_OF_STOCK:
            return rates.out_of_stock_presale if sale.presale else rates.out_of_stock
        case Violation.FALSE_WAYBILL:
            return rates.false_waybill


def compensation(paid: Decimal, rule: CompensationRule) -> Decimal:
    """Yuan an upheld complaint costs: rate x paid, clamped to the rule's limits, to the cent."""
    return min(max(paid * rule.rate, rule.least), rule.most).quantize(CENT, ROUND_HALF_UP)


def violation_of(ticket: Ticket) -> Violation:
    """What the clock that runs, or ran out, would accuse the seller of (`domain.md §3, §10`).

    An urge-shipment ticket that nobody shipped for: late shipment. Once there is a number: no pickup.
    """
    unshipped = ticket.kind is TicketKind.URGE_SHIPMENT and ticket.shipped_at is None
    return Violation.LATE_SHIPMENT if unshipped else Violation.NO_PICKUP


def estimate(violation: Violation, sale: Sale, rates: ComplaintRates) -> Decimal:
    """Yuan that the violation costs before the cap of the day: what is stored with a complaint."""
    return compensation(sale.paid, rule_for(violation, sale, rates))


def money_at_risk(violation: Violation, sale: Sale, policy: Policy) -> Decimal:
    """Yuan at stake while a ticket is unclosed, whose clock would accuse the seller of this (§10)."""
    return estimate(violation, sale, policy.complaints)


def payment_day(paid_at: datetime) -> tuple[datetime, datetime]:
    """The day of a payment in Shanghai: from (included) to (excluded)."""
    start = paid_at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)


def capped(amount: Decimal, awarded: Decimal, rates: ComplaintRates) -> Decimal:
    """Yuan that are left of `amount` under the cap of the buyer, seller and payment day (§10)."""
    return max(min(amount, rates.most_a_day - awarded), NOTHING).quantize(CENT)


def require_filed(complaint: Complaint, ticket: Ticket) -> None:
    """Raise `IllegalTransition` unless the complaint is neither settled nor ruled on (§10)."""
    status = complaint.status.value
    if complaint.status is not ComplaintStatus.FILED:
        message = f"The complaint is {status}: only one that is FILED can be changed."
        raise IllegalTransition(message, current_status=status, ticket=ticket.key)


def settle(filed: Complaint, awarded: Awarded, rates: ComplaintRates) -> Ending:
    """The seller accepts before the ruling: compensation, capped, and no points (§10)."""
    amount = capped(filed.estimate, awarded.money, rates)
    return Ending(ComplaintStatus.SETTLED, filed.violation, amount)


def rule(filed: Complaint, ruling: Ruling, sale: Sale, awarded: Awarded, rates: ComplaintRates) -> Ending:
    """What becomes of a filed complaint by the platform's checked ruling; the caps hold whatever it says.

    Points fall when it is ruled serious: so many as are asked for, one (`points_each`) at most, and none
    beyond the shop's cap (§10).
    """
    if not ruling.upheld:
        return Ending(ComplaintStatus.DISMISSED, filed.violation, NOTHING, reason=ruling.reason)
    violation = ruling.violation or filed.violation
    asked = filed.estimate if violation is filed.violation else estimate(violation, sale, rates)
    if ruling.compensation is not None:
        asked = ruling.compensation
    points = max(min(ruling.points, rates.points_each, rates.most_points - awarded.points), 0)
    amount = capped(asked, awarded.money, rates)
    return Ending(ComplaintStatus.UPHELD, violation, amount, points, ruling.reason)


def check_statement(statement: str, proof_urls: Sequence[str]) -> str:
    """The statement without the spaces around it; raises `InvalidInput` naming every faulty field."""
    problems = [*_text_problems("statement", statement), *proof_problems(tuple(proof_urls))]
    if problems:
        raise InvalidInput(problems)
    return statement.strip()


def check_note(note: str | None) -> str | None:
    """The note of a settlement; raises `InvalidInput`."""
    if note is None or not note.strip():
        return None
    problems = _text_problems("note", note)
    if problems:
        raise InvalidInput(problems)
    return note.strip()


def check_ruling(
    *,
    upheld: bool,
    reason: str,
    compensation: Decimal | None,
    points: int,
    violation: str | None,
) -> Ruling:
    """The checked ruling; raises `InvalidInput` naming every faulty field.

    A dismissal takes no money, points or violation: they would say that it was upheld.
    """
    problems = _text_problems("reason", reason)
    if compensation is not None and not (compensation.is_finite() and 0 <= compensation <= MOST_MONEY):
        message = f"The compensation is between 0 and {MOST_MONEY}."
        problems.append(_problem("OUT_OF_RANGE", message, "compensation"))
    if points < 0:
        problems.append(_problem("OUT_OF_RANGE", "Penalty points are not negative.", "penaltyPoints"))
    known = [each.value for each in Violation]
    if violation is not None and violation not in known:
        problems.append(_problem("UNKNOWN_VIOLATION", f"Violations: {', '.join(known)}.", "violation"))
    if not upheld:
        given = {
            "compensation": compensation is not None,
            "penaltyPoints": points > 0,
            "violation": violation is not None,
        }
        problems += [
            _problem("NOT_TAKEN", f"A complaint that is dismissed takes no {field}.", field)
            for field, is_given in given.items()
            if is_given and not any(each.path == ("input", field) for each in problems)
        ]
    if problems:
        raise InvalidInput(problems)
    return Ruling(
        upheld=upheld,
        reason=reason.strip(),
        compensation=compensation,
        points=points,
        violation=None if violation is None else Violation(violation),
    )


def _text_problems(field: str, text: str) -> list[Problem]:
    problem = text_problem(field, text, TEXT_CHARACTERS)
    return [] if problem is None else [Problem(problem.code, problem.message, ("input", field))]


def _problem(code: str, message: str, field: str) -> Problem:
    return Problem(code, message, ("input", field))


def excused(ticket: Ticket, *, fact_at: datetime, policy: Policy) -> bool:
    """Whether an escalated ticket's complaint is to be dismissed: the pickup or refund was in time (§3)."""
    if ticket.escalated_at is None or not policy.dismisses_when_in_time:
        return False
    passed_at = ticket.deadline_at if ticket.deadline_at is not None else ticket.promise_broken_at
    return passed_at is not None and fact_at < passed_at
