"""Types named before they are defined: the objects lead to each other in circles."""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from schema.types.counts import QueueCounts
    from schema.types.order import Order
    from schema.types.parcel import Parcel
    from schema.types.shop import Shop
    from schema.types.ticket import Ticket, TicketConnection

LazyQueueCounts = Annotated["QueueCounts", strawberry.lazy("schema.types.counts")]
LazyOrder = Annotated["Order", strawberry.lazy("schema.types.order")]
LazyParcel = Annotated["Parcel", strawberry.lazy("schema.types.parcel")]
LazyShop = Annotated["Shop", strawberry.lazy("schema.types.shop")]
LazyTicket = Annotated["Ticket", strawberry.lazy("schema.types.ticket")]
LazyTicketConnection = Annotated["TicketConnection", strawberry.lazy("schema.types.ticket")]
