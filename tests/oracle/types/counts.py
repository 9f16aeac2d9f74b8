"""The counts of a queue."""

from datetime import datetime
from decimal import Decimal

import strawberry

from tests.oracle.context import Info
from tests.oracle.fields import column, computed
from tests.oracle.reads.counts import Counts
from tests.oracle.types.node import present
from tests.oracle.types.shop import Shop


@strawberry.type(description="How a shop's queue stands.")
class QueueCounts:
    """How a shop's queue stands."""

    row: strawberry.Private[Counts]
    awaiting_reply: int = column("Tickets that await the seller's reply.")
    replied: int = column("Tickets that were replied to and wait for the pickup.")
    awaiting_pickup: int = column("Tickets whose shipment was urged and that await the pickup.")
    warning: int = column("Running clocks with 1 to 4 hours left.")
    critical: int = column("Running clocks with less than 1 hour left.")
    overdue: int = column("Clocks that have run out, the complaint not yet filed.")
    escalated_today: int = column("Complaints filed since midnight in Shanghai.")
    unassigned: int = column("Unclosed tickets that nobody is assigned to.")
    money_at_risk: Decimal = column("What complaints about all unclosed tickets would cost.")
    as_of: datetime = column("The moment of the counts, by the database's clock.")

    @computed(description="The shop.")
    async def shop(self, info: Info) -> Shop:
        """The shop."""
        return Shop(row=present(await info.context.reads.shop.load(self.row.shop_id)))
