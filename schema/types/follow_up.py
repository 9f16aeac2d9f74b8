"""Follow-up records: what happened to a ticket, never changed afterwards."""

from datetime import datetime
from typing import ClassVar

import strawberry

from domain.events import ActorKind, FollowUpAction
from domain.ids import IdKind
from resolvers.plan.declared import Rows
from schema.fields import column, embedded, expression, one
from schema.types.lazy import LazyTicket
from schema.types.node import Node, PageInfo
from schema.types.parcel import Parcel
from schema.types.reply import Reply
from schema.types.shop import SEES_STAFF, StaffMember

_SHOP_NAME = "(SELECT n.name FROM shop n WHERE n.id = {t}.shop_id)"


@strawberry.type(description="Who did it.")
class Actor:
    """Who did it: part of a record's row."""

    kind: ActorKind = column("What they are.", of="actor_kind")
    name: str = expression(
        "What they are called; for a consumer, everybody but them is the shop.",
        "{t}.actor_name",
        consumer=f"CASE WHEN {{t}}.actor_kind = 'CONSUMER' THEN {{t}}.actor_name ELSE {_SHOP_NAME} END",
    )


@strawberry.type(description="修改运单号: one number in the place of another.")
class WaybillChange:
    """One number in the place of another."""

    rows: ClassVar[Rows] = Rows("waybill_change")
    old: Parcel = one(
        "The parcel under the old number.",
        {"shop_id": "{t}.shop_id", "id": "{t}.from_parcel_id"},
        name="from",
    )
    new: Parcel = one(
        "The parcel under the new number.", {"shop_id": "{t}.shop_id", "id": "{t}.to_parcel_id"}, name="to"
    )
    reason: str | None = column("Why, in the seller's words. Null for a consumer.", seen_by=SEES_STAFF)


@strawberry.type(description="跟进记录: something that happened to a ticket.")
class FollowUpRecord(Node):
    """Something that happened to a ticket."""

    rows: ClassVar[Rows] = Rows("follow_up_record", IdKind.FOLLOW_UP_RECORD)
    position: int = column("1, 2, 3 … within the ticket, without gaps; a consumer does not see every record.")
    action: FollowUpAction = column("What happened.")
    occurred_at: datetime = column("When, by the database's clock.")
    deadline_before: datetime | None = column("The deadline before it; null when no clock ran.")
    deadline_after: datetime | None = column("The deadline after it; null when no clock runs.")
    reminder_minutes: int | None = column("For REMINDED: minutes before the deadline.")
    ticket: LazyTicket = one("The ticket.", {"shop_id": "{t}.shop_id", "id": "{t}.ticket_id"})
    actor: Actor = embedded("Who did it.")
    note: str | None = column("What was noted. Null for a consumer.", seen_by=SEES_STAFF)
    reply: Reply | None = one(
        "For REPLIED: the reply.",
        {"shop_id": "{t}.shop_id", "record_id": "{t}.id"},
        when="{t}.action = 'REPLIED'",
    )
    assignee_before: StaffMember | None = one(
        "For ASSIGNED: who had worked on it; null for nobody. Null for a consumer.",
        {"shop_id": "{t}.shop_id", "id": "{t}.assignee_before_id"},
    )
    assignee_after: StaffMember | None = one(
        "For ASSIGNED: who works on it from then on; null for nobody. Null for a consumer.",
        {"shop_id": "{t}.shop_id", "id": "{t}.assignee_after_id"},
    )
    waybill_change: WaybillChange | None = one(
        "The change of the waybill number that it brought.",
        {"shop_id": "{t}.shop_id", "record_id": "{t}.id"},
        when="{t}.action IN ('REPLIED', 'WAYBILL_CHANGED')",
    )


@strawberry.type(description="A record in a list.")
class FollowUpRecordEdge:
    """A record in a list."""

    cursor: str = strawberry.field(description="Where the record stands in the list.")
    node: FollowUpRecord = strawberry.field(description="The record.")


@strawberry.type(description="A page of a ticket's records.")
class FollowUpRecordConnection:
    """A page of a ticket's records."""

    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    edges: list[FollowUpRecordEdge] = strawberry.field(description="The records of the page.")
    total_count: int = strawberry.field(description="How many records the viewer sees of the ticket.")
