"""Which orders a filter leaves: SQL over `r`, and how they are found (`resolvers.plan.walks`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from domain import carriers
from resolvers.plan.declared import Few, Walk
from resolvers.reads import text
from resolvers.reads.text import shops_named

if TYPE_CHECKING:
    from domain.order import OrderStatus
    from resolvers.plan.binding import Binder
    from resolvers.reads.text import Prefix

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
    """What narrows the orders `r` to those of the filter, but for their status and words searched for."""
    conditions = []
    if wanted.shop_ids is not None:
        conditions.append(f"r.shop_id = ANY({binder.bind(shops_named(wanted.shop_ids), 'uuid[]')})")
    if wanted.paid_after is not None:
        conditions.append(f"r.paid_at >= {binder.bind(wanted.paid_after, 'timestamptz')}")
    if wanted.paid_before is not None:
        conditions.append(f"r.paid_at < {binder.bind(wanted.paid_before, 'timestamptz')}")
    if wanted.awaiting_pickup is not None:
        conditions.append(AWAITING_PICKUP if wanted.awaiting_pickup else f"NOT {AWAITING_PICKUP}")
    return conditions


def narrowed(binder: Binder, wanted: OrderFilter, shops: str | None) -> tuple[tuple[str, ...], Walk | None]:
    """The conditions of a filter, and the way to walk the orders of these shops; None for who sees few."""
    found = conditions(binder, wanted)
    split: tuple[tuple[str, str], ...] = ()
    if wanted.status is not None:
        words = [status.value for status in dict.fromkeys(wanted.status)]
        statuses = f"{binder.bind(words, 'text[]')}::order_status[]"
        if shops is None:
            found.append(f"r.status = ANY({statuses})")
        else:
            split = (("status", statuses),)
    few = None
    if wanted.search is not None:
        sought = Sought.of(binder, wanted.search)
        few = Few("id", sought.orders, f"({sought.number('r')} OR {sought.waybill('r.shop_id', 'r.id')})")
    if shops is not None:
        return tuple(found), Walk(shops, split, few)
    return (*found, *([] if few is None else [few.condition])), None


@dataclass(frozen=True, slots=True)
class Sought:
    """Words searched for: by prefix of order number, buyer nick and waybill number."""

    plain: Prefix
    written: Prefix

    @classmethod
    def of(cls, binder: Binder, search: str) -> Sought:
        """What `search` looks for; raises `BadInput`."""
        sought = text.checked(search, at_least=2)
        number = text.checked(carriers.normal_number(sought), at_least=0)
        return cls(text.begins(binder, sought), text.begins(binder, number))

    def number(self, order: str) -> str:
        """Whether an order has the number or the nick."""
        return f"({self.plain.of(f'{order}.number')} OR {self.plain.of(f'{order}.buyer_nick')})"

    def waybill(self, shop_id: str, order_id: str) -> str:
        """Whether an order has a parcel with the number, asked for one order at a time (`OFFSET 0`)."""
        return (
            f"EXISTS (SELECT FROM parcel p WHERE p.shop_id = {shop_id} AND p.order_id = {order_id}"
            f" AND {self.written.of('p.waybill_number')} OFFSET 0)"
        )

    @property
    def orders(self) -> str:
        """The ids of all such orders of a shop, as `Few.sql`: an index range for each of the three."""
        mine = "o.shop_id = s.shop_id"
        return (
            f"SELECT o.id AS key FROM orders o WHERE {mine} AND {self.plain.of('o.number')}"
            f" UNION ALL SELECT o.id FROM orders o WHERE {mine} AND {self.plain.of('o.buyer_nick')}"
            " UNION ALL SELECT p.order_id FROM parcel p"
            f" WHERE p.shop_id = s.shop_id AND {self.written.of('p.waybill_number')}"
        )
