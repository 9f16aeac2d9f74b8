"""Every table, as SQLModel classes. Rows of a shop carry `shop_id` in each primary and foreign key
(`architecture.md §2.6`); the fleet-wide tables say why they are not.
"""

from db.tables.figures import FigureFact, FigureSum, FigureTime, PaidDay
from db.tables.orders import Order, Parcel, TrackingEvent, UnmatchedScan, WaybillChange, WaybillDirectory
from db.tables.rules import CalendarChange, PolicyVersion
from db.tables.shops import Exemption, Shop, StaffMember
from db.tables.streams import Event, IdempotencyKey, ShopStream
from db.tables.templates import ReplyTemplate
from db.tables.tickets import Complaint, ConsumerCard, FollowUpRecord, Reply, Ticket
from db.tables.webhooks import Webhook, WebhookDelivery

__all__ = [
    "CalendarChange",
    "Complaint",
    "ConsumerCard",
    "Event",
    "Exemption",
    "FigureFact",
    "FigureSum",
    "FigureTime",
    "FollowUpRecord",
    "IdempotencyKey",
    "Order",
    "PaidDay",
    "Parcel",
    "PolicyVersion",
    "Reply",
    "ReplyTemplate",
    "Shop",
    "ShopStream",
    "StaffMember",
    "Ticket",
    "TrackingEvent",
    "UnmatchedScan",
    "WaybillChange",
    "WaybillDirectory",
    "Webhook",
    "WebhookDelivery",
]
