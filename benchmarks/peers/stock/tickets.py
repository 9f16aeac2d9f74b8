"""Tickets, and what can be asked."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.types import Info

from benchmarks.peers.stock.loaders import Row
from benchmarks.peers.stock.paging import PageInfo, cursor, page_info
from benchmarks.peers.stock.parcels import Order, Shop, StaffMember, loaders, public_id
from benchmarks.peers.stock.records import Complaint, ConsumerCard, FollowUpRecordConnection, ReplyScheme
from domain import ids, replies, sla
from domain.ids import IdKind
from domain.ticket_words import TicketKind, TicketOutcome, TicketStatus, Urgency
from schema.types.node import present

ANSWERABLE = {"NORMAL", "WARNING", "CRITICAL"}


@strawberry.type
class DeadlineSegment:
    """A stretch of time, and what it did."""

    start: datetime = strawberry.field(name="from")
    end: datetime = strawberry.field(name="to")
    reason: str
    counted: bool


@strawberry.type
class DeadlineExplanation:
    """Why a clock stands where it does."""

    deadline_at: datetime | None
    policy_version: int
    segments: list[DeadlineSegment]


@strawberry.type
class Ticket:
    """A ticket."""

    row: strawberry.Private[Row]
    id: strawberry.ID
    number: str
    kind: TicketKind
    status: TicketStatus
    outcome: TicketOutcome | None
    version: int
    round: int
    policy_version: int
    opened_at: datetime
    updated_at: datetime
    deadline_at: datetime | None
    urgency: Urgency
    promised_pickup_at: datetime | None
    promise_ends_at: datetime | None
    promise_broken_at: datetime | None
    replied_at: datetime | None
    completed_at: datetime | None
    escalated_at: datetime | None
    money_at_risk: Decimal | None

    @classmethod
    def of(cls, row: Row) -> "Ticket":
        """From a row."""
        return cls(
            row=row,
            id=public_id(IdKind.TICKET, row),
            number=row["number"],
            kind=row["kind"],
            status=row["status"],
            outcome=row["outcome"],
            version=row["version"],
            round=row["round"],
            policy_version=row["policy_version"],
            opened_at=row["opened_at"],
            updated_at=row["updated_at"],
            deadline_at=row["deadline_at"],
            urgency=row["urgency"],
            promised_pickup_at=row["promised_pickup_at"],
            promise_ends_at=row["promise_ends_at"],
            promise_broken_at=row["promise_broken_at"],
            replied_at=row["replied_at"],
            completed_at=row["completed_at"],
            escalated_at=row["escalated_at"],
            money_at_risk=row["money_at_risk"],
        )

    @strawberry.field
    async def shop(self, info: Info) -> Shop:
        """The shop that has to act."""
        return Shop.of(present(await loaders(info).shops.load(self.row["shop_id"])))

    @strawberry.field
    async def order(self, info: Info) -> Order:
        """The order that was urged."""
        return Order.of(present(await loaders(info).orders.load(self.row["order_id"])))

    @strawberry.field
    async def assignee(self, info: Info) -> StaffMember | None:
        """Who works on it."""
        if self.row["assignee_id"] is None:
            return None
        found = await loaders(info).staff.load(self.row["assignee_id"])
        return None if found is None else StaffMember.of(found)

    @strawberry.field
    def deadline_explanation(self) -> DeadlineExplanation:
        """Why the clock stands where it does."""
        row = self.row
        found = sla.explain(
            started_at=row["clock_started_at"],
            deadline_at=row["deadline_at"],
            stopped_at=row["completed_at"] if row["replied_at"] is None else row["replied_at"],
            policy_version=row["policy_version"],
        )
        return DeadlineExplanation(
            deadline_at=found.at,
            policy_version=found.policy_version,
            segments=[
                DeadlineSegment(start=each.start, end=each.end, reason=each.reason, counted=each.counted)
                for each in found.segments
            ],
        )

    @strawberry.field
    async def available_replies(self, info: Info) -> list[ReplyScheme]:
        """How it may be replied to now."""
        if self.row["urgency"] not in ANSWERABLE:
            return []
        shop = present(await loaders(info).shops.load(self.row["shop_id"]))
        schemes = replies.schemes_for(TicketKind(self.row["kind"]))
        return [ReplyScheme.of(each, shop["locale"]) for each in schemes]

    @strawberry.field
    async def follow_ups(
        self, info: Info, first: int | None = None, last: int | None = None
    ) -> FollowUpRecordConnection:
        """What happened to it."""
        key, shop_id = self.row["id"], self.row["shop_id"]
        if last is not None:
            rows = await loaders(info).last_records(last).load(key)
            return FollowUpRecordConnection.of(rows[-last:], shop_id, more=False)
        count = 50 if first is None else first
        rows = await loaders(info).first_records(count).load(key)
        return FollowUpRecordConnection.of(rows[:count], shop_id, more=len(rows) > count)

    @strawberry.field
    async def cards(self, info: Info) -> list[ConsumerCard]:
        """What the buyer was shown."""
        return [ConsumerCard.of(row) for row in await loaders(info).cards.load(self.row["id"])]

    @strawberry.field
    async def complaint(self, info: Info) -> Complaint | None:
        """The complaint of its last round."""
        found = await loaders(info).complaints.load(self.row["id"])
        return None if found is None else Complaint.of(found)


@strawberry.type
class TicketEdge:
    """A ticket in a list."""

    cursor: str
    node: Ticket


@strawberry.type
class TicketConnection:
    """A page of tickets."""

    edges: list[TicketEdge]
    page_info: PageInfo

    @strawberry.field
    async def stream_cursor(self, info: Info) -> str:
        """Where the live stream of the shops stands."""
        return cursor(*(f"{row['id']}:{row['head']}" for row in await loaders(info).fetch("stream_heads")))


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def tickets(self, info: Info, first: int = 50) -> TicketConnection:
        """The queue."""
        rows = await loaders(info).fetch("tickets", first + 1)
        edges = [
            TicketEdge(cursor=cursor(row["deadline_at"], row["id"]), node=Ticket.of(row))
            for row in rows[:first]
        ]
        info_of_page = page_info([each.cursor for each in edges], more=len(rows) > first)
        return TicketConnection(edges=edges, page_info=info_of_page)

    @strawberry.field
    async def ticket(
        self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]
    ) -> Ticket | None:
        """A ticket."""
        key: UUID | None = ids.decode_as(IdKind.TICKET, public_id)
        rows = await loaders(info).fetch("ticket", key)
        return Ticket.of(rows[0]) if rows else None
