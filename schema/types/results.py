"""What the mutations give back."""

from typing import Annotated
from uuid import UUID

import strawberry

from schema.context import Info
from schema.enums import RecordOutcome
from schema.fields import computed
from schema.types.complaint import ConsumerCard
from schema.types.follow_up import FollowUpRecord
from schema.types.node import present
from schema.types.parcel import Parcel
from schema.types.shop import Shop, StaffMember
from schema.types.ticket import Ticket
from schema.types.user_errors import (
    Forbidden,
    IdempotencyConflict,
    IllegalTransition,
    InvalidInput,
    NotFound,
    UrgeRefused,
    UserError,
    VersionConflict,
    WaybillRefused,
)

Key = tuple[UUID, UUID]


async def ticket_at(info: Info, key: Key) -> Ticket:
    """The ticket as it stands now."""
    return Ticket(row=present(await info.context.reads.ticket.load(key)))


@strawberry.type(description="A ticket after a change.")
class TicketPayload:
    """A ticket after a change."""

    ticket_key: strawberry.Private[Key]
    record_key: strawberry.Private[Key]
    card_key: strawberry.Private[Key | None]
    position: int = strawberry.field(
        description="The one this change took in its shop's stream: a client may drop its own echo."
    )

    @computed(description="The ticket as it stands now.")
    async def ticket(self, info: Info) -> Ticket:
        """The ticket as it stands now."""
        return await ticket_at(info, self.ticket_key)

    @computed(description="The record of the change.")
    async def record(self, info: Info) -> FollowUpRecord:
        """The record of the change."""
        return FollowUpRecord(row=present(await info.context.reads.record.load(self.record_key)))

    @computed(description="The card that the buyer is shown.")
    async def card(self, info: Info) -> ConsumerCard | None:
        """The card that the buyer is shown."""
        if self.card_key is None:
            return None
        return ConsumerCard(row=present(await info.context.reads.card.load(self.card_key)))


@strawberry.type(description="A parcel whose waybill was changed.")
class ChangeWaybillPayload:
    """A parcel whose waybill was changed."""

    parcel_key: strawberry.Private[Key]
    ticket_key: strawberry.Private[Key | None]
    position: int | None = strawberry.field(
        description="The position the change took in its shop's stream; null when no ticket was touched."
    )

    @computed(description="The parcel under the new number.")
    async def parcel(self, info: Info) -> Parcel:
        """The parcel under the new number."""
        return Parcel(row=present(await info.context.reads.parcel.load(self.parcel_key)))

    @computed(description="The order's unclosed ticket, which has a record of the change.")
    async def affected_ticket(self, info: Info) -> Ticket | None:
        """The ticket that has a record of the change."""
        return None if self.ticket_key is None else await ticket_at(info, self.ticket_key)


@strawberry.type(description="A ticket after the buyer urged or withdrew.")
class UrgePayload:
    """A ticket after the buyer urged or withdrew."""

    ticket_key: strawberry.Private[Key]
    position: int = strawberry.field(description="The position the change took in its shop's stream.")

    @computed(description="The ticket as it stands now.")
    async def ticket(self, info: Info) -> Ticket:
        """The ticket as it stands now."""
        return await ticket_at(info, self.ticket_key)


@strawberry.type(description="What became of one row.")
class RecordRow:
    """What became of one row."""

    index: int = strawberry.field(description="The row's place in the call, from 0.")
    outcome: RecordOutcome = strawberry.field(description="What became of it.")
    id: strawberry.ID | None = strawberry.field(description="The id of what was recorded.")
    error: UserError | None = strawberry.field(description="Why it was refused.")


@strawberry.type(description="What became of each row of a call; good rows land though others fail.")
class RecordPayload:
    """What became of each row of a call."""

    rows: list[RecordRow] = strawberry.field(description="One for each row, in their order.")
    created: int = strawberry.field(description="How many were new.")
    updated: int = strawberry.field(description="How many were known and have changed.")
    unchanged: int = strawberry.field(description="How many were known as they are.")
    failed: int = strawberry.field(description="How many were refused.")
    error: UserError | None = strawberry.field(
        description="Why the whole call was refused; the rows are then empty.", default=None
    )


ReplyToTicketResult = Annotated[
    TicketPayload
    | NotFound
    | Forbidden
    | InvalidInput
    | IllegalTransition
    | VersionConflict
    | WaybillRefused
    | IdempotencyConflict,
    strawberry.union("ReplyToTicketResult", description="The ticket replied to, or why not."),
]
ChangeWaybillResult = Annotated[
    ChangeWaybillPayload
    | NotFound
    | Forbidden
    | InvalidInput
    | WaybillRefused
    | VersionConflict
    | IdempotencyConflict,
    strawberry.union("ChangeWaybillResult", description="The parcel under its new number, or why not."),
]
AddNoteResult = Annotated[
    TicketPayload | NotFound | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("AddNoteResult", description="The ticket with its note, or why not."),
]
UrgeResult = Annotated[
    UrgePayload | NotFound | Forbidden | InvalidInput | UrgeRefused | IllegalTransition | IdempotencyConflict,
    strawberry.union("UrgeResult", description="The ticket urged or withdrawn, or why not."),
]
SaveShopResult = Annotated[
    Shop | NotFound | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("SaveShopResult", description="The shop as saved, or why not."),
]
SaveStaffMemberResult = Annotated[
    StaffMember | NotFound | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("SaveStaffMemberResult", description="The member as saved, or why not."),
]
__all__ = [
    "AddNoteResult",
    "ChangeWaybillPayload",
    "ChangeWaybillResult",
    "RecordPayload",
    "RecordRow",
    "ReplyToTicketResult",
    "SaveShopResult",
    "SaveStaffMemberResult",
    "TicketPayload",
    "UrgePayload",
    "UrgeResult",
]
