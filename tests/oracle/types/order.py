"""Orders."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

import strawberry

from db import tables
from domain.ids import IdKind
from domain.order import OrderStatus
from tests.oracle import fields, selection
from tests.oracle.context import Info
from tests.oracle.fields import After, First, column, computed
from tests.oracle.reads import paging, tickets
from tests.oracle.reads.paging import Page, Window
from tests.oracle.types.lazy import LazyTicketConnection
from tests.oracle.types.node import Node, PageInfo, page_info, present
from tests.oracle.types.parcel import Parcel
from tests.oracle.types.shop import Shop
from tests.oracle.types.urge import UrgeDecision


@strawberry.type(description="A buyer's order.")
class Order(Node):
    """A buyer's order."""

    id_kind: ClassVar[IdKind] = IdKind.ORDER
    row: strawberry.Private[tables.Order]
    number: str = column("The marketplace's order number.")
    status: OrderStatus = column("Where it stands.")
    buyer_nick: str = column("The buyer's name on the marketplace.")
    item_title: str = column("What was bought.")
    quantity: int = column("How many.")
    paid_amount: Decimal = column("What the buyer paid.")
    paid_at: datetime = column("When the buyer paid.")
    ship_by: datetime = column("发货时效: until when it must be picked up; from then on the buyer may urge.")
    shipped_at: datetime | None = column("When the seller first named a waybill number.")
    picked_up_at: datetime | None = column("When the carrier had every parcel.")
    refunded_at: datetime | None = column("When it was refunded.")
    closed_at: datetime | None = column("When it was closed.")

    @computed(description="The shop that sold it.")
    async def shop(self, info: Info) -> Shop:
        """The shop that sold it."""
        return Shop(row=present(await info.context.reads.shop.load(self.row.shop_id)))

    @computed(description="Its parcels, also those whose waybill was changed, by shipping time.")
    async def parcels(self, info: Info) -> list[Parcel]:
        """Its parcels."""
        found = await info.context.reads.parcels.load((self.row.shop_id, self.row.id))
        return [Parcel(row=row) for row in found]

    @computed(description="Its tickets, the newest first. None for an integration.")
    async def tickets(
        self, info: Info, first: First = 10, after: After = strawberry.UNSET
    ) -> LazyTicketConnection:
        """Its tickets."""
        from tests.oracle.types.ticket import TicketConnection

        window = Window(first=first, after=fields.given(after))
        page = await tickets.of_order(
            info.context.reads, self.row, window, with_stream=selection.mentions(info, "streamCursor")
        )
        return TicketConnection(page=page)

    @computed(description="What the buyer would be told now, for each kind of urging.")
    def urge_decision(self) -> UrgeDecision:
        """What the buyer would be told now."""
        return UrgeDecision(row=self.row)


@strawberry.type(description="An order in a list.")
class OrderEdge:
    """An order in a list."""

    cursor: str = strawberry.field(description="Where the order stands in the list.")
    node: Order = strawberry.field(description="The order.")


@strawberry.type(description="A page of orders.")
class OrderConnection:
    """A page of orders."""

    page: strawberry.Private[Page[tables.Order]]
    page_info: PageInfo = strawberry.field(
        resolver=page_info, description="Where the page stands in the list."
    )

    @computed(description="The orders of the page.")
    def edges(self) -> list[OrderEdge]:
        """The orders of the page."""
        pairs = zip(self.page.cursors, self.page.rows, strict=True)
        return [OrderEdge(cursor=cursor, node=Order(row=row)) for cursor, row in pairs]

    @computed(description="How many orders the list has, exact up to 10,000.")
    async def total_count(self) -> int:
        """How many orders there are."""
        return min(await self.page.count(), paging.COUNTED_TO)

    @computed(description="Whether there are more than `totalCount` says.")
    async def total_count_capped(self) -> bool:
        """Whether the total is cut."""
        return await self.page.count() > paging.COUNTED_TO
