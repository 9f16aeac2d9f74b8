"""What a subscriber of the live queue is shown: the shops it may watch, and the clocks that run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from db import database
from domain import access
from domain.access import Action
from domain.events import ActorKind
from live import streams
from resolvers.reads import shops
from resolvers.reads.refusals import BadInput
from resolvers.reads.scope import Statement
from resolvers.reads.urgency import RUNNING_DEADLINE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection
    from live.subscriber import Ended
    from resolvers.context import Context
    from resolvers.plan.refs import Key

MOST_TICKETS = 200


@dataclass(frozen=True, slots=True)
class Clocks:
    """The nearest running clocks of some shops, as of `now`; `truncated` when there are more."""

    now: datetime
    tickets: list[Key]
    truncated: bool


async def watched(context: Context, public: Sequence[str] | None) -> list[UUID]:
    """The shops a viewer may watch; all of their own when none are named.

    Raises `Forbidden`, `BadInput` for a shop that is not there or that the platform did not name, and
    `TooMuch` for more than a stream holds.
    """
    access.require(context.viewer, Action.WATCH_QUEUE)
    if public is None and context.viewer.role is ActorKind.PLATFORM:
        raise BadInput("Name the shops to watch in shopIds.")
    found = await shops.seen(context, public)
    if len(found) < len(set(public or ())):
        raise BadInput("There is no such shop.")
    return found


def messages(
    context: Context, shop_ids: Sequence[UUID], after: str | None, on_end: Callable[[Ended], None]
) -> AsyncGenerator[streams.Message[Clocks], None]:
    """The live queue of these shops (`live.streams.deadline_stream`); a snapshot is their running clocks."""

    async def snapshot(connection: Connection) -> Clocks:
        return await clocks(connection, Statement(context.viewer), shop_ids)

    hub = context.services.hub
    if hub is None:
        raise RuntimeError("no hub was started")
    return streams.deadline_stream(hub, context.database, shop_ids, after, snapshot, on_end=on_end)


async def clocks(connection: Connection, statement: Statement, shop_ids: Sequence[UUID]) -> Clocks:
    """The running clocks of these shops, nearest first, in the transaction of `connection`."""
    # Shop by shop, as `resolvers.plan.walks` does it.
    nearest = (
        f"SELECT r.shop_id, r.id, {RUNNING_DEADLINE} AS deadline FROM ticket r WHERE r.shop_id = s.shop_id"
        f" AND {RUNNING_DEADLINE} < 'infinity' AND {statement.scope('ticket', 'r')}"
        f" ORDER BY {RUNNING_DEADLINE}, r.id LIMIT {MOST_TICKETS + 1}"
    )
    text = (
        f"SELECT q.shop_id, q.id FROM unnest({statement.bind(list(shop_ids), 'uuid[]')}) s(shop_id)"
        f" CROSS JOIN LATERAL ({nearest}) q ORDER BY q.deadline, q.id LIMIT {MOST_TICKETS + 1}"
    )
    found = [(shop_id, ticket_id) for shop_id, ticket_id in await connection.fetch(text, *statement.values)]
    now = await database.now(connection)
    return Clocks(now, found[:MOST_TICKETS], len(found) > MOST_TICKETS)


async def now(context: Context) -> datetime:
    """PostgreSQL's clock at this moment."""
    async with context.database.pool.acquire() as connection:
        return await database.now(connection)
