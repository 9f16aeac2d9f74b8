"""The frame of every use case: one transaction, the idempotency key, effects after the commit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import orjson

from db import idempotency
from domain.errors import InvalidInput, Problem
from resolvers import effects

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from db.changes import Written
    from db.database import Connection
    from domain.errors import DomainError
    from resolvers.commands import Command
    from resolvers.context import Context

R = TypeVar("R")
KEY_CHARACTERS = 200


@dataclass(slots=True)
class Done(Generic[R]):
    """What a transaction came to. With a `refusal` what is written stays, and the caller is refused.

    Without `keeps_key` the key stays unused, as with a refusal: nothing that was asked for has happened.
    """

    result: R | None = None
    written: list[Written] = field(default_factory=list)
    positions: list[tuple[UUID, int]] = field(default_factory=list)
    refusal: DomainError | None = None
    keeps_key: bool = True


async def run(
    context: Context,
    command: Command,
    shop_id: UUID,
    *,
    result: Callable[[dict[str, Any]], R],
    work: Callable[[Connection], Awaitable[Done[R]]],
    keep: Callable[[R], dict[str, Any]] | None = None,
) -> R:
    """Run `work` in one transaction of `shop_id`, at most once under the command's key.

    `result` makes the answer again from what was stored under the key: what `keep` made of it, or the fields
    of a result dataclass.
    """
    key = key_of(context, command, shop_id)

    async def attempt(connection: Connection) -> Done[R]:
        if key is not None:
            stored = await idempotency.claim(connection, key)
            if stored is not None:
                return Done(result(stored))
        done = await work(connection)
        if key is not None and (done.refusal is not None or not done.keeps_key):
            await idempotency.forget(connection, key)
        elif key is not None:
            assert done.result is not None  # noqa: S101 - either a result or a refusal
            await idempotency.store(connection, key, (keep or plain)(done.result))
        return done

    done = await context.database.write(attempt)
    await effects.publish(context.services, done.written, done.positions)
    if done.refusal is not None:
        raise done.refusal
    assert done.result is not None  # noqa: S101 - either a result or a refusal
    return done.result


def key_of(context: Context, command: Command, shop_id: UUID) -> idempotency.Key | None:
    """The command's idempotency key in its scope: subject, operation, shop; None when it has none."""
    if command.idempotency_key is None:
        return None
    text = command.idempotency_key
    if not text.strip() or len(text) > KEY_CHARACTERS or "\x00" in text:
        message = (
            f"An idempotency key has 1 to {KEY_CHARACTERS} characters, none of them zero, not all blank."
        )
        raise InvalidInput([Problem("BAD_KEY", message, ("input", "idempotencyKey"))])
    viewer = context.viewer
    return idempotency.Key(
        shop_id,
        f"{viewer.role.value}:{viewer.subject}",
        type(command).__name__,
        text,
        _hash(command),
    )


def _hash(command: Command) -> bytes:
    asked = {name: value for name, value in plain(command).items() if name != "idempotency_key"}
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS, default=str)).digest()


def plain(value: Any) -> Any:  # noqa: ANN401 - anything a command or a result holds
    """Dataclasses as dictionaries of their fields, tuples as lists, at any depth."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value
