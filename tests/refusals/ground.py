"""Two shops that hold a thing of each kind in each state, by names such as `ticket.URGE_PICKUP.REPLIED`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from db import keys
from domain import ids
from domain.complaint import ComplaintStatus
from domain.ids import IdKind
from domain.order import OrderStatus
from domain.templates import MOST_TEMPLATES
from domain.ticket_words import TicketKind, TicketStatus
from domain.webhooks import MOST_WEBHOOKS
from tests import factories
from tests.factories import DAY, HOUR

if TYPE_CHECKING:
    from db.database import Database
    from tests.factories import Row

BUYER = "buyer"
PICKUP, SHIPMENT = TicketKind.URGE_PICKUP, TicketKind.URGE_SHIPMENT
TICKETS = tuple(
    (kind, status)
    for kind in TicketKind
    for status in TicketStatus
    if (kind, status) not in {(PICKUP, TicketStatus.AWAITING_PICKUP), (SHIPMENT, TicketStatus.REPLIED)}
)
"""Every kind in every state that it can be in (`domain.md §3`)."""
UNSHIPPED = frozenset({TicketStatus.AWAITING_REPLY, TicketStatus.ESCALATED, TicketStatus.WITHDRAWN})
"""The states in which the order of an urge-shipment ticket is not shipped here."""


@dataclass
class Side:
    """One shop: the public ids and numbers of its things by name, and the names that tokens hold."""

    shop: UUID
    buyer: str
    agent: str = ""
    owner: str = ""
    things: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.things[name]

    def keep(self, name: str, kind: IdKind, row: Row) -> Row:
        """Remember a thing by name."""
        assert name not in self.things, name
        self.things[name] = ids.encode(kind, row["id"])
        return row


@dataclass(frozen=True)
class Ground:
    """Our shop and somebody else's, with the same things."""

    ours: Side
    theirs: Side
    full: UUID
    """A shop that has as many templates and webhooks as one may have."""

    def __getitem__(self, name: str) -> str:
        return self.ours[name]

    @property
    def full_shop(self) -> str:
        """The public id of that shop."""
        return ids.encode(IdKind.SHOP, self.full)

    def name_of(self, thing: str) -> str:
        """The name of a thing of ours."""
        return next(name for name, each in self.ours.things.items() if each == thing)

    def unknown(self, kind: IdKind) -> str:
        """The id of a thing that nobody has."""
        return ids.encode(kind, UUID(int=7))


async def furnish(database: Database) -> Ground:
    """Fill an empty database."""
    return Ground(await _side(database, BUYER), await _side(database, "stranger"), await _full(database))


async def _full(database: Database) -> UUID:
    shop = await factories.shop(database)
    for _ in range(MOST_TEMPLATES):
        await factories.template(database, shop)
    for _ in range(MOST_WEBHOOKS):
        await factories.webhook(database, shop)
    found: UUID = shop["id"]
    return found


async def _side(database: Database, buyer: str) -> Side:
    shop = await factories.shop(database)
    side = Side(shop["id"], buyer)
    side.keep("shop", IdKind.SHOP, shop)
    for name, owner in (("agent", False), ("other agent", False), ("owner", True)):
        member = await factories.member(database, shop, owner=owner)
        side.keep(name, IdKind.STAFF_MEMBER, member)
        if name in {"agent", "owner"}:
            setattr(side, name, member["subject"])
    gone = await factories.member(database, shop, active=False)
    side.keep("agent who left", IdKind.STAFF_MEMBER, gone)
    await _orders(database, side, shop)
    await _tickets(database, side, shop)
    await _complaints(database, side, shop)
    await _odd(database, side, shop)
    await _settings(database, side, shop)
    for name in ("exemption", "another exemption"):
        side.keep(name, IdKind.EXEMPTION, await factories.exemption(database))
    return side


async def _order(database: Database, side: Side, shop: Row, name: str, **given: Any) -> Row:
    order = await factories.order(database, shop, buyer_id=side.buyer, **given)
    side.things[f"number of {name}"] = order["number"]
    return side.keep(name, IdKind.ORDER, order)


