"""The viewer's shops, where a rule needs them before anything is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import ids
from domain.ids import IdKind
from domain.shop import Market
from resolvers.reads.listings import MOST_SHOPS
from resolvers.reads.refusals import TooMuch
from resolvers.reads.scope import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from resolvers.context import Context


async def seen(context: Context, public: Sequence[str] | None) -> list[UUID]:
    """The shops of these public ids that the viewer sees (None: all of theirs), by name.

    Raises `TooMuch` for more than a stream holds.
    """
    statement = Statement(context.viewer)
    conditions = [statement.scope("shop", "r")]
    if public is not None:
        found = [ids.decode_as(IdKind.SHOP, each) for each in public]
        named = [each for each in found if each is not None]
        conditions.append(f"r.id = ANY({statement.bind(named, 'uuid[]')})")
    query = (
        f"SELECT r.id FROM shop r WHERE {' AND '.join(conditions)}"
        f" ORDER BY lower(r.name), r.id LIMIT {MOST_SHOPS + 1}"
    )
    rows = await context.database.pool.fetch(query, *statement.values)
    if len(rows) > MOST_SHOPS:
        raise TooMuch(f"At most {MOST_SHOPS} shops: name them in shopIds.")
    return [row["id"] for row in rows]


async def market_and_locale(context: Context, public: str) -> tuple[Market, str] | None:
    """The marketplace of a shop and the language of its cards; None for one that the viewer does not see."""
    shop_id = ids.decode_as(IdKind.SHOP, public)
    if shop_id is None:
        return None
    statement = Statement(context.viewer)
    query = (
        f"SELECT r.market, r.locale FROM shop r WHERE r.id = {statement.bind(shop_id, 'uuid')}"
        f" AND {statement.scope('shop', 'r')}"
    )
    row = await context.database.pool.fetchrow(query, *statement.values)
    return None if row is None else (Market(row["market"]), row["locale"])
