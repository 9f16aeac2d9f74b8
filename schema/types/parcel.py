"""Parcels, their scans, and carriers."""

from datetime import datetime
from typing import ClassVar

import strawberry

from domain import waybill
from domain.ids import IdKind
from domain.waybill import WarningCode
from resolvers.plan.declared import Rows
from resolvers.reads import listings
from schema.fields import column, connection, expression, one, plain, python
from schema.types.lazy import LazyOrder, LazyParcel
from schema.types.node import Node, PageInfo


def _warnings(asked: object, codes: list[str]) -> "list[ParcelWarning]":
    del asked
    return [ParcelWarning(code=code, message=waybill.WARNINGS[WarningCode(code)]) for code in codes]


@strawberry.type(description="A carrier that is known by name.")
class Carrier:
    """A carrier."""

    code: str = plain("What parcels name it by.")
    name_zh: str = plain("Its Chinese name.")
    name_en: str = plain("Its English name.")


@strawberry.type(description="Something odd about a parcel; it was taken all the same.")
class ParcelWarning:
    """Something odd about a parcel."""

    code: str = strawberry.field(description="For programs: CARRIER_MISMATCH or UNKNOWN_CARRIER.")
    message: str = strawberry.field(description="For people.")


@strawberry.type(description="A carrier's scan of a parcel.")
class TrackingEvent(Node):
    """A carrier's scan of a parcel."""

    rows: ClassVar[Rows] = Rows("tracking_event", IdKind.TRACKING_EVENT)
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

    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    edges: list[TrackingEventEdge] = strawberry.field(description="The scans of the page.")
    total_count: int = strawberry.field(description="How many scans the parcel has.")


@strawberry.type(description="A parcel under one waybill number.")
class Parcel(Node):
    """A parcel under one waybill number."""

    rows: ClassVar[Rows] = Rows("parcel", IdKind.PARCEL, indexed_by_id=True)
    carrier: str = column("The carrier's code; an unknown carrier's name as it came.")
    waybill_number: str = column("运单号: the number under which the carrier scans it.")
    shipped_at: datetime = column("When the seller handed it over, by their own account.")
    shipped_at_estimated: bool = column("Whether that is only when the number was first seen.")
    picked_up_at: datetime | None = column("揽收: when the carrier first scanned it.")
    replaced_at: datetime | None = column("When another number took its place.")

    order: LazyOrder = one("The order it belongs to.", {"shop_id": "{t}.shop_id", "id": "{t}.order_id"})
    current: bool = expression(
        "False once the waybill was changed; `replacedBy` then leads to the new one.",
        "{t}.replaced_at IS NULL",
    )
    replaced_by: LazyParcel | None = one(
        "The parcel under the number that took the place of this one.",
        {"shop_id": "{t}.shop_id", "id": "{t}.replaced_by_id"},
    )
    warnings: list[ParcelWarning] = python("What is odd about it.", _warnings, "{t}.warnings")
    tracking_events: TrackingEventConnection = connection(
        "What the carrier told of it, the newest first.", listings.tracking_events, size=20
    )
