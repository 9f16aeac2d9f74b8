"""What the mutations give back."""

from typing import Annotated

import strawberry

from schema.enums import RecordOutcome
from schema.types.complaint import Complaint, ConsumerCard
from schema.types.exemption import Exemption
from schema.types.follow_up import FollowUpRecord
from schema.types.parcel import Parcel
from schema.types.policy import Policy
from schema.types.reply import ReplyTemplate
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
from schema.types.webhook import Webhook, WebhookDelivery


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


@strawberry.type(description="A webhook as saved.")
class SavedWebhook:
    """A webhook as saved."""

    webhook: Webhook = strawberry.field(description="The webhook.")
    secret: str | None = strawberry.field(
        description="`whsec_…`, when it was made or renewed by this very call; it is never shown again."
    )


@strawberry.type(description="A complaint after a change.")
class ComplaintPayload:
    """A complaint after a change."""

    position: int = strawberry.field(description="The position the change took in its shop's stream.")
    complaint: Complaint = strawberry.field(description="The complaint as it stands now.")


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


@strawberry.type(description="What became of one ticket.")
class BulkTicketRow:
    """What became of one ticket."""

    ticket_id: strawberry.ID = strawberry.field(description="The id, as it was sent.")
    position: int | None = strawberry.field(
        description="The position the change took in its shop's stream; null when nothing changed."
    )
    error: UserError | None = strawberry.field(description="Why it was refused.")
    ticket: Ticket | None = strawberry.field(
        description="The ticket as it stands now, also when it was refused; null when there is none."
    )


@strawberry.type(description="What became of each ticket of a call; good ones land though others fail.")
class BulkTicketPayload:
    """What became of each ticket of a call."""

    results: list[BulkTicketRow] = strawberry.field(
        description="One for each id that was sent, in their order."
    )
    succeeded: int = strawberry.field(description="How many stand as was asked for.")
    failed: int = strawberry.field(description="How many were refused.")
    error: UserError | None = strawberry.field(
        description="Why the whole call was refused; the results are then empty.", default=None
    )


@strawberry.type(description="What is there no longer.")
class Deleted:
    """What is there no longer."""

    id: strawberry.ID = strawberry.field(description="The id it had.")


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
ComplaintResult = Annotated[
    ComplaintPayload | NotFound | Forbidden | InvalidInput | IllegalTransition | IdempotencyConflict,
    strawberry.union("ComplaintResult", description="The complaint as it stands now, or why not."),
]
SaveShopResult = Annotated[
    Shop | NotFound | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("SaveShopResult", description="The shop as saved, or why not."),
]
SaveStaffMemberResult = Annotated[
    StaffMember | NotFound | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("SaveStaffMemberResult", description="The member as saved, or why not."),
]
SaveReplyTemplateResult = Annotated[
    ReplyTemplate | NotFound | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("SaveReplyTemplateResult", description="The template as saved, or why not."),
]
SaveWebhookResult = Annotated[
    SavedWebhook | NotFound | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("SaveWebhookResult", description="The webhook as saved, or why not."),
]
RedeliverResult = Annotated[
    WebhookDelivery | NotFound | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("RedeliverResult", description="The delivery, which waits again, or why not."),
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
    Deleted | NotFound | Forbidden | InvalidInput | IdempotencyConflict,
    strawberry.union("DeleteResult", description="What was deleted, or why not."),
]
__all__ = [
    "AddNoteResult",
    "BulkTicketPayload",
    "BulkTicketRow",
    "ChangeWaybillPayload",
    "ChangeWaybillResult",
    "ComplaintPayload",
    "ComplaintResult",
    "DeleteResult",
    "Deleted",
    "RecordPayload",
    "RecordRow",
    "RedeliverResult",
    "ReplyToTicketResult",
    "SaveExemptionResult",
    "SavePolicyResult",
    "SaveReplyTemplateResult",
    "SaveShopResult",
    "SaveStaffMemberResult",
    "SaveWebhookResult",
    "SavedWebhook",
    "TicketPayload",
    "UrgePayload",
    "UrgeResult",
]
