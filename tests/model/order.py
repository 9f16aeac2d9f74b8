"""An order and its tickets (`domain.md §3, §4, §7, §8`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.model.calendar import NEVER
from tests.model.parcel import Parcel
from tests.model.refusal import refused
from tests.model.scheme import PICKUP, SHIPMENT
from tests.model.ticket import OPEN, Ticket

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from tests.model.policy import Policy
    from tests.model.shop import Shop


@dataclass(frozen=True)
class Decision:
    """May the buyer urge? If not: why, from when on, and which ticket there is already."""

    refusal: str | None = None
    available_at: datetime | None = None
    ticket: Ticket | None = None


@dataclass
class Order:
    """`known_pickup`: when the order counts as picked up, as its tickets were told last.

    `limit`: the shipping limit by the policy that was in force when the order was recorded last.
    """

    shop: Shop = field(repr=False)
    number: str
    buyer: str
    paid: Decimal
    paid_at: datetime
    ship_by_given: datetime | None = None
    address: str | None = None
    origin: str | None = None
    destination: str | None = None
    limit: datetime = NEVER
    id: str = ""
    parcels: list[Parcel] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    rounds: int = 0
    known_pickup: datetime | None = None
    shipped_at: datetime | None = None
    refunded_at: datetime | None = None
    closed_at: datetime | None = None

    def policy(self, now: datetime) -> Policy:
        """What it is urged under: its unclosed ticket's, else the one in force."""
        return self.shop.policy(now) if self.unclosed is None else self.unclosed.policy

    def limited(self, now: datetime) -> None:
        self.limit = self.ship_by_given or self.paid_at + self.shop.policy(now).shipping_limit

    @property
    def ended(self) -> bool:
        return self.refunded_at is not None or self.closed_at is not None

    @property
    def ship_by(self) -> datetime:
        """The shipping limit before exemptions (§4)."""
        return self.limit

    @property
    def current(self) -> list[Parcel]:
        return [parcel for parcel in self.parcels if parcel.current]

    @property
    def picked_up_at(self) -> datetime | None:
        """Picked up when every current parcel is (§8)."""
        times = [parcel.picked_up_at for parcel in self.current]
        known = [each for each in times if each is not None]
        return max(known) if known and len(known) == len(times) else None

    @property
    def unclosed(self) -> Ticket | None:
        return next((ticket for ticket in self.tickets if not ticket.closed), None)

    def costs(self, violation: str, policy: Policy) -> Decimal:
        given = self.ship_by_given
        presale = given is not None and given - self.paid_at > policy.presale_over
        return policy.costs(violation, self.paid, presale=presale)

    def decide(self, kind: str, now: datetime) -> Decision:
        """May the buyer urge now? The first reason in the order of §4 that stands."""
        urged = [each for each in self.tickets if each.kind == SHIPMENT]
        open_ = [each for each in self.tickets if each.status in OPEN]
        promised = [
            each
            for each in self.tickets
            if each.status == "REPLIED" and not each.broken and not each.over(now)
        ]
        limit = self.shop.calendar.moved(self.ship_by, self)
        reasons = {
            "ORDER_CLOSED": self.ended,
            "NOT_SHIPPED": kind == PICKUP and not self.parcels,
            "ALREADY_SHIPPED": kind == SHIPMENT and self.parcels,
            "ALREADY_PICKED_UP": self.picked_up_at,
            "SHIPMENT_TICKET_EXISTS": kind == PICKUP and urged,
            "COMPLAINT_FILED": any(each.lost(now) for each in self.tickets),
            "TICKET_OPEN": open_,
            "PROMISE_RUNNING": promised,
            "WITHIN_SHIPPING_LIMIT": now < limit,
            "ROUND_LIMIT": self.rounds >= self.policy(now).rounds,
        }
        refusal = next((reason for reason, stands in reasons.items() if stands), None)
        dates: dict[str, datetime | None] = {
            "PROMISE_RUNNING": promised[0].promise if promised else None,
            "WITHIN_SHIPPING_LIMIT": limit,
        }
        there = {"SHIPMENT_TICKET_EXISTS": urged, "TICKET_OPEN": open_}.get(refusal or "", [])
        return Decision(refusal, dates.get(refusal or ""), there[-1] if there else None)

    def urge(self, kind: str, now: datetime) -> Ticket:
        """The clock does first what it had to do, also when the urge is then refused."""
        self.clock(now)
        decision = self.decide(kind, now)
        if decision.refusal is not None:
            raise refused("UrgeRefused", decision.refusal)
        self.rounds += 1
        again = self.unclosed
        if again is None:
            again = Ticket(self, self.shop.policy(now), kind, self.rounds, now)
            self.tickets.append(again)
            again.open(now)
        else:
            again.reopen(self.rounds, now)
        return again

    def clock(self, now: datetime) -> None:
        for ticket in self.tickets:
            ticket.clock(now, now)

    def add_parcel(self, number: str, shipped_at: datetime, changes: int = 0) -> Parcel:
        """A parcel; what is known of its number already joins it (§8).

        A number that this very order gave up before: what was scanned of it stays with the old parcel (§7).
        """
        parcel = Parcel(self, number, shipped_at, changes)
        known = self.shop.scans_for(parcel)
        self.parcels.append(parcel)
        for scan in known:
            parcel.take(scan)
        return parcel

    def replace(self, old: Parcel, number: str) -> Parcel:
        old.current = False
        return self.add_parcel(number, old.shipped_at, old.changes + 1)

    def check_change(self, parcel: Parcel, number: str, now: datetime) -> None:
        """May the parcel have this number (§7)?"""
        first = self.shop.first_scan_at(number)
        reasons = {
            "ORDER_CLOSED": self.ended,
            "ALREADY_PICKED_UP": parcel.picked_up_at is not None,
            "SAME_NUMBER": parcel.number == number,
            "TOO_MANY_CHANGES": parcel.changes >= self.policy(now).waybill_changes,
            "TOO_LATE": now > parcel.shipped_at + self.policy(now).waybill_change_within,
            "IN_USE": self.shop.in_use(number, parcel),
            "SCANNED_BEFORE_PAYMENT": first is not None and first < self.paid_at,
        }
        for reason, stands in reasons.items():
            if stands:
                raise refused("WaybillRefused", reason)

    def follow(self, now: datetime) -> None:
        """The order comes up to its parcels: shipped by the first, picked up with the last (§3, §8)."""
        before, after = self.known_pickup, self.picked_up_at
        self.known_pickup = after
        if self.parcels and self.shipped_at is None:
            first = min(parcel.shipped_at for parcel in self.parcels)
            for ticket in self.tickets:
                ticket.ship(first, min(now, after or now), now)
        self.shipped_at = min((parcel.shipped_at for parcel in self.parcels), default=None)
        if after is not None and before is None:
            self.complete("PICKED_UP", after, now)
        elif after is not None and before is not None and after < before:
            self.excuse(after, now)

    def complete(self, action: str, at: datetime, now: datetime) -> None:
        for ticket in self.tickets:
            ticket.complete(action, at, now)
        if action != "ORDER_CLOSED":
            self.excuse(at, now)

    def excuse(self, at: datetime, now: datetime) -> None:
        for ticket in self.tickets:
            ticket.excuse(at, now)

    def refund(self, at: datetime, now: datetime) -> None:
        """A whole refund. Told again with another time, it may still show that it was in time (§3)."""
        first = self.refunded_at is None
        changed, self.refunded_at = self.refunded_at != at, at
        if first:
            self.complete("REFUNDED", at, now)
        elif changed:
            self.excuse(at, now)

    def end(self, at: datetime, now: datetime) -> None:
        """The order is closed."""
        self.limited(now)
        first, self.closed_at = self.closed_at is None, at
        if first:
            self.complete("ORDER_CLOSED", at, now)

    def reprice(self, paid: Decimal, now: datetime) -> None:
        """The amount was corrected: what is at stake, and what a filed complaint would cost, follow (§10)."""
        self.paid = paid
        self.limited(now)
        for ticket in self.tickets:
            if not ticket.closed:
                ticket.risk = self.costs(ticket.violation, ticket.policy)
            if ticket.complaint is not None and ticket.complaint.status == "FILED":
                ticket.complaint.estimate = self.costs(ticket.violation, ticket.policy)
