"""A demo shop at work: each method is one call of a use case, by the person who would make it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from db import database
from db.rules import Rules
from demo import goods
from domain import ids
from domain.access import OF_A_SHOP, Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import commands, orders, scans, shipments, team, tickets, urges, waybills
from resolvers.context import Context

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from uuid import UUID

    from db.due import Key
    from demo.clock import MovedClock
    from demo.goods import Stall
    from demo.words import Answer
    from domain.order import OrderRow
    from resolvers.commands import Recorded, TicketsChanged, TrackingEventRow, Waybill
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

    def __init__(
        self, services: Services, stall: Stall, shop_id: UUID, dice: random.Random = goods.DICE
    ) -> None:
        self.stall = stall
        self.shop_id = shop_id
        self.services = services
        self.dice = dice
        self.clock: MovedClock | None = None
        self._public_id = ids.encode(IdKind.SHOP, shop_id)
        self._erp = self.viewer(ActorKind.INTEGRATION, INTEGRATION)

    @property
    def locale(self) -> str:
        """The shop's language."""
        return self.stall.locale

    def waybill(self, carrier: str | None = None) -> Waybill:
        """A waybill of that carrier, or of any."""
        return goods.waybill(carrier, dice=self.dice)

    def row(self, buyer: str, *, paid_at: datetime, ship_by: datetime | None = None) -> OrderRow:
        """An order of `buyer` (a subject) for one of the shop's items."""
        return goods.order(self.stall, buyer, paid_at=paid_at, ship_by=ship_by, dice=self.dice)

    def ago(self, now: datetime, least_hours: float, most_hours: float) -> datetime:
        """A moment so many hours before `now`."""
        return goods.ago(now, least_hours=least_hours, most_hours=most_hours, dice=self.dice)

    async def now(self) -> datetime:
        """PostgreSQL's clock, or the moved one."""
        if self.clock is not None:
            return self.clock.now
        async with self.services.database.pool.acquire() as connection:
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

    async def refund(self, sale: Sale, at: datetime, *, whole: bool = True) -> None:
        """The integration records that the order was refunded, whole or in part."""
        row = commands.RefundRow(order_number=sale.row.number, refunded_at=at, closes_order=whole)
        command = commands.RecordRefunds(shop_id=self._public_id, refunds=(row,))
        _ids(await orders.record_refunds(self._erp, command))

    async def urge(self, sale: Sale, window: timedelta | None = None) -> None:
        """The buyer urges; with a `window` of its own the seller has that long instead of the policy's."""
        command = commands.UrgePickup(order_id=sale.order_id)
        sale.ticket_id = (await urges.urge_pickup(self._buyer(sale, window), command)).ticket_id

    async def urge_shipment(self, sale: Sale, window: timedelta | None = None) -> None:
        """The buyer urges an order that was not shipped; `window` as for `urge`."""
        command = commands.UrgeShipment(order_id=sale.order_id)
        sale.ticket_id = (await urges.urge_shipment(self._buyer(sale, window), command)).ticket_id

    async def withdraw(self, sale: Sale) -> None:
        """The buyer takes the urge back."""
        await urges.withdraw(self._buyer(sale), commands.WithdrawUrge(ticket_id=sale.ticket_id))

    async def reply(
        self, sale: Sale, answer: Answer, promise: timedelta | None = None, template_id: str | None = None
    ) -> str:
        """One of the staff gives this answer, with `promise` instead of its own; who it was.

        With a template it speaks in the answer's place.
        """
        staff = self.dice.choice(self.stall.agents)
        number = sale.row.number if sale.waybill is None else sale.waybill.number
        command = answer.command(
            sale.ticket_id, self.locale, await self.now(), number, promise=promise, dice=self.dice
        )
        if template_id is not None:
            command = replace(command, note=None, template_id=template_id)
        await tickets.reply(self.viewer(ActorKind.STAFF, staff), command)
        if command.waybill is not None:
            sale.waybill = command.waybill
        return staff

    async def reply_together(self, staff: str, sales: Sequence[Sale], answer: Answer) -> None:
        """A member of the staff gives many tickets the same answer."""
        now = await self.now()
        command = commands.ReplyToTickets(
            ticket_ids=tuple(sale.ticket_id for sale in sales),
            scheme=answer.scheme,
            note=answer.note[self.locale],
            promised_pickup_at=None if answer.promise is None else now + answer.promise,
        )
        _all_done(await team.reply(self.viewer(ActorKind.STAFF, staff), command))

    async def take_on(self, staff: str, sales: Sequence[Sale]) -> None:
        """A member of the staff assigns tickets to themselves."""
        command = commands.AssignTickets(ticket_ids=tuple(sale.ticket_id for sale in sales), to_me=True)
        _all_done(await team.assign(self.viewer(ActorKind.STAFF, staff), command))

    async def let_go(self, staff: str, sale: Sale) -> None:
        """A member of the staff takes a ticket from whoever has it."""
        command = commands.AssignTickets(ticket_ids=(sale.ticket_id,))
        _all_done(await team.assign(self.viewer(ActorKind.STAFF, staff), command))

    async def note(self, staff: str, sale: Sale, text: str) -> None:
        """A member of the staff adds a note."""
        command = commands.AddNote(ticket_id=sale.ticket_id, note=text)
        await tickets.add_note(self.viewer(ActorKind.STAFF, staff), command)

    async def change_waybill(self, staff: str, sale: Sale, waybill: Waybill, reason: str) -> None:
        """A member of the staff changes the number; a running clock goes on."""
        command = commands.ChangeWaybill(parcel_id=sale.parcel_id, waybill=waybill, reason=reason)
        changed = await waybills.change(self.viewer(ActorKind.STAFF, staff), command)
        sale.waybill, sale.parcel_id = waybill, changed.parcel_id

    def key(self, sale: Sale) -> Key:
        """The sale's ticket as the worker names it."""
        ticket_id = ids.decode_as(IdKind.TICKET, sale.ticket_id)
        assert ticket_id is not None  # noqa: S101 - only of a sale that was urged
        return self.shop_id, ticket_id

    def viewer(self, role: ActorKind, subject: str, *, owner: bool = False) -> Context:
        """Somebody with the right to this shop, or to all for roles that are not of a shop."""
        shops = frozenset({self.shop_id}) if role in OF_A_SHOP else None
        return Context(self.services, Viewer(role, subject, shops, owner=owner))

    def _buyer(self, sale: Sale, window: timedelta | None = None) -> Context:
        buyer = self.viewer(ActorKind.CONSUMER, sale.buyer)
        if window is None:
            return buyer
        rules = Rules.with_windows(reply=window, pickup=None)
        return replace(buyer, services=replace(self.services, rules=rules))


def event(waybill: Waybill, code: str, at: datetime) -> TrackingEventRow:
    """A carrier's scan of that waybill."""
    return commands.TrackingEventRow(
        carrier=waybill.carrier,
        waybill_number=waybill.number,
        occurred_at=at,
        code=code,
        description=TEXTS[code],
    )


def _all_done(changed: TicketsChanged) -> None:
    """Raise the error of the first ticket that was refused."""
    for row in changed.rows:
        if row.error is not None:
            raise row.error


def _ids(recorded: Recorded) -> list[str]:
    """The id of each row; raises the error of the first that was refused."""
    for row in recorded.rows:
        if row.error is not None:
            raise row.error
    return [row.id or "" for row in recorded.rows]
