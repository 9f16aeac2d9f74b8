"""One operation, asked of the product and of its oracle in one transaction, and what differs."""

from __future__ import annotations

import base64
import binascii
import inspect
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import orjson
from graphql import ExecutionResult, execute, parse, validate
from strawberry.schema._graphql_core import execution_context_class_kwargs
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema import context, errors, limits
from schema.build import schema
from tests.oracle.context import Asked as OracleAsked
from tests.oracle.context import Context
from tests.oracle.operations import Asked
from tests.oracle.schema import oracle
from tests.oracle.transaction import OneTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.database import Database
    from domain.access import Viewer
    from resolvers.context import Services

Pairs = frozenset[tuple[str, str]]
"""Code and root field of each error."""
MADE_FROM_ARGUMENTS = frozenset({"LIMIT", "BAD_CURSOR", "BAD_USER_INPUT", "FORBIDDEN"})


@dataclass(frozen=True)
class Answer:
    """Data as parsed, and the code and root field of each error."""

    data: Any
    errors: Pairs


class Different(AssertionError):
    """The product's answer is not the oracle's."""


class Outcome(NamedTuple):
    """What a comparison met: whether something was refused, and pairs of cursors of the same place."""

    refused: bool
    cursors: list[tuple[str, str]]


async def compare(services: Services, viewer: Viewer, asked: Asked) -> Outcome | None:
    """Ask both; None when the document is none of the schema or too large.

    Raises:
        Different: with the document and both answers.
    """
    document = parse(asked.document)
    if limits.check(document) is not None or validate(schema._schema, document):
        return None
    async with OneTransaction.begin(services.database) as one:
        wanted, found = await _agree(services, one, viewer, asked, sights=2)
        # The plan is known by now: what directives and values of variables say must still count.
        await _agree(services, one, viewer, _turned(asked), sights=1)
        await _agree(services, one, viewer, asked, sights=1)
    refused = bool(wanted.errors)
    return Outcome(refused, [] if refused else list(_cursors(found.data, wanted.data)))


async def _agree(
    services: Services, one: OneTransaction, viewer: Viewer, asked: Asked, *, sights: int
) -> tuple[Answer, Answer]:
    """The oracle's answer and the product's, which agree; raises `Different`."""
    wanted = await _oracle(services, one, viewer, asked)
    found = wanted
    for _ in range(sights):
        found = await _product(services, one, viewer, asked)
        reasons = list(differences(found, wanted))
        if reasons:
            raise Different(_report(viewer, asked, reasons, found, wanted))
    return wanted, found


def _turned(asked: Asked) -> Asked:
    """The same document with every switch turned, and smaller pages."""
    turned = {
        name: not value if isinstance(value, bool) else value - 1 if isinstance(value, int) else value
        for name, value in asked.variables.items()
    }
    return Asked(asked.document, turned, asked.cursors)


async def _oracle(services: Services, one: OneTransaction, viewer: Viewer, asked: Asked) -> Answer:
    variables = {**asked.variables, **{name: pair[1] for name, pair in asked.cursors.items()}}
    # Not by Strawberry's `execute`, which would validate the document once more.
    executing = execute(
        oracle._schema,
        parse(asked.document),
        variable_values=variables,
        context_value=OracleAsked(Context(one, viewer, services.rules.book)),
        **execution_context_class_kwargs(StrawberryGraphQLCoreExecutionContext),
    )
    result = await executing if inspect.isawaitable(executing) else executing
    assert isinstance(result, ExecutionResult)
    return _answer(result.data, errors.finished(result.errors or [], None))


async def _product(services: Services, one: OneTransaction, viewer: Viewer, asked: Asked) -> Answer:
    variables = {**asked.variables, **{name: pair[0] for name, pair in asked.cursors.items()}}
    database: Database = one  # type: ignore[assignment]
    result = await schema.execute(
        asked.document,
        variable_values=variables,
        context_value=context.Asked(replace(services, database=database), viewer),
    )
    return _answer(orjson.loads(orjson.dumps(result.data)), result.errors or [])


def _answer(data: Any, found: list[Any]) -> Answer:
    return Answer(
        data,
        frozenset(
            (str((error.extensions or {}).get("code")), str((error.path or ["?"])[0])) for error in found
        ),
    )


