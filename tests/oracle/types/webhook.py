"""Webhooks, and the log of what they were told."""

from datetime import datetime
from typing import ClassVar

import strawberry

from db import tables
from domain.cards import DeliveryStatus
from domain.ids import IdKind
from domain.webhooks import WebhookEvent
from tests.oracle import fields
from tests.oracle.context import Info
from tests.oracle.fields import After, First, column, computed
from tests.oracle.reads import lists
from tests.oracle.reads.paging import Page, Window
from tests.oracle.types.node import Node, PageInfo, page_info


@strawberry.type(description="Where a shop wants to be told.")
class Webhook(Node):
    """Where a shop wants to be told."""

    id_kind: ClassVar[IdKind] = IdKind.WEBHOOK
    row: strawberry.Private[tables.Webhook]
    url: str = column("Where messages are posted.")
    active: bool = column("Whether it is told anything.")

    @computed(description="What it is told of.")
    def events(self) -> list[WebhookEvent]:
        """What it is told of."""
        return [WebhookEvent(each) for each in self.row.events]

    @computed(description="What it was told, the newest first.")
    async def deliveries(
        self, info: Info, first: First = 20, after: After = strawberry.UNSET
    ) -> "WebhookDeliveryConnection":
        """What it was told."""
        window = Window(first=first, after=fields.given(after))
        return WebhookDeliveryConnection(page=await lists.deliveries(info.context.reads, self.row, window))


@strawberry.type(description="One message for one webhook.")
class WebhookDelivery(Node):
    """One message for one webhook."""

    id_kind: ClassVar[IdKind] = IdKind.WEBHOOK_DELIVERY
    row: strawberry.Private[tables.WebhookDelivery]
    event: WebhookEvent = column("What it tells of.")
    status: DeliveryStatus = column("How far it has come.")
    attempts: int = column("How often it was sent.")
    created_at: datetime = column("When it was written.")
    last_attempt_at: datetime | None = column("When it was last sent.")
    last_status_code: int | None = column("The HTTP status of the last answer.")
    last_error: str | None = column("Why it was last not taken.")


@strawberry.type(description="A delivery in a list.")
class WebhookDeliveryEdge:
    """A delivery in a list."""

    cursor: str = strawberry.field(description="Where the delivery stands in the list.")
    node: WebhookDelivery = strawberry.field(description="The delivery.")


@strawberry.type(description="A page of deliveries.")
class WebhookDeliveryConnection:
    """A page of deliveries."""

    page: strawberry.Private[Page[tables.WebhookDelivery]]
    page_info: PageInfo = strawberry.field(
        resolver=page_info, description="Where the page stands in the list."
    )

    @computed(description="The deliveries of the page.")
    def edges(self) -> list[WebhookDeliveryEdge]:
        """The deliveries of the page."""
        pairs = zip(self.page.cursors, self.page.rows, strict=True)
        return [WebhookDeliveryEdge(cursor=cursor, node=WebhookDelivery(row=row)) for cursor, row in pairs]

    @computed(description="How many deliveries are kept of the webhook.")
    async def total_count(self) -> int:
        """How many deliveries there are."""
        return await self.page.count()
