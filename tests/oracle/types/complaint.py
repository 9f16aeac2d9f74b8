"""Complaints, and the cards buyers are shown."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import strawberry

from db import tables
from domain.cards import CardKind, DeliveryStatus
from domain.complaint import ComplaintStatus
from domain.ids import IdKind
from domain.shop import Market
from tests.oracle.context import Info
from tests.oracle.fields import column, computed
from tests.oracle.reads import complaints, paging
from tests.oracle.reads.paging import Page
from tests.oracle.types.lazy import LazyTicket
from tests.oracle.types.node import Node, PageInfo, page_info, present


@strawberry.type(description="千牛卡片: what the buyer was shown in the seller's name.")
class ConsumerCard(Node):
    """A card shown to the buyer."""

    id_kind: ClassVar[IdKind] = IdKind.CONSUMER_CARD
    row: strawberry.Private[tables.ConsumerCard]
    kind: CardKind = column("What it tells.")
    title: str = column("Its title.")
    body: str = column("Its text.")
    created_at: datetime = column("When it was made.")
    delivery: DeliveryStatus = column("How far it has come.")
    delivered_at: datetime | None = column("When the shop's card channel took it.")


@strawberry.type(description="投诉: a shipping complaint that the platform filed for the buyer.")
class Complaint(Node):
    """A shipping complaint."""

    id_kind: ClassVar[IdKind] = IdKind.COMPLAINT
    row: strawberry.Private[tables.Complaint]
    status: ComplaintStatus = column("Where it stands.")
    filed_at: datetime = column("When it was filed.")
    ruled_at: datetime | None = column("When it was ruled on, settled or dismissed.")
    statement: str | None = column("What the seller stated.")
    proof_urls: list[str] = column("https links to the seller's proofs.")
    compensation: Decimal | None = column("What it costs; null until settled or ruled.")
    penalty_points: int = column("The points it costs.")
    reason: str | None = column("Why it was ruled as it was.")

    @computed(description="What it would cost if upheld now; what it does cost once settled or upheld.")
    async def estimated_compensation(self, info: Info) -> Decimal:
        """What it would cost if upheld now."""
        if self.row.status in {ComplaintStatus.SETTLED, ComplaintStatus.UPHELD}:
            return present(self.row.compensation)
        reads = info.context.reads
        shop = present(await reads.shop.load(self.row.shop_id))
        ticket = present(await reads.ticket.load((self.row.shop_id, self.row.ticket_id)))
        rates = reads.book.version(Market(shop.market), ticket.policy_version).complaints
        left = rates.most_a_day - await complaints.awarded(reads, self.row)
        return max(min(self.row.estimated_compensation, left), Decimal("0.00"))

    @computed(description="What it accuses the seller of.")
    def violation(self) -> str:
        """What it accuses the seller of."""
        return self.row.violation.value

    @computed(description="The ticket whose deadline passed.")
    async def ticket(self, info: Info) -> LazyTicket:
        """The ticket whose deadline passed."""
        from tests.oracle.types.ticket import Ticket

        found = await info.context.reads.ticket.load((self.row.shop_id, self.row.ticket_id))
        return Ticket(row=present(found))


@strawberry.type(description="A complaint in a list.")
class ComplaintEdge:
    """A complaint in a list."""

    cursor: str = strawberry.field(description="Where the complaint stands in the list.")
    node: Complaint = strawberry.field(description="The complaint.")


@strawberry.type(description="A page of complaints.")
class ComplaintConnection:
    """A page of complaints."""

    page: strawberry.Private[Page[tables.Complaint]]
    page_info: PageInfo = strawberry.field(
        resolver=page_info, description="Where the page stands in the list."
    )

    @computed(description="The complaints of the page.")
    def edges(self) -> list[ComplaintEdge]:
        """The complaints of the page."""
        pairs = zip(self.page.cursors, self.page.rows, strict=True)
        return [ComplaintEdge(cursor=cursor, node=Complaint(row=row)) for cursor, row in pairs]

    @computed(description="How many complaints the list has, exact up to 10,000.")
    async def total_count(self) -> int:
        """How many complaints there are."""
        return min(await self.page.count(), paging.COUNTED_TO)

    @computed(description="Whether there are more than `totalCount` says.")
    async def total_count_capped(self) -> bool:
        """Whether the total is cut."""
        return await self.page.count() > paging.COUNTED_TO
