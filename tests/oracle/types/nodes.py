"""Rows as the objects of the schema."""

from db import tables
from db.tables.row import TableRow
from tests.oracle.types.complaint import Complaint, ConsumerCard
from tests.oracle.types.exemption import Exemption
from tests.oracle.types.follow_up import FollowUpRecord
from tests.oracle.types.node import Node
from tests.oracle.types.order import Order
from tests.oracle.types.parcel import Parcel, TrackingEvent
from tests.oracle.types.reply import ReplyTemplate
from tests.oracle.types.shop import Shop, StaffMember
from tests.oracle.types.ticket import Ticket
from tests.oracle.types.webhook import Webhook, WebhookDelivery

OBJECTS: dict[type[TableRow], type[Node]] = {
    tables.Shop: Shop,
    tables.StaffMember: StaffMember,
    tables.Order: Order,
    tables.Parcel: Parcel,
    tables.TrackingEvent: TrackingEvent,
    tables.Ticket: Ticket,
    tables.FollowUpRecord: FollowUpRecord,
    tables.ConsumerCard: ConsumerCard,
    tables.Complaint: Complaint,
    tables.Exemption: Exemption,
    tables.ReplyTemplate: ReplyTemplate,
    tables.Webhook: Webhook,
    tables.WebhookDelivery: WebhookDelivery,
}


def made(row: TableRow | None) -> Node | None:
    """The object of a row; None for no row."""
    return None if row is None else OBJECTS[type(row)](row=row)  # type: ignore[call-arg]
