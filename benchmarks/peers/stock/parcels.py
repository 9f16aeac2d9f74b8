"""Shops, orders, parcels and their scans."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry.types import Info

from benchmarks.peers.stock.loaders import Loaders, Row
from benchmarks.peers.stock.paging import PageInfo, cursor, page_info
from domain import ids, waybill
from domain.ids import IdKind
from domain.order import OrderStatus
from domain.shop import Market
from domain.waybill import WarningCode
from schema import enums

__all__ = ["Order", "Parcel", "Shop", "StaffMember", "enums", "loaders", "public_id"]


def loaders(info: Info) -> Loaders:
    """The loaders of the request."""
    found: Loaders = info.context["loaders"]
    return found


def public_id(kind: IdKind, row: Row) -> strawberry.ID:
    """The public id of a row."""
    return strawberry.ID(ids.encode(kind, row["id"]))


@strawberry.type
class Shop:
    """A seller's shop."""

    id: strawberry.ID
    name: str
    market: Market
    locale: str

    @classmethod
    def of(cls, row: Row) -> "Shop":
        """From a row."""
        return cls(
            id=public_id(IdKind.SHOP, row), name=row["name"], market=row["market"], locale=row["locale"]
        )


@strawberry.type
class StaffMember:
    """A member of the staff."""

    id: strawberry.ID
    display_name: str

    @classmethod
    def of(cls, row: Row) -> "StaffMember":
        """From a row."""
        return cls(id=public_id(IdKind.STAFF_MEMBER, row), display_name=row["display_name"])


@strawberry.type
class TrackingEvent:
    """A carrier's scan."""

    id: strawberry.ID
    occurred_at: datetime
    received_at: datetime
    code: str
    description: str
    source: str
    proves_pickup: bool


@strawberry.type
class TrackingEventEdge:
    """A scan in a list."""

    cursor: str
    node: TrackingEvent


@strawberry.type
class TrackingEventConnection:
    """A page of scans."""

    edges: list[TrackingEventEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, rows: list[Row], count: int) -> "TrackingEventConnection":
        """From one row more than are shown."""
        edges = [
            TrackingEventEdge(
                cursor=cursor(row["occurred_at"], row["id"]),
                node=TrackingEvent(
                    id=public_id(IdKind.TRACKING_EVENT, row),
                    occurred_at=row["occurred_at"],
                    received_at=row["received_at"],
                    code=row["code"],
                    description=row["description"],
                    source=row["source"],
                    proves_pickup=row["proves_pickup"],
                ),
            )
            for row in rows[:count]
        ]
        return cls(edges=edges, page_info=page_info([each.cursor for each in edges], more=len(rows) > count))


@strawberry.type
class ParcelWarning:
    """Something odd about a parcel."""

    code: str
    message: str


@strawberry.type
class Parcel:
    """A parcel under one number."""

    uuid: strawberry.Private[UUID]
    replaced_by_id: strawberry.Private[UUID | None]
    id: strawberry.ID
    carrier: str
    waybill_number: str
    shipped_at: datetime
    shipped_at_estimated: bool
    picked_up_at: datetime | None
    replaced_at: datetime | None
    current: bool
    warnings: list[ParcelWarning]

    @classmethod
    def of(cls, row: Row) -> "Parcel":
        """From a row."""
        return cls(
            uuid=row["id"],
            replaced_by_id=row["replaced_by_id"],
            id=public_id(IdKind.PARCEL, row),
            carrier=row["carrier"],
            waybill_number=row["waybill_number"],
            shipped_at=row["shipped_at"],
            shipped_at_estimated=row["shipped_at_estimated"],
            picked_up_at=row["picked_up_at"],
            replaced_at=row["replaced_at"],
            current=row["replaced_at"] is None,
            warnings=[
                ParcelWarning(code=code, message=waybill.WARNINGS[WarningCode(code)])
                for code in row["warnings"]
            ],
        )

    @strawberry.field
    async def replaced_by(self, info: Info) -> "Parcel | None":
        """The parcel that took its place."""
        if self.replaced_by_id is None:
            return None
        row = await loaders(info).parcels.load(self.replaced_by_id)
        return None if row is None else Parcel.of(row)

    @strawberry.field
    async def tracking_events(self, info: Info, first: int = 20) -> TrackingEventConnection:
        """Its latest scans."""
        return TrackingEventConnection.of(await loaders(info).scans(first).load(self.uuid), first)


@strawberry.type
class Order:
    """A buyer's order."""

    uuid: strawberry.Private[UUID]
    id: strawberry.ID
    number: str
    status: OrderStatus
    buyer_nick: str
    item_title: str
    quantity: int
    paid_amount: Decimal
    paid_at: datetime
    ship_by: datetime
    shipped_at: datetime | None
    picked_up_at: datetime | None
    refunded_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, row: Row) -> "Order":
        """From a row."""
        return cls(
            uuid=row["id"],
            id=public_id(IdKind.ORDER, row),
            number=row["number"],
            status=row["status"],
            buyer_nick=row["buyer_nick"],
            item_title=row["item_title"],
            quantity=row["quantity"],
            paid_amount=row["paid_amount"],
            paid_at=row["paid_at"],
            ship_by=row["ship_by"],
            shipped_at=row["shipped_at"],
            picked_up_at=row["picked_up_at"],
            refunded_at=row["refunded_at"],
            closed_at=row["closed_at"],
        )

    @strawberry.field
    async def parcels(self, info: Info) -> list[Parcel]:
        """Its parcels."""
        return [Parcel.of(row) for row in await loaders(info).parcels_of_orders.load(self.uuid)]
