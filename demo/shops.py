"""The demo shops and who belongs to them. They are known by their staff, so a shop may be renamed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from db.database import Database
from db.rules import Rules
from demo.desk import Desk
from demo.goods import AGENT, OWNER, STALLS
from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from escalation import index
from live.hints import Hints
from resolvers import commands, shops, staff
from resolvers.context import Context, Services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from demo.goods import Stall
    from settings import Settings

_NAMES = {"zh-CN": ("店主·沈南", "客服·小满"), "en": ("Nan (owner)", "Manny")}
_SHOP_OF = "SELECT shop_id FROM staff_member WHERE subject = $1 ORDER BY created_at, shop_id LIMIT 1"
_IS_MEMBER = "SELECT count(*) FROM staff_member WHERE subject = $1 AND shop_id = $2"


class DemoRefused(RuntimeError):
    """The demo does not run here; the message is one line that says why."""


def addresses(settings: Settings) -> tuple[str, str]:
    """The URLs of PostgreSQL and Redis; raises `DemoRefused` where the demo must not or cannot run."""
    if settings.production:
        raise DemoRefused("the demo shops have no place in production (LANSHOU_ENV is production)")
    if settings.database_url is None or settings.redis_url is None:
        raise DemoRefused("the demo needs LANSHOU_DATABASE_URL and LANSHOU_REDIS_URL")
    return settings.database_url, settings.redis_url


@asynccontextmanager
async def services(settings: Settings) -> AsyncIterator[Services]:
    """What the use cases work with, for as long as the block runs.

    Raises:
        DemoRefused: in production, or without the addresses of the servers.
    """
    database_url, redis_url = addresses(settings)
    database = await Database.connect(database_url)
    client = index.connect(redis_url)
    try:
        yield Services(settings, database, index.DeadlineIndex(client), Hints(client), Rules())
    finally:
        await client.aclose()
        await database.close()


async def find(held: Services) -> list[Desk]:
    """The demo shops that are there, whether or not their history is complete."""
    found = []
    async with held.database.pool.acquire() as connection:
        for stall in STALLS:
            shop_id = await connection.fetchval(_SHOP_OF, stall.staff[0][0])
            if shop_id is not None:
                found.append(Desk(held, stall, shop_id))
    return found


async def complete(held: Services) -> bool:
    """Whether every demo shop has its owner: they come with all the rest, or not at all."""
    desks = await find(held)
    async with held.database.pool.acquire() as connection:
        owned = [await connection.fetchval(_IS_MEMBER, OWNER, desk.shop_id) for desk in desks]
    return len(desks) == len(STALLS) and all(owned)


async def make(held: Services) -> list[Desk]:
    """The demo shops with their staff; those that are there already stay."""
    there = {desk.stall.mark: desk for desk in await find(held)}
    desks = [there.get(stall.mark) or await _make(held, stall) for stall in STALLS]
    for desk in desks:
        await _add(held, desk.shop_id, OWNER, _NAMES[desk.stall.locale][0], owner=True)
    return desks


async def _make(held: Services, stall: Stall) -> Desk:
    platform = Context(held, Viewer(ActorKind.PLATFORM, "demo"))
    command = commands.SaveShop(name=stall.name, market=stall.market, locale=stall.locale)
    saved = await shops.save(platform, command)
    shop_id = ids.decode_as(IdKind.SHOP, saved.id)
    assert shop_id is not None  # noqa: S101 - it was encoded just now
    for subject, name in stall.staff:
        await _add(held, shop_id, subject, name, owner=False)
    await _add(held, shop_id, AGENT, _NAMES[stall.locale][1], owner=False)
    return Desk(held, stall, shop_id)


async def _add(held: Services, shop_id: UUID, subject: str, name: str, *, owner: bool) -> None:
    await staff.ensure_member(held.database, shop_id, subject, owner=owner, display_name=name)
