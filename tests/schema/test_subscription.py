"""The live queue, message by message, through the schema."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import orjson
import pytest

from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import commands, tickets
from resolvers.context import Context, Services
from schema.build import schema
from schema.context import Asked
from tests import factories
from tests.schema.documents import selection
from tests.schema.world import World, public

DOCUMENT = (
    "subscription ($shops: [ID!], $after: String) { deadlineUpdates(shopIds: $shops, after: $after)"
    f" {{ {selection('DeadlineMessage', 1)} }} }}"
)
Watch = Callable[..., Any]


@pytest.fixture
def watch(services: Services) -> Watch:
    """Subscribe as a viewer; gives a function that waits for the next message."""

    @asynccontextmanager
    async def subscribed(viewer: Viewer | None, **variables: Any) -> AsyncIterator[Callable[[], Any]]:
        source = await schema.stream(
            DOCUMENT, variable_values=variables, context_value=Asked(services, viewer)
        )

        async def following() -> Any:
            result: Any = await asyncio.wait_for(anext(source), 10)
            return result if result.errors else orjson.loads(orjson.dumps(result.data))["deadlineUpdates"]

        try:
            yield following
        finally:
            await source.aclose()

    return subscribed


async def note(services: Services, world: World, text: str) -> commands.TicketChanged:
    """Somebody of the shop notes something."""
    context = Context(services, world.ours.viewer(ActorKind.STAFF))
    ticket = public(IdKind.TICKET, world.ours.open_ticket)
    return await tickets.add_note(context, commands.AddNote(ticket_id=ticket, note=text))


@pytest.mark.rule("§13.1")
async def test_a_stream_begins_with_what_runs_and_goes_on_with_what_changes(
    watch: Watch, world: World, services: Services
) -> None:
    async with watch(world.ours.viewer(ActorKind.STAFF)) as following:
        snapshot = await following()
        assert snapshot["__typename"] == "DeadlineSnapshot"
        assert [each["id"] for each in snapshot["tickets"]] == [public(IdKind.TICKET, world.ours.open_ticket)]
        assert snapshot["truncated"] is False
        assert snapshot["counts"][0]["awaitingReply"] == 1
        assert (await following())["__typename"] == "StreamLive"
        for index in (1, 2):
            done = await note(services, world, f"n{index}")
            update = await following()
            assert update["__typename"] == "DeadlineUpdate"
            assert (update["position"], update["action"]) == (done.position, "NOTED")
            assert update["record"]["note"] == f"n{index}"
            assert update["ticket"]["id"] == done.ticket_id
            assert update["shopId"] == world.ours.ids["Shop"]


async def test_a_ticket_in_a_message_is_as_it_stands_then_not_as_it_was_first_read(
    watch: Watch, world: World, services: Services
) -> None:
    context = Context(services, world.ours.viewer(ActorKind.STAFF))
    ticket = public(IdKind.TICKET, world.ours.open_ticket)
    async with watch(world.ours.viewer(ActorKind.STAFF)) as following:
        await following()
        await following()
        await note(services, world, "x")
        assert (await following())["ticket"]["status"] == "AWAITING_REPLY"
        await tickets.reply(context, commands.ReplyToTicket(ticket_id=ticket, scheme="COURIER_URGED"))
        assert (await following())["ticket"]["status"] == "REPLIED"


async def test_a_cursor_brings_what_was_missed_then_live(
    watch: Watch, world: World, services: Services
) -> None:
    viewer = world.ours.viewer(ActorKind.STAFF)
    async with watch(viewer) as following:
        cursor = (await following())["cursor"]
    await note(services, world, "missed")
    async with watch(viewer, after=cursor) as following:
        missed = await following()
        assert (missed["__typename"], missed["record"]["note"]) == ("DeadlineUpdate", "missed")
        live = await following()
        assert (live["__typename"], live["cursor"]) == ("StreamLive", missed["cursor"])


async def test_what_can_no_longer_be_replayed_is_reset_with_a_snapshot(
    watch: Watch, world: World, services: Services
) -> None:
    viewer = world.ours.viewer(ActorKind.STAFF)
    async with watch(viewer) as following:
        cursor = (await following())["cursor"]
    await services.database.pool.execute("UPDATE shop_stream SET head = 9, trimmed = 9")
    async with watch(viewer, after=cursor) as following:
        kinds = [(await following())["__typename"] for _ in range(3)]
    assert kinds == ["StreamReset", "DeadlineSnapshot", "StreamLive"]


async def test_more_clocks_than_a_snapshot_holds_are_truncated(
    watch: Watch, world: World, services: Services
) -> None:
    for _ in range(200):
        order = await factories.order(services.database, world.ours.shop)
        await factories.ticket(services.database, order, records=False)
    async with watch(world.ours.viewer(ActorKind.STAFF)) as following:
        snapshot = await following()
    assert (len(snapshot["tickets"]), snapshot["truncated"]) == (200, True)
    assert snapshot["tickets"][0]["id"] == public(IdKind.TICKET, world.ours.open_ticket)


@pytest.mark.parametrize(
    ("role", "code"),
    [
        (ActorKind.CONSUMER, "FORBIDDEN"),
        (ActorKind.INTEGRATION, "FORBIDDEN"),
        (ActorKind.PLATFORM, "BAD_USER_INPUT"),
        (None, "UNAUTHENTICATED"),
    ],
)
async def test_who_may_not_watch_is_refused(
    watch: Watch, world: World, role: ActorKind | None, code: str
) -> None:
    async with watch(None if role is None else world.ours.viewer(role)) as following:
        assert (await following()).errors[0].extensions["code"] == code


async def test_a_foreign_shop_is_no_shop(watch: Watch, world: World) -> None:
    viewer = world.ours.viewer(ActorKind.STAFF)
    messages = []
    for shop in (world.theirs.ids["Shop"], "shp_" + "0" * 32, "nonsense"):
        async with watch(viewer, shops=[world.ours.ids["Shop"], shop]) as following:
            messages.append((await following()).errors[0].formatted)
    assert messages[0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert messages[0] == messages[1] == messages[2]


async def test_a_damaged_cursor_is_refused(watch: Watch, world: World) -> None:
    async with watch(world.ours.viewer(ActorKind.STAFF), after="nonsense") as following:
        assert (await following()).errors[0].extensions["code"] == "BAD_CURSOR"


async def test_a_stream_ends_with_its_token(watch: Watch, world: World, services: Services) -> None:
    shops = frozenset({world.ours.shop["id"]})
    ends = factories.now() + timedelta(seconds=1)
    viewer = Viewer(ActorKind.STAFF, "amy", shops, expires_at=ends)
    async with watch(viewer) as following:
        await following()
        await following()
        assert (await following()).errors[0].extensions["code"] == "UNAUTHENTICATED"
        assert factories.now() >= ends
        await note(services, world, "too late")
        with pytest.raises(StopAsyncIteration):
            await following()
