"""Orders."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import strawberry

from domain.ids import IdKind
from domain.order import OrderStatus
from resolvers.plan import pages
from resolvers.plan.declared import Rows
from resolvers.reads import listings, urging
from schema.fields import column, connection, many, one, python
from schema.types.lazy import LazyTicketConnection
from schema.types.node import Node, PageInfo
from schema.types.parcel import Parcel
from schema.types.shop import Shop
from schema.types.urge import UrgeDecision, UrgeKindDecision


def _urge_decision(*given: Any) -> UrgeDecision:  # noqa: ANN401 - as `urging.INPUTS` gives them
    pickup, shipment = urging.decisions(*given)
    return UrgeDecision(pickup=UrgeKindDecision.of(pickup), shipment=UrgeKindDecision.of(shipment))


@strawberry.type(description="A buyer's order.")
class Order(Node):
    """A buyer's order."""

    rows: ClassVar[Rows] = Rows("orders", IdKind.ORDER, indexed_by_id=True)
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

    shop: Shop = one("The shop that sold it.", {"id": "{t}.shop_id"})
    parcels: list[Parcel] = many(
        "Its parcels, also those whose waybill was changed, by shipping time.",
        {"shop_id": "{t}.shop_id", "order_id": "{t}.id"},
        order="{r}.shipped_at, {r}.id",
    )
    tickets: LazyTicketConnection = connection(
        "Its tickets, the newest first. None for an integration.",
        listings.tickets_of_order,
        size=10,
        cap=pages.COUNTED_TO,
    )
    urge_decision: UrgeDecision = python(
        "What the buyer would be told now, for each kind of urging.", _urge_decision, *urging.INPUTS
    )


@strawberry.type(description="An order in a list.")
class OrderEdge:
    """An order in a list."""

    cursor: str = strawberry.field(description="Where the order stands in the list.")
    node: Order = strawberry.field(description="The order.")


@strawberry.type(description="A page of orders.")
class OrderConnection:
    """A page of orders."""

    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    edges: list[OrderEdge] = strawberry.field(description="The orders of the page.")
    total_count: int = strawberry.field(description="How many orders the list has, exact up to 10,000.")
    total_count_capped: bool = strawberry.field(description="Whether there are more than `totalCount` says.")
