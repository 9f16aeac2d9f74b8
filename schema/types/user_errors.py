"""What a user can do something about: data, not GraphQL errors."""

from datetime import datetime

import strawberry

from domain.urge import UrgeRefusal
from domain.waybill import WaybillRefusal
from schema.types.follow_up import FollowUpRecord
from schema.types.ticket import Ticket


@strawberry.interface(description="Why a write was refused, for programs and for people.")
class UserError:
    """Why a write was refused."""

    code: str = strawberry.field(description="For programs: one for each type of refusal.")
    message: str = strawberry.field(description="For people, in English.")
    path: list[str] | None = strawberry.field(
        description="The input field at fault, as a path.", default=None
    )


@strawberry.type(description="There is no such thing, or none that you may see.")
class NotFound(UserError):
    """There is no such thing."""


@strawberry.type(description="The role may not do this at all.")
class Forbidden(UserError):
    """The role may not do this."""


@strawberry.type(description="One fault of an input.")
class InputProblem:
    """One fault of an input."""

    code: str = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people, in English.")
    path: list[str] = strawberry.field(description="The input field at fault, as a path.")


@strawberry.type(description="The input breaks a rule.")
class InvalidInput(UserError):
    """The input breaks a rule."""

    problems: list[InputProblem] = strawberry.field(description="Every fault, the first of them also above.")


@strawberry.type(description="The status of the ticket or complaint does not allow it.")
class IllegalTransition(UserError):
    """The status of the ticket or complaint does not allow it."""

    current_ticket: Ticket | None = strawberry.field(description="The ticket as it stands.")
    current_status: str = strawberry.field(
        description="The status that does not allow it, of the ticket or the complaint."
    )


@strawberry.type(description="Somebody was first: `current` is what stands now, `lastChange` what they did.")
class VersionConflict(UserError):
    """Somebody was first."""

    current: Ticket = strawberry.field(description="The ticket as it stands.")
    last_change: FollowUpRecord = strawberry.field(description="The last record that made a version.")


@strawberry.type(description="The new waybill number is not taken.")
class WaybillRefused(UserError):
    """The new waybill number is not taken."""

    waybill_refusal: WaybillRefusal = strawberry.field(description="Why.")


@strawberry.type(description="The buyer may not urge now.")
class UrgeRefused(UserError):
    """The buyer may not urge now."""

    refusal: UrgeRefusal = strawberry.field(description="Why.")
    available_at: datetime | None = strawberry.field(description="From when on it may be allowed, if known.")
    existing_ticket: Ticket | None = strawberry.field(description="The ticket that stands in the way.")


@strawberry.type(description="The idempotency key was used before with other input.")
class IdempotencyConflict(UserError):
    """The idempotency key was used before with other input."""
