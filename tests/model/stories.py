"""Short stories that lead to where rules meet: each is a few acts, and any act may follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.beside import MOST_ORDERS, NUDGES, WHICH
from tests.model.complaint import Ruling
from tests.model.machine import Market
from tests.model.parcel import Scan
from tests.model.policy import DAY, HOUR, MS
from tests.model.scheme import PICKUP, SHIPMENT, Answer
from tests.model.shop import Shipment

if TYPE_CHECKING:
    from datetime import timedelta

    from tests.model.order import Order
    from tests.model.ticket import Ticket

ABOUT = st.sampled_from((-MS, -MS, -MS, 0 * MS, MS))
WORKS = st.sampled_from((True, True, False))
OPENINGS = st.sampled_from((0, 1, 1, 2))
"""Parcels of an order whose buyer urges; none: it is the shipment that is urged."""


class Stories(Market):
    """What is told in one go."""

    def any_late_order(self, which: int, parcels: int = 1) -> Order:
        """One with an unclosed ticket of that kind; a new one if there is none."""
        kind = PICKUP if parcels else SHIPMENT
        found = [each for each in self.shop.tickets if not each.closed and each.kind == kind]
        if found and (which % 2 or len(self.shop.orders) >= MOST_ORDERS):
            return found[which % len(found)].order
        return self.urged("129.00", parcels)

    def latest(self, order: Order) -> Ticket | None:
        """None when an exemption keeps the order within its limit."""
        return order.tickets[-1] if order.tickets else None

    @precondition(lambda self: len(self.shop.orders) < MOST_ORDERS)
    @rule(parcels=OPENINGS, nudge=NUDGES, withdraws=st.booleans(), works=st.booleans())
    def somebody_acts_at_the_last_moment(
        self, parcels: int, nudge: timedelta, *, withdraws: bool, works: bool
    ) -> None:
        """A reply or a withdrawal at the deadline, or a millisecond before or after it."""
        ticket = self.latest(self.urged("129.00", parcels))
        if ticket is None or ticket.deadline is None:
            return
        self.pass_until(ticket.deadline + nudge, works=works)
        if withdraws:
            self.withdraw(ticket)
        else:
            self.reply(ticket, Answer("OUT_OF_STOCK", note=True))

    @rule(which=WHICH, times=st.integers(1, 3))
    def an_urge_is_taken_back_and_pressed_again(self, which: int, times: int) -> None:
        """Each counts as a round of the order."""
        order = self.any_late_order(which)
        for _ in range(times):
            ticket = self.latest(order)
            if ticket is not None:
                self.withdraw(ticket)
            self.urge(order, PICKUP)

    @rule(which=WHICH, rounds=st.integers(1, 3), works=st.booleans())
    def rounds_are_lost(self, which: int, rounds: int, *, works: bool) -> None:
        """Replied to, not picked up, urged again."""
        order = self.any_late_order(which)
        for _ in range(rounds):
            ticket = self.latest(order)
            if ticket is None:
                return
            self.reply(ticket, Answer("COURIER_URGED"))
            if ticket.promise is not None:
                self.pass_until(ticket.promise, works=works)
            self.urge(order, PICKUP)

    @rule(
        which=WHICH,
        ago=st.sampled_from((HOUR, 20 * HOUR, 24 * HOUR - MS, 24 * HOUR, 3 * DAY)),
        works=st.booleans(),
    )
    def what_was_urged_is_shipped(self, which: int, ago: timedelta, *, works: bool) -> None:
        """The second clock starts, perhaps late; then its next step comes."""
        order = self.any_late_order(which, parcels=0)
        self.ship(order, [Shipment(self.number(2 * which + 1), self.now - ago)])
        ticket = self.latest(order)
        if ticket is not None and ticket.next_step is not None:
            self.pass_until(ticket.next_step, works=works)

    @rule(which=WHICH, times=st.integers(1, 4), old=st.integers(0, 3))
    def a_number_is_changed_again_and_again(self, which: int, times: int, old: int) -> None:
        """Then the carrier scans one of the parcel's numbers, mostly one given up."""
        order = self.any_late_order(which)
        for time in range(times):
            self.change(order.parcels[-1], f"SF7{len(self.shop.parcels) + 100 * time:012d}", None)
        parcel = order.parcels[-1 - old % len(order.parcels)]
        self.scan(parcel.number, Scan(self.now - HOUR, "103"))

    @rule(which=WHICH, when=st.sampled_from((-MS, 0 * MS)), first=st.booleans())
    def a_number_was_another_parcels_before(self, which: int, when: timedelta, *, first: bool) -> None:
        """It was scanned just before the payment: told before or after the parcel is known."""
        order = (
            self.place("129.00", 3 * DAY, None, "bob", None)
            if len(self.shop.orders) < MOST_ORDERS
            else self.any_order(which)
        )
        number = self.number(2 * which + 1)
        for is_scan in (first, not first):
            if is_scan:
                self.scan(number, Scan(order.paid_at + when, "103"))
            else:
                self.ship(order, [Shipment(number, self.now - HOUR)])

    @precondition(lambda self: len(self.shop.orders) < MOST_ORDERS)
    @rule(
        paid=st.sampled_from(("129.00", "999.99")),
        together=st.booleans(),
        code=st.sampled_from(("103", "1002")),
    )
    def two_orders_share_a_parcel(self, paid: str, *, together: bool, code: str) -> None:
        """The same buyer and address; or by a mistake of the seller's."""
        first = self.urged(paid, 1)
        other = self.place(paid, 3 * DAY, None, "bob" if together else "eve", "attic")
        self.ship(other, [Shipment(f"SF6{len(self.shop.parcels):012d}", self.now - DAY)])
        self.urge(other, PICKUP)
        self.change(other.parcels[-1], first.parcels[0].number, None)
        self.scan(first.parcels[0].number, Scan(self.now - HOUR, code))

    @precondition(lambda self: len(self.shop.orders) < MOST_ORDERS)
    @rule(first=st.integers(0, 1), other=st.booleans())
    def one_parcel_of_two_is_picked_up(self, first: int, *, other: bool) -> None:
        """The order is not, until the other one is too."""
        order = self.urged("129.00", 2)
        self.scan(order.parcels[first].number, Scan(self.now - HOUR, "103"))
        if other:
            self.scan(order.parcels[1 - first].number, Scan(self.now - 2 * HOUR, "1002"))

    @precondition(lambda self: len(self.shop.orders) < MOST_ORDERS)
    @rule(
        parcels=OPENINGS, points=st.sampled_from((1, 1, 2, 0)), settles=st.booleans(), times=st.integers(1, 2)
    )
    def nobody_answers(self, parcels: int, points: int, times: int, *, settles: bool) -> None:
        """Complaints are filed and ended at once: what fills the caps."""
        for time in range(times):
            ticket = self.latest(self.urged("999.99", parcels))
            if ticket is None or ticket.ends_at is None:
                return
            self.pass_until(ticket.ends_at, works=True)
            if settles and not time:
                self.settle(ticket)
            else:
                self.judge(ticket, Ruling(upheld=True, points=points))

    @rule(which=WHICH, works=WORKS, nudge=ABOUT, pickup=st.booleans())
    def a_late_word_comes(self, which: int, *, works: bool, nudge: timedelta, pickup: bool) -> None:
        """The clock ran out; now a pickup or a refund is told that happened about then."""
        order = self.any_late_order(which, parcels=1 if pickup else which % 3)
        ticket = self.latest(order)
        if ticket is None or ticket.ends_at is None:
            return
        end = ticket.ends_at
        self.pass_until(end + HOUR, works=works)
        if not pickup:
            self.refund(order, end + nudge, whole=True)
            return
        for parcel in order.current:
            self.scan(parcel.number, Scan(end + nudge, "103"))
