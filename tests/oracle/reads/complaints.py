"""Lists of complaints, and what was awarded for the day that one's order was paid on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from db import tables
from db.keys import SHANGHAI
from tests.oracle.reads import lists, paging, rows
from tests.oracle.reads.paging import Key, Ordering, Page, Source, Window
from tests.oracle.reads.scope import shops_among

if TYPE_CHECKING:
    from domain.complaint import ComplaintStatus
    from tests.oracle.reads.reads import Reads
    from tests.oracle.reads.scope import Statement

_ORDER = """
SELECT o.buyer_id, o.paid_at FROM ticket t JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
WHERE t.shop_id = $1 AND t.id = $2"""
_COSTS = """
SELECT o.paid_at, c.compensation FROM complaint c
JOIN ticket t ON t.shop_id = c.shop_id AND t.id = c.ticket_id
JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
WHERE c.shop_id = $1 AND o.buyer_id = $2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFilter:
    """Which complaints; None does not narrow. `…_after` is included, `…_before` is not; ids are public."""

    shop_ids: tuple[str, ...] | None = None
    status: tuple[ComplaintStatus, ...] | None = None
    filed_after: datetime | None = None
    filed_before: datetime | None = None


async def page(reads: Reads, wanted: ComplaintFilter, window: Window) -> Page[tables.Complaint]:
    """The complaints of the filter, the last filed first."""
    statement = reads.statement()
    conditions = (statement.scope("complaint", "r"), *_conditions(statement, wanted))
    named = None if wanted.shop_ids is None else lists.decoded(wanted.shop_ids)
    among = shops_among(reads.viewer, named)
    source = Source(rows.columns(tables.Complaint, "r"), "complaint", conditions, statement, among)
    keys = (Key("r.filed_at", "timestamptz"), Key("r.id", "uuid"))
    ordering = Ordering(keys, descending=True, about=("complaints", repr(wanted)))
    return await lists.page(
        reads, tables.Complaint, source, ordering, window, default=20, cap=paging.COUNTED_TO
    )


def _conditions(statement: Statement, wanted: ComplaintFilter) -> list[str]:
    conditions = []
    if wanted.shop_ids is not None:
        conditions.append(f"r.shop_id = ANY({statement.bind(lists.decoded(wanted.shop_ids), 'uuid[]')})")
    if wanted.status is not None:
        words = statement.bind([status.value for status in wanted.status], "text[]")
        conditions.append(f"r.status = ANY({words}::complaint_status[])")
    if wanted.filed_after is not None:
        conditions.append(f"r.filed_at >= {statement.bind(wanted.filed_after, 'timestamptz')}")
    if wanted.filed_before is not None:
        conditions.append(f"r.filed_at < {statement.bind(wanted.filed_before, 'timestamptz')}")
    return conditions


async def awarded(reads: Reads, row: tables.Complaint) -> Decimal:
    """Yuan awarded to the buyer against the shop for all orders paid on the same day in Shanghai."""
    pool = reads.database.pool
    order = await pool.fetchrow(_ORDER, row.shop_id, row.ticket_id)
    assert order is not None
    day = order["paid_at"].astimezone(SHANGHAI).date()
    costs = await pool.fetch(_COSTS, row.shop_id, order["buyer_id"])
    same_day = (each for each in costs if each["paid_at"].astimezone(SHANGHAI).date() == day)
    return sum((each["compensation"] or Decimal(0) for each in same_day), Decimal(0))
