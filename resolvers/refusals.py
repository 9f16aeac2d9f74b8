"""Refusals of rows, as an idempotency key keeps them and tells them again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain import errors
from domain.errors import DomainError, IllegalTransition, InvalidInput, NotFound, Problem
from resolvers import once


def kept(error: Exception | None) -> dict[str, Any] | None:
    """What is stored of the refusal of a row; None for a row that landed."""
    if isinstance(error, InvalidInput):
        return {"problems": once.plain(error.problems)}
    if not isinstance(error, DomainError):
        return None
    found = {"code": error.code, "message": error.message, "path": once.plain(error.path)}
    if isinstance(error, IllegalTransition):
        found["status"] = error.current_status
        found["ticket"] = None if error.ticket is None else [str(each) for each in error.ticket]
    return found


def again(stored: dict[str, Any] | None) -> DomainError | None:
    """The refusal that `kept` stored."""
    if stored is None:
        return None
    if "problems" in stored:
        return InvalidInput(
            [Problem(each["code"], each["message"], tuple(each["path"])) for each in stored["problems"]]
        )
    error: DomainError
    if stored["code"] == errors.NotFound.code:
        error = NotFound("", path=stored["path"])
        error.message = stored["message"]
    elif stored["code"] == errors.IllegalTransition.code:
        shop_id, ticket_id = stored["ticket"]
        error = IllegalTransition(
            stored["message"], current_status=stored["status"], ticket=(UUID(shop_id), UUID(ticket_id))
        )
    else:
        raise ValueError(f"a row's error of code {stored['code']} cannot be told again")
    return error
