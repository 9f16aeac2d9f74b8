"""Every error on its way out: domain errors as members of result unions, all others with a code."""

import logging
import traceback
from collections.abc import Iterable, Iterator
from typing import Any

from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.field import StrawberryField

from domain import errors as domain_errors
from live import cursor as live_cursor
from live import throttle
from live.subscriber import Ended
from resolvers.plan.refs import Key, Ref
from resolvers.reads import history
from resolvers.reads.refusals import AWAY, BadCursor, ReadRefused, TooMuch
from schema.context import Asked, Info, Unauthenticated
from schema.types import user_errors

log = logging.getLogger(__name__)


def _plain(error: domain_errors.DomainError) -> dict[str, Any]:
    path = None if error.path is None else list(error.path)
    return {"code": error.code, "message": error.message, "path": path}


def _ticket(key: Key | None) -> Any:  # noqa: ANN401 - stands for the ticket, as it stands when it is shown
    return None if key is None else Ref("Ticket", key)


async def member(error: domain_errors.DomainError, info: Info) -> user_errors.UserError:
    """The error as what a client reads: the one mapping, for unions and for rows of lists alike."""
    match error:
        case domain_errors.NotFound():
            return user_errors.NotFound(**_plain(error))
        case domain_errors.Forbidden():
            return user_errors.Forbidden(**_plain(error))
        case domain_errors.InvalidInput():
            problems = [
                user_errors.InputProblem(code=each.code, message=each.message, path=list(each.path))
                for each in error.problems
            ]
            return user_errors.InvalidInput(**_plain(error), problems=problems)
        case domain_errors.IdempotencyConflict():
            return user_errors.IdempotencyConflict(**_plain(error))
        case domain_errors.WaybillRefused():
            return user_errors.WaybillRefused(**_plain(error), waybill_refusal=error.refusal)
        case (
            domain_errors.VersionConflict() | domain_errors.IllegalTransition() | domain_errors.UrgeRefused()
        ):
            return await _member_with_ticket(error, info)
    raise TypeError(type(error).__name__)


async def _member_with_ticket(
    error: domain_errors.VersionConflict | domain_errors.IllegalTransition | domain_errors.UrgeRefused,
    info: Info,
) -> user_errors.UserError:
    ticket = _ticket(error.ticket)
    match error:
        case domain_errors.IllegalTransition():
            return user_errors.IllegalTransition(
                **_plain(error), current_ticket=ticket, current_status=error.current_status
            )
        case domain_errors.UrgeRefused():
            return user_errors.UrgeRefused(
                **_plain(error),
                refusal=error.refusal,
                available_at=error.available_at,
                existing_ticket=ticket,
            )
        case domain_errors.VersionConflict():
            change: Any = Ref("FollowUpRecord", await history.last_change(info.context.context, error.ticket))
            return user_errors.VersionConflict(**_plain(error), current=ticket, last_change=change)


class _Handler:
    """Answers one class of error with its member of the field's union."""

    def __init__(self, raised: type[domain_errors.DomainError], shown: type[user_errors.UserError]) -> None:
        self.exception_type = raised
        self.error_type = shown

    async def handle(
        self, exception: domain_errors.DomainError, *, field: StrawberryField, info: Info
    ) -> user_errors.UserError:
        """The member of the union."""
        del field
        return await member(exception, info)


HANDLERS = [
    _Handler(domain_errors.NotFound, user_errors.NotFound),
    _Handler(domain_errors.Forbidden, user_errors.Forbidden),
    _Handler(domain_errors.InvalidInput, user_errors.InvalidInput),
    _Handler(domain_errors.IllegalTransition, user_errors.IllegalTransition),
    _Handler(domain_errors.VersionConflict, user_errors.VersionConflict),
    _Handler(domain_errors.WaybillRefused, user_errors.WaybillRefused),
    _Handler(domain_errors.UrgeRefused, user_errors.UrgeRefused),
    _Handler(domain_errors.IdempotencyConflict, user_errors.IdempotencyConflict),
]


CODES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((TooMuch,), "LIMIT"),
    ((BadCursor, live_cursor.BadCursor), "BAD_CURSOR"),
    ((ReadRefused, CannotGetOperationTypeError, InvalidOperationTypeError), "BAD_USER_INPUT"),
    ((MissingQueryError,), "GRAPHQL_PARSE_FAILED"),
    ((Unauthenticated,), "UNAUTHENTICATED"),
    ((domain_errors.Forbidden,), "FORBIDDEN"),
    ((domain_errors.DomainError,), "BAD_USER_INPUT"),
    ((*AWAY, Ended), "UNAVAILABLE"),
)
"""What is raised on the way, and the code that clients see; the first that fits."""


class CodedErrors(SchemaExtension):
    """Gives every error its `extensions.code`, and hides what is not for clients."""

    def __init__(self) -> None:
        self._streamed = False

    def on_parse(self) -> Iterator[None]:
        """A document that cannot be read."""
        yield
        self._mark("GRAPHQL_PARSE_FAILED")

    def on_validate(self) -> Iterator[None]:
        """A document that does not fit the schema."""
        yield
        self._mark("GRAPHQL_VALIDATION_FAILED")

    def on_operation(self) -> Iterator[None]:
        """The result of a query or mutation."""
        yield
        if not self._streamed:
            self._finish(self.execution_context.result)

    def on_stream_result(self, result: object) -> Iterator[None]:
        """One message of a stream, or the refusal of the whole stream."""
        self._streamed = True
        self._finish(result)
        yield

    def _mark(self, code: str) -> None:
        for error in self.execution_context.pre_execution_errors or ():
            if "code" not in (error.extensions or {}):
                error.extensions = {**(error.extensions or {}), "code": code}

    def _finish(self, result: object) -> None:
        if isinstance(result, CoreResult | ExecutionResult) and result.errors:
            result.errors = finished(result.errors, self.execution_context.context)


def finished(errors: Iterable[GraphQLError], asked: object) -> list[GraphQLError]:
    """The errors as clients may see them."""
    request_id = asked.request_id if isinstance(asked, Asked) else "-"
    return [_finished(error, request_id) for error in errors]


def _finished(error: GraphQLError, request_id: str) -> GraphQLError:
    if "code" in (error.extensions or {}):
        return error
    cause = _cause(error)
    if cause is None:
        return _coded(error, "BAD_USER_INPUT", error.message)
    code = _code(cause)
    if code == "UNAUTHENTICATED":
        return _coded(error, code, "This takes a valid bearer token.")
    if code == "UNAVAILABLE":
        throttle.POSTGRES.warning(f"request {request_id}: a server we need is away", cause, message=False)
        return _coded(error, code, "The service is not available right now: try again in a moment.")
    if code is not None:
        return _coded(error, code, str(cause))
    # The message of an exception may hold what people wrote: only its class and place are logged.
    place = "".join(traceback.format_tb(cause.__traceback__))
    log.error("request %s: %s at %s\n%s", request_id, type(cause).__name__, error.path, place)
    return _coded(error, "INTERNAL", f"Something went wrong on our side. Request {request_id}.")


def _code(cause: Exception) -> str | None:
    """The code of what was raised; None for what nobody meant to raise."""
    for kinds, code in CODES:
        if isinstance(cause, kinds):
            return code
    return None


def _cause(error: GraphQLError) -> Exception | None:
    """What was raised below GraphQL's own errors; None when GraphQL itself refuses."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _coded(error: GraphQLError, code: str, message: str) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code},
    )
