"""Which complaints a filter leaves, and how they are found; and what one would cost if upheld now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from domain import complaint
from domain.complaint import ComplaintStatus
from domain.shop import Market
from resolvers.plan.declared import Walk
from resolvers.reads.text import shops_named

if TYPE_CHECKING:
    from resolvers.plan.binding import Binder
    from resolvers.plan.operation import Operation

_DAY = "date_trunc('day', oo.paid_at, 'Asia/Shanghai')"
_AWARDED = f"""(SELECT coalesce(sum(oc.compensation), 0.00)::text FROM ticket ot
 JOIN orders oo ON oo.shop_id = ot.shop_id AND oo.id = ot.order_id
 JOIN orders bo ON bo.shop_id = oo.shop_id AND bo.buyer_id = oo.buyer_id
  AND bo.paid_at >= {_DAY} AND bo.paid_at < {_DAY} + interval '1 day'
 JOIN ticket bt ON bt.shop_id = bo.shop_id AND bt.order_id = bo.id
 JOIN complaint oc ON oc.shop_id = bt.shop_id AND oc.ticket_id = bt.id AND oc.compensation IS NOT NULL
 WHERE ot.shop_id = {{t}}.shop_id AND ot.id = {{t}}.ticket_id)"""
# Money goes as text: a number of JSON would come as a float.
INPUTS = (
    "{t}.status",
    "{t}.estimated_compensation::text",
    "{t}.compensation::text",
    _AWARDED,
    "(SELECT f.market FROM shop f WHERE f.id = {t}.shop_id)",
    "(SELECT ut.policy_version FROM ticket ut WHERE ut.shop_id = {t}.shop_id AND ut.id = {t}.ticket_id)",
)
"""What `costs_now` takes, over the row of a complaint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFilter:
    """Which complaints; None does not narrow. `…_after` is included, `…_before` is not; ids are public."""

    shop_ids: tuple[str, ...] | None = None
    status: tuple[ComplaintStatus, ...] | None = None
    filed_after: datetime | None = None
    filed_before: datetime | None = None


def narrowed(binder: Binder, wanted: ComplaintFilter, shops: str) -> tuple[tuple[str, ...], Walk]:
    """The conditions of a filter, and the way to walk the complaints of these shops."""
    conditions = []
    if wanted.shop_ids is not None:
        conditions.append(f"r.shop_id = ANY({binder.bind(shops_named(wanted.shop_ids), 'uuid[]')})")
    if wanted.filed_after is not None:
        conditions.append(f"r.filed_at >= {binder.bind(wanted.filed_after, 'timestamptz')}")
    if wanted.filed_before is not None:
        conditions.append(f"r.filed_at < {binder.bind(wanted.filed_before, 'timestamptz')}")
    split: tuple[tuple[str, str], ...] = ()
    if wanted.status is not None:
        words = [status.value for status in dict.fromkeys(wanted.status)]
        split = (("status", f"{binder.bind(words, 'text[]')}::complaint_status[]"),)
    return tuple(conditions), Walk(shops, split)


def costs_now(  # noqa: PLR0917 - the inputs of a statement, in their order
    asked: Operation,
    status: str,
    estimate: str,
    compensation: str | None,
    awarded: str,
    market: str,
    policy_version: int,
) -> Decimal:
    """Yuan that a complaint would cost if upheld now, under the cap of the day; what a lost one does cost."""
    if compensation is not None and status != ComplaintStatus.DISMISSED:
        return Decimal(compensation)
    rates = asked.book.version(Market(market), policy_version).complaints
    return complaint.capped(Decimal(estimate), Decimal(awarded), rates)