def differences(found: Answer, wanted: Answer) -> Iterator[str]:
    """What the product says otherwise than the oracle."""
    if wanted.errors or found.errors:
        yield from _errors(found.errors, wanted.errors)
        return
    yield from _data(found.data, wanted.data, "data")


def _errors(found: Pairs, wanted: Pairs) -> Iterator[str]:
    """An argument is refused also where the oracle met no row to refuse it for. The first error of a field
    that may not be null ends the others, so of several root fields either side may name another.
    """
    said = f"errors {sorted(found)} instead of {sorted(wanted)}"
    only_arguments = {code for code, _ in found} <= MADE_FROM_ARGUMENTS
    if not found or (not wanted and not only_arguments):
        yield said
    elif wanted and not found & wanted:
        roots = {place for _, place in found | wanted}
        if len(roots) == 1 and not only_arguments:
            yield said


def _data(found: Any, wanted: Any, path: str) -> Iterator[str]:
    if isinstance(found, dict) and isinstance(wanted, dict):
        if list(found) != list(wanted):
            yield f"{path} has the keys {list(found)} instead of {list(wanted)}"
            return
        for key in found:
            yield from _data(found[key], wanted[key], f"{path}.{key}")
    elif isinstance(found, list) and isinstance(wanted, list):
        if len(found) != len(wanted):
            yield f"{path} has {len(found)} entries instead of {len(wanted)}"
            return
        for place, (one, other) in enumerate(zip(found, wanted, strict=True)):
            yield from _data(one, other, f"{path}.{place}")
    elif _is_number(found) and _is_number(wanted):
        if found != wanted:  # by value: PostgreSQL writes a Float that is whole without a point
            yield f"{path} is {found!r} instead of {wanted!r}"
    elif type(found) is not type(wanted) or (found != wanted and not _same_cursor(found, wanted)):
        yield f"{path} is {found!r} instead of {wanted!r}"


def _keys(cursor: str) -> list[str] | None:
    """The sort keys in a cursor of the oracle."""
    try:
        parts = orjson.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
    except (ValueError, binascii.Error):
        return None
    return parts[1:] if isinstance(parts, list) and len(parts) > 1 else None


def _packed(key: str) -> bytes:
    """A key as the product's cursor holds it: an id, an instant, money, a number or a text."""
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key):
        return UUID(key).bytes
    if key == "infinity":
        return (2**63 - 1).to_bytes(8)
    if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00", key):
        since = datetime.fromisoformat(key + ":00") - datetime(2000, 1, 1, tzinfo=UTC)
        return (since // timedelta(microseconds=1)).to_bytes(8, signed=True)
    if re.fullmatch(r"\d+\.\d\d", key):
        return int(key.replace(".", "")).to_bytes(8)
    if key.isdecimal():
        return int(key).to_bytes(4)
    return len(key.encode()).to_bytes(4) + key.encode()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same_cursor(found: Any, wanted: Any) -> bool:
    """Whether two cursors name the same row: the first part tells the list, and the two differ in it."""
    if not isinstance(found, str) or not isinstance(wanted, str):
        return False
    keys = _keys(wanted)
    if keys is None or re.fullmatch(r"([0-9a-f]{2}){9,}", found) is None:
        return False
    packed = b"".join(_packed(key) for key in keys)
    own = bytes.fromhex(found)
    # A digest of the list, and the id of the row whose list it is.
    return own.endswith(packed) and len(own) - len(packed) in {8, 24}


def _cursors(found: Any, wanted: Any) -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        for key in found:
            yield from _cursors(found[key], wanted[key])
    elif isinstance(found, list):
        for one, other in zip(found, wanted, strict=True):
            yield from _cursors(one, other)
    elif isinstance(found, str) and found != wanted and _same_cursor(found, wanted):
        yield found, wanted


def _report(viewer: Viewer, asked: Asked, reasons: list[str], found: Answer, wanted: Answer) -> str:
    lines = [
        f"viewer {viewer.role} of {len(viewer.shop_ids) if viewer.shop_ids is not None else 'all'} shops",
        asked.document,
        f"variables {asked.variables} cursors {asked.cursors}",
        *reasons[:5],
        f"product {sorted(found.errors)}",
        f"oracle {sorted(wanted.errors)}",
    ]
    return "\n".join(lines)
