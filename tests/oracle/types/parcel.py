"""Parcels, their scans, and carriers."""

from datetime import datetime
from typing import ClassVar

import strawberry

from db import tables
from domain import carriers, waybill
from domain.ids import IdKind
from domain.waybill import WarningCode
from tests.oracle import fields
from tests.oracle.context import Info
from tests.oracle.fields import After, First, column, computed
from tests.oracle.reads import lists
from tests.oracle.reads.paging import Page, Window
from tests.oracle.types.lazy import LazyOrder, LazyParcel
from tests.oracle.types.node import Node, PageInfo, page_info, present


@strawberry.type(description="A carrier that is known by name.")
class Carrier:
    """A carrier."""

    row: strawberry.Private[carriers.Carrier]
    code: str = column("What parcels name it by.")
    name_zh: str = column("Its Chinese name.")
    name_en: str = column("Its English name.")


@strawberry.type(description="Something odd about a parcel; it was taken all the same.")
class ParcelWarning:
    """Something odd about a parcel."""

    code: str = strawberry.field(description="For programs: CARRIER_MISMATCH or UNKNOWN_CARRIER.")
    message: str = strawberry.field(description="For people.")


@strawberry.type(description="A carrier's scan of a parcel.")
class TrackingEvent(Node):
    """A carrier's scan of a parcel."""

    id_kind: ClassVar[IdKind] = IdKind.TRACKING_EVENT
    row: strawberry.Private[tables.TrackingEvent]
    occurred_at: datetime = column("When the carrier scanned it.")
    received_at: datetime = column("When we learnt of it.")
    code: str = column("The source's own code of what happened.")
    description: str = column("The carrier's words.")
    source: str = column("Who told us: KUAIDI100, SMART_LOGISTICS, API or FILE.")
    proves_pickup: bool = column("Whether it proves that the carrier has the parcel.")


@strawberry.type(description="A scan in a list.")
class TrackingEventEdge:
    """A scan in a list."""

    cursor: str = strawberry.field(description="Where the scan stands in the list.")
    node: TrackingEvent = strawberry.field(description="The scan.")


@strawberry.type(description="A page of a parcel's scans.")
class TrackingEventConnection:
    """A page of a parcel's scans."""

    page: strawberry.Private[Page[tables.TrackingEvent]]
    page_info: PageInfo = strawberry.field(
        resolver=page_info, description="Where the page stands in the list."
    )

    @computed(description="The scans of the page.")
    def edges(self) -> list[TrackingEventEdge]:
        """The scans of the page."""
        pairs = zip(self.page.cursors, self.page.rows, strict=True)
        return [TrackingEventEdge(cursor=cursor, node=TrackingEvent(row=row)) for cursor, row in pairs]

    @computed(description="How many scans the parcel has.")
    async def total_count(self) -> int:
        """How many scans there are."""
        return await self.page.count()


@strawberry.type(description="A parcel under one waybill number.")
class Parcel(Node):
    """A parcel under one waybill number."""

    id_kind: ClassVar[IdKind] = IdKind.PARCEL
    row: strawberry.Private[tables.Parcel]
    carrier: str = column("The carrier's code; an unknown carrier's name as it came.")
    waybill_number: str = column("运单号: the number under which the carrier scans it.")
    shipped_at: datetime = column("When the seller handed it over, by their own account.")
    shipped_at_estimated: bool = column("Whether that is only when the number was first seen.")
    picked_up_at: datetime | None = column("揽收: when the carrier first scanned it.")
    replaced_at: datetime | None = column("When another number took its place.")

    @computed(description="The order it belongs to.")
    async def order(self, info: Info) -> LazyOrder:
        """The order it belongs to."""
        from tests.oracle.types.order import Order

        found = await info.context.reads.order.load((self.row.shop_id, self.row.order_id))
        return Order(row=present(found))

    @computed(description="False once the waybill was changed; `replacedBy` then leads to the new one.")
    def current(self) -> bool:
        """Whether its number stands."""
        return self.row.replaced_at is None

    @computed(description="The parcel under the number that took the place of this one.")
    async def replaced_by(self, info: Info) -> LazyParcel | None:
        """The parcel that took its place."""
        if self.row.replaced_by_id is None:
            return None
        found = await info.context.reads.parcel.load((self.row.shop_id, self.row.replaced_by_id))
        return Parcel(row=present(found))

    @computed(description="What is odd about it.")
    def warnings(self) -> list[ParcelWarning]:
        """What is odd about it."""
        return [
            ParcelWarning(code=code, message=waybill.WARNINGS[WarningCode(code)])
            for code in self.row.warnings
        ]

    @computed(description="What the carrier told of it, the newest first.")
    async def tracking_events(
        self, info: Info, first: First = 20, after: After = strawberry.UNSET
    ) -> TrackingEventConnection:
        """Its scans."""
        window = Window(first=first, after=fields.given(after))
        return TrackingEventConnection(page=await lists.tracking_events(info.context.reads, self.row, window))
