"""Policies."""

from datetime import datetime

import strawberry

from domain.exemptions import NEVER
from domain.policy import DEFAULT
from domain.shop import Market
from tests.oracle.types.reply import ReplyScheme


@strawberry.type(description="One version of a market's policy.")
class Policy:
    """One version of a market's policy."""

    market: Market = strawberry.field(description="The marketplace.")
    document: str = strawberry.field(description="The whole of it.")
    version: int = strawberry.field(description="Its number.", default=1)
    active_from: datetime = strawberry.field(description="From when on.", default=NEVER)
    reply_window_hours: int = strawberry.field(description="Hours to answer.", default=24)
    pickup_window_hours: int = strawberry.field(description="Hours to the pickup.", default=24)
    shipping_limit_hours: int = strawberry.field(description="Hours from payment.", default=48)
    max_rounds: int = strawberry.field(description="How often.", default=3)
    reminder_minutes: list[int] = strawberry.field(
        description="Minutes before.", default_factory=lambda: [720, 240, 60, 15]
    )
    reply_schemes: list[ReplyScheme] = strawberry.field(
        description="The ways to reply.",
        default_factory=lambda: [ReplyScheme(scheme=each) for each in DEFAULT.reply_schemes],
    )
