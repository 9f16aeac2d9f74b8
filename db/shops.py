"""Shops and their staff as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db import rows
from domain.shop import Market

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection
    from domain.access import Viewer

_MARKET = "SELECT market FROM shop WHERE id = $1"
_LOCK_SHOP = "SELECT id, name, market, locale, active FROM shop WHERE id = $1 FOR NO KEY UPDATE"
_LOCK_MEMBER = """
SELECT shop_id, id, subject, display_name, owner, active FROM staff_member
WHERE shop_id = $1 AND id = $2 FOR NO KEY UPDATE"""
_BY_SUBJECT = "SELECT id FROM staff_member WHERE shop_id = $1 AND subject = $2"
_ACTIVE_MEMBER = "SELECT id FROM staff_member WHERE shop_id = $1 AND id = $2 AND active FOR SHARE"
_MEMBER_SEEN = """
SELECT id FROM staff_member /* fleet-wide: by-id */
WHERE id = $1 AND ($2::uuid[] IS NULL OR shop_id = ANY($2))"""
_UPDATE_SHOP = "UPDATE shop SET name = $2, market = $3, locale = $4, active = $5 WHERE id = $1"


async def insert(connection: Connection, shop: rows.Row) -> None:
    """A new shop, and its stream, which begins at position 0."""
    await rows.insert(connection, "shop", [shop])
    await rows.insert(connection, "shop_stream", [{"shop_id": shop["id"], "head": 0, "trimmed": 0}])


async def market(connection: Connection, shop_id: UUID) -> Market:
    """The marketplace of a shop that there is."""
    return Market(await connection.fetchval(_MARKET, shop_id))


async def lock(connection: Connection, shop_id: UUID) -> rows.Row | None:
    """The shop, locked; None when there is none."""
    row = await connection.fetchrow(_LOCK_SHOP, shop_id)
    return None if row is None else dict(row)


async def update(connection: Connection, shop: rows.Row) -> None:
    """Write a shop back."""
    await connection.execute(
        _UPDATE_SHOP, shop["id"], shop["name"], shop["market"], shop["locale"], shop["active"]
    )


async def lock_member(connection: Connection, shop_id: UUID, member_id: UUID) -> rows.Row | None:
    """A member of a shop, locked; None when there is none."""
    row = await connection.fetchrow(_LOCK_MEMBER, shop_id, member_id)
    return None if row is None else dict(row)


async def member_id(connection: Connection, shop_id: UUID, subject: str) -> UUID | None:
    """The member that `subject` is in this shop."""
    found: UUID | None = await connection.fetchval(_BY_SUBJECT, shop_id, subject)
    return found


async def active_member(connection: Connection, shop_id: UUID, member_id: UUID) -> UUID | None:
    """The member, who stays active until the transaction ends; None when there is none."""
    found: UUID | None = await connection.fetchval(_ACTIVE_MEMBER, shop_id, member_id)
    return found


async def member_seen(connection: Connection, viewer: Viewer, member_id: UUID) -> UUID | None:
    """A member, of whatever state, of one of the viewer's shops."""
    shop_ids = None if viewer.shop_ids is None else list(viewer.shop_ids)
    found: UUID | None = await connection.fetchval(_MEMBER_SEEN, member_id, shop_ids)
    return found


async def insert_member(connection: Connection, member: rows.Row) -> bool:
    """A new member; False when the subject is one already."""
    return bool(await rows.insert_new(connection, "staff_member", [member], "id"))


async def update_member(connection: Connection, member: rows.Row) -> None:
    """Write a member back."""
    await rows.update(connection, "staff_member", [member])
