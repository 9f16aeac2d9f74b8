"""The one place where a statement gets its viewer: what is not theirs does not exist (`domain.md §12`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.events import SHOWN_TO_CONSUMER, ActorKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.access import Viewer

_SHOP_KEY = {"shop": "id"}
_ALL = frozenset(
    {
        "shop",
        "staff_member",
        "orders",
        "parcel",
        "tracking_event",
        "waybill_change",
        "ticket",
        "follow_up_record",
        "reply",
        "reply_template",
        "consumer_card",
        "complaint",
        "webhook",
        "webhook_delivery",
        "figure_sum",
    }
)
OWNERS_ONLY = frozenset({"webhook", "webhook_delivery"})
"""Tables of which staff see something only as owners."""
PUBLIC = frozenset({"exemption"})
"""Tables that hold rules of the platform: everybody who is somebody reads them."""
SEEN_BY: dict[ActorKind, frozenset[str]] = {
    ActorKind.PLATFORM: _ALL,
    ActorKind.STAFF: _ALL,
    ActorKind.INTEGRATION: frozenset({"shop", "orders", "parcel", "tracking_event"}),
    ActorKind.CONSUMER: _ALL - {"staff_member", "complaint", "reply_template", "figure_sum"} - OWNERS_ONLY,
}
"""The tables that a role reads at all."""

_SHOWN = ", ".join(f"'{action.value}'" for action in sorted(SHOWN_TO_CONSUMER))
_TICKET_OF_BUYER = (
    "EXISTS (SELECT FROM ticket st JOIN orders so ON so.shop_id = st.shop_id AND so.id = st.order_id"
    " WHERE st.shop_id = {a}.shop_id AND st.id = {a}.ticket_id AND so.buyer_id = {buyer})"
)
_ORDER_OF_BUYER = (
    "EXISTS (SELECT FROM orders so WHERE so.shop_id = {a}.shop_id AND so.id = {a}.order_id"
    " AND so.buyer_id = {buyer})"
)
_RECORD_OF_BUYER = (
    "EXISTS (SELECT FROM follow_up_record sr"
    " JOIN ticket st ON st.shop_id = sr.shop_id AND st.id = sr.ticket_id"
    " JOIN orders so ON so.shop_id = st.shop_id AND so.id = st.order_id"
    " WHERE sr.shop_id = {a}.shop_id AND sr.id = {a}.record_id AND so.buyer_id = {buyer}"
    f" AND sr.action IN ({_SHOWN}))"
)
_BUYERS = {
    "shop": (
        "{a}.id IN (SELECT so.shop_id FROM orders /* fleet-wide: by-person */ so WHERE so.buyer_id = {buyer})"
    ),
    "orders": "{a}.buyer_id = {buyer}",
    "parcel": _ORDER_OF_BUYER,
    "ticket": _ORDER_OF_BUYER,
    "tracking_event": (
        "EXISTS (SELECT FROM parcel sp JOIN orders so ON so.shop_id = sp.shop_id AND so.id = sp.order_id"
        " WHERE sp.shop_id = {a}.shop_id AND sp.id = {a}.parcel_id AND so.buyer_id = {buyer})"
    ),
    "follow_up_record": f"{_TICKET_OF_BUYER} AND {{a}}.action IN ({_SHOWN})",
    "consumer_card": _TICKET_OF_BUYER,
    "reply": _RECORD_OF_BUYER,
    "waybill_change": _RECORD_OF_BUYER,
}
"""How a row hangs on an order of the buyer."""
_THERE = {
    "webhook": "{a}.deleted_at IS NULL",
    "webhook_delivery": (
        "EXISTS (SELECT FROM webhook sw WHERE sw.shop_id = {a}.shop_id AND sw.id = {a}.webhook_id"
        " AND sw.deleted_at IS NULL)"
    ),
}
"""How a row is there at all, where some are only marked as deleted."""


class Statement:
    """The values of one SQL statement, and the viewer it is scoped to."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.values: list[object] = []

    def bind(self, value: object, kind: str) -> str:
        """Give `value` the next place, cast to the PostgreSQL type `kind`."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"

    def scope(self, table: str, alias: str) -> str:
        """The condition under which a row of `table` exists for the viewer."""
        return condition(self.viewer, table, alias, shops=self._shops, buyer=self._buyer)

    def _shops(self) -> str:
        return self.bind(list(self.viewer.shop_ids or ()), "uuid[]")

    def _buyer(self) -> str:
        return self.bind(self.viewer.buyer_id, "text")


def condition(
    viewer: Viewer, table: str, alias: str, *, shops: Callable[[], str], buyer: Callable[[], str]
) -> str:
    """The condition under which a row of `table` exists for the viewer.

    Args:
        viewer: Who asks; the text depends on the role, and on whether the shops are named.
        table: The table.
        alias: What the statement calls the row.
        shops: Gives the SQL of the viewer's shops, an array.
        buyer: Gives the SQL of the buyer whose orders are seen.
    """
    if table in PUBLIC:
        return "true"
    if table not in SEEN_BY.get(viewer.role, frozenset()):
        return "false"
    if table in OWNERS_ONLY and viewer.role is ActorKind.STAFF and not viewer.owner:
        return "false"
    conditions = [_THERE[table].format(a=alias)] if table in _THERE else []
    if viewer.shop_ids is not None:
        conditions.append(f"{alias}.{_SHOP_KEY.get(table, 'shop_id')} = ANY({shops()})")
    if viewer.buyer_id is not None:
        conditions.append(_BUYERS[table].format(a=alias, buyer=buyer()))
    return " AND ".join(conditions) or "true"
