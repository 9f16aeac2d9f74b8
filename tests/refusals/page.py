"""`docs/errors.md`, made from the tables: for each mutation its typed errors, and when they come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from graphql import GraphQLObjectType

from tests.refusals.actors import MAY, Actor
from tests.refusals.cases import rule_of
from tests.refusals.coverage import REASONS
from tests.refusals.odd import ODD
from tests.refusals.places import mutations, places
from tests.refusals.rows import LISTS
from tests.refusals.samples import SAMPLES
from tests.refusals.statuses import STATUSES
from tests.refusals.verdicts import Refused
from tests.schema.documents import TYPES

FILE = Path(__file__).parents[2] / "docs" / "errors.md"
KEY = ("input", "idempotencyKey")
HEAD = """# Errors
What each mutation is refused with, and when. Made by `python -m tests.refusals` from the tables of
`tests/refusals`, which send every one of these and more; a test compares.

A refusal changes nothing, and leaves its idempotency key unused. There is one exception: a reply or a
withdrawal at or after the deadline is refused, and the complaint is filed, as the worker would have
(`IllegalTransition`, `UrgeRefused`).

## Before a mutation runs
GraphQL's `errors`, with `extensions.code`:
| code | when |
|---|---|
| `UNAUTHENTICATED` | no bearer token, or one that is not valid or over |
| `BAD_USER_INPUT` | an input field is missing, null, surplus or of another type; the message names it |
| `GRAPHQL_PARSE_FAILED` | the document cannot be read |
| `GRAPHQL_VALIDATION_FAILED` | the document does not fit the schema |
| `LIMIT` | the document is too long, too deep or too large |
| `UNAVAILABLE` | a server that is needed is away: try again |
| `INTERNAL` | a fault of ours: tell us the request id of the message |

## Typed errors
Members of the mutation's union. In mutations of many rows they stand in `error`, of the payload for the
whole call and of a row for that row; good rows land all the same. `code` is one for each type (`NOT_FOUND`,
`FORBIDDEN`, `INVALID_INPUT` …), `path` leads to the input field, `problems` of an `InvalidInput` name every
fault with a code of its own: those below. `N` is the index of a row.

- `Forbidden`: your role may not do it at all, whatever is sent. A thing that is not yours is `NotFound`,
  like one that is not there.
- `InvalidInput` with `BAD_KEY` at `input.idempotencyKey`: blank, longer than 200 characters, or with a zero
  character (U+0000).
- `IdempotencyConflict`: the key was used before, within 7 days, with other input.
"""


class Line(NamedTuple):
    """What a mutation is refused with, where, and when."""

    error: str
    path: tuple[str, ...] | None
    when: str


def text() -> str:
    """The page."""
    return "\n".join([HEAD, *(_of(mutation) for mutation in mutations())])


def _of(mutation: str) -> str:
    made = TYPES["Mutation"]
    assert isinstance(made, GraphQLObjectType)
    merged: dict[tuple[str, tuple[str, ...] | None], list[str]] = {}
    for line in _lines(mutation):
        whens = merged.setdefault((line.error, line.path), [])
        whens += [] if line.when in whens else [line.when]
    rows = [f"| {error} | {_shown(path)} | {'; '.join(whens)} |" for (error, path), whens in merged.items()]
    table = ["| error | path | when |", "|---|---|---|", *rows]
    rowwise = [f"One result for each of `{LISTS[mutation]}`."] if mutation in LISTS else []
    said = " ".join([str(made.fields[mutation].description), *rowwise])
    return "\n".join([f"## {mutation}", said, "", *table, ""])


def _lines(mutation: str) -> Iterator[Line]:
    yield Line("`Forbidden`", None, f"not {_who(MAY[mutation])}")
    for sample in SAMPLES[mutation]:
        if sample.only == frozenset({Actor.PLATFORM}) != MAY[mutation]:
            yield Line("`Forbidden`", None, f"{sample.name}, with all fields: not the platform")
    yield from _of_fields(mutation)
    yield from _of_states(mutation)
    for odd in ODD:
        # One without a problem breaks several rules at once: each has a line of its own.
        if odd.mutation == mutation and (odd.verdict.problem or odd.verdict.member != "InvalidInput"):
            reason = odd.verdict.problem or _reason(odd.verdict)
            yield Line(_error(odd.verdict.member, reason), odd.verdict.path, odd.when)


def _of_fields(mutation: str) -> Iterator[Line]:
    for place in places(mutation):
        rule = rule_of(place)
        if place.path == KEY or rule is None:
            continue
        for said in rule.said():
            yield Line(_error(said.member, said.problem), (*place.path, *said.at), said.when)


def _of_states(mutation: str) -> Iterator[Line]:
    for over in STATUSES.get(mutation, ()):
        for name, verdict in over.states.items():
            if isinstance(verdict, Refused):
                yield Line(_error(verdict.member, _reason(verdict)), verdict.path, _state(name))


def _who(may: frozenset[Actor]) -> str:
    return " or ".join(actor.value for actor in Actor if actor in may)


def _reason(verdict: Refused) -> str | None:
    named = REASONS.get(verdict.member)
    return None if named is None else str(verdict.more[named[0]])


def _error(member: str, reason: str | None) -> str:
    return f"`{member}`" if reason is None else f"`{member}` `{reason}`"


def _state(name: str) -> str:
    return f"{name.replace('.', ' ').replace('number of ', '')}"


def _shown(path: tuple[str, ...] | None) -> str:
    return "" if path is None else f"`{'.'.join('N' if step.isdigit() else step for step in path)}`"
