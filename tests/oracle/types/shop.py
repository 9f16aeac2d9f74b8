"""Shops and their staff."""

from typing import ClassVar

import strawberry

from db import tables
from domain.events import ActorKind
from domain.ids import IdKind
from domain.shop import Market
from tests.oracle import fields
from tests.oracle.context import Info
from tests.oracle.fields import After, First, column, computed
from tests.oracle.reads import lists
from tests.oracle.reads.paging import Page, Window
from tests.oracle.types.lazy import LazyQueueCounts
from tests.oracle.types.node import Node, PageInfo, page_info, present

SEES_STAFF = frozenset({ActorKind.STAFF, ActorKind.PLATFORM})
"""Roles that see who works in a shop, and how its queue stands (`domain.md §12`)."""


@strawberry.type(description="A seller's shop.")
class Shop(Node):
    """A seller's shop."""

    id_kind: ClassVar[IdKind] = IdKind.SHOP
    row: strawberry.Private[tables.Shop]
    name: str = column("What buyers know it by; cards are sent in this name.")
    market: Market = column("The marketplace whose rules it follows.")
    locale: str = column("The language of its cards: zh-CN or en.")
    active: bool = column("False once the shop has left.")

    @computed(description="Its members, the longest known first. Null for a consumer or an integration.")
    async def staff(
        self, info: Info, first: First = 50, after: After = strawberry.UNSET
    ) -> "StaffMemberConnection | None":
        """The shop's members."""
        reads = info.context.reads
        window = Window(first=first, after=fields.given(after))
        if reads.viewer.role not in SEES_STAFF:
            return None
        return StaffMemberConnection(page=await lists.staff(reads, self.row, window))

    @computed(description="How its queue stands. Null for a consumer or an integration.")
    async def queue_counts(self, info: Info) -> LazyQueueCounts | None:
        """The counts of its queue."""
        from tests.oracle.types.counts import QueueCounts

        if info.context.reads.viewer.role not in SEES_STAFF:
            return None
        found = await info.context.reads.counts.load(self.row.id)
        return None if found is None else QueueCounts(row=found)


@strawberry.type(description="A person's membership of a shop.")
class StaffMember(Node):
    """A person's membership of a shop."""

    id_kind: ClassVar[IdKind] = IdKind.STAFF_MEMBER
    row: strawberry.Private[tables.StaffMember]
    display_name: str = column("The name that records show.")
    owner: bool = column("Whether they may manage staff and settings of the shop.")
    active: bool = column("False once they have left.")

    @computed(description="The shop.")
    async def shop(self, info: Info) -> Shop:
        """The shop."""
        return Shop(row=present(await info.context.reads.shop.load(self.row.shop_id)))

    @computed(description="How many tickets assigned to them are not closed.")
    async def open_ticket_count(self, info: Info) -> int:
        """How many unclosed tickets are theirs."""
        return await info.context.reads.open_tickets.load((self.row.shop_id, self.row.id))


@strawberry.type(description="A shop in a list.")
class ShopEdge:
    """A shop in a list."""

    cursor: str = strawberry.field(description="Where the shop stands in the list.")
    node: Shop = strawberry.field(description="The shop.")


@strawberry.type(description="A page of shops.")
class ShopConnection:
    """A page of shops."""

    page: strawberry.Private[Page[tables.Shop]]
    page_info: PageInfo = strawberry.field(
        resolver=page_info, description="Where the page stands in the list."
    )

    @computed(description="The shops of the page.")
    def edges(self) -> list[ShopEdge]:
        """The shops of the page."""
        pairs = zip(self.page.cursors, self.page.rows, strict=True)
        return [ShopEdge(cursor=cursor, node=Shop(row=row)) for cursor, row in pairs]

    @computed(description="How many shops the whole list has.")
    async def total_count(self) -> int:
        """How many shops there are."""
        return await self.page.count()


@strawberry.type(description="A member in a list.")
class StaffMemberEdge:
    """A member in a list."""

    cursor: str = strawberry.field(description="Where the member stands in the list.")
    node: StaffMember = strawberry.field(description="The member.")


@strawberry.type(description="A page of a shop's members.")
class StaffMemberConnection:
    """A page of a shop's members."""

    page: strawberry.Private[Page[tables.StaffMember]]
    page_info: PageInfo = strawberry.field(
        resolver=page_info, description="Where the page stands in the list."
    )

    @computed(description="The members of the page.")
    def edges(self) -> list[StaffMemberEdge]:
        """The members of the page."""
        pairs = zip(self.page.cursors, self.page.rows, strict=True)
        return [StaffMemberEdge(cursor=cursor, node=StaffMember(row=row)) for cursor, row in pairs]

    @computed(description="How many members the shop has.")
    async def total_count(self) -> int:
        """How many members there are."""
        return await self.page.count()


@strawberry.type(description="Who asks.")
class Viewer:
    """Who asks."""

    subject: str = strawberry.field(description="The subject of the token.")
    role: ActorKind = strawberry.field(description="The role of the token.")

    @computed(description="The viewer as a member of shops; empty for any other role than staff.")
    async def memberships(self, info: Info) -> list[StaffMember]:
        """The viewer as a member of shops."""
        return [StaffMember(row=row) for row in await lists.memberships(info.context.reads)]

    @computed(description="The shops whose things the viewer sees, by name.")
    async def shops(self, info: Info, first: First = 20, after: After = strawberry.UNSET) -> ShopConnection:
        """The viewer's shops."""
        window = Window(first=first, after=fields.given(after))
        return ShopConnection(page=await lists.shops(info.context.reads, None, window))
