"""What follows a commit outside PostgreSQL: the deadline index and the hints to live queues.

Losing them is repaired (the sweep, the comparison of heads), so neither of the two raises.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from escalation import index

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from db.changes import Written
    from resolvers.context import Services


async def publish(
    services: Services, written: Iterable[Written], positions: Iterable[tuple[UUID, int]] = ()
) -> None:
    """Tell the deadline index and the live queues what was committed."""
    done = list(written)
    heads: dict[UUID, int] = {}
    for shop_id, position in [*positions, *((each.shop_id, each.positions[-1]) for each in done)]:
        heads[shop_id] = max(position, heads.get(shop_id, 0))
    entries = [index.Entry(each.shop_id, each.ticket_id, each.next_step_at) for each in done]
    await asyncio.gather(services.index.put(entries), services.hints.publish(heads))
