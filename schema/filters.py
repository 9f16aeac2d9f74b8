"""Which of many, and in which order: what lists are asked with."""

from datetime import datetime

import strawberry

from domain.complaint import ComplaintStatus
from domain.order import OrderStatus
from domain.ticket_words import TicketKind, TicketStatus, Urgency
from resolvers.reads.tickets import TicketOrderField
from schema.enums import Direction
from schema.inputs import field


@strawberry.input(description="Which tickets; an absent field does not narrow.")
class TicketFilter:
    """Which tickets."""

    shop_ids: list[strawberry.ID] | None = field(
        "Of these shops; one that you may not see has none.", optional=True
    )
    status: list[TicketStatus] | None = field("In one of these states.", optional=True)
    kind: list[TicketKind] | None = field("Of one of these kinds.", optional=True)
    urgency: list[Urgency] | None = field("With the clock in one of these states now.", optional=True)
    assignee_id: strawberry.ID | None = field("Assigned to this member.", optional=True)
    assigned_to_me: bool | None = field("Assigned to you; false: to anybody or nobody else.", optional=True)
    unassigned: bool | None = field("Assigned to nobody; false: to somebody.", optional=True)
    carrier: list[str] | None = field("With a current parcel of one of these carriers.", optional=True)
    deadline_before: datetime | None = field("With a deadline before this.", optional=True)
    deadline_after: datetime | None = field("With a deadline at or after this.", optional=True)
    opened_after: datetime | None = field("Opened at or after this.", optional=True)
    opened_before: datetime | None = field("Opened before this.", optional=True)
    search: str | None = field(
        "By prefix of ticket number, order number, waybill number or buyer nick; at least 2 characters.",
        optional=True,
    )


@strawberry.input(description="What tickets are ordered by.")
class TicketOrder:
    """What tickets are ordered by."""

    field: TicketOrderField = field("The value.")
    direction: Direction = strawberry.field(description="Which way.")


@strawberry.input(description="Which orders; an absent field does not narrow.")
class OrderFilter:
    """Which orders."""

    shop_ids: list[strawberry.ID] | None = field(
        "Of these shops; one that you may not see has none.", optional=True
    )
    status: list[OrderStatus] | None = field("In one of these states.", optional=True)
    search: str | None = field(
        "By prefix of order number, waybill number or buyer nick; at least 2 characters.", optional=True
    )
    paid_after: datetime | None = field("Paid at or after this.", optional=True)
    paid_before: datetime | None = field("Paid before this.", optional=True)
    awaiting_pickup: bool | None = field("Shipped, not ended, and not every parcel picked up.", optional=True)


@strawberry.input(description="Which complaints; an absent field does not narrow.")
class ComplaintFilter:
    """Which complaints."""

    shop_ids: list[strawberry.ID] | None = field(
        "Of these shops; one that you may not see has none.", optional=True
    )
    status: list[ComplaintStatus] | None = field("In one of these states.", optional=True)
    filed_after: datetime | None = field("Filed at or after this.", optional=True)
    filed_before: datetime | None = field("Filed before this.", optional=True)
