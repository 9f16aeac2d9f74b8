"""Random stories told to the use cases and to a small model: they must never disagree."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import hypothesis
from hypothesis import strategies as st

from db.database import Database
from db.rules import Rules
from domain.errors import DomainError
from escalation import index
from live.hints import Hints
from resolvers.context import Services
from settings import Settings
from tests.resolvers import model
from tests.resolvers.world import HOUR, MS, Placed, World, now, number_of, settle_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from resolvers.commands import TicketChanged

OPERATIONS = (
    "urge", "urge", "urge", "reply", "reply", "run_out", "run_out", "work", "urge_shipment", "urge_shipment",
    "withdraw", "ship", "change", "change", "scan", "scan", "refund",
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 5), st.booleans()), min_size=3, max_size=24
)


class Story:
    """One order in both worlds."""

    def __init__(self, world: World, order: Placed) -> None:
        self.world = world
        self.order = order
        self.model = model.Order()
        self.ticket_ids: list[str] = []
        self.parcel_ids: list[str] = []
        self.ended_at: datetime | None = None
        self.running: set[str] = set()

    async def both(self, real: Awaitable[object], expected: Callable[[], None]) -> None:
        """Do it in both, which do it or give the same refusal."""
        wanted = said = ""
        try:
            expected()
        except model.Refused as refusal:
            wanted = str(refusal)
        try:
            await real
        except DomainError as error:
            said = str(getattr(error, "refusal", type(error).__name__))
        assert said == wanted

    async def tell(self, operation: str, which: int, late: bool) -> None:  # noqa: FBT001 - drawn
        """One step, if it makes sense now."""
        if operation in {"reply", "withdraw", "run_out", "work"} and not self.ticket_ids:
            return
        if operation in {"change", "scan"} and not self.parcel_ids:
            return
        await getattr(self, operation)(which, late)
        await self.compare()

    def moment(self, late: bool) -> datetime:  # noqa: FBT001
        """A time just before the clock's end or at it; now while no clock has ended."""
        if self.ended_at is None:
            return now() - HOUR / 2
        return self.ended_at if late else self.ended_at - MS

    async def urge(self, *_: object) -> None:
        await self.urge_in(self.world.urge, model.PICKUP)

    async def urge_shipment(self, *_: object) -> None:
        await self.urge_in(self.world.urge_shipment, model.SHIPMENT)

    async def urge_in(self, way: Callable[[Placed], Awaitable[TicketChanged]], kind: str) -> None:
        known = len(self.model.tickets)

        async def urge() -> None:
            done = await way(self.order)
            if done.ticket_id not in self.ticket_ids:
                self.ticket_ids.append(done.ticket_id)

        await self.both(urge(), lambda: self.model.urge(kind))
        assert len(self.ticket_ids) == len(self.model.tickets) >= known

    async def reply(self, *_: object) -> None:
        shipment = self.model.tickets[-1].kind == model.SHIPMENT
        answer = {"scheme": "OUT_OF_STOCK", "note": "补货中"} if shipment else {"scheme": "COURIER_URGED"}
        await self.both(self.world.reply(self.ticket_ids[-1], **answer), self.model.reply)

    async def withdraw(self, *_: object) -> None:
        await self.both(self.world.withdraw(self.ticket_ids[-1]), self.model.withdraw)

    async def run_out(self, *_: object) -> None:
        ticket = self.model.unclosed
        if ticket is None or (ticket.status == "REPLIED" and ticket.broken):
            return
        self.ended_at = await self.world.run_out(self.ticket_ids[-1])
        self.model.run_out(self.ended_at)

    async def work(self, *_: object) -> None:
        await self.world.work(*self.ticket_ids)
        self.model.tick()

    async def ship(self, *_: object) -> None:
        number = number_of()
        self.parcel_ids.append(await self.world.ship(self.order, number))
        self.model.ship(number)

    async def change(self, which: int, _: bool) -> None:  # noqa: FBT001
        current = [place for place, parcel in enumerate(self.model.parcels) if parcel.current]
        place, number = current[which % len(current)], number_of()

        async def change() -> None:
            done = await self.world.change(self.parcel_ids[place], number)
            self.parcel_ids.append(done.parcel_id)

        await self.both(change(), lambda: self.model.change(self.model.parcels[place], number))

    async def scan(self, which: int, late: bool) -> None:  # noqa: FBT001
        parcel = self.model.parcels[which % len(self.model.parcels)]
        at = self.moment(late)
        result = await self.world.scan(parcel.number, at=at)
        assert result.error is None
        self.model.scan(parcel, at)

    async def refund(self, which: int, late: bool) -> None:  # noqa: FBT001
        if which:  # seldom: nothing happens after it
            return
        at = self.moment(late)
        await self.world.refund(self.order, at)
        self.model.refund(at)

    async def compare(self) -> None:
        """Both stand alike, and what is stored hangs together."""
        rows = await self.world.fetch(
            "SELECT id, kind, status, round, record_count, next_step_at,"
            " ARRAY(SELECT ARRAY[c.violation::text, c.status::text] FROM complaint c"
            "  WHERE c.ticket_id = t.id) AS complaints,"
            " (SELECT count(*) FROM follow_up_record r"
            "  WHERE r.ticket_id = t.id AND r.action = 'COMPLAINT_RULED') AS rulings,"
            " (SELECT array_agg(position ORDER BY position) FROM follow_up_record r"
            "  WHERE r.ticket_id = t.id) AS positions"
            " FROM ticket t WHERE order_id = $1 ORDER BY opened_at, id",
            self.order.key,
        )
        real = [
            (row["kind"], row["status"], row["round"], [(one[0], one[1]) for one in row["complaints"]])
            for row in rows
        ]
        assert real == [(each.kind, each.status, each.round, each.complaints) for each in self.model.tickets]
        self.running = {row["id"].hex for row in rows if row["next_step_at"] is not None}
        for row in rows:
            assert row["positions"] == list(range(1, row["record_count"] + 1))
            assert row["rulings"] == sum(one[1] == "DISMISSED" for one in row["complaints"])
        order = await self.world.one("orders", self.order.id)
        assert order["picked_up_at"] == self.model.picked_up_at
        assert order["urge_rounds"] == self.model.rounds