async def _parcel(database: Database, side: Side, order: Row, name: str, **given: Any) -> Row:
    parcel = await factories.parcel(database, order, **given)
    side.things[f"number of {name}"] = parcel["waybill_number"]
    return side.keep(name, IdKind.PARCEL, parcel)


async def _orders(database: Database, side: Side, shop: Row) -> None:
    """An order in each state, with a parcel where it has one."""
    now = factories.now()
    times: dict[OrderStatus, dict[str, Any]] = {
        OrderStatus.PAID: {"shipped_at": None},
        OrderStatus.SHIPPED: {},
        OrderStatus.PICKED_UP: {"picked_up_at": now - HOUR},
        OrderStatus.SIGNED: {"picked_up_at": now - 2 * HOUR, "signed_at": now - HOUR},
        OrderStatus.REFUNDED: {"refunded_at": now - HOUR},
        OrderStatus.CLOSED: {"closed_at": now - HOUR},
    }
    for status, given in times.items():
        order = await _order(database, side, shop, f"order.{status}", **given)
        if status is not OrderStatus.PAID:
            seen = {name: given[name] for name in ("picked_up_at", "signed_at") if name in given}
            await _parcel(database, side, order, f"parcel.{status}", **seen)


async def _tickets(database: Database, side: Side, shop: Row) -> None:
    """A ticket of each kind in each state, each of an order of its own."""
    for kind, status in TICKETS:
        name = f"{kind}.{status}"
        unshipped = kind is SHIPMENT and status in UNSHIPPED
        seen = {"picked_up_at": factories.now()} if status is TicketStatus.COMPLETED else {}
        given = {"shipped_at": None} if unshipped else seen
        order = await _order(database, side, shop, f"order of {name}", urge_rounds=1, **given)
        if not unshipped:
            await _parcel(database, side, order, f"parcel of {name}", **seen)
        of_kind = {"kind": kind.value}
        ticket = await factories.ticket(database, order, status, **of_kind)
        side.keep(f"ticket.{name}", IdKind.TICKET, ticket)
        if status is TicketStatus.ESCALATED:
            violation = "LATE_SHIPMENT" if unshipped else "NO_PICKUP"
            await factories.complaint(database, ticket, violation=violation)


async def _complaints(database: Database, side: Side, shop: Row) -> None:
    """A complaint in each state."""
    for status in (*ComplaintStatus, "another"):
        order = await factories.order(database, shop, buyer_id=side.buyer, urge_rounds=1)
        await factories.parcel(database, order)
        ticket = await factories.ticket(database, order, TicketStatus.ESCALATED)
        filed = "FILED" if status == "another" else status.value
        complaint = await factories.complaint(database, ticket, filed)
        side.keep(f"complaint.{status}", IdKind.COMPLAINT, complaint)


async def _odd(database: Database, side: Side, shop: Row) -> None:
    """What a status does not tell: limits, promises, clocks that have run out."""
    now = factories.now()
    within = await _order(database, side, shop, "order within its limit", ship_by=now + DAY)
    await factories.parcel(database, within)
    await _order(database, side, shop, "unshipped order within its limit", ship_by=now + DAY, shipped_at=None)
    often = await _order(database, side, shop, "order urged 3 times", urge_rounds=3)
    await factories.parcel(database, often)
    await _order(database, side, shop, "unshipped order urged 3 times", urge_rounds=3, shipped_at=None)
    for name, given in _overdue(now).items():
        order = await _order(database, side, shop, f"order of {name}", urge_rounds=given.get("round", 1))
        await factories.parcel(database, order)
        opened = {"opened_at": now - 3 * DAY, **given}
        status = opened.pop("status")
        ticket = await factories.ticket(database, order, status, **opened)
        side.keep(name, IdKind.TICKET, ticket)
    bare = await factories.order(database, shop, buyer_id=side.buyer, urge_rounds=1)
    ticket = await factories.ticket(database, bare)
    side.keep("ticket without a parcel", IdKind.TICKET, ticket)
    await _parcels(database, side, shop)


