"""A ticket as `domain.md §3, §5` tells of it: a status, the clock that runs, and what was written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.model.complaint import Complaint
from tests.model.refusal import refused
from tests.model.scheme import PICKUP, SHIPMENT

if TYPE_CHECKING:
    from datetime import datetime

    from tests.model.order import Order
    from tests.model.scheme import Answer

OPEN = ("AWAITING_REPLY", "AWAITING_PICKUP")
CLOSED = ("COMPLETED", "ESCALATED", "WITHDRAWN")
SILENT = ("REMINDED", "NOTED")
TOLD_AFTER_FILING = ("PICKED_UP", "REFUNDED")


@dataclass
class Ticket:
    """`promise`: when the promise of a reply ends. `lost_at`: the end that the complaint was filed for."""

    order: Order = field(repr=False)
    kind: str
    round: int
    opened_at: datetime
    id: str = ""
    status: str = "AWAITING_REPLY"
    deadline: datetime | None = None
    promise: datetime | None = None
    broken: bool = False
    shipped: bool = False
    lost_at: datetime | None = None
    reminders: list[int] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    version: int = 0
    risk: Decimal = Decimal(0)
    assignee: str | None = None
    complaint: Complaint | None = None

    @property
    def closed(self) -> bool:
        return self.status in CLOSED

    @property
    def ends_at(self) -> datetime | None:
        """When the clock or the promise is over that runs now."""
        if self.status in OPEN:
            return self.deadline
        return self.promise if self.status == "REPLIED" and not self.broken else None

    @property
    def next_step(self) -> datetime | None:
        """When a worker has to look: the next reminder, the deadline, or the promise's end."""
        if self.status in OPEN and self.reminders and self.deadline is not None:
            return self.deadline - timedelta(minutes=self.reminders[0])
        return self.ends_at

    @property
    def violation(self) -> str:
        """What the seller would be accused of (§10)."""
        return "LATE_SHIPMENT" if self.kind == SHIPMENT and not self.shipped else "NO_PICKUP"

    def over(self, at: datetime) -> bool:
        """The clock decides: whether it, or the promise, has ended by `at`."""
        return self.ends_at is not None and self.ends_at <= at

    def lost(self, at: datetime) -> bool:
        """Whether the complaint is filed, or due whoever files it."""
        final = self.status in OPEN or self.round >= self.order.policy.rounds
        return self.status == "ESCALATED" or (self.over(at) and final)

    def record(self, action: str, about: object = "") -> None:
        self.records.append(f"{action} {about}".strip())
        self.version += action not in SILENT

    def begin(self, deadline: datetime, now: datetime) -> None:
        """A clock starts; reminders that are past already are not scheduled (§5)."""
        self.deadline, self.risk = deadline, self.order.costs(self.violation)
        minutes = sorted(self.order.policy.reminders, reverse=True)
        self.reminders = [each for each in minutes if deadline - timedelta(minutes=each) > now]

    def open(self, now: datetime) -> None:
        self.record("OPENED")
        self.begin(now + self.order.policy.reply_window, now)

    def reopen(self, round_: int, now: datetime) -> None:
        """Urged again after a broken promise."""
        self.record("REOPENED")
        self.status, self.round, self.broken, self.promise = "AWAITING_REPLY", round_, False, None
        self.begin(now + self.order.policy.reply_window, now)

    def clock(self, at: datetime) -> None:
        """What the clock has done by `at`: the promise is broken, the complaint is filed."""
        end = self.ends_at
        if end is None or at < end:
            return
        if self.status == "REPLIED":
            self.broken = True
            self.record("PROMISE_BROKEN")
            if self.round < self.order.policy.rounds:
                return
        self.record("ESCALATED")
        self.complaint = Complaint(self.violation, self.order.costs(self.violation))
        self.close("ESCALATED", keeps_deadline=True)
        self.lost_at = end

    def work(self, now: datetime) -> None:
        """A worker looks: the clock first, else the reminders that are due, each once."""
        if self.over(now):
            self.clock(now)
        while self.status in OPEN and self.reminders and self.next_step is not None and self.next_step <= now:
            self.record("REMINDED", self.reminders.pop(0))

    def close(self, status: str, *, keeps_deadline: bool = False) -> None:
        self.status, self.reminders, self.risk = status, [], Decimal(0)
        self.deadline = self.deadline if keeps_deadline else None

    def reply(self, answer: Answer, now: datetime) -> None:
        """A reply that was checked: a card always; an urge-pickup clock stops (§3, §6)."""
        self.record("REPLIED")
        self.cards.append("REPLY")
        if self.kind == PICKUP:
            self.status, self.deadline, self.reminders = "REPLIED", None, []
            self.promise, self.broken = answer.promise_ends(now), False

    def withdraw(self, now: datetime) -> None:
        self.clock(now)
        if self.closed:
            raise refused("IllegalTransition")
        self.record("WITHDRAWN")
        self.close("WITHDRAWN")

    def ship(self, shipped_at: datetime, settled_at: datetime, now: datetime) -> None:
        """The order has its first parcel: the second clock of an urge for shipment (§3)."""
        if self.kind != SHIPMENT:
            return
        self.clock(settled_at)
        if self.status == "ESCALATED":
            self.record("SHIPPED")
        if self.status != "AWAITING_REPLY":
            return
        self.record("SHIPPED")
        self.status, self.shipped = "AWAITING_PICKUP", True
        deadline = shipped_at + self.order.policy.pickup_window
        self.begin(deadline if deadline > now else now + self.order.policy.late_shipment_grace, now)

    def complete(self, action: str, at: datetime, now: datetime) -> None:
        """Pickup and refund are judged by their own time; a closing of the order is not (§3)."""
        self.clock(min(at, now) if action in TOLD_AFTER_FILING else now)
        if self.status in {"COMPLETED", "WITHDRAWN"}:
            return
        if self.status == "ESCALATED" and action not in TOLD_AFTER_FILING:
            return
        self.record(action)
        if action == "PICKED_UP":
            self.cards.append("PICKED_UP")
        if not self.closed:
            self.close("COMPLETED")

    def excuse(self, at: datetime, now: datetime) -> None:
        """It happened in time but is told after filing: the system dismisses what still stands."""
        complaint = self.complaint
        if complaint is None or self.lost_at is None or at >= self.lost_at or complaint.status != "FILED":
            return
        self.record("COMPLAINT_RULED")
        complaint.end("DISMISSED", now)

    def assign(self, member: str | None) -> None:
        if self.status in {"COMPLETED", "WITHDRAWN"}:
            raise refused("IllegalTransition")
        if self.assignee != member:
            self.assignee = member
            self.record("ASSIGNED")
