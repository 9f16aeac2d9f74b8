"""One order and its tickets as a few words of plain Python: what the use cases are compared with.

It knows no versions, records or locks: only what `domain.md §3, §4, §7, §8` say becomes of an order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

ROUNDS = 3
CHANGES = 3
CLOSED = {"COMPLETED", "ESCALATED", "WITHDRAWN"}


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
    """A ticket; `ended_at` once its clock or promise has ended and nobody has acted on it."""

    round: int
    status: str = "AWAITING_REPLY"
    ended_at: datetime | None = None
    broken: bool = False
    complaints: int = 0

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
        ticket.ended_at = None
        if ticket.status == "REPLIED":
            ticket.broken = True
        if ticket.status == "AWAITING_REPLY" or ticket.round == ROUNDS:
            ticket.status = "ESCALATED"
            ticket.complaints += 1

    def run_out(self, at: datetime) -> None:
        ticket = self.unclosed
        if ticket is not None and not (ticket.status == "REPLIED" and ticket.broken):
            ticket.ended_at = at

    def urge(self) -> None:
        self.tick()
        reasons = {
            "ORDER_CLOSED": self.ended,
            "NOT_SHIPPED": not self.parcels,
            "ALREADY_PICKED_UP": self.picked_up_at is not None,
            "COMPLAINT_FILED": any(each.status == "ESCALATED" for each in self.tickets),
            "TICKET_OPEN": any(each.status == "AWAITING_REPLY" for each in self.tickets),
            "PROMISE_RUNNING": any(each.status == "REPLIED" and not each.broken for each in self.tickets),
            "ROUND_LIMIT": self.rounds >= ROUNDS,
        }
        for reason, stands in reasons.items():
            if stands:
                raise Refused(reason)
        self.rounds += 1
        ticket = self.unclosed
        if ticket is None:
            self.tickets.append(Ticket(self.rounds))
        else:
            ticket.status, ticket.round, ticket.broken = "AWAITING_REPLY", self.rounds, False

    def reply(self) -> None:
        ticket = self.tickets[-1]
        lost = ticket.ended_at is not None and (ticket.status == "AWAITING_REPLY" or ticket.round == ROUNDS)
        if lost:
            self.tick()
        if ticket.status != "AWAITING_REPLY":
            raise Refused("IllegalTransition")
        ticket.status, ticket.broken = "REPLIED", False

    def withdraw(self) -> None:
        ticket = self.tickets[-1]
        self.tick()
        if ticket.closed:
            raise Refused("IllegalTransition")
        ticket.status = "WITHDRAWN"

    def ship(self, number: str) -> None:
        self.parcels.append(Parcel(number))

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

    def refund(self, at: datetime) -> None:
        self.ended = True
        self.complete(at)

    def complete(self, at: datetime) -> None:
        self.tick(at)
        ticket = self.unclosed
        if ticket is not None:
            ticket.status, ticket.ended_at = "COMPLETED", None
