"""What integrations tell: orders, parcels, scans, refunds; late, twice, out of order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from domain.order import OrderRow
from resolvers import commands, orders, scans, shipments
from tests.model.beside import MOST_ORDERS, NUDGES, WHENS, WHICH, Beside
from tests.model.order import Order
from tests.model.parcel import PROVES, Parcel, Scan
from tests.model.policy import DAY, HOUR, MINUTE, MS
from tests.model.product import row_told
from tests.model.refusal import Refused
from tests.model.shop import Shipment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

PAID = st.sampled_from(("129.00", "129.00", "40.00", "999.99", "3000.00", "100.10"))
AGO = st.sampled_from((3 * DAY, 3 * DAY, 9 * DAY, 48 * HOUR, 48 * HOUR - MS, 47 * HOUR))
PROMISED = st.sampled_from((None, None, None, 48 * HOUR, 48 * HOUR + MS, 60 * HOUR))
"""The order's own shipping limit, after its payment; a presale beyond 48 h."""
BUYER = st.sampled_from(("bob", "bob", "bob", "eve"))
ADDRESS = st.sampled_from((None, "attic", "attic", "cellar"))
REGIONS = (("330106", "440305"), ("440305", "330106"), (None, "3301"))
"""Of one order after the other: where it comes from, where it goes."""
CODES = st.sampled_from(("103", "103", "103", *PROVES))
SHIPPED_AGO = st.sampled_from(
    (HOUR, 2 * DAY, 24 * HOUR, 24 * HOUR - MS, 0 * HOUR, -5 * MINUTE, -5 * MINUTE - MS, 50 * DAY)
)
FEW = st.sampled_from((1, 1, 1, 2))


