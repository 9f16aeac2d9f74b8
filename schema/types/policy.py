"""Policies: the numbers of the rules, as data."""

from datetime import datetime

import strawberry

from domain import policy as rules
from domain.shop import LOCALES, Market
from schema.fields import plain
from schema.types.reply import ReplyScheme


@strawberry.type(description="One version of a market's policy: the numbers of the rules as data.")
class Policy:
    """One version of a market's policy."""

    market: Market = plain("The marketplace.")
    version: int = plain("1 for the one that was shipped, 2 for the first that was saved …")
    active_from: datetime = plain("From when on new tickets open under it, unless a later one is in force.")
    reply_window_hours: int = plain("Hours the seller has to answer an urge.")
    pickup_window_hours: int = plain("Hours from shipping to the pickup, once the shipment was urged.")
    shipping_limit_hours: int = plain("Hours from payment to pickup for an order without its own limit.")
    reminder_minutes: list[int] = plain("Minutes before a deadline at which the seller is reminded.")
    max_rounds: int = plain("How often an order may be urged.")
    reply_schemes: list[ReplyScheme] = plain("The ways to reply, in the order they are offered.")
    document: str = plain("The whole of it as JSON text, by `policies/policy.schema.json`.")


def shown(market: Market, document: str, active_from: datetime, policy: rules.Policy) -> Policy:
    """A version as clients see it."""
    return Policy(
        market=market,
        version=policy.version,
        active_from=active_from,
        reply_window_hours=_hours(policy.reply_window.total_seconds()),
        pickup_window_hours=_hours(policy.pickup_window.total_seconds()),
        shipping_limit_hours=_hours(policy.shipping_limit.total_seconds()),
        reminder_minutes=list(policy.reminder_minutes),
        max_rounds=policy.max_rounds,
        reply_schemes=[ReplyScheme(scheme=scheme, locale=LOCALES[0]) for scheme in policy.reply_schemes],
        document=document,
    )


def _hours(seconds: float) -> int:
    return int(seconds // 3600)
