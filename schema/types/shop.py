"""Shops and their staff."""

from typing import ClassVar

import strawberry

from domain.events import ActorKind
from domain.ids import IdKind
from domain.shop import Market
from resolvers.plan.binding import Binder, literal
from resolvers.plan.declared import SUBJECT, Rows
from resolvers.reads import listings
from schema.fields import column, connection, expression, many, of_viewer, one
from schema.types.lazy import LazyQueueCounts
from schema.types.node import Node, PageInfo

SEES_STAFF = frozenset({ActorKind.STAFF, ActorKind.PLATFORM})
"""Roles that see who works in a shop, and how its queue stands (`domain.md §12`)."""


@strawberry.type(description="A seller's shop.")
class Shop(Node):
    """A seller's shop."""

    rows: ClassVar[Rows] = Rows("shop", IdKind.SHOP, shop_key="id", indexed_by_id=True)
    name: str = column("What buyers know it by; cards are sent in this name.")
    market: Market = column("The marketplace whose rules it follows.")
    locale: str = column("The language of its cards: zh-CN or en.")
    active: bool = column("False once the shop has left.")
    staff: "StaffMemberConnection | None" = connection(
        "Its members, the longest known first. Null for a consumer or an integration.",
        listings.staff,
        size=50,
        seen_by=SEES_STAFF,
    )
    queue_counts: LazyQueueCounts | None = one(
        "How its queue stands. Null for a consumer or an integration.",
        {"shop_id": "{t}.id"},
        seen_by=SEES_STAFF,
    )


@strawberry.type(description="A person's membership of a shop.")
class StaffMember(Node):
    """A person's membership of a shop."""

    rows: ClassVar[Rows] = Rows("staff_member", IdKind.STAFF_MEMBER)
    display_name: str = column("The name that records show.")
    owner: bool = column("Whether they may manage staff and settings of the shop.")
    active: bool = column("False once they have left.")
    shop: Shop = one("The shop.", {"id": "{t}.shop_id"})
    open_ticket_count: int = expression(
        "How many tickets assigned to them are not closed.",
        "SELECT count(*) FROM ticket w WHERE w.shop_id = {t}.shop_id AND w.assignee_id = {t}.id"
        " AND w.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED')",
    )


@strawberry.type(description="A shop in a list.")
class ShopEdge:
    """A shop in a list."""

    cursor: str = strawberry.field(description="Where the shop stands in the list.")
    node: Shop = strawberry.field(description="The shop.")


@strawberry.type(description="A page of shops.")
class ShopConnection:
    """A page of shops."""

    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    edges: list[ShopEdge] = strawberry.field(description="The shops of the page.")
    total_count: int = strawberry.field(description="How many shops the whole list has.")


@strawberry.type(description="A member in a list.")
class StaffMemberEdge:
    """A member in a list."""

    cursor: str = strawberry.field(description="Where the member stands in the list.")
    node: StaffMember = strawberry.field(description="The member.")


@strawberry.type(description="A page of a shop's members.")
class StaffMemberConnection:
    """A page of a shop's members."""

    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    edges: list[StaffMemberEdge] = strawberry.field(description="The members of the page.")
    total_count: int = strawberry.field(description="How many members the shop has.")


def _role(binder: Binder) -> str:
    return literal(binder.viewer.role.value)


@strawberry.type(description="Who asks.")
class Viewer:
    """Who asks."""

    subject: str = of_viewer("The subject of the token.", Binder.subject)
    role: ActorKind = of_viewer("The role of the token.", _role)
    memberships: list[StaffMember] = many(
        "The viewer as a member of shops; empty for any other role than staff.",
        {"subject": SUBJECT},
        order="{r}.shop_id, {r}.id",
    )
    shops: ShopConnection = connection(
        "The shops whose things the viewer sees, by name.", listings.shops, size=20
    )