class Recording(Beside):
    """Orders, parcels and scans as they come in."""

    def place(
        self, paid: str, ago: timedelta, promised: timedelta | None, buyer: str, address: str | None
    ) -> Order:
        """A new order in both."""
        paid_at = self.now - ago
        order = Order(
            self.shop,
            f"{len(self.shop.orders) + 1}",
            buyer,
            Decimal(paid),
            paid_at,
            None if promised is None else paid_at + promised,
            address,
            *REGIONS[len(self.shop.orders) % len(REGIONS)],
        )

        def place() -> Order:
            order.limited(self.now)
            self.shop.orders.append(order)
            return order

        def placed(answer: commands.Recorded, _: object) -> None:
            self.agree("CREATED", answer.rows[0].outcome)
            order.id = answer.rows[0].id or ""

        self.record_order(order, place, placed)
        return order

    def record_order(
        self,
        order: Order,
        expected: Any,
        taken: Any = None,
        *,
        closed_at: datetime | None = None,
        **changes: Any,
    ) -> None:
        given: dict[str, Any] = {
            "number": order.number,
            "buyer_id": self.product.subject(order.buyer),
            "buyer_nick": "小波",
            "item_title": "棉服",
            "quantity": 1,
            "paid_amount": order.paid,
            "paid_at": order.paid_at,
            "ship_by": order.ship_by_given,
            "address_key": order.address,
            "origin_region": order.origin,
            "destination_region": order.destination,
            "closed_at": closed_at,
        }
        row = OrderRow(**{**given, **changes})
        command = commands.RecordOrders(shop_id=self.product.world.shop_id, orders=(row,))
        self.record(orders.record_orders, command, expected, taken)

    def record(self, use_case: Any, command: Any, expected: Any, taken: Any = None) -> Any:
        """One call of one row; `expected` raises what the row is refused for."""

        def row() -> Any:
            try:
                return expected()
            except Refused as refusal:
                return [refusal]

        def look(answer: commands.Recorded, wanted: Any) -> None:
            refusal = wanted[0] if isinstance(wanted, list) and isinstance(wanted[0], Refused) else None
            self.agree(refusal, row_told(answer.rows[0].error))
            if refusal is None and taken is not None:
                taken(answer, wanted)

        return self.send(use_case, self.product.world.integration, command, row, look)

    def number(self, which: int) -> str:
        """A waybill number, mostly one that nobody has used."""
        used = sorted({*self.shop.waiting, *(parcel.number for parcel in self.shop.parcels)})
        if which % 4 == 0 and used:
            return used[which // 4 % len(used)]
        return f"SF9{len(used) + which * 1000:012d}"

    def ship(self, order: Order, given: Sequence[Shipment]) -> None:
        """Parcels of an order, in one call."""
        rows = tuple(
            commands.ShipmentRow(
                order_number=order.number,
                carrier="SF",
                waybill_number=each.number,
                shipped_at=each.shipped_at,
                replaces_waybill_number=each.replaces,
            )
            for each in given
        )
        command = commands.RecordShipments(shop_id=self.product.world.shop_id, shipments=rows)

        def shipped(answer: commands.Recorded, wanted: list[Any]) -> None:
            for row, each in zip(answer.rows, wanted, strict=True):
                self.agree(each if isinstance(each, Refused) else None, row_told(row.error))
                if isinstance(each, Parcel):
                    self.agree("CREATED", row.outcome)
                    each.id = row.id or ""
                elif each is None:
                    self.agree("UNCHANGED", row.outcome)

        self.send(
            shipments.record_shipments,
            self.product.world.integration,
            command,
            lambda: self.shop.ship(order, given, self.now),
            shipped,
        )

    def refund(self, order: Order, at: datetime, *, whole: bool) -> None:
        row = commands.RefundRow(order_number=order.number, refunded_at=at, closes_order=whole)
        command = commands.RecordRefunds(shop_id=self.product.world.shop_id, refunds=(row,))
        self.record(
            orders.record_refunds, command, lambda: self.shop.refund(order, at, self.now, whole=whole)
        )

    def scan(self, number: str, scan: Scan) -> None:
        event = commands.TrackingEventRow(
            carrier="SF", waybill_number=number, occurred_at=scan.at, code=scan.code, description="…"
        )

        def look(answer: commands.Recorded, wanted: object) -> None:
            self.agree("CREATED" if wanted else "UNCHANGED", answer.rows[0].outcome)

        self.record(
            scans.record_tracking_events,
            commands.RecordTrackingEvents(events=(event,)),
            lambda: self.shop.scan(number, scan, self.now),
            look,
        )
        self.scanned = (number, scan)

    # ---- the rules

    @precondition(lambda self: len(self.shop.orders) < MOST_ORDERS)
    @rule(paid=PAID, ago=AGO, promised=PROMISED, buyer=BUYER, address=ADDRESS)
    def an_order_is_placed(
        self, paid: str, ago: timedelta, promised: timedelta | None, buyer: str, address: str | None
    ) -> None:
        self.place(paid, ago, promised, buyer, address)

    @precondition(lambda self: bool(self.shop.orders))
    @rule(which=WHICH, paid=PAID)
    def an_amount_is_corrected(self, which: int, paid: str) -> None:
        order = self.order(which)
        self.record_order(order, lambda: order.reprice(Decimal(paid), self.now), paid_amount=Decimal(paid))

    @precondition(lambda self: bool(self.shop.orders))
    @rule(which=WHICH, numbers=st.tuples(WHICH, WHICH), ago=SHIPPED_AGO, few=FEW)
    def parcels_are_shipped(self, which: int, numbers: tuple[int, int], ago: timedelta, few: int) -> None:
        unshipped = [order for order in self.shop.orders if not order.parcels and not order.ended]
        order = unshipped[which % len(unshipped)] if unshipped and which % 4 else self.order(which)
        names = [self.number(each) for each in numbers[:few]]
        given = [Shipment(name, self.now - ago + place * HOUR) for place, name in enumerate(names)]
        self.ship(order, given if len(set(names)) == few else given[:1])

    @precondition(lambda self: bool(self.shop.parcels))
    @rule(which=WHICH, number=WHICH)
    def a_number_is_changed_outside(self, which: int, number: int) -> None:
        order = self.order(which)
        old = order.parcels[which % len(order.parcels)].number if order.parcels else "SF9999999999999"
        self.ship(order, [Shipment(self.number(number), self.now, replaces=old)])

    @precondition(lambda self: bool(self.shop.parcels))
    @rule(which=WHICH, place=WHICH, when=WHENS, code=CODES)
    def a_carrier_scans(self, which: int, place: int, when: str, code: str) -> None:
        """Any parcel of an order, also one whose number was given up."""
        order = self.order(which)
        if order.parcels:
            parcel = order.parcels[-1 - place % len(order.parcels)]
            self.scan(parcel.number, Scan(self.moment(when, order), code))

    @precondition(lambda self: bool(self.shop.orders))
    @rule(which=WHICH, number=WHICH, when=WHENS, code=CODES)
    def a_carrier_scans_what_is_not_known_yet(self, which: int, number: int, when: str, code: str) -> None:
        self.scan(self.number(number), Scan(self.moment(when, self.order(which)), code))

    @precondition(lambda self: bool(self.shop.parcels))
    @rule(which=WHICH, nudge=NUDGES)
    def a_carrier_tells_all_at_once(self, which: int, nudge: timedelta) -> None:
        """Every parcel of an order, the later scan before the earlier."""
        order = self.order(which)
        at = self.moment("before the end", order) + nudge
        for parcel in order.current:
            self.scan(parcel.number, Scan(min(at + HOUR, self.now), "1002"))
        for parcel in order.current:
            self.scan(parcel.number, Scan(min(at, self.now), "103"))

    @precondition(lambda self: getattr(self, "scanned", None) is not None)
    @rule()
    def a_carrier_repeats_itself(self) -> None:
        self.scan(*self.scanned)

    @precondition(lambda self: bool(self.shop.tickets))
    @rule(which=WHICH, when=WHENS, whole=st.sampled_from((True, True, False)))
    def an_order_is_refunded(self, which: int, when: str, *, whole: bool) -> None:
        order = self.order(which)
        self.refund(order, self.moment(when, order), whole=whole)

    @precondition(lambda self: bool(self.shop.tickets))
    @rule(which=WHICH, when=WHENS)
    def an_order_is_closed(self, which: int, when: str) -> None:
        order = self.order(which)
        at = self.moment(when, order)
        self.record_order(order, lambda: self.shop.close(order, at, self.now), closed_at=at)
