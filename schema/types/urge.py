"""What the buyer would be told."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from domain import urge
from domain.urge import UrgeRefusal
from schema.fields import among, plain
from schema.types.lazy import LazyTicket


@strawberry.type(description="Whether the buyer may urge in one way, and if not, why.")
class UrgeKindDecision:
    """Whether the buyer may urge in one way."""

    allowed: bool = plain("Whether the buyer may urge now.")
    refusal: UrgeRefusal | None = plain("Why not; null when allowed.")
    available_at: datetime | None = plain("From when on it may be allowed, if that is known.")
    existing: strawberry.Private[UUID | None]
    existing_ticket: LazyTicket | None = among(
        "The ticket that stands in the way. Null for an integration.",
        {"shop_id": "{t}.shop_id", "order_id": "{t}.id"},
        by="existing",
    )

    @classmethod
    def of(cls, decision: urge.Decision) -> Self:
        """The decision as clients see it."""
        return cls(
            allowed=decision.allowed,
            refusal=decision.refusal,
            available_at=decision.available_at,
            existing=None if decision.existing is None else decision.existing.id,
        )


@strawberry.type(description="What the buyer would be told now, for each kind of urging.")
class UrgeDecision:
    """What the buyer would be told now."""

    pickup: UrgeKindDecision = plain("催揽收: may the pickup be urged?")
    shipment: UrgeKindDecision = plain("催发货: may the shipment be urged?")
