"""Lists of orders, and one by its number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from db import tables
from domain import carriers
from tests.oracle.reads import lists, paging, rows, text
from tests.oracle.reads.paging import Key, Ordering, Page, Source, Window
from tests.oracle.reads.scope import shops_among

if TYPE_CHECKING:
    from uuid import UUID

    from domain.order import OrderStatus
    from tests.oracle.reads.reads import Reads
    from tests.oracle.reads.scope import Statement

AWAITING_PICKUP = (
    "(r.shipped_at IS NOT NULL AND r.picked_up_at IS NULL AND r.refunded_at IS NULL AND r.closed_at IS NULL)"
)
"""As `db.tables.orders.AWAITING_PICKUP`, which its index is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders; None does not narrow. `…_after` is included, `…_before` is not. Ids are public ids."""

    shop_ids: tuple[str, ...] | None = None
    status: tuple[OrderStatus, ...] | None = None
    search: str | None = None
    paid_after: datetime | None = None
    paid_before: datetime | None = None
    awaiting_pickup: bool | None = None


async def page(reads: Reads, wanted: OrderFilter, window: Window) -> Page[tables.Order]:
    """The orders of the filter, the last paid first."""
    statement = reads.statement()
    conditions = (statement.scope("orders", "r"), *_conditions(statement, wanted))
    named = None if wanted.shop_ids is None else lists.decoded(wanted.shop_ids)
    among = shops_among(reads.viewer, named)
    source = Source(rows.columns(tables.Order, "r"), "orders", conditions, statement, among)
    keys = (Key("r.paid_at", "timestamptz"), Key("r.id", "uuid"))
    ordering = Ordering(keys, descending=True, about=("orders", repr(wanted)))
    return await lists.page(reads, tables.Order, source, ordering, window, default=50, cap=paging.COUNTED_TO)


async def by_number(reads: Reads, shop_id: UUID, number: str) -> tables.Order | None:
    """A shop's order by its number, if the viewer sees it."""
    if "\x00" in number:
        return None
    statement = reads.statement()
    query = (
        f"SELECT {rows.columns(tables.Order, 'r')} FROM orders r"
        f" WHERE r.shop_id = {statement.bind(shop_id, 'uuid')}"
        f" AND r.number = {statement.bind(number, 'text')}"
        f" AND {statement.scope('orders', 'r')}"
    )
    found = await reads.database.pool.fetchrow(query, *statement.values)
    return None if found is None else rows.row(tables.Order, found)


def _conditions(statement: Statement, wanted: OrderFilter) -> list[str]:
    conditions = []
    if wanted.shop_ids is not None:
        conditions.append(f"r.shop_id = ANY({statement.bind(lists.decoded(wanted.shop_ids), 'uuid[]')})")
    if wanted.status is not None:
        words = statement.bind([status.value for status in wanted.status], "text[]")
        conditions.append(f"r.status = ANY({words}::order_status[])")
    if wanted.paid_after is not None:
        conditions.append(f"r.paid_at >= {statement.bind(wanted.paid_after, 'timestamptz')}")
    if wanted.paid_before is not None:
        conditions.append(f"r.paid_at < {statement.bind(wanted.paid_before, 'timestamptz')}")
    if wanted.awaiting_pickup is not None:
        conditions.append(AWAITING_PICKUP if wanted.awaiting_pickup else f"NOT {AWAITING_PICKUP}")
    if wanted.search is not None:
        conditions.append(search(statement, wanted.search, order="r"))
    return conditions


def search(statement: Statement, sought: str, *, order: str, ticket: str | None = None) -> str:
    """Prefix of order number, buyer nick, waybill number, and of the ticket's number where there is one."""
    sought = text.checked(sought, at_least=2)
    plain = statement.bind(text.prefix(sought, at_least=2), "text")
    number = carriers.normal_number(sought)
    waybill = statement.bind(text.prefix(number, at_least=0), "text")
    same = f"p.shop_id = {order}.shop_id AND p.order_id = {order}.id"
    found = [
        f"{order}.number LIKE {plain}",
        f"{order}.buyer_nick LIKE {plain}",
        f"EXISTS (SELECT FROM parcel p WHERE {same} AND p.waybill_number LIKE {waybill})",
    ]
    if ticket is not None:
        upper = statement.bind(text.prefix(sought.upper(), at_least=2), "text")
        found.append(f"{ticket}.number LIKE {upper}")
    return f"({' OR '.join(found)})"
