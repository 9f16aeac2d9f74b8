"""A demo shop at work: each method is one call of a use case, by the person who would make it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from db import database
from db.rules import Rules
from demo import goods
from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import commands, orders, scans, shipments, tickets, urges, waybills
from resolvers.context import Context

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from db.due import Key
    from demo.goods import Stall
    from demo.words import Answer
    from domain.order import OrderRow
    from resolvers.commands import Recorded, TrackingEventRow, Waybill
    from resolvers.context import Services

INTEGRATION = "demo-erp"
ORDERED, PICKED_UP, IN_TRANSIT, SIGNED = "101", "103", "1002", "3"
TEXTS = {
    ORDERED: "商家已通知快递员上门取件",
    PICKED_UP: "快件已揽收",
    IN_TRANSIT: "快件已到达转运中心，正发往下一站",
    SIGNED: "快件已签收，签收人：本人",
}


@dataclass(slots=True)
class Sale:
    """One order as the demo follows it, with the public ids of what hangs on it."""

    row: OrderRow
    order_id: str
    waybill: Waybill | None = None
    parcel_id: str = ""
    ticket_id: str = ""

    @property
    def buyer(self) -> str:
        """The buyer's subject."""
        return self.row.buyer_id


class Desk:
    """One shop: its integration, its staff and its buyers."""

    def __init__(self, services: Services, stall: Stall, shop_id: UUID) -> None:
        self.stall = stall
        self.shop_id = shop_id
        self._services = services
        self._public_id = ids.encode(IdKind.SHOP, shop_id)
        self._erp = self._as(ActorKind.INTEGRATION, INTEGRATION)

    async def now(self) -> datetime:
        """PostgreSQL's clock."""
        async with self._services.database.pool.acquire() as connection:
            return await database.now(connection)

    async def sell(self, rows: Sequence[OrderRow]) -> list[Sale]:
        """The integration records orders."""
        command = commands.RecordOrders(shop_id=self._public_id, orders=tuple(rows))
        made = _ids(await orders.record_orders(self._erp, command))
        return [Sale(row, order_id) for row, order_id in zip(rows, made, strict=True)]

    async def update(self, sale: Sale, row: OrderRow) -> None:
        """The integration records an order again, as it stands now."""
        _ids(
            await orders.record_orders(
                self._erp, commands.RecordOrders(shop_id=self._public_id, orders=(row,))
            )
        )
        sale.row = row

    async def ship(self, parcels: Sequence[tuple[Sale, Waybill, datetime]], *, replaces: str = "") -> None:
        """The integration records shipments; with `replaces` a number that was changed outside."""
        rows = [
            commands.ShipmentRow(
                order_number=sale.row.number,
                carrier=waybill.carrier,
                waybill_number=waybill.number,
                shipped_at=shipped_at,
                replaces_waybill_number=replaces or None,
            )
            for sale, waybill, shipped_at in parcels
        ]
        command = commands.RecordShipments(shop_id=self._public_id, shipments=tuple(rows))
        made = _ids(await shipments.record_shipments(self._erp, command))
        for (sale, waybill, _), parcel_id in zip(parcels, made, strict=True):
            sale.waybill, sale.parcel_id = waybill, parcel_id

    async def scan(self, events: Sequence[TrackingEventRow]) -> None:
        """The integration passes carrier scans on."""
        command = commands.RecordTrackingEvents(events=tuple(events))
        _ids(await scans.record_tracking_events(self._erp, command))

    async def pick_up(self, sale: Sale, at: datetime) -> None:
        """The carrier scans the sale's parcel as picked up."""
        assert sale.waybill is not None  # noqa: S101 - only what was shipped is picked up
        await self.scan([event(sale.waybill, PICKED_UP, at)])

    async def refund(self, sale: Sale, at: datetime) -> None:
        """The integration records that the whole order was refunded."""
        row = commands.RefundRow(order_number=sale.row.number, refunded_at=at)
        command = commands.RecordRefunds(shop_id=self._public_id, refunds=(row,))
        _ids(await orders.record_refunds(self._erp, command))

    async def urge(self, sale: Sale, window: timedelta | None = None) -> None:
        """The buyer urges; with a `window` of its own the seller has that long instead of the policy's."""
        buyer = self._as(ActorKind.CONSUMER, sale.buyer)
        rules = Rules.with_windows(reply=window, pickup=None)
        context = replace(buyer, services=replace(self._services, rules=rules))
        urged = await urges.urge_pickup(context, commands.UrgePickup(order_id=sale.order_id))
        sale.ticket_id = urged.ticket_id

    async def urge_shipment(self, sale: Sale, window: timedelta | None = None) -> None:
        """The buyer urges an order that was not shipped; `window` as for `urge`."""
        buyer = self._as(ActorKind.CONSUMER, sale.buyer)
        rules = Rules.with_windows(reply=window, pickup=None)
        context = replace(buyer, services=replace(self._services, rules=rules))
        urged = await urges.urge_shipment(context, commands.UrgeShipment(order_id=sale.order_id))
        sale.ticket_id = urged.ticket_id

    async def withdraw(self, sale: Sale) -> None:
        """The buyer takes the urge back."""
        buyer = self._as(ActorKind.CONSUMER, sale.buyer)
        await urges.withdraw(buyer, commands.WithdrawUrge(ticket_id=sale.ticket_id))

    async def reply(self, sale: Sale, answer: Answer, promise: timedelta | None = None) -> str:
        """One of the staff gives this answer, with `promise` instead of its own; who it was."""
        staff = goods.DICE.choice(self.stall.agents)
        number = sale.row.number if sale.waybill is None else sale.waybill.number
        command = answer.command(sale.ticket_id, self.stall.locale, await self.now(), number, promise=promise)
        await tickets.reply(self._as(ActorKind.STAFF, staff), command)
        if command.waybill is not None:
            sale.waybill = command.waybill
        return staff

    async def note(self, staff: str, sale: Sale, text: str) -> None:
        """A member of the staff adds a note."""
        command = commands.AddNote(ticket_id=sale.ticket_id, note=text)
        await tickets.add_note(self._as(ActorKind.STAFF, staff), command)

    async def change_waybill(self, staff: str, sale: Sale, waybill: Waybill, reason: str) -> None:
        """A member of the staff changes the number; a running clock goes on."""
        command = commands.ChangeWaybill(parcel_id=sale.parcel_id, waybill=waybill, reason=reason)
        changed = await waybills.change(self._as(ActorKind.STAFF, staff), command)
        sale.waybill, sale.parcel_id = waybill, changed.parcel_id

    def key(self, sale: Sale) -> Key:
        """The sale's ticket as the worker names it."""
        ticket_id = ids.decode_as(IdKind.TICKET, sale.ticket_id)
        assert ticket_id is not None  # noqa: S101 - only of a sale that was urged
        return self.shop_id, ticket_id

    def _as(self, role: ActorKind, subject: str) -> Context:
        shops = None if role is ActorKind.CONSUMER else frozenset({self.shop_id})
        return Context(self._services, Viewer(role, subject, shops))


def event(waybill: Waybill, code: str, at: datetime) -> TrackingEventRow:
    """A carrier's scan of that waybill."""
    return commands.TrackingEventRow(
        carrier=waybill.carrier,
        waybill_number=waybill.number,
        occurred_at=at,
        code=code,
        description=TEXTS[code],
    )


def _ids(recorded: Recorded) -> list[str]:
    """The id of each row; raises the error of the first that was refused."""
    for row in recorded.rows:
        if row.error is not None:
            raise row.error
    return [row.id or "" for row in recorded.rows]
