"""Policies: what is in force, and saving another version of one (`domain.md §3-§10`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from jsonschema import Draft202012Validator

from db import calendar, database, idempotency, policies
from domain import access, policy_document
from domain.access import Action
from domain.errors import InvalidInput, Problem
from domain.shop import Market
from resolvers import once
from resolvers.reads import shops
from resolvers.rule_commands import PolicySaved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from db.database import Connection
    from db.policies import SavedPolicy
    from domain.policy import Policy
    from resolvers.context import Context
    from resolvers.rule_commands import SavePolicy

DOCUMENT_CHARACTERS = 100_000
MOST_PROBLEMS = 20
_PATH = ("input", "document")


class Shown(NamedTuple):
    """A version as it was saved, and what it says; windows set for a demo or a test are not in it."""

    saved: SavedPolicy
    policy: Policy


async def of_shop(context: Context, public: str) -> tuple[Policy, str] | None:
    """What a ticket of a shop that opens now is under, and the language of the shop's cards.

    None for a shop that the viewer does not see.
    """
    found = await shops.market_and_locale(context, public)
    if found is None:
        return None
    market, locale = found
    async with context.database.pool.acquire() as connection:
        book = await context.rules.now(connection)
        return book.current(market, await database.now(connection)), locale


async def find(context: Context, market: Market, version: int | None) -> Shown | None:
    """A version of a market's policy, the one in force when None; None when there is no such version."""
    async with context.database.pool.acquire() as connection:
        if version is None:
            book = await context.rules.now(connection)
            version = book.current(market, await database.now(connection)).version
        every = await policies.every(connection)
    found = [each for each in every if each.market is market and each.version == version]
    if not found:
        return None
    return Shown(found[0], policy_document.read(orjson.loads(found[0].document), version))


async def save(context: Context, command: SavePolicy) -> PolicySaved:
    """A new version, for tickets that open from `active_from` on (now); with `retime` for open ones too.

    Raises `Forbidden`, `InvalidInput` (every fault of the document), `IdempotencyConflict`.
    """
    access.require(context.viewer, Action.SET_RULES)
    _check(command.document)

    async def work(connection: Connection) -> once.Done[PolicySaved]:
        await calendar.one_at_a_time(connection)
        now = await database.now(connection)
        tolerance = (await context.rules.now(connection)).current(command.market, now).future_tolerance
        active_from = now if command.active_from is None else command.active_from
        _check_time(active_from, now - tolerance, now, retime=command.retime)
        version = await policies.next_version(connection, command.market)
        saved = policies.SavedPolicy(command.market, version, command.document, max(active_from, now))
        await policies.insert(connection, saved, saved_by=context.viewer.subject, now=now)
        await calendar.policy_changed(connection, command.market, version, now, retime=command.retime)
        return once.Done(PolicySaved(command.market.value, version))

    return await once.run(
        context, command, idempotency.NO_SHOP, result=lambda kept: PolicySaved(**kept), work=work
    )


def _check_time(active_from: datetime, earliest: datetime, now: datetime, *, retime: bool) -> None:
    path = ("input", "activeFrom")
    if active_from < earliest:
        message = "A version is never in force from before it was saved."
        raise InvalidInput([Problem("IN_THE_PAST", message, path)])
    if retime and active_from > now:
        message = "Open tickets are put under a version that is in force at once: leave activeFrom out."
        raise InvalidInput([Problem("IN_THE_FUTURE", message, path)])


def _check(text: str) -> None:
    if len(text) > DOCUMENT_CHARACTERS:
        message = f"A policy has at most {DOCUMENT_CHARACTERS} characters."
        raise InvalidInput([Problem("TOO_LONG", message, _PATH)])
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"The document is not JSON: {error.msg} (line {error.lineno})."
        raise InvalidInput([Problem("NOT_JSON", message, _PATH)]) from None
    found = list(_faults(document))
    if not found:
        found = [
            Problem(each.code, each.message, (*_PATH, *each.path))
            for each in policy_document.problems(document)
        ]
    if found:
        raise InvalidInput(found[:MOST_PROBLEMS])


def _faults(document: Any) -> Iterator[Problem]:  # noqa: ANN401 - any JSON
    """Where the document breaks the schema, in the order of the document."""
    validator = Draft202012Validator(policies.schema())
    for error in sorted(validator.iter_errors(document), key=lambda each: [str(step) for step in each.path]):
        path = tuple(str(step) for step in error.absolute_path)
        yield Problem(str(error.validator).upper(), _message(error.message, path), (*_PATH, *path))


def _message(message: str, path: tuple[str, ...]) -> str:
    """What is wrong and where; a long value is not repeated to who sent it."""
    text = message if len(message) <= 200 else f"{message[:200]}…"  # noqa: PLR2004 - characters shown
    return f"{'.'.join(path) or 'document'}: {text}."
