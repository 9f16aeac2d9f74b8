"""Which tickets a filter leaves: SQL over `r`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from domain import carriers, ids
from domain.ids import IdKind
from domain.ticket_words import TicketKind, TicketStatus, Urgency
from resolvers.reads import orders
from resolvers.reads.text import shops_named

if TYPE_CHECKING:
    from resolvers.plan.binding import Binder

OPEN = "r.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')"
RUNNING_DEADLINE = f"CASE WHEN {OPEN} THEN r.deadline_at ELSE 'infinity'::timestamptz END"
"""The deadline of a running clock; those without one come last in the queue."""


class TicketOrderField(Enum):
    """What the queue is ordered by."""

    DEADLINE_AT = "DEADLINE_AT"
    OPENED_AT = "OPENED_AT"
    UPDATED_AT = "UPDATED_AT"
    MONEY_AT_RISK = "MONEY_AT_RISK"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilter:
    """Which tickets; None does not narrow. `…_after` is included, `…_before` is not. Ids are public ids."""

    shop_ids: tuple[str, ...] | None = None
    status: tuple[TicketStatus, ...] | None = None
    kind: tuple[TicketKind, ...] | None = None
    urgency: tuple[Urgency, ...] | None = None
    assignee_id: str | None = None
    assigned_to_me: bool | None = None
    unassigned: bool | None = None
    carrier: tuple[str, ...] | None = None
    deadline_before: datetime | None = None
    deadline_after: datetime | None = None
    opened_after: datetime | None = None
    opened_before: datetime | None = None
    search: str | None = None


def conditions(binder: Binder, wanted: TicketFilter) -> tuple[str, ...]:
    """What narrows the tickets `r` to those of the filter, but for their urgency."""
    return (
        *_words(binder, wanted),
        *_assignment(binder, wanted),
        *_times(binder, wanted),
        *_joined(binder, wanted),
    )


def _words(binder: Binder, wanted: TicketFilter) -> list[str]:
    conditions = []
    if wanted.shop_ids is not None:
        shop_ids = shops_named(wanted.shop_ids)
        conditions.append(f"r.shop_id = ANY({binder.bind(shop_ids, 'uuid[]')})")
    if wanted.status is not None:
        words = binder.bind([status.value for status in wanted.status], "text[]")
        conditions.append(f"r.status = ANY({words}::ticket_status[])")
    if wanted.kind is not None:
        words = binder.bind([kind.value for kind in wanted.kind], "text[]")
        conditions.append(f"r.kind = ANY({words}::ticket_kind[])")
    return conditions


def _assignment(binder: Binder, wanted: TicketFilter) -> list[str]:
    conditions = []
    if wanted.assignee_id is not None:
        assignee_id = ids.decode_as(IdKind.STAFF_MEMBER, wanted.assignee_id)
        conditions.append(f"r.assignee_id = {binder.bind(assignee_id, 'uuid')}")
    if wanted.assigned_to_me is not None:
        mine = (
            "EXISTS (SELECT FROM staff_member m WHERE m.shop_id = r.shop_id AND m.id = r.assignee_id"
            f" AND m.subject = {binder.subject()})"
        )
        conditions.append(mine if wanted.assigned_to_me else f"NOT {mine}")
    if wanted.unassigned is not None:
        conditions.append(f"(r.assignee_id IS NULL) = {binder.bind(wanted.unassigned, 'bool')}")
    return conditions


def _times(binder: Binder, wanted: TicketFilter) -> list[str]:
    bounds = (
        ("r.deadline_at <", wanted.deadline_before),
        ("r.deadline_at >=", wanted.deadline_after),
        ("r.opened_at <", wanted.opened_before),
        ("r.opened_at >=", wanted.opened_after),
    )
    return [
        f"{comparison} {binder.bind(instant, 'timestamptz')}"
        for comparison, instant in bounds
        if instant is not None
    ]


def _joined(binder: Binder, wanted: TicketFilter) -> list[str]:
    conditions = []
    if wanted.carrier is not None:
        # PostgreSQL takes no zero character; no carrier has one.
        known = [carriers.canonical(name) for name in wanted.carrier if "\x00" not in name]
        names = binder.bind(known, "text[]")
        conditions.append(
            "EXISTS (SELECT FROM parcel c WHERE c.shop_id = r.shop_id AND c.order_id = r.order_id"
            f" AND c.carrier = ANY({names}) AND c.replaced_at IS NULL)"
        )
    if wanted.search is not None:
        conditions.append(
            "EXISTS (SELECT FROM orders o WHERE o.shop_id = r.shop_id AND o.id = r.order_id"
            f" AND {orders.search(binder, wanted.search, order='o', ticket='r')})"
        )
    return conditions
