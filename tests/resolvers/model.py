"""One order and its tickets as a few words of plain Python: what the use cases are compared with.

It knows no versions, records or locks: only what `domain.md §3, §4, §7, §8, §10` say becomes of an order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

ROUNDS = 3
CHANGES = 3
CLOSED = {"COMPLETED", "ESCALATED", "WITHDRAWN"}
OPEN = {"AWAITING_REPLY", "AWAITING_PICKUP"}
PICKUP, SHIPMENT = "URGE_PICKUP", "URGE_SHIPMENT"


class Refused(Exception):
    """The model says no; its text is the refusal, or the kind of it."""


@dataclass
class Parcel:
    """A parcel by its number."""

    number: str
    changes: int = 0
    current: bool = True
    picked_up_at: datetime | None = None


@dataclass
class Ticket:
    """A ticket; `ended_at` once its clock or promise has ended and nobody has acted on it.

    `lost_at`: the end that its complaint, (violation, status), was filed for.
    """

    kind: str
    round: int
    status: str = "AWAITING_REPLY"
    ended_at: datetime | None = None
    broken: bool = False
    lost_at: datetime | None = None
    complaints: list[tuple[str, str]] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return self.status in CLOSED


@dataclass
class Order:
    """An order past its shipping limit."""

    parcels: list[Parcel] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    rounds: int = 0
    ended: bool = False

    @property
    def current(self) -> list[Parcel]:
        return [parcel for parcel in self.parcels if parcel.current]

    @property
    def picked_up_at(self) -> datetime | None:
        times = [parcel.picked_up_at for parcel in self.current]
        known = [time for time in times if time is not None]
        return max(known) if known and len(known) == len(times) else None

    @property
    def unclosed(self) -> Ticket | None:
        return next((ticket for ticket in self.tickets if not ticket.closed), None)

    def tick(self, at: datetime | None = None) -> None:
        """What the clock does; with `at`, only if it ended by then."""
        ticket = self.unclosed
        if ticket is None or ticket.ended_at is None or (at is not None and ticket.ended_at > at):
            return
        ended_at, ticket.ended_at = ticket.ended_at, None
        if ticket.status == "REPLIED":
            ticket.broken = True
        if ticket.status in OPEN or ticket.round == ROUNDS:
            unshipped = ticket.kind == SHIPMENT and ticket.status == "AWAITING_REPLY"
            ticket.status, ticket.lost_at = "ESCALATED", ended_at
            ticket.complaints.append(("LATE_SHIPMENT" if unshipped else "NO_PICKUP", "FILED"))

    def run_out(self, at: datetime) -> None:
        ticket = self.unclosed
        if ticket is not None and not (ticket.status == "REPLIED" and ticket.broken):
            ticket.ended_at = at

    def urge(self, kind: str) -> None:
        self.tick()
        reasons = {
            "ORDER_CLOSED": self.ended,
            "NOT_SHIPPED": kind == PICKUP and not self.parcels,
            "ALREADY_SHIPPED": kind == SHIPMENT and bool(self.parcels),
            "ALREADY_PICKED_UP": self.picked_up_at is not None,
            "SHIPMENT_TICKET_EXISTS": kind == PICKUP and any(each.kind == SHIPMENT for each in self.tickets),
            "COMPLAINT_FILED": any(each.status == "ESCALATED" for each in self.tickets),
            "TICKET_OPEN": any(each.status in OPEN for each in self.tickets),
            "PROMISE_RUNNING": any(each.status == "REPLIED" and not each.broken for each in self.tickets),
            "ROUND_LIMIT": self.rounds >= ROUNDS,
        }
        for reason, stands in reasons.items():
            if stands:
                raise Refused(reason)
        self.rounds += 1
        ticket = self.unclosed
        if ticket is None:
            self.tickets.append(Ticket(kind, self.rounds))
        else:
            ticket.status, ticket.round, ticket.broken = "AWAITING_REPLY", self.rounds, False

    def reply(self) -> None:
        ticket = self.tickets[-1]
        lost = ticket.ended_at is not None and (ticket.status in OPEN or ticket.round == ROUNDS)
        if lost:
            self.tick()
        if ticket.status not in OPEN:
            raise Refused("IllegalTransition")
        if ticket.kind == PICKUP:
            ticket.status, ticket.broken = "REPLIED", False

    def withdraw(self) -> None:
        ticket = self.tickets[-1]
        self.tick()
        if ticket.closed:
            raise Refused("IllegalTransition")
        ticket.status = "WITHDRAWN"

    def ship(self, number: str) -> None:
        """The first parcel starts the second clock of an urge for shipment, unless its first ran out."""
        self.parcels.append(Parcel(number))
        if self.unclosed is not None and self.unclosed.kind == SHIPMENT and len(self.parcels) == 1:
            self.tick()
        if self.unclosed is not None and self.unclosed.kind == SHIPMENT:
            self.unclosed.status = "AWAITING_PICKUP"

    def change(self, parcel: Parcel, number: str) -> None:
        if self.ended:
            raise Refused("ORDER_CLOSED")
        if parcel.picked_up_at is not None:
            raise Refused("ALREADY_PICKED_UP")
        if parcel.changes >= CHANGES:
            raise Refused("TOO_MANY_CHANGES")
        self.tick()
        parcel.current = False
        self.parcels.append(Parcel(number, parcel.changes + 1))

    def scan(self, parcel: Parcel, at: datetime) -> None:
        before = self.picked_up_at
        if parcel.current:
            parcel.picked_up_at = min(at, parcel.picked_up_at or at)
        if before is None and self.picked_up_at is not None:
            self.complete(self.picked_up_at)
        elif before is not None and self.picked_up_at is not None and self.picked_up_at < before:
            self.excuse(self.picked_up_at)

    def refund(self, at: datetime) -> None:
        self.ended = True
        self.complete(at)

    def complete(self, at: datetime) -> None:
        self.tick(at)
        ticket = self.unclosed
        if ticket is not None:
            ticket.status, ticket.ended_at = "COMPLETED", None
        self.excuse(at)

    def excuse(self, at: datetime) -> None:
        """Picked up or refunded before the end that a complaint was filed for."""
        for ticket in self.tickets:
            if ticket.lost_at is not None and at < ticket.lost_at:
                ticket.complaints = [(violation, "DISMISSED") for violation, _ in ticket.complaints]
