"""What clients send about the rules that are data: policies and exemptions."""

from datetime import datetime

import strawberry

from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.shop import Market
from schema.inputs import field, key


@strawberry.input(description="Another version of a market's policy.")
class SavePolicyInput:
    """Another version of a market's policy."""

    market: Market = field("The marketplace.")
    document: str = field("The whole policy as JSON text, by `policies/policy.schema.json`.")
    active_from: datetime | None = field(
        "From when on new tickets open under it; now when left out.", optional=True
    )
    retime: bool | None = strawberry.field(
        description="Also put open tickets under it; none of their deadlines moves earlier.", default=False
    )
    idempotency_key: str | None = key()


@strawberry.input(description="A new exemption, or a change of one. An absent field is left as it is.")
class SaveExemptionInput:
    """A new exemption, or a change of one."""

    id: strawberry.ID | None = field("The exemption to change; absent for a new one.", optional=True)
    title: str | None = field("What the platform calls it; needed for a new one.", optional=True)
    market: Market | None = field("The marketplace; null for all.", optional=True)
    region: str | None = field("Prefix of a GB/T 2260 code; null for everywhere.", optional=True)
    end: ExemptionEnd | None = field("EITHER for a new one.", optional=True)
    basis: ExemptionBasis | None = field("DEADLINE for a new one.", optional=True)
    starts_at: datetime | None = field(
        "When its window begins; needed for a new one.", optional=True, name="from"
    )
    ends_at: datetime | None = field(
        "When its window ends, itself not included; needed for a new one.", optional=True, name="to"
    )
    latest_at: datetime | None = field(
        "Until when what falls in the window is put off; needed for a new one.", optional=True
    )
    idempotency_key: str | None = key()


@strawberry.input(description="A clock that is asked about.")
class DeadlinePreviewInput:
    """A clock that is asked about."""

    start: datetime = field("When it starts.")
    window_hours: int | None = strawberry.field(description="Its window, at most 8,760 hours.", default=24)
    market: Market | None = strawberry.field(description="The shop's marketplace.", default=Market.GENERIC)
    origin_region: str | None = field("GB/T 2260 code of where the order is sent from.", optional=True)
    destination_region: str | None = field("GB/T 2260 code of where it is sent to.", optional=True)
    paid_at: datetime | None = field("When it was paid.", optional=True)
    ship_by: datetime | None = field(
        "Its own shipping limit; without one the policy's, counted from the payment.", optional=True
    )
