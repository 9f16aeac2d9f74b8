"""Complaints: what one costs, and when it is filed (`domain.md §10`; rulings come later)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.ticket_words import TicketKind

if TYPE_CHECKING:
    from datetime import datetime

    from domain.policy import CompensationRule, Policy
    from domain.ticket import Ticket

CENT = Decimal("0.01")


class ComplaintStatus(StrEnum):
    """Where a complaint stands (`domain.md §10`)."""

    FILED = "FILED"
    SETTLED = "SETTLED"
    UPHELD = "UPHELD"
    DISMISSED = "DISMISSED"


class Violation(StrEnum):
    """What a complaint accuses the seller of."""

    NO_PICKUP = "NO_PICKUP"
    LATE_SHIPMENT = "LATE_SHIPMENT"


def compensation(paid: Decimal, rule: CompensationRule) -> Decimal:
    """Yuan an upheld complaint costs: rate x paid, clamped to the rule's limits, to the cent."""
    return min(max(paid * rule.rate, rule.least), rule.most).quantize(CENT, ROUND_HALF_UP)


def violation_of(ticket: Ticket) -> Violation:
    """What the clock that runs, or ran out, would accuse the seller of (`domain.md §3, §10`).

    An urge-shipment ticket that nobody shipped for: late shipment. Once there is a number: no pickup.
    """
    unshipped = ticket.kind is TicketKind.URGE_SHIPMENT and ticket.shipped_at is None
    return Violation.LATE_SHIPMENT if unshipped else Violation.NO_PICKUP


def rule_of(violation: Violation, policy: Policy) -> CompensationRule:
    """What the policy asks for a violation."""
    return policy.late_shipment if violation is Violation.LATE_SHIPMENT else policy.no_pickup


def money_at_risk(paid: Decimal, violation: Violation, policy: Policy) -> Decimal:
    """Yuan at stake while a ticket is unclosed (`domain.md §10`)."""
    return compensation(paid, rule_of(violation, policy))


def excused(ticket: Ticket, *, fact_at: datetime, policy: Policy) -> bool:
    """Whether an escalated ticket's complaint is to be dismissed: the pickup or refund was in time (§3)."""
    if ticket.escalated_at is None or not policy.dismisses_when_in_time:
        return False
    passed_at = ticket.deadline_at if ticket.deadline_at is not None else ticket.promise_broken_at
    return passed_at is not None and fact_at < passed_at
