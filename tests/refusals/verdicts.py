"""What a case must be answered with, and what is wrong with an answer that is something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType

from domain import errors
from tests.schema.documents import TYPES

CODES: dict[str, str] = {
    kind.__name__: kind.code
    for kind in (
        errors.NotFound,
        errors.Forbidden,
        errors.InvalidInput,
        errors.IllegalTransition,
        errors.VersionConflict,
        errors.WaybillRefused,
        errors.UrgeRefused,
        errors.IdempotencyConflict,
    )
}
"""The code of each typed error."""
INPUT, TOKEN = "BAD_USER_INPUT", "UNAUTHENTICATED"


def error_types() -> set[str]:
    """The typed errors of the schema."""
    wanted = TYPES["UserError"]
    assert isinstance(wanted, GraphQLInterfaceType)
    return {
        name
        for name, made in TYPES.items()
        if isinstance(made, GraphQLObjectType) and wanted in made.interfaces
    }


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    body: dict[str, Any]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """GraphQL's errors."""
        return self.body.get("errors") or []


@dataclass(frozen=True)
class Unread:
    """The request is refused before any mutation runs; `names`: what the message has to name."""

    code: str
    names: str = ""

    def faults(self, answer: Answer, mutation: str) -> list[str]:
        """What is wrong with the answer."""
        codes = [error.get("extensions", {}).get("code") for error in answer.errors]
        if (answer.body.get("data") or {}).get(mutation) is not None or set(codes) != {self.code}:
            return [f"wanted only {self.code}, got {answer.body}"]
        unnamed = [each["message"] for each in answer.errors if self.names not in each["message"]]
        return [f"{self.names} is not named: {message}" for message in unnamed]


@dataclass(frozen=True)
class Refused:
    """A typed error. `row`: of that row of a bulk answer; `problem`: the one of an `InvalidInput`.

    `more`: other fields of the error. `tolerated`: codes of problems that may stand beside it.
    """

    member: str
    path: tuple[str, ...] | None = None
    problem: str | None = None
    row: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    tolerated: frozenset[str] = frozenset()

    def at(self, *path: str, row: int | None = None) -> Refused:
        """The same at that input field, what `path` it has counted from there."""
        found = None if self.path is None and not path else (*path, *(self.path or ()))
        return replace(self, path=found, row=row)

    def faults(self, answer: Answer, mutation: str) -> list[str]:
        """What is wrong with the answer."""
        found = _error(answer, mutation, self.row)
        if found is None:
            return [f"wanted {self.member}, got {str(answer.body)[:500]}"]
        wanted = {
            "__typename": self.member,
            "code": CODES[self.member],
            "path": None if self.path is None else list(self.path),
            **self.more,
        }
        wrong = [f"{name}: wanted {value}, got {found.get(name)}" for name, value in wanted.items()
                 if found.get(name) != value]  # fmt: skip
        return [*wrong, *_bad_message(found), *self._problem_faults(found)]

    def _problem_faults(self, found: dict[str, Any]) -> list[str]:
        if self.problem is None:
            return []
        problems = found.get("problems") or []
        named = [(each["code"], each["path"]) for each in problems if each["code"] not in self.tolerated]
        wrong = [each for problem in problems for each in _bad_message(problem)]
        expected = [(self.problem, list(self.path or ()))]
        return wrong if named == expected else [*wrong, f"problems: wanted {expected}, got {named}"]


@dataclass(frozen=True)
class Lands:
    """It is done; of a bulk answer every row."""

    def faults(self, answer: Answer, mutation: str) -> list[str]:
        """What is wrong with the answer."""
        payload = (answer.body.get("data") or {}).get(mutation)
        if answer.errors or payload is None:
            return [f"it was to land, got {str(answer.body)[:500]}"]
        refused = payload["__typename"] in error_types() or payload.get("error") is not None
        rows = [each["error"] for each in _rows(payload) if each["error"] is not None]
        return [f"it was to land, got {str(payload)[:500]}"] if refused or rows else []


Verdict = Unread | Refused | Lands


def wrong(problem: str, *at: str, tolerated: frozenset[str] = frozenset()) -> Refused:
    """An `InvalidInput` for this problem, at the field or below it."""
    return Refused("InvalidInput", at, problem, tolerated=tolerated)


MISSING = Refused("NotFound", ())
FORBIDDEN = Refused("Forbidden")
CONFLICT = Refused("IdempotencyConflict", ("input", "idempotencyKey"))


def illegal(status: str) -> Refused:
    """The status does not allow it."""
    return Refused("IllegalTransition", more={"currentStatus": status})


def urge_refused(refusal: str) -> Refused:
    """The buyer may not urge."""
    return Refused("UrgeRefused", more={"refusal": refusal})


def waybill_refused(refusal: str, *path: str) -> Refused:
    """The number is not taken."""
    return Refused("WaybillRefused", path or ("input", "waybill", "number"), more={"waybillRefusal": refusal})


def _error(answer: Answer, mutation: str, row: int | None) -> dict[str, Any] | None:
    payload: dict[str, Any] | None = (answer.body.get("data") or {}).get(mutation)
    if answer.errors or payload is None:
        return None
    found: dict[str, Any] | None
    if row is not None:
        rows = _rows(payload)
        found = rows[row]["error"] if row < len(rows) and payload["error"] is None else None
        return found
    if payload["__typename"] in error_types():
        return payload
    found = None if _rows(payload) else payload.get("error")
    return found


def _rows(payload: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = payload.get("results") or payload.get("rows") or []
    return rows


def _bad_message(found: dict[str, Any]) -> list[str]:
    """A person is told what to change, in a whole sentence."""
    message = str(found.get("message") or "")
    whole = len(message) > len("No such thing.") and not message[0].isspace() and message[-1] in ".}"
    return [] if whole else [f"no sentence: {message!r}"]
