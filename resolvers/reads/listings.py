"""The lists of the schema: which rows, in which order, as their arguments say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from domain import access, ids
from domain.access import Action
from domain.ids import IdKind
from resolvers.plan.declared import Arguments, Key, Listing
from resolvers.reads import complaints, orders, text, tickets
from resolvers.reads.refusals import BadInput, TooMuch
from resolvers.reads.text import shops_named
from resolvers.reads.tickets import TicketFilter, TicketOrderField
from resolvers.reads.urgency import RUNNING_DEADLINE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from resolvers.plan.binding import Binder

T = TypeVar("T")

MOST_LISTED = 200
"""Entries of a filter: as many as a stream has shops."""
MOST_SHOPS = 200
EVERY_SHOP = "ARRAY(SELECT a.id FROM shop /* fleet-wide: platform */ a)"
_ID = Key("{t}.id", "uuid")
_KEYS = {
    TicketOrderField.DEADLINE_AT: Key(RUNNING_DEADLINE.replace("r.", "{t}."), "timestamptz"),
    TicketOrderField.OPENED_AT: Key("{t}.opened_at", "timestamptz"),
    TicketOrderField.UPDATED_AT: Key("{t}.updated_at", "timestamptz"),
    TicketOrderField.MONEY_AT_RISK: Key("{t}.money_at_risk", "numeric"),
}


def queue(binder: Binder, given: Arguments, parent: str) -> Listing:
    """The queue; raises `Forbidden` for who may not watch it."""
    del parent
    access.require(binder.viewer, Action.WATCH_QUEUE)
    wanted = _ticket_filter(given.get("filter") or {})
    order = given.get("orderBy") or {"field": TicketOrderField.DEADLINE_AT, "direction": None}
    descending = order["direction"] is not None and order["direction"].value == "DESC"
    named = None if wanted.shop_ids is None else shops_named(wanted.shop_ids)
    conditions, walk = tickets.narrowed(binder, wanted, order["field"], _shops(binder, named))
    return Listing(
        conditions=conditions or ("true",),
        keys=(_KEYS[order["field"]], _ID),
        descending=descending,
        about=("tickets", repr(wanted)),
        walk=walk,
        stream=_stream(binder, named),
    )


def tickets_of_order(binder: Binder, given: Arguments, parent: str) -> Listing:
    """The tickets of an order, the newest first."""
    del given
    # A position counts what happened in the shop: who may not watch it is given an empty cursor.
    watches = binder.viewer.role in access.MAY[Action.WATCH_QUEUE]
    return Listing(
        conditions=(f"r.shop_id = {parent}.shop_id", f"r.order_id = {parent}.id"),
        keys=(Key("{t}.opened_at", "timestamptz"), _ID),
        descending=True,
        about=("order tickets",),
        stream=f"s.id = {parent}.shop_id AND {binder.scope('shop', 's')}" if watches else None,
    )


def all_orders(binder: Binder, given: Arguments, parent: str) -> Listing:
    """Orders, the last paid first."""
    del parent
    wanted = _order_filter(given.get("filter") or {})
    named = None if wanted.shop_ids is None else shops_named(wanted.shop_ids)
    # A buyer's orders are few, and found by buyer.
    shops = None if binder.viewer.buyer_id is not None else _shops(binder, named)
    conditions, walk = orders.narrowed(binder, wanted, shops)
    return Listing(
        conditions=conditions or ("true",),
        keys=(Key("{t}.paid_at", "timestamptz"), _ID),
        descending=True,
        about=("orders", repr(wanted)),
        walk=walk,
    )


def all_complaints(binder: Binder, given: Arguments, parent: str) -> Listing:
    """Complaints, the last filed first; raises `Forbidden` for who sees none at all."""
    del parent
    access.require(binder.viewer, Action.WORK_COMPLAINTS)
    wanted = _complaint_filter(given.get("filter") or {})
    named = None if wanted.shop_ids is None else shops_named(wanted.shop_ids)
    conditions, walk = complaints.narrowed(binder, wanted, _shops(binder, named))
    return Listing(
        conditions=conditions or ("true",),
        keys=(Key("{t}.filed_at", "timestamptz"), _ID),
        descending=True,
        about=("complaints", repr(wanted)),
        walk=walk,
    )


def shops(binder: Binder, given: Arguments, parent: str) -> Listing:
    """The viewer's shops whose name begins with `search`, in any case, by name."""
    del parent
    search = given.get("search")
    conditions: tuple[str, ...] = ("true",)
    if search:
        prefix = binder.bind(text.prefix(search, at_least=1), "text")
        conditions = (f"lower(r.name) LIKE lower({prefix})",)
    return Listing(conditions, (Key("lower({t}.name)", "text"), _ID), ("shops", search or ""))


def staff(binder: Binder, given: Arguments, parent: str) -> Listing:
    """The members of a shop, the longest known first."""
    del binder, given
    keys = (Key("{t}.created_at", "timestamptz"), _ID)
    return Listing((f"r.shop_id = {parent}.id",), keys, ("staff",))


def follow_ups(binder: Binder, given: Arguments, parent: str) -> Listing:
    """What happened to a ticket, the first first."""
    del binder, given
    conditions = (f"r.shop_id = {parent}.shop_id", f"r.ticket_id = {parent}.id")
    return Listing(conditions, (Key("{t}.position", "int"),), ("records",))


def tracking_events(binder: Binder, given: Arguments, parent: str) -> Listing:
    """A parcel's scans, the newest first."""
    del binder, given
    conditions = (f"r.shop_id = {parent}.shop_id", f"r.parcel_id = {parent}.id")
    keys = (Key("{t}.occurred_at", "timestamptz"), _ID)
    return Listing(conditions, keys, ("scans",), descending=True)


