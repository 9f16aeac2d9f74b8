"""What last happened to a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.events import KEEPS_VERSION

if TYPE_CHECKING:
    from uuid import UUID

    from resolvers.context import Context
    from resolvers.plan.refs import Key

_QUIET = ", ".join(f"'{action.value}'" for action in sorted(KEEPS_VERSION))
_LAST_CHANGE = f"""
SELECT id FROM follow_up_record WHERE shop_id = $1 AND ticket_id = $2 AND action NOT IN ({_QUIET})
ORDER BY position DESC LIMIT 1"""


async def last_change(context: Context, ticket: Key) -> Key:
    """The key of the last record that made a version of the ticket: there always is one."""
    shop_id, ticket_id = ticket
    found: UUID = await context.database.pool.fetchval(_LAST_CHANGE, shop_id, ticket_id)
    return shop_id, found
