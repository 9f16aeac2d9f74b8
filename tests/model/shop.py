"""A shop, and each thing that people do in it, as a whole: it happens, or is refused (`domain.md`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.model.calendar import NEVER, Calendar
from tests.model.parcel import Scan
from tests.model.policy import Policy
from tests.model.refusal import Refused, refused
from tests.model.scheme import PICKUP
from tests.model.ticket import OPEN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from tests.model.complaint import Complaint, Ruling
    from tests.model.order import Order
    from tests.model.parcel import Parcel
    from tests.model.scheme import Answer
    from tests.model.ticket import Ticket

SETTLED_AFTER = timedelta(seconds=35)
"""So long after a change of the rules a transaction may still open a ticket by the old ones."""
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Shipment:
    """A parcel that is told of; `replaces`: the number it takes the place of, changed outside (§14)."""

    number: str
    shipped_at: datetime
    replaces: str | None = None


@dataclass
class Shop:
    """`waiting`: scans of numbers that no parcel had. `lone`: positions that no record takes.

    `policies`: by when each is in force; `unapplied`: those that open tickets are still to be put under.
    """

    market: str = "GENERIC"
    policies: list[tuple[datetime, Policy]] = field(default_factory=lambda: [(NEVER, Policy())])
    unapplied: list[tuple[Policy, datetime]] = field(default_factory=list)
    calendar: Calendar = field(default_factory=Calendar)
    orders: list[Order] = field(default_factory=list)
    waiting: dict[str, set[Scan]] = field(default_factory=dict)
    lone: int = 0

    @property
    def tickets(self) -> list[Ticket]:
        return [ticket for order in self.orders for ticket in order.tickets]

    @property
    def parcels(self) -> list[Parcel]:
        return [parcel for order in self.orders for parcel in order.parcels]

    @property
    def positions(self) -> int:
        """Every record takes a position of the shop's stream (`architecture.md §2.3`)."""
        return self.lone + sum(len(ticket.records) for ticket in self.tickets)

    def policy(self, now: datetime) -> Policy:
        """In force: of those that are the one that came last."""
        return max(((at, each.version, each) for at, each in self.policies if at <= now))[2]

    def save_policy(self, policy: Policy, now: datetime, *, retime: bool) -> None:
        self.policies.append((now, policy))
        self.calendar.changed(now)
        if retime:
            self.unapplied.append((policy, now))

    def work(self, now: datetime, *, retimes: bool) -> None:
        """A worker is awake; it times anew what changed rules concern, and does what is due."""
        if retimes:
            for ticket in self.tickets:
                ticket.retime(now)
                for policy, _ in self.unapplied:
                    ticket.put_under(policy, now)
            self.unapplied = [(policy, at) for policy, at in self.unapplied if now - at <= SETTLED_AFTER]
        for ticket in self.tickets:
            ticket.work(now)

    # ---- the seller

    def reply(self, ticket: Ticket, answer: Answer, version: int | None, now: datetime) -> None:
        """A reply to one ticket. Too late, it leaves what the clock did; else a refusal leaves nothing."""
        if ticket.lost(now) and not ticket.closed:
            ticket.clock(now, now)
            raise refused("IllegalTransition")
        self._answer(ticket, answer, version, now)
        ticket.order.follow(now)

    def reply_to_all(self, tickets: Sequence[Ticket], answer: Answer, now: datetime) -> list[object]:
        """One result a ticket (§13); the clock of each has its say first, whatever becomes of the reply.

        What is wrong whatever the ticket refuses the whole call.
        """
        wrong = {"scheme"} if answer.scheme == "CHANGE_WAYBILL" else answer.faults(PICKUP, now)
        if wrong:
            raise refused("InvalidInput", *wrong)
        results: list[object] = []
        for ticket in tickets:
            ticket.order.clock(now)
            try:
                self._answer(ticket, answer, None, now)
            except Refused as refusal:
                results.append(refusal)
            else:
                results.append(None)
        return results

    def _answer(self, ticket: Ticket, answer: Answer, version: int | None, now: datetime) -> None:
        if version is not None and version != ticket.version:
            raise refused("VersionConflict")
        if ticket.status not in OPEN:
            raise refused("IllegalTransition")
        faults = answer.faults(ticket.kind, now)
        if faults:
            raise refused("InvalidInput", *faults)
        if answer.waybill is None:
            ticket.clock(now, now)
            ticket.reply(answer, now)
            return
        parcel = self._parcel_to_change(ticket.order, answer.parcel)
        ticket.order.check_change(parcel, answer.waybill, now)
        ticket.clock(now, now)
        ticket.reply(answer, now)
        ticket.order.replace(parcel, answer.waybill)

    def _parcel_to_change(self, order: Order, named: int | None) -> Parcel:
        """The parcel that is named, or the only one that nobody scanned (§7)."""
        if named is not None:
            parcel = order.parcels[named]
            if not parcel.current:
                raise refused("InvalidInput", "parcelId")
            return parcel
        unscanned = [parcel for parcel in order.current if parcel.picked_up_at is None]
        if len(unscanned) > 1:
            raise refused("InvalidInput", "parcelId")
        return unscanned[0]

    def change_waybill(self, parcel: Parcel, number: str, version: int | None, now: datetime) -> Parcel:
        """Beside any reply: the clock goes on, but does first what it had to do (§7)."""
        order = parcel.order
        if not parcel.current:
            raise refused("InvalidInput", "parcelId")
        told = order.unclosed
        if told is not None and told.lost(now):
            told = None
        if told is not None and version is not None and version != told.version:
            raise refused("VersionConflict")
        order.check_change(parcel, number, now)
        order.clock(now)
        new = order.replace(parcel, number)
        if told is None:
            self.lone += 1
        else:
            told.record("WAYBILL_CHANGED")
        order.follow(now)
        return new

    # ---- what is recorded

    def ship(self, order: Order, shipments: Sequence[Shipment], now: datetime) -> list[object]:
        """Parcels of one order in one call; for each the new parcel, None for a known one, or a refusal."""
        results: list[object] = []
        for shipment in shipments:
            try:
                results.append(self._ship(order, shipment, now))
            except Refused as refusal:
                results.append(refusal)
        order.follow(now)
        return results

    def _ship(self, order: Order, shipment: Shipment, now: datetime) -> Parcel | None:
        if shipment.shipped_at > now + self.policy(now).future:
            raise refused("InvalidInput", "shippedAt")
        if any(parcel.number == shipment.number for parcel in order.parcels):
            return None
        if shipment.replaces is None:
            return order.add_parcel(shipment.number, shipment.shipped_at)
        gone = [parcel for parcel in order.current if parcel.number == shipment.replaces]
        if not gone:
            raise refused("NotFound")
        if gone[0].picked_up_at is not None:
            raise refused("InvalidInput", "replacesWaybillNumber")
        new = order.replace(gone[0], shipment.number)
        if order.unclosed is not None:
            order.unclosed.record("WAYBILL_CHANGED")
        return new

    def scan(self, number: str, scan: Scan, now: datetime) -> bool:
        """A carrier's scan, whenever it comes: once to every parcel of the number, kept if none is."""
        if scan.at > now + self.policy(now).future:
            raise refused("InvalidInput", "occurredAt")
        targets = [parcel for parcel in self.parcels if parcel.number == number]
        if not targets:
            kept = self.waiting.setdefault(number, set())
            new = scan not in kept
            kept.add(scan)
            return new
        taken = [parcel.take(scan) for parcel in targets]
        for order in {id(parcel.order): parcel.order for parcel in targets}.values():
            order.follow(now)
        return any(taken)

    def refund(self, order: Order, at: datetime, now: datetime, *, whole: bool) -> None:
        """A partial refund ends nothing."""
        if at > now + self.policy(now).future:
            raise refused("InvalidInput", "refundedAt")
        if whole:
            order.refund(at, now)

    def close(self, order: Order, at: datetime, now: datetime) -> None:
        if at > now + self.policy(now).future:
            raise refused("InvalidInput", "closedAt")
        order.end(at, now)

    def scans_for(self, new: Parcel) -> set[Scan]:
        known = set(self.waiting.get(new.number, ()))
        for parcel in self.parcels:
            if parcel.number == new.number and (parcel.current or parcel.order is not new.order):
                known |= parcel.scans
        return known

    def first_scan_at(self, number: str) -> datetime | None:
        known = {scan.at for scan in self.waiting.get(number, ())}
        known |= {scan.at for parcel in self.parcels if parcel.number == number for scan in parcel.scans}
        return min(known, default=None)

    def in_use(self, number: str, but: Parcel) -> bool:
        """Whether it serves another open order, but of the same buyer and address; or a parcel here (§7)."""
        for parcel in self.parcels:
            if parcel.number != number or not parcel.current or parcel is but or parcel.order.ended:
                continue
            here, there = but.order, parcel.order
            merged = there.buyer == here.buyer and there.address is not None and there.address == here.address
            if there is here or not merged:
                return True
        return False

    # ---- complaints

    def file_statement(self, ticket: Ticket) -> None:
        self._require_filed(ticket)
        ticket.record("COMPLAINT_STATEMENT")

    def settle(self, ticket: Ticket, now: datetime) -> None:
        """The seller accepts: compensation, no points (§10)."""
        complaint = self._require_filed(ticket)
        ticket.record("COMPLAINT_SETTLED")
        complaint.end("SETTLED", now, self._capped(complaint.estimate, ticket))

    def rule(self, ticket: Ticket, ruling: Ruling, now: datetime) -> None:
        """The platform rules; caps hold whatever it says (§10)."""
        complaint = self._require_filed(ticket)
        ticket.record("COMPLAINT_RULED")
        if not ruling.upheld:
            complaint.end("DISMISSED", now)
            return
        asked = complaint.estimate
        if ruling.violation not in {None, complaint.violation}:
            complaint.violation = str(ruling.violation)
            asked = ticket.order.costs(complaint.violation, ticket.policy)
        money = self._capped(asked if ruling.compensation is None else ruling.compensation, ticket)
        policy = ticket.policy
        since = now - policy.points_within
        given = sum(
            each.complaint.points
            for each in self.tickets
            if each.complaint is not None
            and each.complaint.ruled_at is not None
            and each.complaint.ruled_at > since
        )
        points = max(min(ruling.points, policy.points_each, policy.most_points - given), 0)
        complaint.end("UPHELD", now, money, points)

    def _require_filed(self, ticket: Ticket) -> Complaint:
        assert ticket.complaint is not None
        if ticket.complaint.status != "FILED":
            raise refused("IllegalTransition")
        return ticket.complaint

    def _capped(self, money: Decimal, of: Ticket) -> Decimal:
        """At most so much for a buyer, seller and payment day (§10)."""
        about = of.order
        given = sum(
            (
                ticket.complaint.compensation or Decimal(0)
                for ticket in self.tickets
                if ticket.complaint is not None
                and (ticket.order.buyer, day(ticket.order.paid_at)) == (about.buyer, day(about.paid_at))
            ),
            Decimal(0),
        )
        return max(min(money, of.policy.most_a_day - given), Decimal(0))


def day(moment: datetime) -> date:
    """The day in Shanghai."""
    return moment.astimezone(SHANGHAI).date()