def _overdue(now: Any) -> dict[str, Row]:
    ended = {"promise_ends_at": now - HOUR, "next_step_at": now - HOUR}
    return {
        "overdue ticket": {
            "status": TicketStatus.AWAITING_REPLY,
            "deadline_at": now - HOUR,
            "last_reminder_minutes": 15,
        },
        "ticket past its last promise": {"status": TicketStatus.REPLIED, "round": 3, **ended},
        "ticket past its promise": {"status": TicketStatus.REPLIED, **ended},
    }


async def _parcels(database: Database, side: Side, shop: Row) -> None:
    """Parcels whose number may not be changed, or not to any other."""
    now = factories.now()
    order = await _order(database, side, shop, "order with a replaced parcel")
    old = await _parcel(database, side, order, "replaced parcel")
    new = await _parcel(database, side, order, "parcel in its place", changes=1)
    await factories.waybill_change(database, old, new)
    changed = await factories.order(database, shop, buyer_id=side.buyer)
    await _parcel(database, side, changed, "parcel changed 3 times", changes=3)
    aged = await factories.order(database, shop, buyer_id=side.buyer, paid_at=now - 60 * DAY)
    await _parcel(database, side, aged, "parcel shipped 51 days ago", shipped_at=now - 51 * DAY)
    other = await factories.order(database, shop, buyer_id="somebody else")
    await _parcel(database, side, other, "parcel of another buyer")
    scanned = {"carrier": "SF", "waybill_number": f"SF8{keys.new().int % 10**12:012d}"}
    side.things["number scanned before payment"] = scanned["waybill_number"]
    earlier = await factories.order(
        database, shop, buyer_id=side.buyer, paid_at=now - 9 * DAY, closed_at=now - 5 * DAY
    )
    used = await factories.parcel(database, earlier, **scanned)
    await factories.scan(database, used, occurred_at=now - 8 * DAY)
    double = await _order(database, side, shop, "order with two parcels", urge_rounds=1)
    for place in ("first", "second"):
        await _parcel(database, side, double, f"{place} parcel of two")
    ticket = await factories.ticket(database, double)
    side.keep("ticket of two parcels", IdKind.TICKET, ticket)


async def _settings(database: Database, side: Side, shop: Row) -> None:
    """What owners set up."""
    for place in ("another ", ""):
        template = await factories.template(database, shop, body="您好，{{buyer_nick}}")
        side.keep(f"{place}template", IdKind.REPLY_TEMPLATE, template)
    webhook = side.keep("webhook", IdKind.WEBHOOK, await factories.webhook(database, shop))
    side.keep("another webhook", IdKind.WEBHOOK, await factories.webhook(database, shop))
    bodies = {
        "of promises": "{{promised_at}} {{waybill}}",
        "that becomes too long": "字" * 1_900 + "{{waybill}}" * 9,
    }
    for name, body in bodies.items():
        scheme = "PROMISE_PICKUP" if name == "of promises" else "COURIER_URGED"
        template = await factories.template(database, shop, body=body, scheme_code=scheme)
        side.keep(f"template {name}", IdKind.REPLY_TEMPLATE, template)
    order = await factories.order(database, shop, buyer_id=side.buyer, urge_rounds=1)
    ticket = await factories.ticket(database, order, TicketStatus.REPLIED, records=False)
    ended: dict[str, Row] = {
        "PENDING": {},
        "DELIVERED": {"due_at": None, "attempts": 1, "last_status_code": 204},
        "FAILED": {"due_at": None, "attempts": 9, "last_status_code": 500, "last_error": "answered 500"},
    }
    for status, given in ended.items():
        record = await factories.record(database, ticket, "REPLIED")
        more = {"last_attempt_at": factories.now()} if given else {}
        delivery = await factories.delivery(database, webhook, record, status=status, **given, **more)
        side.keep(f"delivery.{status}", IdKind.WEBHOOK_DELIVERY, delivery)


def soon(by: timedelta) -> str:
    """An instant so far from now, as clients write it."""
    return (factories.now() + by).isoformat()
