"""Lists of tickets: the queue, and the tickets of one order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from db import tables
from db import tickets as ticket_rows
from domain import access, carriers, ids, ticket
from domain.access import Action
from domain.ids import IdKind
from domain.ticket_words import TicketKind, TicketStatus, Urgency
from resolvers.reads.tickets import TicketOrderField
from tests.oracle.reads import counts, lists, orders, paging, rows, streams
from tests.oracle.reads.paging import Key, Ordering, Page, Source, Window
from tests.oracle.reads.scope import shops_among

if TYPE_CHECKING:
    from uuid import UUID

    from tests.oracle.reads.reads import Reads
    from tests.oracle.reads.scope import Statement

OPEN = "r.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')"
RUNNING_DEADLINE = f"CASE WHEN {OPEN} THEN r.deadline_at ELSE 'infinity'::timestamptz END"
"""The deadline of a running clock; those without one come last in the queue."""


KEYS = {
    TicketOrderField.DEADLINE_AT: Key(f"({RUNNING_DEADLINE})", "timestamptz"),
    TicketOrderField.OPENED_AT: Key("r.opened_at", "timestamptz"),
    TicketOrderField.UPDATED_AT: Key("r.updated_at", "timestamptz"),
    TicketOrderField.MONEY_AT_RISK: Key("r.money_at_risk", "numeric"),
}


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


def state(row: tables.Ticket) -> ticket.Ticket:
    """The ticket as the domain knows it."""
    return ticket_rows.from_row({name: getattr(row, name) for name in ticket_rows.COLUMNS})


async def queue(
    reads: Reads,
    wanted: TicketFilter,
    window: Window,
    *,
    order: TicketOrderField = TicketOrderField.DEADLINE_AT,
    descending: bool = False,
    with_stream: bool = False,
) -> Page[tables.Ticket]:
    """A page of the queue; `extra` is its stream cursor, or why there is none (`streams.cursor`)."""
    statement = reads.statement()
    now = await reads.now()
    conditions = (statement.scope("ticket", "r"), *_conditions(statement, wanted, now))
    ordering = Ordering(
        (KEYS[order], Key("r.id", "uuid")), descending=descending, about=("tickets", repr(wanted))
    )
    shop_ids = None if wanted.shop_ids is None else lists.decoded(wanted.shop_ids)
    among = shops_among(reads.viewer, shop_ids)
    return await _page(reads, Source(_COLUMNS, "ticket", conditions, statement, among), ordering, window,
                       default=50, stream=shop_ids, with_stream=with_stream)  # fmt: skip


async def of_order(
    reads: Reads, order: tables.Order, window: Window, *, with_stream: bool
) -> Page[tables.Ticket]:
    """The tickets of an order, the newest first."""
    statement = reads.statement()
    conditions = (
        f"r.shop_id = {statement.bind(order.shop_id, 'uuid')}",
        f"r.order_id = {statement.bind(order.id, 'uuid')}",
        statement.scope("ticket", "r"),
    )
    keys = (Key("r.opened_at", "timestamptz"), Key("r.id", "uuid"))
    ordering = Ordering(keys, descending=True, about=("order tickets", str(order.id)))
    # A position counts what happened in the shop: who may not watch it is given an empty cursor.
    stream = [order.shop_id] if reads.viewer.role in access.MAY[Action.WATCH_QUEUE] else []
    return await _page(reads, Source(_COLUMNS, "ticket", conditions, statement), ordering, window,
                       default=10, stream=stream, with_stream=with_stream)  # fmt: skip


_COLUMNS = rows.columns(tables.Ticket, "r")


async def _page(
    reads: Reads,
    source: Source,
    ordering: Ordering,
    window: Window,
    *,
    default: int,
    stream: list[UUID] | None,
    with_stream: bool,
) -> Page[tables.Ticket]:
    """The page and its stream cursor are read in one snapshot: nothing is missed between the two."""
    counted = paging.counting(source, cap=paging.COUNTED_TO)
    async with reads.database.snapshot() as connection:
        found = await paging.fetch(connection, source, ordering, window, default=default)
        cursor = await streams.cursor(connection, reads.statement(), stream) if with_stream else None
    page = lists.made(reads, tables.Ticket, found, counted)
    page.extra = cursor
    return page


def _conditions(statement: Statement, wanted: TicketFilter, now: datetime) -> list[str]:
    return [
        *_words(statement, wanted),
        *_assignment(statement, wanted),
        *_times(statement, wanted),
        *_urgencies(statement, wanted, now),
        *_joined(statement, wanted),
    ]


def _words(statement: Statement, wanted: TicketFilter) -> list[str]:
    conditions = []
    if wanted.shop_ids is not None:
        shop_ids = lists.decoded(wanted.shop_ids)
        conditions.append(f"r.shop_id = ANY({statement.bind(shop_ids, 'uuid[]')})")
    if wanted.status is not None:
        words = statement.bind([status.value for status in wanted.status], "text[]")
        conditions.append(f"r.status = ANY({words}::ticket_status[])")
    if wanted.kind is not None:
        words = statement.bind([kind.value for kind in wanted.kind], "text[]")
        conditions.append(f"r.kind = ANY({words}::ticket_kind[])")
    return conditions


def _assignment(statement: Statement, wanted: TicketFilter) -> list[str]:
    conditions = []
    if wanted.assignee_id is not None:
        assignee_id = ids.decode_as(IdKind.STAFF_MEMBER, wanted.assignee_id)
        conditions.append(f"r.assignee_id = {statement.bind(assignee_id, 'uuid')}")
    if wanted.assigned_to_me is not None:
        mine = (
            "EXISTS (SELECT FROM staff_member m WHERE m.shop_id = r.shop_id AND m.id = r.assignee_id"
            f" AND m.subject = {statement.bind(statement.viewer.subject, 'text')})"
        )
        conditions.append(mine if wanted.assigned_to_me else f"NOT {mine}")
    if wanted.unassigned is not None:
        conditions.append(f"(r.assignee_id IS NULL) = {statement.bind(wanted.unassigned, 'bool')}")
    return conditions


def _times(statement: Statement, wanted: TicketFilter) -> list[str]:
    bounds = (
        ("r.deadline_at <", wanted.deadline_before),
        ("r.deadline_at >=", wanted.deadline_after),
        ("r.opened_at <", wanted.opened_before),
        ("r.opened_at >=", wanted.opened_after),
    )
    return [
        f"{comparison} {statement.bind(instant, 'timestamptz')}"
        for comparison, instant in bounds
        if instant is not None
    ]


def _urgencies(statement: Statement, wanted: TicketFilter, now: datetime) -> list[str]:
    if wanted.urgency is None:
        return []
    bounds = counts.urgency_bounds(now)
    found = []
    for urgency in wanted.urgency:
        if urgency is Urgency.NONE:
            found.append(f"NOT {OPEN}")
            continue
        start, end = bounds[urgency.value]
        conditions = [OPEN]
        if start is not None:
            conditions.append(f"r.deadline_at >= {statement.bind(start, 'timestamptz')}")
        if end is not None:
            conditions.append(f"r.deadline_at < {statement.bind(end, 'timestamptz')}")
        found.append(f"({' AND '.join(conditions)})")
    return [f"({' OR '.join(found) or 'false'})"]


def _joined(statement: Statement, wanted: TicketFilter) -> list[str]:
    conditions = []
    if wanted.carrier is not None:
        # PostgreSQL takes no zero character; no carrier has one.
        known = [carriers.canonical(name) for name in wanted.carrier if "\x00" not in name]
        names = statement.bind(known, "text[]")
        conditions.append(
            "EXISTS (SELECT FROM parcel c WHERE c.shop_id = r.shop_id AND c.order_id = r.order_id"
            f" AND c.carrier = ANY({names}) AND c.replaced_at IS NULL)"
        )
    if wanted.search is not None:
        conditions.append(
            "EXISTS (SELECT FROM orders o WHERE o.shop_id = r.shop_id AND o.id = r.order_id"
            f" AND {orders.search(statement, wanted.search, order='o', ticket='r')})"
        )
    return conditions
