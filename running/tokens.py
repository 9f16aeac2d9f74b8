"""Tokens for development: made for shops and buyers that exist, so that each shows something."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from db.database import Database
from domain import ids
from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import staff
from resolvers import tokens as issuing
from running.errors import StartError
from settings import Settings

SAMPLES_LAST = timedelta(hours=12)
SUBJECTS = {
    ActorKind.STAFF: "demo-agent",
    ActorKind.INTEGRATION: "demo-erp",
    ActorKind.PLATFORM: "demo-platform",
    ActorKind.CONSUMER: "demo-buyer",
}
# The demo's own buyer; else one whose order shipped and was not scanned yet: one who can urge, or has.
BUYER = """
    SELECT buyer_id FROM orders /* fleet-wide: demo */ WHERE buyer_id IS NOT NULL
    ORDER BY buyer_id = 'demo-buyer' DESC, (shipped_at IS NOT NULL AND picked_up_at IS NULL) DESC,
      paid_at DESC NULLS LAST, id DESC
    LIMIT 1
"""


async def samples(settings: Settings) -> list[tuple[str, str]]:
    """Give one token a role, with the role's name, each for all shops there are."""
    wanted = [
        ("owner", ActorKind.STAFF, True),
        ("agent", ActorKind.STAFF, False),
        ("consumer", ActorKind.CONSUMER, False),
        ("integration", ActorKind.INTEGRATION, False),
        ("platform", ActorKind.PLATFORM, False),
    ]
    database = await Database.connect(settings.database_url or "", max_connections=2)
    try:
        shops = await _shop_ids(database)
        return [
            (name, await make(settings, database, role, None, shops, owner=owner, ttl=SAMPLES_LAST))
            for name, role, owner in wanted
            if shops or role is ActorKind.PLATFORM
        ]
    finally:
        await database.close()


async def one(
    settings: Settings,
    role: ActorKind,
    subject: str | None,
    shops: Sequence[str],
    *,
    owner: bool,
    ttl: timedelta,
) -> str:
    """Give a token as `cli.py token` was asked for it.

    Raises:
        StartError: a shop is no shop here, or the role needs one and there is none.
    """
    database = await Database.connect(settings.database_url or "", max_connections=2)
    try:
        there = await _shop_ids(database)
        named = [_shop(text, there) for text in shops]
        if role in {ActorKind.STAFF, ActorKind.INTEGRATION} and not (named or there):
            raise StartError(
                "there is no shop here yet: make one (saveShop, with a platform token), or run the demo"
            )
        return await make(settings, database, role, subject, named or there, owner=owner, ttl=ttl)
    finally:
        await database.close()


async def make(
    settings: Settings,
    database: Database,
    role: ActorKind,
    subject: str | None,
    shops: Sequence[UUID],
    *,
    owner: bool,
    ttl: timedelta,
) -> str:
    """Sign a token; outside production the staff member it names is made where there is none."""
    name = subject or await _subject(database, role, owner=owner)
    if role is ActorKind.STAFF and not settings.production:
        for shop in shops:
            await staff.ensure_member(database, shop, name, owner=owner)
    scope = shops if role in {ActorKind.STAFF, ActorKind.INTEGRATION} else None
    return issuing.issue(settings, role, name, scope, owner=owner, ttl=ttl)


async def _subject(database: Database, role: ActorKind, *, owner: bool) -> str:
    if role is ActorKind.CONSUMER:
        async with database.transaction() as connection:
            buyer = await connection.fetchval(BUYER)
        return str(buyer or SUBJECTS[role])
    return "demo-owner" if owner else SUBJECTS[role]


async def _shop_ids(database: Database) -> list[UUID]:
    async with database.transaction() as connection:
        rows = await connection.fetch("SELECT id FROM shop WHERE active ORDER BY created_at, id LIMIT 200")
    return [row["id"] for row in rows]


def _shop(text: str, there: Sequence[UUID]) -> UUID:
    found = ids.decode_as(IdKind.SHOP, text)
    if found is None or found not in there:
        known = ", ".join(ids.encode(IdKind.SHOP, shop) for shop in there[:5])
        raise StartError(f"{text} is no shop here{f' (there are {known})' if known else ''}")
    return found
