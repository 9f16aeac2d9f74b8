"""Complaints, and the cards buyers are shown."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import strawberry

from domain.cards import CardKind, DeliveryStatus
from domain.complaint import ComplaintStatus
from domain.ids import IdKind
from resolvers.plan.declared import Rows
from resolvers.reads import complaints
from schema.fields import column, one, python
from schema.types.lazy import LazyTicket
from schema.types.node import Node, PageInfo


@strawberry.type(description="千牛卡片: what the buyer was shown in the seller's name.")
class ConsumerCard(Node):
    """A card shown to the buyer."""

    rows: ClassVar[Rows] = Rows("consumer_card", IdKind.CONSUMER_CARD)
    kind: CardKind = column("What it tells.")
    title: str = column("Its title.")
    body: str = column("Its text.")
    created_at: datetime = column("When it was made.")
    delivery: DeliveryStatus = column("How far it has come.")
    delivered_at: datetime | None = column("When the shop's card channel took it.")


@strawberry.type(description="投诉: a shipping complaint that the platform filed for the buyer.")
class Complaint(Node):
    """A shipping complaint."""

    rows: ClassVar[Rows] = Rows("complaint", IdKind.COMPLAINT, indexed_by_id=True)
    status: ComplaintStatus = column("Where it stands.")
    filed_at: datetime = column("When it was filed.")
    ruled_at: datetime | None = column("When it was ruled on, settled or dismissed.")
    statement: str | None = column("What the seller stated.")
    proof_urls: list[str] = column("https links to the seller's proofs.")
    estimated_compensation: Decimal = python(
        "What it would cost if upheld now, by its violation's rate and under the cap of buyer, seller and"
        " payment day; what it does cost once it is settled or upheld.",
        complaints.costs_now,
        *complaints.INPUTS,
    )
    compensation: Decimal | None = column("What it costs, 0.00 when dismissed; null until settled or ruled.")
    penalty_points: int = column("The points it costs; none unless it was ruled serious.")
    reason: str | None = column("Why it was ruled as it was.")

    violation: str = column(
        "What it accuses the seller of: NO_PICKUP or LATE_SHIPMENT when filed; a ruling may find OUT_OF_STOCK"
        " or FALSE_WAYBILL."
    )
    ticket: LazyTicket = one(
        "The ticket whose deadline passed.", {"shop_id": "{t}.shop_id", "id": "{t}.ticket_id"}
    )


@strawberry.type(description="A complaint in a list.")
class ComplaintEdge:
    """A complaint in a list."""

    cursor: str = strawberry.field(description="Where the complaint stands in the list.")
    node: Complaint = strawberry.field(description="The complaint.")


@strawberry.type(description="A page of complaints.")
class ComplaintConnection:
    """A page of complaints."""

    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    edges: list[ComplaintEdge] = strawberry.field(description="The complaints of the page.")
    total_count: int = strawberry.field(description="How many complaints the list has, exact up to 10,000.")
    total_count_capped: bool = strawberry.field(description="Whether there are more than `totalCount` says.")
