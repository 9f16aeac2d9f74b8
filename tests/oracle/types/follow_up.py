"""Follow-up records: what happened to a ticket, never changed afterwards."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import strawberry

from db import tables
from domain.events import ActorKind, FollowUpAction
from domain.ids import IdKind
from tests.oracle.context import Info
from tests.oracle.fields import column, computed
from tests.oracle.reads.paging import Page
from tests.oracle.types.lazy import LazyTicket
from tests.oracle.types.node import Node, PageInfo, page_info, present
from tests.oracle.types.parcel import Parcel
from tests.oracle.types.reply import Reply
from tests.oracle.types.shop import SEES_STAFF, StaffMember


@strawberry.type(description="Who did it.")
class Actor:
    """Who did it."""

    kind: ActorKind = strawberry.field(description="What they are.")
    name: str = strawberry.field(
        description="What they are called; for a consumer, everybody but them is the shop."
    )


@strawberry.type(description="修改运单号: one number in the place of another.")
class WaybillChange:
    """One number in the place of another."""

    row: strawberry.Private[tables.WaybillChange]

    @computed(name="from", description="The parcel under the old number.")
    async def old(self, info: Info) -> Parcel:
        """The parcel under the old number."""
        found = await info.context.reads.parcel.load((self.row.shop_id, self.row.from_parcel_id))
        return Parcel(row=present(found))

    @computed(name="to", description="The parcel under the new number.")
    async def new(self, info: Info) -> Parcel:
        """The parcel under the new number."""
        found = await info.context.reads.parcel.load((self.row.shop_id, self.row.to_parcel_id))
        return Parcel(row=present(found))

    @computed(description="Why, in the seller's words. Null for a consumer.")
    def reason(self, info: Info) -> str | None:
        """Why, in the seller's words."""
        return self.row.reason if info.context.reads.viewer.role in SEES_STAFF else None


@strawberry.type(description="跟进记录: something that happened to a ticket.")
class FollowUpRecord(Node):
    """Something that happened to a ticket."""

    id_kind: ClassVar[IdKind] = IdKind.FOLLOW_UP_RECORD
    row: strawberry.Private[tables.FollowUpRecord]
    position: int = column("1, 2, 3 … within the ticket, without gaps; a consumer does not see every record.")
    action: FollowUpAction = column("What happened.")
    occurred_at: datetime = column("When, by the database's clock.")
    deadline_before: datetime | None = column("The deadline before it; null when no clock ran.")
    deadline_after: datetime | None = column("The deadline after it; null when no clock runs.")
    reminder_minutes: int | None = column("For REMINDED: minutes before the deadline.")

    @computed(description="The ticket.")
    async def ticket(self, info: Info) -> LazyTicket:
        """The ticket."""
        from tests.oracle.types.ticket import Ticket

        found = await info.context.reads.ticket.load((self.row.shop_id, self.row.ticket_id))
        return Ticket(row=present(found))

    @computed(description="Who did it.")
    async def actor(self, info: Info) -> Actor:
        """Who did it."""
        reads, row = info.context.reads, self.row
        if reads.viewer.role is not ActorKind.CONSUMER or row.actor_kind is ActorKind.CONSUMER:
            return Actor(kind=row.actor_kind, name=row.actor_name)
        shop = present(await reads.shop.load(row.shop_id))
        return Actor(kind=row.actor_kind, name=shop.name)

    @computed(description="What was noted. Null for a consumer.")
    def note(self, info: Info) -> str | None:
        """What was noted."""
        return self.row.note if info.context.reads.viewer.role in SEES_STAFF else None

    @computed(description="For REPLIED: the reply.")
    async def reply(self, info: Info) -> Reply | None:
        """The reply."""
        if self.row.action is not FollowUpAction.REPLIED:
            return None
        found = await info.context.reads.reply.load((self.row.shop_id, self.row.id))
        return None if found is None else Reply(row=found)

    @computed(description="The change of the waybill number that it brought.")
    async def waybill_change(self, info: Info) -> WaybillChange | None:
        """The change of the waybill number."""
        if self.row.action not in {FollowUpAction.REPLIED, FollowUpAction.WAYBILL_CHANGED}:
            return None
        found = await info.context.reads.waybill_change.load((self.row.shop_id, self.row.id))
        return None if found is None else WaybillChange(row=found)

    @computed(description="Who had worked on it.")
    async def assignee_before(self, info: Info) -> StaffMember | None:
        """Who had worked on it."""
        return await _member(info, self.row.shop_id, self.row.assignee_before_id)

    @computed(description="Who works on it from then on.")
    async def assignee_after(self, info: Info) -> StaffMember | None:
        """Who works on it from then on."""
        return await _member(info, self.row.shop_id, self.row.assignee_after_id)


async def _member(info: Info, shop_id: UUID, member_id: UUID | None) -> StaffMember | None:
    found = None if member_id is None else await info.context.reads.staff_member.load((shop_id, member_id))
    return None if found is None else StaffMember(row=found)


@strawberry.type(description="A record in a list.")
class FollowUpRecordEdge:
    """A record in a list."""

    cursor: str = strawberry.field(description="Where the record stands in the list.")
    node: FollowUpRecord = strawberry.field(description="The record.")


@strawberry.type(description="A page of a ticket's records.")
class FollowUpRecordConnection:
    """A page of a ticket's records."""

    page: strawberry.Private[Page[tables.FollowUpRecord]]
    page_info: PageInfo = strawberry.field(
        resolver=page_info, description="Where the page stands in the list."
    )

    @computed(description="The records of the page.")
    def edges(self) -> list[FollowUpRecordEdge]:
        """The records of the page."""
        pairs = zip(self.page.cursors, self.page.rows, strict=True)
        return [FollowUpRecordEdge(cursor=cursor, node=FollowUpRecord(row=row)) for cursor, row in pairs]

    @computed(description="How many records the viewer sees of the ticket.")
    async def total_count(self) -> int:
        """How many records there are."""
        return await self.page.count()
