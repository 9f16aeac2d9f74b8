"""Reply templates as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from db import rows

if TYPE_CHECKING:
    from db.database import Connection
    from domain.access import Viewer

_SCOPE = "id = $1 AND ($2::uuid[] IS NULL OR shop_id = ANY($2))"
_FIND = f"SELECT shop_id, scheme_code, body FROM reply_template /* fleet-wide: by-id */ WHERE {_SCOPE}"
_DELETE = "DELETE FROM reply_template WHERE shop_id = $1 AND id = $2 RETURNING id"
_LOCK = "SELECT * FROM reply_template WHERE shop_id = $1 AND id = $2 FOR UPDATE"
_COUNT = "SELECT count(*) FROM reply_template WHERE shop_id = $1"


class Template(NamedTuple):
    """What a reply needs of a template."""

    shop_id: UUID
    scheme_code: str
    body: str


async def find(connection: Connection, viewer: Viewer, template_id: UUID) -> Template | None:
    """A template of the viewer's shops."""
    row = await connection.fetchrow(_FIND, template_id, _shops(viewer))
    return None if row is None else Template(*row)


async def delete(connection: Connection, viewer: Viewer, template_id: UUID) -> bool:
    """Delete a template of the viewer's shops; False when there is none."""
    found = await find(connection, viewer, template_id)
    return found is not None and await connection.fetchval(_DELETE, found.shop_id, template_id) is not None


async def lock(connection: Connection, shop_id: UUID, template_id: UUID) -> rows.Row | None:
    """A template of a shop, locked; None when there is none."""
    row = await connection.fetchrow(_LOCK, shop_id, template_id)
    return None if row is None else dict(row)


async def count(connection: Connection, shop_id: UUID) -> int:
    """How many a shop has; lock the shop before if one is to be added."""
    return int(await connection.fetchval(_COUNT, shop_id))


async def insert(connection: Connection, template: rows.Row) -> None:
    """A new template."""
    await rows.insert(connection, "reply_template", [template])


async def update(connection: Connection, template: rows.Row) -> None:
    """Write a template back."""
    await rows.update(connection, "reply_template", [template])


def _shops(viewer: Viewer) -> list[UUID] | None:
    return None if viewer.shop_ids is None else list(viewer.shop_ids)
