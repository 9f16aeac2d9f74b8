"""Types named before they are defined: the objects lead to each other in circles."""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from tests.oracle.types.counts import QueueCounts
    from tests.oracle.types.order import Order
    from tests.oracle.types.parcel import Parcel
    from tests.oracle.types.shop import Shop
    from tests.oracle.types.ticket import Ticket, TicketConnection

LazyQueueCounts = Annotated["QueueCounts", strawberry.lazy("tests.oracle.types.counts")]
LazyOrder = Annotated["Order", strawberry.lazy("tests.oracle.types.order")]
LazyParcel = Annotated["Parcel", strawberry.lazy("tests.oracle.types.parcel")]
LazyShop = Annotated["Shop", strawberry.lazy("tests.oracle.types.shop")]
LazyTicket = Annotated["Ticket", strawberry.lazy("tests.oracle.types.ticket")]
LazyTicketConnection = Annotated["TicketConnection", strawberry.lazy("tests.oracle.types.ticket")]
