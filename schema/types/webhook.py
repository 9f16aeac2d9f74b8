"""Webhooks, and the log of what they were told."""

from datetime import datetime
from typing import ClassVar

import strawberry

from domain.cards import DeliveryStatus
from domain.ids import IdKind
from domain.webhooks import WebhookEvent
from resolvers.plan.declared import Rows
from resolvers.reads import listings
from schema.fields import column, connection
from schema.types.node import Node, PageInfo


@strawberry.type(description="Where a shop wants to be told; its owners and the platform see it.")
class Webhook(Node):
    """Where a shop wants to be told."""

    rows: ClassVar[Rows] = Rows("webhook", IdKind.WEBHOOK, indexed_by_id=True)
    url: str = column("Where messages are posted, signed as Standard Webhooks.")
    events: list[WebhookEvent] = column("What it is told of.")
    active: bool = column("False: it is told nothing, and what waits for it goes on waiting.")
    deliveries: "WebhookDeliveryConnection" = connection(
        "What it was told, the newest first; kept for 30 days.", listings.deliveries, size=20
    )


@strawberry.type(description="One message for one webhook, and how far it has come.")
class WebhookDelivery(Node):
    """One message for one webhook."""

    rows: ClassVar[Rows] = Rows("webhook_delivery", IdKind.WEBHOOK_DELIVERY, indexed_by_id=True)
    event: WebhookEvent = column("What it tells of.")
    status: DeliveryStatus = column("How far it has come.")
    attempts: int = column("How often it was sent.")
    created_at: datetime = column("When it was written, together with its record.")
    last_attempt_at: datetime | None = column("When it was last sent.")
    last_status_code: int | None = column("The HTTP status of the last answer; null without one.")
    last_error: str | None = column("Why it was last not taken; null once it is delivered.")


@strawberry.type(description="A delivery in a list.")
class WebhookDeliveryEdge:
    """A delivery in a list."""

    cursor: str = strawberry.field(description="Where the delivery stands in the list.")
    node: WebhookDelivery = strawberry.field(description="The delivery.")


@strawberry.type(description="A page of deliveries.")
class WebhookDeliveryConnection:
    """A page of deliveries."""

    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    edges: list[WebhookDeliveryEdge] = strawberry.field(description="The deliveries of the page.")
    total_count: int = strawberry.field(description="How many deliveries are kept of the webhook.")
