"""Who asks, and which mutations are theirs (`domain.md §12`)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.events import ActorKind
from resolvers import tokens

if TYPE_CHECKING:
    from settings import Settings
    from tests.refusals.ground import Ground

HOUR = timedelta(hours=1)


class Actor(StrEnum):
    """Everybody there is, seen from our shop."""

    ANONYMOUS = "nobody in particular"
    EXPIRED = "an expired token"
    CONSUMER = "the buyer"
    OTHER_CONSUMER = "another buyer"
    AGENT = "an agent of the shop"
    OWNER = "the shop's owner"
    OTHER_AGENT = "an agent of another shop"
    OTHER_OWNER = "the owner of another shop"
    INTEGRATION = "the shop's integration"
    OTHER_INTEGRATION = "another shop's integration"
    PLATFORM = "the platform"
    BOTH = "an owner of several shops"


UNKNOWN = frozenset({Actor.ANONYMOUS, Actor.EXPIRED})
OF_SHOP = {Actor.OTHER_CONSUMER: Actor.CONSUMER, Actor.OTHER_AGENT: Actor.AGENT,
           Actor.OTHER_OWNER: Actor.OWNER, Actor.OTHER_INTEGRATION: Actor.INTEGRATION}  # fmt: skip
"""Those who have nothing to do with our shop, and whom they are like."""
AGENTS = frozenset({Actor.AGENT, Actor.OWNER, Actor.PLATFORM})
OWNERS = frozenset({Actor.OWNER, Actor.PLATFORM})
BUYERS = frozenset({Actor.CONSUMER, Actor.PLATFORM})
INTEGRATIONS = frozenset({Actor.INTEGRATION, Actor.PLATFORM})

MAY: dict[str, frozenset[Actor]] = {
    "replyToTicket": AGENTS,
    "replyToTickets": AGENTS,
    "assignTickets": AGENTS,
    "changeWaybill": AGENTS,
    "addNote": AGENTS,
    "stateComplaint": AGENTS,
    "settleComplaint": AGENTS,
    "ruleOnComplaint": frozenset({Actor.PLATFORM}),
    "urgePickup": BUYERS,
    "urgeShipment": BUYERS,
    "withdrawUrge": BUYERS,
    "recordOrders": INTEGRATIONS,
    "recordShipments": INTEGRATIONS,
    "recordTrackingEvents": INTEGRATIONS,
    "recordRefunds": INTEGRATIONS,
    "savePolicy": frozenset({Actor.PLATFORM}),
    "saveExemption": frozenset({Actor.PLATFORM}),
    "deleteExemption": frozenset({Actor.PLATFORM}),
    "saveShop": OWNERS,
    "saveReplyTemplate": OWNERS,
    "deleteReplyTemplate": OWNERS,
    "saveWebhook": OWNERS,
    "deleteWebhook": OWNERS,
    "redeliver": OWNERS,
    "saveStaffMember": OWNERS,
}
"""Who of our shop may do what; everybody else is told `Forbidden`, and those of another shop `NotFound`."""


def token(settings: Settings, ground: Ground, actor: Actor) -> str | None:
    """The bearer token of somebody; None for nobody."""
    if actor is Actor.ANONYMOUS:
        return None
    side = ground.theirs if actor in OF_SHOP else ground.ours
    role, subject, shops = {
        Actor.CONSUMER: (ActorKind.CONSUMER, side.buyer, None),
        Actor.PLATFORM: (ActorKind.PLATFORM, "root", None),
        Actor.EXPIRED: (ActorKind.PLATFORM, "root", None),
        Actor.INTEGRATION: (ActorKind.INTEGRATION, "erp", [side.shop]),
        Actor.AGENT: (ActorKind.STAFF, side.agent, [side.shop]),
        Actor.OWNER: (ActorKind.STAFF, side.owner, [side.shop]),
        Actor.BOTH: (ActorKind.STAFF, side.owner, [side.shop, ground.theirs.shop, ground.full]),
    }[OF_SHOP.get(actor, actor)]
    owner = actor in {Actor.OWNER, Actor.OTHER_OWNER, Actor.BOTH}
    ttl = -HOUR if actor is Actor.EXPIRED else HOUR
    return tokens.issue(settings, role, subject, shops, owner=owner, ttl=ttl)
