"""Tickets."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import strawberry

from db import tables
from domain import sla, ticket, timing
from domain.ids import IdKind
from domain.shop import Market
from domain.ticket_words import OPEN, TicketKind, TicketOutcome, TicketStatus, Urgency
from resolvers.reads.refusals import ReadRefused
from tests.oracle import fields
from tests.oracle.context import Info
from tests.oracle.fields import After, Before, First, Last, column, computed
from tests.oracle.reads import lists, paging, tickets
from tests.oracle.reads.paging import Page, Window
from tests.oracle.types.complaint import Complaint, ConsumerCard
from tests.oracle.types.deadline import DeadlineExplanation
from tests.oracle.types.follow_up import FollowUpRecordConnection
from tests.oracle.types.node import Node, PageInfo, page_info, present
from tests.oracle.types.order import Order
from tests.oracle.types.reply import ReplyScheme
from tests.oracle.types.shop import SEES_STAFF, Shop, StaffMember


@strawberry.type(description="工单: a buyer's urge, with its clock.")
class Ticket(Node):
    """A buyer's urge, with its clock."""

    id_kind: ClassVar[IdKind] = IdKind.TICKET
    row: strawberry.Private[tables.Ticket]
    number: str = column("A number for people to say.")
    kind: TicketKind = column("What the buyer urges.")
    status: TicketStatus = column("Where it stands.")
    outcome: TicketOutcome | None = column("How it ended; null until it is closed.")
    version: int = column(
        "Grows by one with every change a reader of the ticket must know (not with reminders and notes);"
        " send it back as expectedVersion."
    )
    round: int = column("1 for the first urge of the order, 2 when it was urged again …")
    policy_version: int = column("The version of the policy that it is timed by.")
    opened_at: datetime = column("When the buyer urged.")
    updated_at: datetime = column("When it last changed.")
    deadline_at: datetime | None = column(
        "The running clock; kept as it was when the ticket is closed by it; null while the clock is stopped."
    )
    promised_pickup_at: datetime | None = column("When the seller promised the pickup.")
    promise_ends_at: datetime | None = column(
        "Until when the reply holds, whether a time was promised or not."
    )
    promise_broken_at: datetime | None = column("When the promise ended without a pickup.")
    replied_at: datetime | None = column("When the seller last replied.")
    completed_at: datetime | None = column("When it was completed or withdrawn.")
    escalated_at: datetime | None = column("When the complaint was filed.")

    @computed(description="The shop that has to act.")
    async def shop(self, info: Info) -> Shop:
        """The shop that has to act."""
        return Shop(row=present(await info.context.reads.shop.load(self.row.shop_id)))

    @computed(description="The order that was urged.")
    async def order(self, info: Info) -> Order:
        """The order that was urged."""
        found = await info.context.reads.order.load((self.row.shop_id, self.row.order_id))
        return Order(row=present(found))

    @computed(description="Who works on it; null for nobody. Null for a consumer.")
    async def assignee(self, info: Info) -> StaffMember | None:
        """Who works on it."""
        if self.row.assignee_id is None:
            return None
        found = await info.context.reads.staff_member.load((self.row.shop_id, self.row.assignee_id))
        return None if found is None else StaffMember(row=found)

    @computed(description="Where the clock stands now.")
    async def urgency(self, info: Info) -> Urgency:
        """Where the clock stands now."""
        return ticket.urgency(tickets.state(self.row), await info.context.reads.now())

    @computed(description="What a complaint would cost; 0.00 when closed. Null for a consumer.")
    def money_at_risk(self, info: Info) -> Decimal | None:
        """What a complaint would cost."""
        return self.row.money_at_risk if info.context.reads.viewer.role in SEES_STAFF else None

    @computed(description="Why the clock stands where it does.")
    async def deadline_explanation(self, info: Info) -> DeadlineExplanation:
        """Why the clock stands where it does."""
        reads, row = info.context.reads, self.row
        shop = present(await reads.shop.load(row.shop_id))
        policy = reads.book.version(Market(shop.market), row.policy_version)
        stops = row.replied_at is not None and row.kind is TicketKind.URGE_PICKUP
        return DeadlineExplanation(
            row=sla.explain(
                started_at=row.clock_started_at,
                deadline_at=row.deadline_at,
                stopped_at=row.replied_at if stops else row.completed_at,
                policy_version=row.policy_version,
                path=timing.path_of(tickets.state(row)),
                pickup_window=None if row.shipped_at is None else policy.pickup_window,
            )
        )

    @computed(description="How it may be replied to now; empty when it takes no reply, or none of yours.")
    async def available_replies(self, info: Info) -> list[ReplyScheme]:
        """How it may be replied to now."""
        reads, row = info.context.reads, self.row
        if reads.viewer.role not in SEES_STAFF or row.status not in OPEN or row.deadline_at is None:
            return []
        if row.deadline_at <= await reads.now():
            return []
        shop = present(await reads.shop.load(row.shop_id))
        policy = reads.book.version(Market(shop.market), row.policy_version)
        return [
            ReplyScheme(scheme=scheme, shop_id=row.shop_id)
            for scheme in policy.schemes_for(TicketKind(row.kind))
        ]

    @computed(
        description="跟进记录: what happened to it, the first first; a consumer sees what concerns buyers."
    )
    async def follow_ups(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> FollowUpRecordConnection:
        """What happened to it."""
        given = fields.given
        window = Window(given(first), given(after), given(last), given(before))
        return FollowUpRecordConnection(page=await lists.follow_ups(info.context.reads, self.row, window))

    @computed(description="What the buyer was shown in the seller's name, the first first.")
    async def cards(self, info: Info) -> list[ConsumerCard]:
        """What the buyer was shown."""
        found = await info.context.reads.cards.load((self.row.shop_id, self.row.id))
        return [ConsumerCard(row=row) for row in found]

    @computed(description="The complaint of its last round. Null for a consumer.")
    async def complaint(self, info: Info) -> Complaint | None:
        """The complaint of its last round."""
        found = await info.context.reads.complaint.load((self.row.shop_id, self.row.id))
        return None if found is None else Complaint(row=found)


@strawberry.type(description="A ticket in a list.")
class TicketEdge:
    """A ticket in a list."""

    cursor: str = strawberry.field(description="Where the ticket stands in the list.")
    node: Ticket = strawberry.field(description="The ticket.")


@strawberry.type(description="A page of tickets.")
class TicketConnection:
    """A page of tickets."""

    page: strawberry.Private[Page[tables.Ticket]]
    page_info: PageInfo = strawberry.field(
        resolver=page_info, description="Where the page stands in the list."
    )

    @computed(description="The tickets of the page.")
    def edges(self) -> list[TicketEdge]:
        """The tickets of the page."""
        pairs = zip(self.page.cursors, self.page.rows, strict=True)
        return [TicketEdge(cursor=cursor, node=Ticket(row=row)) for cursor, row in pairs]

    @computed(description="How many tickets the list has, exact up to 10,000.")
    async def total_count(self) -> int:
        """How many tickets there are."""
        return min(await self.page.count(), paging.COUNTED_TO)

    @computed(description="Whether there are more than `totalCount` says.")
    async def total_count_capped(self) -> bool:
        """Whether the total is cut."""
        return await self.page.count() > paging.COUNTED_TO

    @computed(
        description=(
            "Where the live stream of these shops stood when the page was read, in the page's own"
            " transaction: subscribe with it and nothing is missed between page and stream."
        )
    )
    def stream_cursor(self) -> str:
        """Where the stream stood when the page was read."""
        cursor = self.page.extra
        if isinstance(cursor, ReadRefused):
            raise cursor
        return str(cursor)