def webhooks(binder: Binder, given: Arguments) -> str:
    """The webhooks of a shop; raises `Forbidden` for who may not manage them."""
    access.require(binder.viewer, Action.MANAGE_WEBHOOKS)
    return f"r.shop_id = {binder.bind(ids.decode_as(IdKind.SHOP, given['shopId']), 'uuid')}"


def deliveries(binder: Binder, given: Arguments, parent: str) -> Listing:
    """What a webhook was told, the newest first."""
    del binder, given
    conditions = (f"r.shop_id = {parent}.shop_id", f"r.webhook_id = {parent}.id")
    keys = (Key("{t}.created_at", "timestamptz"), _ID)
    return Listing(conditions, keys, ("deliveries",), descending=True)


def exemptions(binder: Binder, given: Arguments, parent: str) -> Listing:
    """Exemptions, the last to begin first; those whose window holds `activeAt`."""
    del parent
    active_at = given.get("activeAt")
    conditions: tuple[str, ...] = ("true",)
    if active_at is not None:
        at = binder.bind(active_at, "timestamptz")
        conditions = (f"r.starts_at <= {at} AND r.ends_at > {at}",)
    keys = (Key("{t}.starts_at", "timestamptz"), _ID)
    return Listing(conditions, keys, ("exemptions", str(active_at)), descending=True)


def counted_shops(binder: Binder, given: Arguments) -> str:
    """The shops whose queues are counted; raises `Forbidden`, and `TooMuch` for too long a list."""
    access.require(binder.viewer, Action.WATCH_QUEUE)
    named = listed(given.get("shopIds"))
    return "true" if named is None else f"r.id = ANY({binder.bind(shops_named(named), 'uuid[]')})"


def reply_templates(binder: Binder, given: Arguments) -> str:
    """The reply templates of a shop; raises `Forbidden`."""
    access.require(binder.viewer, Action.WORK_TICKETS)
    return f"r.shop_id = {binder.bind(ids.decode_as(IdKind.SHOP, given['shopId']), 'uuid')}"


def ticket(binder: Binder, given: Arguments) -> str:
    """The ticket of a public id."""
    return f"r.id = {binder.bind(ids.decode_as(IdKind.TICKET, given['id']), 'uuid')}"


def complaint(binder: Binder, given: Arguments) -> str:
    """The complaint of a public id."""
    return f"r.id = {binder.bind(ids.decode_as(IdKind.COMPLAINT, given['id']), 'uuid')}"


def order(binder: Binder, given: Arguments) -> str:
    """The order of a public id, or of a shop and a number; raises `BadInput` for anything else."""
    public, shop_id, number = given.get("id"), given.get("shopId"), given.get("number")
    if public is not None and shop_id is None and number is None:
        return f"r.id = {binder.bind(ids.decode_as(IdKind.ORDER, public), 'uuid')}"
    if public is None and shop_id is not None and number is not None:
        # PostgreSQL takes no zero character; no number has one.
        found = None if "\x00" in number else ids.decode_as(IdKind.SHOP, shop_id)
        sought = "" if found is None else number
        return f"r.shop_id = {binder.bind(found, 'uuid')} AND r.number = {binder.bind(sought, 'text')}"
    raise BadInput("Give id, or shopId and number.")


def listed(value: Sequence[T] | None) -> tuple[T, ...] | None:
    """A list the client gave, as a tuple; None when left out. Raises `TooMuch` beyond `MOST_LISTED`."""
    if value is not None and len(value) > MOST_LISTED:
        raise TooMuch(f"A list holds at most {MOST_LISTED} entries.")
    return None if value is None else tuple(value)


def _shops(binder: Binder, named: list[UUID] | None) -> str:
    """The shops to look through one by one.

    It only says where to look: the scope says what is seen.
    """
    viewer = binder.viewer
    if named is not None:
        seen = named if viewer.shop_ids is None else [each for each in named if each in viewer.shop_ids]
        return binder.bind(seen, "uuid[]")
    return EVERY_SHOP if viewer.shop_ids is None else binder.shops()


def _stream(binder: Binder, named: list[UUID] | None) -> str:
    scope = binder.scope("shop", "s")
    return scope if named is None else f"s.id = ANY({binder.bind(named, 'uuid[]')}) AND {scope}"


def _ticket_filter(given: dict[str, Any]) -> TicketFilter:
    return TicketFilter(
        shop_ids=listed(given.get("shopIds")),
        status=listed(given.get("status")),
        kind=listed(given.get("kind")),
        urgency=listed(given.get("urgency")),
        assignee_id=given.get("assigneeId"),
        assigned_to_me=given.get("assignedToMe"),
        unassigned=given.get("unassigned"),
        carrier=listed(given.get("carrier")),
        deadline_before=given.get("deadlineBefore"),
        deadline_after=given.get("deadlineAfter"),
        opened_after=given.get("openedAfter"),
        opened_before=given.get("openedBefore"),
        search=given.get("search"),
    )


def _order_filter(given: dict[str, Any]) -> orders.OrderFilter:
    return orders.OrderFilter(
        shop_ids=listed(given.get("shopIds")),
        status=listed(given.get("status")),
        search=given.get("search"),
        paid_after=given.get("paidAfter"),
        paid_before=given.get("paidBefore"),
        awaiting_pickup=given.get("awaitingPickup"),
    )


def _complaint_filter(given: dict[str, Any]) -> complaints.ComplaintFilter:
    return complaints.ComplaintFilter(
        shop_ids=listed(given.get("shopIds")),
        status=listed(given.get("status")),
        filed_after=given.get("filedAfter"),
        filed_before=given.get("filedBefore"),
    )
