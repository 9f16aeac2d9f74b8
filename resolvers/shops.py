"""Shops: made by the platform, changed by it or by their owners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db import database, finding, idempotency, keys, shops
from domain import access, ids
from domain.access import Action
from domain.errors import InvalidInput, NotFound, Problem
from domain.events import ActorKind
from domain.ids import IdKind
from domain.order import text_problem
from domain.shop import LOCALES, Market
from resolvers import once
from resolvers.commands import Saved

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection
    from resolvers.commands import SaveShop
    from resolvers.context import Context

NAME_CHARACTERS = 100
DEFAULTS: dict[str, Any] = {"market": Market.GENERIC, "locale": LOCALES[0], "active": True}


async def save(context: Context, command: SaveShop) -> Saved:
    """A new shop (platform only; market GENERIC, locale zh-CN, active unless said), or a change of one.

    Owners change name and locale of their own; market and `active` are the platform's to change.
    """
    if command.id is None:
        return await _create(context, command)
    access.require(context.viewer, Action.CHANGE_SHOP)
    shop_id = ids.decode_as(IdKind.SHOP, command.id)
    async with context.database.pool.acquire() as connection:
        found = await finding.shop(connection, context.viewer, shop_id) if shop_id else None
    if found is None:
        raise NotFound("shop", path=("input", "id"))
    if context.viewer.role is not ActorKind.PLATFORM and not (
        command.market is None and command.active is None
    ):
        access.require(context.viewer, Action.MANAGE_SHOPS)
    _check(command)
    changes = _given(command)

    async def work(connection: Connection) -> once.Done[Saved]:
        shop = await shops.lock(connection, found)
        if shop is None:
            raise NotFound("shop", path=("input", "id"))
        await shops.update(connection, {**shop, **changes})
        return once.Done(_saved(found))

    return await once.run(context, command, found, result=lambda kept: Saved(**kept), work=work)


async def _create(context: Context, command: SaveShop) -> Saved:
    access.require(context.viewer, Action.MANAGE_SHOPS)
    _check(command)

    async def work(connection: Connection) -> once.Done[Saved]:
        shop_id = keys.new()
        now = await database.now(connection)
        given = {**DEFAULTS, **_given(command), "id": shop_id, "created_at": now}
        await shops.insert(connection, given)
        return once.Done(_saved(shop_id))

    return await once.run(context, command, idempotency.NO_SHOP, result=lambda kept: Saved(**kept), work=work)


def _given(command: SaveShop) -> dict[str, Any]:
    named = {
        "name": None if command.name is None else command.name.strip(),
        "market": command.market,
        "locale": command.locale,
        "active": command.active,
    }
    return {name: value for name, value in named.items() if value is not None}


def _check(command: SaveShop) -> None:
    problems = []
    if command.id is None and command.name is None:
        problems.append(Problem("REQUIRED", "A new shop needs a name.", ("input", "name")))
    if command.name is not None:
        problem = text_problem("name", command.name, NAME_CHARACTERS)
        if problem is not None:
            problems.append(Problem(problem.code, problem.message, ("input", "name")))
    if command.locale is not None and command.locale not in LOCALES:
        message = f"The locale is one of {', '.join(LOCALES)}."
        problems.append(Problem("UNKNOWN_LOCALE", message, ("input", "locale")))
    if problems:
        raise InvalidInput(problems)


def _saved(shop_id: UUID) -> Saved:
    public = ids.encode(IdKind.SHOP, shop_id)
    return Saved(public, public)
