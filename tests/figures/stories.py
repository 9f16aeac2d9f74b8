"""Random stories of tickets in the past, told by the domain's rules and written as the product writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from db import changes, complaints, keys, orders
from domain import complaint, dismissal, opening, replies, shipment
from domain import ticket as rules
from domain.complaint import ComplaintStatus, Sale
from domain.errors import IllegalTransition
from domain.events import ActorKind, FollowUpAction
from domain.figures import Verdict
from domain.policy import DEFAULT
from domain.ticket_words import TicketKind, TicketStatus
from tests import factories

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection, Database
    from domain.ticket import Change, Ticket

Row = dict[str, Any]
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_TODAY = datetime.now(timezone(timedelta(hours=8))).replace(hour=0, minute=0, second=0, microsecond=0)
MONDAY = _TODAY - (70 + _TODAY.weekday()) * DAY
"""Midnight in Shanghai, long enough ago for every story to be over."""
SALE = Sale(Decimal("300.00"))
DELAYS = (
    *(MS, 499 * MS, 500 * MS, timedelta(seconds=59), timedelta(minutes=29), HOUR - MS, HOUR),
    *(5 * HOUR, 11 * HOUR, DAY - HOUR, DAY - MS, DAY),
)
OPENINGS = (timedelta(0), -MS, MS, 8 * HOUR, 16 * HOUR - MS, 16 * HOUR, DAY - MS, 3 * DAY + 5 * HOUR, 7 * DAY)
STEPS = (
    *("reply", "reply", "reply", "platform_reply", "remind", "remind", "run_out", "run_out", "assign"),
    *("pick_up", "refund", "close", "withdraw", "urge_again", "urge_again", "ship", "note", "late_pick_up"),
    *("uphold", "dismiss", "settle", "state"),
)
TALES = st.lists(
    st.tuples(
        st.sampled_from(list(TicketKind)),
        st.sampled_from(OPENINGS),
        st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(DELAYS), st.integers(0, 2)), max_size=9),
    ),
    min_size=1,
    max_size=6,
)


@dataclass
class Shop:
    """A shop with three members, the last of whom has left."""

    database: Database
    row: Row
    members: list[Row]

    @property
    def id(self) -> UUID:
        """Its id."""
        found: UUID = self.row["id"]
        return found

    def actor(self, place: int) -> changes.Actor:
        """A member as who acts."""
        member = self.members[place]
        return changes.Actor(ActorKind.STAFF, member["display_name"], member["subject"], member["id"])


async def open_shop(database: Database) -> Shop:
    """A new shop."""
    row = await factories.shop(database)
    members = [await factories.member(database, row, active=place < 2) for place in range(3)]
    return Shop(database, row, members)


@dataclass
class Tale:
    """One ticket's story. `at` is the time in it."""

    shop: Shop
    at: datetime
    ticket: Ticket | None = None
    order: Row = field(default_factory=dict)
    complaint: str = "FILED"

    async def begin(self, kind: TicketKind) -> None:
        """An order is paid three days and a bit before, and urged."""
        order_id, paid_at = keys.new(), self.at - 3 * DAY - 90 * timedelta(minutes=1)
        self.order = {
            "shop_id": self.shop.id,
            "id": order_id,
            "number": order_id.hex,
            "buyer_id": "bob",
            "buyer_nick": "小波",
            "item_title": "棉服",
            "quantity": 1,
            "paid_amount": SALE.paid,
            "paid_at": paid_at,
            "ship_by": paid_at + 2 * DAY,
            "urge_rounds": 1,
            "created_at": paid_at,
            "updated_at": paid_at,
        }
        async with self.shop.database.transaction() as connection:
            await orders.insert(connection, [self.order])
        opened = opening.open_ticket(
            shop_id=self.shop.id,
            ticket_id=keys.new(),
            order_id=order_id,
            number=order_id.hex,
            round_=1,
            money_at_risk=Decimal("15.00"),
            now=self.at,
            policy=DEFAULT,
            kind=kind,
        )
        await self.write(None, opened, changes.Actor(ActorKind.CONSUMER, "小波", "bob"))

    async def write(
        self, before: Ticket | None, change: Change, actor: changes.Actor, row: Row | None = None
    ) -> None:
        """Write a change, and with it how the complaint ended."""
        async with self.shop.database.transaction() as connection:
            verdict = None
            if row is not None:
                await complaints.update(connection, {**await self.filed(connection), **row})
                if "status" in row:
                    verdict = Verdict(
                        status=row["status"], compensation=row["compensation"], points=row["penalty_points"]
                    )
                    self.complaint = row["status"].value
            entry = changes.Entry(
                before=before, change=change, actor=actor, sale=SALE, policy=DEFAULT, verdict=verdict
            )
            await changes.apply(connection, [entry], self.at)
        self.ticket = change.ticket

    async def filed(self, connection: Connection) -> Row:
        """The key of the complaint."""
        assert self.ticket is not None
        query = "SELECT shop_id, id FROM complaint WHERE ticket_id = $1"
        return dict(await connection.fetchrow(query, self.ticket.id) or {})

    async def step(self, name: str, delay: timedelta, which: int) -> None:
        """One more thing that happens, if it can."""
        self.at += delay
        assert self.ticket is not None
        if self.ticket.closed and self.ticket.status is not TicketStatus.ESCALATED:
            return
        before = self.ticket
        due = (
            None
            if name in {"remind", "late_pick_up"}
            else rules.settle(before, at=self.at, now=self.at, policy=DEFAULT)
        )
        if due is not None:
            await self.write(before, due, changes.SYSTEM)
            return
        try:
            await getattr(self, name)(before, which)
        except IllegalTransition:
            return

    # --- what the seller does

    async def reply(self, before: Ticket, which: int) -> None:
        """A member replies."""
        await self._reply(before, self.shop.actor(which))

    async def platform_reply(self, before: Ticket, _: int) -> None:
        """The platform replies for the seller."""
        await self._reply(before, changes.Actor(ActorKind.PLATFORM, "platform", "root"))

    async def _reply(self, before: Ticket, actor: changes.Actor) -> None:
        fields = replies.ReplyFields("缺货", None, None, ())
        answer = replies.check("OUT_OF_STOCK", before.kind, fields, self.at, DEFAULT.reply_schemes)
        await self.write(before, rules.reply(before, answer, note="缺货", now=self.at, policy=DEFAULT), actor)

    async def assign(self, before: Ticket, which: int) -> None:
        """Given to a member, or to nobody."""
        member_id = None if which == 2 else self.shop.members[which]["id"]
        change = rules.assign(before, member_id, self.at)
        if change.records:
            await self.write(before, change, self.shop.actor(0))

    async def note(self, before: Ticket, which: int) -> None:
        """A remark."""
        await self.write(before, rules.note(before, "仓库补扫", self.at), self.shop.actor(which))

    # --- what the clock does

    async def remind(self, before: Ticket, _: int) -> None:
        """The worker looks at it when it is next due."""
        if before.next_step_at is None:
            return
        self.at = max(self.at, before.next_step_at)
        change = rules.elapse(before, self.at, DEFAULT)
        if change is not None:
            await self.write(before, change, changes.SYSTEM)

    async def run_out(self, before: Ticket, _: int) -> None:
        """Its window or promise runs out."""
        if before.ends_at is None:
            return
        self.at = max(self.at, before.ends_at)
        change = rules.settle(before, at=self.at, now=self.at, policy=DEFAULT)
        assert change is not None
        await self.write(before, change, changes.SYSTEM)

    # --- what others do

    async def withdraw(self, before: Ticket, _: int) -> None:
        """The buyer takes it back."""
        change = rules.withdraw(before, self.at)
        await self.write(before, change, changes.Actor(ActorKind.CONSUMER, "小波", "bob"))

    async def urge_again(self, before: Ticket, _: int) -> None:
        """The buyer urges again."""
        change = opening.reopen(
            before, round_=before.round + 1, money_at_risk=Decimal("15.00"), now=self.at, policy=DEFAULT
        )
        await self.write(before, change, changes.Actor(ActorKind.CONSUMER, "小波", "bob"))

    async def ship(self, before: Ticket, _: int) -> None:
        """The seller ships."""
        change = shipment.ship(
            before,
            shipped_at=self.at,
            money_at_risk=Decimal("15.00"),
            settled_at=self.at,
            now=self.at,
            policy=DEFAULT,
        )
        await self._outside(before, change)

    async def pick_up(self, before: Ticket, _: int) -> None:
        """Picked up just now."""
        await self._complete(before, FollowUpAction.PICKED_UP, self.at)

    async def refund(self, before: Ticket, _: int) -> None:
        """Refunded just now."""
        await self._complete(before, FollowUpAction.REFUNDED, self.at)

    async def close(self, before: Ticket, _: int) -> None:
        """The order is closed."""
        await self._complete(before, FollowUpAction.ORDER_CLOSED, self.at)

    async def late_pick_up(self, before: Ticket, which: int) -> None:
        """A pickup that happened a while ago is told of: by `which`, around the end of the clock."""
        ended_at = before.deadline_at or before.promise_broken_at or before.ends_at or self.at
        self.at = max(self.at, ended_at + MS)
        await self._complete(before, FollowUpAction.PICKED_UP, ended_at + (which - 1) * MS)

    async def _complete(self, before: Ticket, action: FollowUpAction, fact_at: datetime) -> None:
        change = rules.complete(before, action, fact_at=fact_at, now=self.at, policy=DEFAULT)
        after = change.ticket
        excused = after.status is TicketStatus.ESCALATED and complaint.excused(
            after, fact_at=fact_at, policy=DEFAULT
        )
        if excused and self.complaint == "FILED" and action in dismissal.REASONS:
            change = change.then(dismissal.dismiss(after, "及时", self.at))
            self.complaint = "DISMISSED"
        await self._outside(before, change)

    async def _outside(self, before: Ticket, change: Change) -> None:
        if change.records:
            await self.write(before, change, changes.Actor(ActorKind.INTEGRATION, "carrier"))

    # --- what becomes of the complaint

    async def state(self, before: Ticket, which: int) -> None:
        """The seller states."""
        await self._moved(before, FollowUpAction.COMPLAINT_STATEMENT, which, {"statement": "已交快递"})

    async def settle(self, before: Ticket, which: int) -> None:
        """The seller accepts."""
        row = self._ended(ComplaintStatus.SETTLED, "15.00")
        await self._moved(before, FollowUpAction.COMPLAINT_SETTLED, which, row)

    async def uphold(self, before: Ticket, which: int) -> None:
        """The platform upholds it; serious, now and then."""
        row = self._ended(ComplaintStatus.UPHELD, "0.00" if which == 1 else "15.50", points=which // 2)
        await self._moved(before, FollowUpAction.COMPLAINT_RULED, None, row)

    async def dismiss(self, before: Ticket, _: int) -> None:
        """The platform dismisses it."""
        row = self._ended(ComplaintStatus.DISMISSED, "0.00")
        await self._moved(before, FollowUpAction.COMPLAINT_RULED, None, row)

    def _ended(self, status: ComplaintStatus, cost: str, points: int = 0) -> Row:
        return {
            "status": status,
            "compensation": Decimal(cost),
            "penalty_points": points,
            "reason": "核实",
            "ruled_at": self.at,
        }

    async def _moved(self, before: Ticket, action: FollowUpAction, which: int | None, row: Row) -> None:
        if before.status is not TicketStatus.ESCALATED or self.complaint != "FILED":
            return
        root = changes.Actor(ActorKind.PLATFORM, "platform", "root")
        actor = root if which is None else self.shop.actor(which)
        await self.write(before, rules.complaint_moved(before, action, None, self.at), actor, row)


async def tell(shop: Shop, tales: list[Any]) -> None:
    """Tell these tales to a shop, one after the other."""
    for kind, after, steps in tales:
        tale = Tale(shop, MONDAY + after)
        await tale.begin(kind)
        for name, delay, which in steps:
            await tale.step(name, delay, which)
