"""Who may do what (`domain.md §12`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from domain.errors import Forbidden
from domain.events import ActorKind

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class Action(Enum):
    """What a viewer may ask for."""

    WORK_TICKETS = auto()
    WATCH_QUEUE = auto()
    URGE = auto()
    RECORD = auto()
    MANAGE_STAFF = auto()
    MANAGE_TEMPLATES = auto()
    MANAGE_SHOPS = auto()
    CHANGE_SHOP = auto()
    MANAGE_WEBHOOKS = auto()
    WORK_COMPLAINTS = auto()
    RULE = auto()
    SET_RULES = auto()


MAY: dict[Action, frozenset[ActorKind]] = {
    Action.WORK_TICKETS: frozenset({ActorKind.STAFF, ActorKind.PLATFORM}),
    Action.WATCH_QUEUE: frozenset({ActorKind.STAFF, ActorKind.PLATFORM}),
    Action.URGE: frozenset({ActorKind.CONSUMER, ActorKind.PLATFORM}),
    Action.RECORD: frozenset({ActorKind.INTEGRATION, ActorKind.PLATFORM}),
    Action.MANAGE_STAFF: frozenset({ActorKind.STAFF, ActorKind.PLATFORM}),
    Action.MANAGE_TEMPLATES: frozenset({ActorKind.STAFF, ActorKind.PLATFORM}),
    Action.MANAGE_SHOPS: frozenset({ActorKind.PLATFORM}),
    Action.CHANGE_SHOP: frozenset({ActorKind.STAFF, ActorKind.PLATFORM}),
    Action.MANAGE_WEBHOOKS: frozenset({ActorKind.STAFF, ActorKind.PLATFORM}),
    Action.WORK_COMPLAINTS: frozenset({ActorKind.STAFF, ActorKind.PLATFORM}),
    Action.RULE: frozenset({ActorKind.PLATFORM}),
    Action.SET_RULES: frozenset({ActorKind.PLATFORM}),
}
OWNERS_ONLY = frozenset(
    {Action.MANAGE_STAFF, Action.MANAGE_TEMPLATES, Action.CHANGE_SHOP, Action.MANAGE_WEBHOOKS}
)
OF_A_SHOP = frozenset({ActorKind.STAFF, ActorKind.INTEGRATION})
"""Roles that see only the shops they are given: none when none is named."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. `shop_ids` None means every shop; a consumer sees only orders whose buyer is `subject`."""

    role: ActorKind
    subject: str
    shop_ids: frozenset[UUID] | None = None
    owner: bool = False
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        """A staff or integration viewer without shops sees none, not all."""
        if self.shop_ids is None and self.role in OF_A_SHOP:
            object.__setattr__(self, "shop_ids", frozenset())

    @property
    def buyer_id(self) -> str | None:
        """The buyer whose orders are all that is seen; None for everybody but consumers."""
        return self.subject if self.role is ActorKind.CONSUMER else None

    def sees(self, shop_id: UUID) -> bool:
        """Whether things of this shop may exist for the viewer at all."""
        return self.shop_ids is None or shop_id in self.shop_ids


def require(viewer: Viewer, action: Action) -> None:
    """Raise `Forbidden` when the viewer's role may not do this at all."""
    if viewer.role not in MAY[action]:
        roles = " or ".join(sorted(role.lower() for role in MAY[action]))
        raise Forbidden(f"This takes a token of the role {roles}.")
    if action in OWNERS_ONLY and viewer.role is ActorKind.STAFF and not viewer.owner:
        raise Forbidden("This takes a token of the shop's owner.")
