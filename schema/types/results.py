"""What the mutations give back."""

from typing import Annotated

import strawberry

from schema.enums import RecordOutcome
from schema.types.complaint import ConsumerCard
from schema.types.exemption import Exemption
from schema.types.follow_up import FollowUpRecord
from schema.types.parcel import Parcel
from schema.types.policy import Policy
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


@strawberry.type(description="A ticket after a change.")
class TicketPayload:
    """A ticket after a change."""

    position: int = strawberry.field(
        description="The one this change took in its shop's stream: a client may drop its own echo."
    )
    ticket: Ticket = strawberry.field(description="The ticket as it stands now.")
    record: FollowUpRecord = strawberry.field(description="The record of the change.")
    card: ConsumerCard | None = strawberry.field(description="The card that the buyer is shown.")


@strawberry.type(description="A parcel whose waybill was changed.")
class ChangeWaybillPayload:
    """A parcel whose waybill was changed."""

    position: int | None = strawberry.field(
        description="The position the change took in its shop's stream; null when no ticket was touched."
    )
    parcel: Parcel = strawberry.field(description="The parcel under the new number.")
    affected_ticket: Ticket | None = strawberry.field(
        description="The order's unclosed ticket, which has a record of the change."
    )


@strawberry.type(description="A ticket after the buyer urged or withdrew.")
class UrgePayload:
    """A ticket after the buyer urged or withdrew."""

    position: int = strawberry.field(description="The position the change took in its shop's stream.")
    ticket: Ticket = strawberry.field(description="The ticket as it stands now.")


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


@strawberry.type(description="Something that was deleted.")
class Deleted:
    """Something that was deleted."""

    id: strawberry.ID = strawberry.field(description="The public id it had.")


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
SavePolicyResult = Annotated[
    Policy | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("SavePolicyResult", description="The policy as saved, or why not."),
]
SaveExemptionResult = Annotated[
    Exemption | NotFound | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("SaveExemptionResult", description="The exemption as saved, or why not."),
]
DeleteResult = Annotated[
    Deleted | NotFound | Forbidden | IdempotencyConflict,
    strawberry.union("DeleteResult", description="What was deleted, or why not."),
]
__all__ = [
    "AddNoteResult",
    "ChangeWaybillPayload",
    "ChangeWaybillResult",
    "DeleteResult",
    "Deleted",
    "RecordPayload",
    "RecordRow",
    "ReplyToTicketResult",
    "SaveExemptionResult",
    "SavePolicyResult",
    "SaveShopResult",
    "SaveStaffMemberResult",
    "TicketPayload",
    "UrgePayload",
    "UrgeResult",
]
