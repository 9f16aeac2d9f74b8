"""A ticket as `domain.md §3, §5` tells of it: a status, the clock that runs, and what was written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.model.calendar import NEVER
from tests.model.complaint import Complaint
from tests.model.policy import HOUR
from tests.model.refusal import refused
from tests.model.scheme import PICKUP, SHIPMENT

if TYPE_CHECKING:
    from datetime import datetime

    from tests.model.order import Order
    from tests.model.policy import Policy
    from tests.model.scheme import Answer

OPEN = ("AWAITING_REPLY", "AWAITING_PICKUP")
CLOSED = ("COMPLETED", "ESCALATED", "WITHDRAWN")
SILENT = ("REMINDED", "NOTED")
TOLD_AFTER_FILING = ("PICKED_UP", "REFUNDED")


@dataclass
class Ticket:
    """`promise`: when the promise of a reply ends. `lost_at`: the end that the complaint was filed for.

    `base`: the deadline as its window gave it; `floor`: what it may not fall below, though no exemption says
    so; `revision`: of the calendar that it was timed with; `reminded`: the last reminder fired or past.
    """

    order: Order = field(repr=False)
    policy: Policy = field(repr=False)
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
    started_at: datetime = NEVER
    base: datetime = NEVER
    floor: datetime | None = None
    revision: int = 0
    reminded: int | None = None
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
    def reminders(self) -> list[int]:
        """Those still to come, in minutes before the deadline (§5)."""
        if self.status not in OPEN or self.deadline is None:
            return []
        return [
            each
            for each in sorted(self.policy.reminders, reverse=True)
            if self.deadline - timedelta(minutes=each) > self.started_at
            and (self.reminded is None or each < self.reminded)
        ]

    @property
    def next_step(self) -> datetime | None:
        """When a worker has to look: the next reminder, the deadline, or the promise's end."""
        left = self.reminders
        if left and self.deadline is not None:
            return self.deadline - timedelta(minutes=left[0])
        return self.ends_at

    def due(self, now: datetime) -> bool:
        return self.next_step is not None and self.next_step <= now

    @property
    def violation(self) -> str:
        """What the seller would be accused of (§10)."""
        return "LATE_SHIPMENT" if self.kind == SHIPMENT and not self.shipped else "NO_PICKUP"

    def over(self, at: datetime) -> bool:
        """The clock decides: whether it, or the promise, has ended by `at`."""
        return self.ends_at is not None and self.ends_at <= at

    def lost(self, now: datetime) -> bool:
        """Whether the complaint is filed, or due by the exemptions of today, whoever files it."""
        if self.status == "ESCALATED":
            return True
        if self.status in OPEN and self.over(now):
            return not self.stale or self.by_today(now)[0] <= now
        return self.over(now) and self.round >= self.policy.rounds

    def record(self, action: str, about: object = "") -> None:
        self.records.append(f"{action} {about}".strip())
        self.version += action not in SILENT

    def begin(self, base: datetime, started_at: datetime, now: datetime) -> None:
        """A clock starts: its window, then the exemptions of today (§5)."""
        calendar = self.order.shop.calendar
        self.base, self.floor, self.started_at = base, None, started_at
        self.revision = calendar.revision
        self.risk = self.order.costs(self.violation, self.policy)
        self.put(calendar.moved(base, self.order), now)

    def put(self, deadline: datetime, now: datetime) -> None:
        """The deadline is here from now on; reminders that are past already are not scheduled."""
        self.deadline = deadline
        gone = [each for each in self.policy.reminders if deadline - timedelta(minutes=each) <= now]
        self.reminded = min(gone, default=None)

    # ---- the rules change while the clock runs

    @property
    def stale(self) -> bool:
        return self.status in OPEN and self.revision < self.order.shop.calendar.revision

    def by_today(self, now: datetime) -> tuple[datetime, datetime | None]:
        """Where the deadline stands by the exemptions of today, and its floor.

        What a removal takes back leaves an hour. What had passed before the change is not taken back.
        """
        calendar, order, floor = self.order.shop.calendar, self.order, self.floor
        assert self.deadline is not None
        moved = calendar.moved(self.base, order)
        if floor is not None and floor > moved:
            moved = calendar.moved(floor, order)
        else:
            floor = None
        if moved < self.deadline <= calendar.changed_at:
            return self.deadline, self.floor
        if moved < self.deadline and moved < now + HOUR:
            moved = floor = now + HOUR
        return moved, floor

    def retime(self, now: datetime) -> None:
        """By the exemptions of today, when they are newer than those it was timed with."""
        if not self.stale:
            return
        deadline, self.floor = self.by_today(now)
        self.revision = self.order.shop.calendar.revision
        self.move(deadline, now)

    def move(self, deadline: datetime, now: datetime) -> None:
        if deadline != self.deadline:
            self.record("DEADLINE_MOVED")
            self.put(deadline, now)

    def put_under(self, policy: Policy, now: datetime) -> None:
        """Another version of the policy, asked for open tickets too: it never moves a deadline earlier."""
        if self.status not in OPEN or self.policy.version >= policy.version or self.deadline is None:
            return
        window = policy.pickup_window if self.status == "AWAITING_PICKUP" else policy.reply_window
        self.policy, self.base, self.floor = policy, self.started_at + window, None
        self.risk = self.order.costs(self.violation, policy)
        self.revision = self.order.shop.calendar.revision
        moved = self.order.shop.calendar.moved(self.base, self.order)
        if moved < self.deadline:
            moved = self.floor = self.deadline
        self.move(moved, now)

    def open(self, now: datetime) -> None:
        self.record("OPENED")
        self.begin(now + self.policy.reply_window, now, now)

    def reopen(self, round_: int, now: datetime) -> None:
        """Urged again after a broken promise."""
        self.record("REOPENED")
        self.status, self.round, self.broken, self.promise = "AWAITING_REPLY", round_, False, None
        self.begin(now + self.policy.reply_window, now, now)

    def clock(self, at: datetime, now: datetime) -> None:
        """What the clock has done by `at`: the promise is broken, the complaint is filed.

        Whoever is about to file asks the exemptions of today first.
        """
        if self.deadline is not None and self.deadline <= now:
            self.retime(now)
        end = self.ends_at
        if end is None or at < end:
            return
        if self.status == "REPLIED":
            self.broken = True
            self.record("PROMISE_BROKEN")
            if self.round < self.policy.rounds:
                return
        self.record("ESCALATED")
        self.complaint = Complaint(self.violation, self.order.costs(self.violation, self.policy))
        self.close("ESCALATED", keeps_deadline=True)
        self.lost_at = end

    def work(self, now: datetime) -> None:
        """A worker looks at what is due: the clock first, else the reminders that are due, each once."""
        if not self.due(now):
            return
        self.retime(now)
        self.clock(now, now)
        while self.reminders and self.due(now):
            self.reminded = self.reminders[0]
            self.record("REMINDED", self.reminded)

    def close(self, status: str, *, keeps_deadline: bool = False) -> None:
        self.status, self.risk = status, Decimal(0)
        self.deadline = self.deadline if keeps_deadline else None

    def reply(self, answer: Answer, now: datetime) -> None:
        """A reply that was checked: a card always; an urge-pickup clock stops (§3, §6)."""
        self.record("REPLIED")
        self.cards.append("REPLY")
        if self.kind == PICKUP:
            self.status, self.deadline = "REPLIED", None
            self.promise, self.broken = answer.promise_ends(now), False

    def withdraw(self, now: datetime) -> None:
        self.clock(now, now)
        if self.closed:
            raise refused("IllegalTransition")
        self.record("WITHDRAWN")
        self.close("WITHDRAWN")

    def ship(self, shipped_at: datetime, settled_at: datetime, now: datetime) -> None:
        """The order has its first parcel: the second clock of an urge for shipment (§3)."""
        if self.kind != SHIPMENT:
            return
        self.clock(settled_at, now)
        if self.status == "ESCALATED":
            self.record("SHIPPED")
        if self.status != "AWAITING_REPLY":
            return
        self.record("SHIPPED")
        self.status, self.shipped = "AWAITING_PICKUP", True
        base = shipped_at + self.policy.pickup_window
        late = self.order.shop.calendar.moved(base, self.order) <= now
        self.begin(now + self.policy.late_shipment_grace if late else base, shipped_at, now)

    def complete(self, action: str, at: datetime, now: datetime) -> None:
        """Pickup and refund are judged by their own time; a closing of the order is not (§3)."""
        self.clock(min(at, now) if action in TOLD_AFTER_FILING else now, now)
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
