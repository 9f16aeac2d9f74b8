"""What the buyer would be told."""

from datetime import datetime

import strawberry

from db import tables
from domain import retiming, urge
from domain.exemptions import OrderFacts
from domain.shop import Market
from domain.ticket_words import TicketKind
from domain.urge import UrgeRefusal
from tests.oracle.context import Info
from tests.oracle.fields import computed
from tests.oracle.types.lazy import LazyTicket
from tests.oracle.types.node import present


@strawberry.type(description="Whether the buyer may urge in one way, and if not, why.")
class UrgeKindDecision:
    """Whether the buyer may urge in one way."""

    decision: strawberry.Private[urge.Decision]
    allowed: bool = strawberry.field(description="Whether the buyer may urge now.")
    refusal: UrgeRefusal | None = strawberry.field(description="Why not; null when allowed.")
    available_at: datetime | None = strawberry.field(
        description="From when on it may be allowed, if that is known."
    )

    @computed(description="The ticket that stands in the way. Null for an integration.")
    async def existing_ticket(self, info: Info) -> LazyTicket | None:
        """The ticket that stands in the way."""
        from tests.oracle.types.ticket import Ticket

        if self.decision.existing is None:
            return None
        found = await info.context.reads.ticket.load(self.decision.existing.key)
        return None if found is None else Ticket(row=found)


@strawberry.type(description="What the buyer would be told now, for each kind of urging.")
class UrgeDecision:
    """What the buyer would be told now."""

    row: strawberry.Private[tables.Order]

    @computed(description="催揽收: may the pickup be urged?")
    async def pickup(self, info: Info) -> UrgeKindDecision:
        """May the pickup be urged?"""
        return await self._decide(info, TicketKind.URGE_PICKUP)

    @computed(description="催发货: may the shipment be urged?")
    async def shipment(self, info: Info) -> UrgeKindDecision:
        """May the shipment be urged?"""
        return await self._decide(info, TicketKind.URGE_SHIPMENT)

    async def _decide(self, info: Info, kind: TicketKind) -> UrgeKindDecision:
        reads, row = info.context.reads, self.row
        market = Market(present(await reads.shop.load(row.shop_id)).market)
        order = OrderFacts(
            market=market,
            origin_region=row.origin_region,
            destination_region=row.destination_region,
            paid_at=row.paid_at,
            ship_by=row.ship_by,
        )
        facts = urge.OrderFacts(
            ended=row.refunded_at is not None or row.closed_at is not None,
            shipped_at=row.shipped_at,
            picked_up_at=row.picked_up_at,
            ship_by=reads.book.calendar(order).path(row.ship_by).at,
            rounds=row.urge_rounds,
        )
        now = await reads.now()
        tickets = [
            retiming.by_today(
                each,
                reads.book.calendar(order),
                now=now,
                policy=reads.book.version(market, each.policy_version),
            )
            for each in await reads.urged.load((row.shop_id, row.id))
        ]
        policy = reads.book.current(market, now)
        for each in tickets:
            if not each.closed:
                policy = reads.book.version(market, each.policy_version)
                break
        decision = urge.decide(kind, facts, tickets, now=now, policy=policy)
        return UrgeKindDecision(
            decision=decision,
            allowed=decision.allowed,
            refusal=decision.refusal,
            available_at=decision.available_at,
        )
