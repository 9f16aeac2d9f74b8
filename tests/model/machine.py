"""The state machine: buyers urge, time passes, workers wake or sleep; and the rest that is mixed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from resolvers import commands, urges
from tests.model.beside import MOST_ORDERS, NUDGES, WHICH
from tests.model.policy import DAY, HOUR
from tests.model.scheme import PICKUP, SHIPMENT
from tests.model.shop import Shipment
from tests.model.working import Working

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from tests.model.order import Order
    from tests.model.ticket import Ticket

SPANS = st.integers(1, 6 * 3_600_000) | st.sampled_from((3_600_000, 24 * 3_600_000))
UNTIL = st.sampled_from(("step", "step", "end", "end", "limit"))


class Market(Working):
    """A shop of a marketplace, beside its model."""

    # ---- buyers

    def urge(self, order: Order, kind: str) -> None:
        use_case, command = {
            PICKUP: (urges.urge_pickup, commands.UrgePickup(order_id=order.id)),
            SHIPMENT: (urges.urge_shipment, commands.UrgeShipment(order_id=order.id)),
        }[kind]

        def urged(answer: commands.TicketChanged, ticket: Ticket) -> None:
            self.agree(ticket.id or answer.ticket_id, answer.ticket_id)
            ticket.id = answer.ticket_id

        buyer = self.product.buyer(order.buyer)
        self.send(use_case, buyer, command, lambda: order.urge(kind, self.now), urged)  # type: ignore[arg-type]

    def urged(self, paid: str, parcels: int, buyer: str = "bob") -> Order:
        """An order past its limit, and what its buyer may urge of it."""
        order = self.place(paid, 3 * DAY, None, buyer, "attic")
        if parcels:
            names = [f"SF8{len(self.shop.parcels) + place:012d}" for place in range(parcels)]
            self.ship(order, [Shipment(name, self.now - 2 * DAY) for name in names])
        self.urge(order, PICKUP if parcels else SHIPMENT)
        return order

    @precondition(lambda self: len(self.shop.orders) < MOST_ORDERS)
    @rule(paid=st.sampled_from(("129.00", "999.99")), parcels=st.sampled_from((0, 1, 1, 2)))
    def a_late_order_is_urged(self, paid: str, parcels: int) -> None:
        self.urged(paid, parcels)

    @precondition(lambda self: bool(self.shop.orders))
    @rule(which=WHICH)
    def a_buyer_urges_pickup(self, which: int) -> None:
        self.urge(self.any_order(which), PICKUP)

    @precondition(lambda self: bool(self.shop.orders))
    @rule(which=WHICH)
    def a_buyer_urges_shipment(self, which: int) -> None:
        self.urge(self.any_order(which), SHIPMENT)

    @precondition(lambda self: bool(self.shop.tickets))
    @rule(which=WHICH)
    def a_buyer_withdraws(self, which: int) -> None:
        self.withdraw(self.ticket(which))

    def withdraw(self, ticket: Ticket) -> None:
        command = commands.WithdrawUrge(ticket_id=ticket.id)
        buyer = self.product.buyer(ticket.order.buyer)
        self.send(urges.withdraw, buyer, command, lambda: ticket.withdraw(self.now))

    # ---- time

    def pass_until(self, moment: datetime, *, works: bool) -> None:
        """Time only goes on. A worker that sleeps leaves everything to the next who comes by."""
        self.now = max(self.now, moment)
        self.do(self.product.put_clock(self.now))
        if works:
            self.work()

    def work(self, *, retimes: bool = True) -> None:
        self.do(self.product.work(self.now, retimes=retimes))
        self.shop.work(self.now, retimes=retimes)

    @rule(ms=SPANS, works=st.booleans())
    def time_passes(self, ms: int, *, works: bool) -> None:
        self.pass_until(self.now + ms * HOUR / 3_600_000, works=works)

    @precondition(lambda self: bool(self.shop.orders))
    @rule(which=WHICH, until=UNTIL, nudge=NUDGES, works=st.booleans())
    def time_passes_until(self, which: int, until: str, nudge: timedelta, *, works: bool) -> None:
        """To a border, or a millisecond before or after it."""
        order = self.order(which)
        ticket = self.ticket(which) if self.shop.tickets else None
        ends = {
            "step": None if ticket is None else ticket.next_step,
            "end": None if ticket is None else ticket.ends_at,
            "limit": order.ship_by,
        }
        end = ends[until]
        if end is not None:
            self.pass_until(end + nudge, works=works)

    @rule(retimes=st.booleans())
    def a_worker_wakes(self, *, retimes: bool) -> None:
        """Whether or not it has come to what changed rules concern: what is due is timed by them first."""
        self.work(retimes=retimes)