async def play(world: World, steps: list[tuple[str, int, bool]], *, shipped: bool) -> None:
    await world.redis.flushall()
    story = Story(world, await world.order(paid_at=now() - timedelta(days=30)))
    for step in [*([("ship", 0, False)] if shipped else []), *steps]:
        await story.tell(*step)
    assert (await world.scheduled()).keys() == story.running


async def check_stream(world: World) -> None:
    """Over all stories: positions without gap, every record told of once."""
    positions = await world.fetch("SELECT position, record_id FROM event ORDER BY position")
    assert [row["position"] for row in positions] == list(range(1, len(positions) + 1))
    told = [row["record_id"] for row in positions if row["record_id"] is not None]
    assert len(told) == len(set(told)) == await world.count("follow_up_record")


async def open_world(database_url: str, redis_url: str) -> World:
    database = await Database.connect(database_url)
    client = index.connect(redis_url)
    services = Services(Settings(), database, index.DeadlineIndex(client), Hints(client), Rules())
    return await settle_in(services, client)


async def close(world: World) -> None:
    await world.redis.aclose()
    await world.database.close()


def test_the_use_cases_agree_with_a_model(emptied_url: str, redis_url: str) -> None:
    with asyncio.Runner() as runner:
        world = runner.run(open_world(emptied_url, redis_url))

        @hypothesis.settings(max_examples=40, deadline=None, database=None)
        @hypothesis.given(STEPS, st.booleans())
        def tell(steps: list[tuple[str, int, bool]], shipped: bool) -> None:  # noqa: FBT001 - drawn
            runner.run(play(world, steps, shipped=shipped))

        try:
            tell()
            runner.run(check_stream(world))
        finally:
            runner.run(close(world))
