"""What is the same for every order of one transaction: the shop, who acts, the time, the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db import changes
from domain.events import ActorKind
from domain.shop import Market

if TYPE_CHECKING:
    from datetime import datetime

    from db import rows
    from db.changes import Actor
    from domain.access import Viewer
    from domain.policy import Policy
    from domain.rulebook import Rulebook
    from domain.ticket import Ticket

ROLE_NAMES = {ActorKind.INTEGRATION: "integration", ActorKind.PLATFORM: "platform"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What is the same for every order of one transaction. `now` was read after the locks were taken."""

    shop: dict[str, Any]
    viewer: Viewer | None
    now: datetime
    book: Rulebook

    @property
    def market(self) -> Market:
        """The shop's marketplace."""
        return Market(self.shop["market"])

    @property
    def policy(self) -> Policy:
        """What a ticket that opens now is under."""
        return self.book.current(self.market, self.now)

    def policy_of(self, ticket: Ticket) -> Policy:
        """What a ticket is under: the version it was opened with, unless it was put under another."""
        return self.book.version(self.market, ticket.policy_version)

    def actor(self, order: rows.Row) -> Actor:
        """Who acts, as the records name them; nobody's token (a carrier's hook) is an integration."""
        if self.viewer is None:
            return changes.Actor(ActorKind.INTEGRATION, "carrier")
        role, subject = self.viewer.role, self.viewer.subject
        if role is ActorKind.CONSUMER:
            return changes.Actor(role, order["buyer_nick"], subject)
        name = ROLE_NAMES.get(role) or self.shop["display_name"] or subject
        member_id = self.shop["member_id"] if role is ActorKind.STAFF else None
        return changes.Actor(role, name, subject, member_id)
