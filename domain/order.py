"""The words of an order, and the check of one as it is recorded (`domain.md §3, §14`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.errors import Problem

if TYPE_CHECKING:
    from domain.policy import Policy

NUMBER_CHARACTERS = 64
TEXT_CHARACTERS = 500
MOST_PIECES = 1_000_000
MOST_MONEY = Decimal("9999999999.99")
REGION = re.compile(r"[0-9]{2,6}")


class OrderStatus(StrEnum):
    """Where an order stands; the database computes it from the order's times."""

    PAID = "PAID"
    SHIPPED = "SHIPPED"
    PICKED_UP = "PICKED_UP"
    SIGNED = "SIGNED"
    REFUNDED = "REFUNDED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order as its source tells it. Money in yuan, times aware, regions GB/T 2260 codes."""

    number: str
    buyer_id: str
    buyer_nick: str
    item_title: str
    quantity: int
    paid_amount: Decimal
    paid_at: datetime
    ship_by: datetime | None = None
    closed_at: datetime | None = None
    origin_region: str | None = None
    destination_region: str | None = None
    address_key: str | None = None


def check_row(row: OrderRow, now: datetime, policy: Policy) -> list[Problem]:
    """Every fault of the row, with the field's name as path; none when it may be recorded."""
    problems = [
        *_text_problems(row),
        *future_problems("paidAt", row.paid_at, now, policy),
        *future_problems("closedAt", row.closed_at, now, policy),
    ]
    if not 1 <= row.quantity <= MOST_PIECES:
        problems.append(Problem("OUT_OF_RANGE", "The quantity is between 1 and 1,000,000.", ("quantity",)))
    if not row.paid_amount.is_finite() or not Decimal(0) <= row.paid_amount <= MOST_MONEY:
        problems.append(
            Problem("OUT_OF_RANGE", f"The paid amount is between 0 and {MOST_MONEY}.", ("paidAmount",))
        )
    for field, region in (("originRegion", row.origin_region), ("destinationRegion", row.destination_region)):
        if region is not None and not REGION.fullmatch(region):
            problems.append(Problem("NOT_A_REGION", "A region is a GB/T 2260 code, 2 to 6 digits.", (field,)))
    return problems


def future_problems(field: str, instant: datetime | None, now: datetime, policy: Policy) -> list[Problem]:
    """A recorded time more than the tolerance in the future is refused (`domain.md §3`)."""
    if instant is None or instant <= now + policy.future_tolerance:
        return []
    minutes = int(policy.future_tolerance.total_seconds() // 60)
    return [Problem("IN_THE_FUTURE", f"{field} is more than {minutes} minutes in the future.", (field,))]


def _text_problems(row: OrderRow) -> list[Problem]:
    limits = (
        ("number", row.number, NUMBER_CHARACTERS),
        ("buyerId", row.buyer_id, TEXT_CHARACTERS),
        ("buyerNick", row.buyer_nick, TEXT_CHARACTERS),
        ("itemTitle", row.item_title, TEXT_CHARACTERS),
        ("addressKey", row.address_key, TEXT_CHARACTERS),
    )
    problems = []
    for field, value, most in limits:
        if value is None:
            continue
        problem = text_problem(field, value, most)
        if problem is not None:
            problems.append(problem)
    return problems


def text_problem(field: str, value: str, most: int, *, may_be_blank: bool = False) -> Problem | None:
    """A text that must not be blank, longer than `most` characters, or hold a zero character."""
    if not value.strip() and not may_be_blank:
        return Problem("REQUIRED", f"{field} must not be blank.", (field,))
    if len(value) > most:
        return Problem("TOO_LONG", f"{field} has at most {most} characters.", (field,))
    if "\x00" in value:
        return Problem("BAD_CHARACTER", f"{field} holds a zero character.", (field,))
    return None
