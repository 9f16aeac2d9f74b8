"""The words of a ticket: kind, status, outcome, urgency, next step (`domain.md §2, §3`)."""

from __future__ import annotations

from enum import StrEnum


class TicketKind(StrEnum):
    """What the buyer urges."""

    URGE_PICKUP = "URGE_PICKUP"
    URGE_SHIPMENT = "URGE_SHIPMENT"


class TicketStatus(StrEnum):
    """Where a ticket stands (`domain.md §3`)."""

    AWAITING_REPLY = "AWAITING_REPLY"
    REPLIED = "REPLIED"
    AWAITING_PICKUP = "AWAITING_PICKUP"
    COMPLETED = "COMPLETED"
    ESCALATED = "ESCALATED"
    WITHDRAWN = "WITHDRAWN"


OPEN = frozenset({TicketStatus.AWAITING_REPLY, TicketStatus.AWAITING_PICKUP})
"""A clock runs."""
UNCLOSED = OPEN | {TicketStatus.REPLIED}


class TicketOutcome(StrEnum):
    """How a closed ticket ended."""

    PICKED_UP = "PICKED_UP"
    REFUNDED = "REFUNDED"
    ORDER_CLOSED = "ORDER_CLOSED"
    WITHDRAWN = "WITHDRAWN"
    COMPLAINT_FILED = "COMPLAINT_FILED"


class Urgency(StrEnum):
    """Where the clock stands: critical under 1 h, warning under 4 h, overdue when past and not yet filed."""

    NONE = "NONE"
    NORMAL = "NORMAL"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    OVERDUE = "OVERDUE"
