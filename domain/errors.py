"""What can be refused, as exceptions; `schema/errors.py` turns each into its member of a result union."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from domain.urge import UrgeRefusal
    from domain.waybill import WaybillRefusal


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of an input: `code` for programs, `message` for people, `path` to the input field."""

    code: str
    message: str
    path: tuple[str, ...]

    def under(self, *path: str) -> Problem:
        """The same fault of a field that stands below `path`."""
        return replace(self, path=(*path, *self.path))


class DomainError(Exception):
    """Something the user can mend. `path` leads to the input field at fault, when there is one."""

    code: ClassVar[str] = "DOMAIN_ERROR"

    def __init__(self, message: str, *, path: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = None if path is None else tuple(path)


class NotFound(DomainError):
    """There is no such thing, or it is not the viewer's: the two answer alike (`domain.md §12`)."""

    code = "NOT_FOUND"

    def __init__(self, what: str, *, path: Sequence[str] | None = None) -> None:
        super().__init__(f"There is no such {what}.", path=path)


class Forbidden(DomainError):
    """The viewer's role may not do this at all (`domain.md §12`)."""

    code = "FORBIDDEN"


class InvalidInput(DomainError):
    """The input breaks one or more rules; every fault is named, the first of them also on top."""

    code = "INVALID_INPUT"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message, path=problems[0].path)
        self.problems = tuple(problems)


class IllegalTransition(DomainError):
    """The status of the ticket or complaint does not allow it (`domain.md §3, §10`)."""

    code = "ILLEGAL_TRANSITION"

    def __init__(self, message: str, *, current_status: str, ticket: tuple[UUID, UUID] | None) -> None:
        super().__init__(message)
        self.current_status = current_status
        self.ticket = ticket


class VersionConflict(DomainError):
    """Somebody changed the ticket first: read it again, then decide."""

    code = "VERSION_CONFLICT"

    def __init__(self, *, expected: int, actual: int, ticket: tuple[UUID, UUID]) -> None:
        super().__init__(
            f"The ticket is at version {actual}, not {expected}: read it again.",
            path=("input", "expectedVersion"),
        )
        self.ticket = ticket


class WaybillRefused(DomainError):
    """The new waybill number is not taken (`domain.md §7`)."""

    code = "WAYBILL_REFUSED"

    def __init__(self, refusal: WaybillRefusal, message: str, *, path: Sequence[str] | None = None) -> None:
        super().__init__(message, path=path)
        self.refusal = refusal


class UrgeRefused(DomainError):
    """The buyer may not urge now (`domain.md §4`)."""

    code = "URGE_REFUSED"

    def __init__(
        self,
        refusal: UrgeRefusal,
        message: str,
        *,
        available_at: datetime | None = None,
        ticket: tuple[UUID, UUID] | None = None,
    ) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.available_at = available_at
        self.ticket = ticket


class IdempotencyConflict(DomainError):
    """The idempotency key was used before with other input."""

    code = "IDEMPOTENCY_CONFLICT"

    def __init__(self) -> None:
        super().__init__(
            "This idempotencyKey was used before with other input: take a new key for a new request.",
            path=("input", "idempotencyKey"),
        )
