"""Complaints, and the cards buyers are shown."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import strawberry

from db import tables
from domain.cards import CardKind, DeliveryStatus
from domain.complaint import ComplaintStatus
from domain.ids import IdKind
from tests.oracle.context import Info
from tests.oracle.fields import column, computed
from tests.oracle.types.lazy import LazyTicket
from tests.oracle.types.node import Node, present


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
    estimated_compensation: Decimal = column("What it would cost if upheld now.")
    compensation: Decimal | None = column("What it costs; null until settled or ruled.")
    penalty_points: int = column("The points it costs.")
    reason: str | None = column("Why it was ruled as it was.")

    @computed(description="What it accuses the seller of: NO_PICKUP or LATE_SHIPMENT.")
    def violation(self) -> str:
        """What it accuses the seller of."""
        return self.row.violation.value

    @computed(description="The ticket whose deadline passed.")
    async def ticket(self, info: Info) -> LazyTicket:
        """The ticket whose deadline passed."""
        from tests.oracle.types.ticket import Ticket

        found = await info.context.reads.ticket.load((self.row.shop_id, self.row.ticket_id))
        return Ticket(row=present(found))
