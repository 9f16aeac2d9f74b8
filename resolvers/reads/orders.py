"""Which orders a filter leaves: SQL over `r`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from domain import carriers
from resolvers.reads import text
from resolvers.reads.text import shops_named

if TYPE_CHECKING:
    from domain.order import OrderStatus
    from resolvers.plan.binding import Binder

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


def conditions(binder: Binder, wanted: OrderFilter) -> list[str]:
    """What narrows the orders `r` to those of the filter."""
    conditions = []
    if wanted.shop_ids is not None:
        conditions.append(f"r.shop_id = ANY({binder.bind(shops_named(wanted.shop_ids), 'uuid[]')})")
    if wanted.status is not None:
        words = binder.bind([status.value for status in wanted.status], "text[]")
        conditions.append(f"r.status = ANY({words}::order_status[])")
    if wanted.paid_after is not None:
        conditions.append(f"r.paid_at >= {binder.bind(wanted.paid_after, 'timestamptz')}")
    if wanted.paid_before is not None:
        conditions.append(f"r.paid_at < {binder.bind(wanted.paid_before, 'timestamptz')}")
    if wanted.awaiting_pickup is not None:
        conditions.append(AWAITING_PICKUP if wanted.awaiting_pickup else f"NOT {AWAITING_PICKUP}")
    if wanted.search is not None:
        conditions.append(search(binder, wanted.search, order="r"))
    return conditions


def search(binder: Binder, sought: str, *, order: str, ticket: str | None = None) -> str:
    """Prefix of order number, buyer nick, waybill number, and of the ticket's number where there is one."""
    sought = text.checked(sought, at_least=2)
    plain = binder.bind(text.prefix(sought, at_least=2), "text")
    number = carriers.normal_number(sought)
    waybill = binder.bind(text.prefix(number, at_least=0), "text")
    same = f"p.shop_id = {order}.shop_id AND p.order_id = {order}.id"
    found = [
        f"{order}.number LIKE {plain}",
        f"{order}.buyer_nick LIKE {plain}",
        f"EXISTS (SELECT FROM parcel p WHERE {same} AND p.waybill_number LIKE {waybill})",
    ]
    if ticket is not None:
        upper = binder.bind(text.prefix(sought.upper(), at_least=2), "text")
        found.append(f"{ticket}.number LIKE {upper}")
    return f"({' OR '.join(found)})"
