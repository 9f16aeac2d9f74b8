"""What can be watched."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import strawberry

from domain import ids
from domain.ids import IdKind
from live import streams as live_streams
from live.subscriber import Ended
from resolvers.plan.refs import Batch, Ref
from resolvers.reads import live
from schema.context import Asked, Info, Unauthenticated
from schema.fields import given, listed, watched
from schema.types.streams import (
    DeadlineMessage,
    DeadlineSnapshot,
    DeadlineUpdate,
    StreamLive,
    StreamReset,
)

T = TypeVar("T")

FORBIDDEN = 4403
"""The close code of a socket whose token is missing, bad or over: clients retry it, unlike 4401."""


@strawberry.type(description="What can be watched.")
class Subscription:
    """What can be watched."""

    @watched(
        description=(
            "The live queue of at most 200 shops (platform must name them): every change of a ticket that a"
            " queue shows. Without `after`: DeadlineSnapshot, then StreamLive. With it: what was missed, then"
            " StreamLive; or StreamReset, then a snapshot. Afterwards each change in commit order within each"
            " shop, none twice, none left out. Nothing is sent while nothing changes."
        )
    )
    async def deadline_updates(
        self,
        info: Info,
        shop_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="All of yours when left out.")
        ] = strawberry.UNSET,
        after: Annotated[
            str | None,
            strawberry.argument(description="The cursor of the last message you hold, or of a page."),
        ] = strawberry.UNSET,
    ) -> AsyncGenerator[DeadlineMessage, None]:
        """The live queue."""
        asked = info.context
        shops = await live.watched(asked.context, listed(shop_ids))
        messages = live.messages(asked.context, shops, given(after), asked.ended)
        try:
            async with contextlib.aclosing(until(messages, asked.expires_at)) as timed:
                async for message in timed:
                    for shown in await _shown(asked, shops, message):
                        yield shown
        except Ended as reason:
            await asked.leave(reason.close_code, reason)
        except Unauthenticated as reason:
            await asked.leave(FORBIDDEN, reason)


async def until(source: AsyncGenerator[T, None], end: datetime | None) -> AsyncGenerator[T, None]:
    """What `source` gives until the moment `end` has come; then raises `Unauthenticated`."""
    async with contextlib.aclosing(source):
        while True:
            left = None if end is None else (end - datetime.now(UTC)).total_seconds()
            limit = asyncio.timeout(left)
            try:
                async with limit:
                    message = await anext(source)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if limit.expired():
                    raise Unauthenticated from None
                raise
            yield message


async def _shown(
    asked: Asked, shops: list[UUID], message: live_streams.Message[live.Clocks]
) -> list[DeadlineSnapshot | DeadlineUpdate | StreamLive | StreamReset]:
    match message:
        case live_streams.Snapshot():
            return [_snapshot(shops, message)]
        case live_streams.Live():
            return [StreamLive(cursor=message.cursor, server_time=await live.now(asked.context))]
        case live_streams.Reset():
            return [StreamReset(cursor=message.cursor, reason=message.reason)]
        case live_streams.Batch():
            return _updates(message, await live.now(asked.context))


def _snapshot(shops: list[UUID], message: live_streams.Snapshot[live.Clocks]) -> DeadlineSnapshot:
    clocks = message.data
    tickets: list[Any] = [Ref("Ticket", key) for key in clocks.tickets]
    counts: list[Any] = [Ref("QueueCounts", (shop_id, shop_id)) for shop_id in shops]
    return DeadlineSnapshot(
        cursor=message.cursor,
        server_time=clocks.now,
        tickets=tickets,
        counts=counts,
        truncated=clocks.truncated,
    )


def _updates(
    batch: live_streams.Batch, now: datetime
) -> list[DeadlineSnapshot | DeadlineUpdate | StreamLive | StreamReset]:
    """Every event with its record and its ticket, which are read together for the whole batch."""
    told = [
        (event, cursor, (event.shop_id, event.ticket_id), (event.shop_id, event.record_id))
        for event, cursor in batch.events
        if event.ticket_id is not None and event.record_id is not None
    ]
    read = Batch({"Ticket": [each[2] for each in told], "FollowUpRecord": [each[3] for each in told]})
    found: list[DeadlineSnapshot | DeadlineUpdate | StreamLive | StreamReset] = []
    for event, cursor, ticket, record in told:
        shown: dict[str, Any] = {
            "ticket": Ref("Ticket", ticket, read),
            "record": Ref("FollowUpRecord", record, read),
        }
        update = DeadlineUpdate(
            cursor=cursor,
            server_time=now,
            shop_id=strawberry.ID(ids.encode(IdKind.SHOP, event.shop_id)),
            position=event.position,
            action=event.action,
            occurred_at=event.occurred_at,
            **shown,
        )
        found.append(update)
    return found
