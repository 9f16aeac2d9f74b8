"""The worker on real servers: in time, never early, once, whatever is away."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest

from db.rules import Rules
from domain.ticket import Ticket
from escalation import index
from escalation import roster as roster_of
from escalation.index import Claim, DeadlineIndex, Entry
from escalation.roster import Roster
from escalation.worker import LEASE_MS, Worker
from live.nodes import Client
from tests.escalation.conftest import World
from tests.trials import data

SECOND = timedelta(seconds=1)
IN_TIME_S = 0.5
AT_MOST_LATE_S = 2.0


@dataclass
class Station:
    """Workers of a test, and what they told the other processes."""

    world: World
    client: Client
    positions: dict[UUID, int] = field(default_factory=dict)

    async def publish(self, positions: Mapping[UUID, int]) -> None:
        self.positions.update(positions)

    @asynccontextmanager
    async def working(self, client: Client | None = None) -> AsyncIterator[Worker]:
        worker = Worker(self.world.database, client or self.client, Rules(), self.publish)
        running = asyncio.create_task(worker.run())
        yield worker
        worker.stop()
        await asyncio.wait_for(running, timeout=5)

    async def put(self, *tickets: Ticket) -> None:
        await DeadlineIndex(self.client).put(
            Entry(ticket.shop_id, ticket.id, ticket.next_step_at) for ticket in tickets
        )

    async def late_s(self, ticket: Ticket) -> float:
        """Wait for a ticket's complaint; how late it was filed."""
        await until(lambda: self.filed(ticket))
        [complaint] = await self.world.complaints(ticket)
        assert ticket.deadline_at is not None
        late: timedelta = complaint["filed_at"] - ticket.deadline_at
        return late.total_seconds()

    async def filed(self, ticket: Ticket) -> bool:
        return bool(await self.world.complaints(ticket))


async def until(true: Callable[[], Awaitable[bool]], timeout_s: float = 8) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(timeout_s):
        while not await true():  # noqa: ASYNC110 - what is waited for is in another server
            await asyncio.sleep(0.02)


@pytest.fixture
async def station(world: World, redis_url: str) -> AsyncIterator[Station]:
    """A database, a Redis, and workers to start."""
    client = index.connect(redis_url)
    yield Station(world, client)
    await client.aclose()


def due_in(station: Station, seconds: float) -> Ticket:
    at = station.world.now + timedelta(seconds=seconds)
    return data.awaiting(station.world.shop_ids[0], at.replace(microsecond=at.microsecond // 1000 * 1000))


@pytest.mark.rule("§1.4")
async def test_a_deadline_fires_in_time_and_is_told(station: Station) -> None:
    """Filed within half a second, never early; the shop's position goes out, the index is empty."""
    ticket = due_in(station, 1.5)
    await station.world.add(ticket)
    async with station.working() as worker:
        await station.put(ticket)
        assert 0 <= await station.late_s(ticket) < IN_TIME_S
        await until(lambda: empty(worker))
    assert station.positions == {ticket.shop_id: 1}


async def empty(worker: Worker) -> bool:
    return await worker.index.counts() == index.Counts(0, 0, None)


async def test_a_reminder_leads_to_the_deadline(station: Station) -> None:
    """One step after the other, from one entry in the index."""
    at = station.world.now + timedelta(minutes=15) + SECOND
    ticket = data.awaiting(station.world.shop_ids[0], at, reminded=60)
    await station.world.add(ticket)
    async with station.working() as worker:
        await until(lambda: reminded(station, ticket))
        await until(lambda: waits_for(worker, index.epoch_ms(at)))
    assert [record["reminder_minutes"] for record in await station.world.records(ticket)] == [15]


async def reminded(station: Station, ticket: Ticket) -> bool:
    return bool(await station.world.records(ticket))


async def waits_for(worker: Worker, at_ms: int) -> bool:
    return await worker.index.counts() == index.Counts(1, 0, at_ms)


async def test_a_start_takes_up_what_fell_due_meanwhile(station: Station) -> None:
    """Nothing in the index, 700 tickets overdue: all filed once."""
    shop_ids = station.world.shop_ids
    tickets = [data.awaiting(shop_ids[n % 3], station.world.now - SECOND) for n in range(700)]
    await station.world.add(*tickets)
    async with station.working():
        await until(lambda: complaints(station, 700))
    assert len(await station.world.events(shop_ids[0])) == 234


async def complaints(station: Station, count: int) -> bool:
    [row] = await station.world.rows("SELECT count(*) AS filed FROM complaint")
    return bool(row["filed"] == count)


async def test_a_lost_put_is_made_up_for_before_it_is_due(station: Station) -> None:
    """Committed, but never entered: the sweep looks two seconds ahead."""
    async with station.working() as worker:
        await until(lambda: filled(worker))
        ticket = due_in(station, 2.5)
        await station.world.add(ticket)
        assert 0 <= await station.late_s(ticket) < IN_TIME_S
        assert worker.metrics.counters["repaired"] == 1


async def filled(worker: Worker) -> bool:
    return worker.metrics.counters["rebuilds"] > 0


async def test_an_entry_that_stands_too_late_is_brought_forward(station: Station) -> None:
    """Two mutations told the index in the wrong order."""
    ticket = due_in(station, 1.5)
    await station.world.add(ticket)
    await station.put(replace(ticket, next_step_at=station.world.now + timedelta(hours=5)))
    async with station.working():
        assert 0 <= await station.late_s(ticket) < IN_TIME_S


async def test_an_early_entry_is_put_back_with_the_right_time(station: Station) -> None:
    """One look, nothing written, and no second look before the time."""
    ticket = due_in(station, 3600)
    await station.world.add(ticket)
    before = await station.world.everything()
    assert ticket.deadline_at is not None
    async with station.working() as worker:
        await until(lambda: filled(worker))
        await station.put(replace(ticket, next_step_at=station.world.now - SECOND))
        await until(lambda: waits_for(worker, index.epoch_ms(station.world.now + timedelta(hours=1))))
        await asyncio.sleep(0.3)
        assert worker.metrics.fates == {"early": 1}
    assert await station.world.everything() == before


async def test_a_flushall_loses_nothing(station: Station) -> None:
    """Flushed again and again while tickets fall due: all in time, and the index is whole again after."""
    tickets = [due_in(station, 1 + n * 0.1) for n in range(20)]
    far = due_in(station, 3600)
    await station.world.add(*tickets, far)
    await station.put(*tickets, far)
    async with station.working() as worker:
        for _ in range(5):
            await asyncio.sleep(0.5)
            await station.client.flushall()
        late = [await station.late_s(ticket) for ticket in tickets]
        assert min(late) >= 0
        assert max(late) < AT_MOST_LATE_S
        await until(lambda: waits_for(worker, index.epoch_ms(far.next_step_at or far.opened_at)))


async def test_deadlines_fire_without_redis(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody listens there: PostgreSQL alone is enough, at most a second late, without a flood of logs."""
    nobody = index.connect("redis://127.0.0.1:1/0")
    tickets = [due_in(station, 1 + n * 0.3) for n in range(5)]
    await station.world.add(*tickets)
    with caplog.at_level(logging.WARNING):
        async with station.working(nobody) as worker:
            late = [await station.late_s(ticket) for ticket in tickets]
            assert "lanshou_index_up 0" in await worker.page()
    await nobody.aclose()
    assert min(late) >= 0
    assert max(late) < 1
    assert len(caplog.records) <= 6


async def test_deadlines_fire_while_redis_hangs(station: Station) -> None:
    """It takes the connection and says nothing: noticed within the time-out, and not waited for again."""
    tickets = [due_in(station, 1 + n * 0.3) for n in range(5)]
    await station.world.add(*tickets)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = index.connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        async with station.working(hanging):
            late = [await station.late_s(ticket) for ticket in tickets]
        await hanging.aclose()
    assert min(late) >= 0
    assert max(late) < 1.5


async def test_a_dead_workers_claims_are_taken_over(station: Station) -> None:
    """Claimed and never finished: late by the lease at most."""
    ticket = due_in(station, 0)
    await station.world.add(ticket)
    await station.put(ticket)
    deadlines = DeadlineIndex(station.client)
    haul = await deadlines.claim(index.epoch_ms(station.world.now), limit=1, lease_ms=LEASE_MS)
    assert len(haul.claims) == 1
    async with station.working():
        assert await station.late_s(ticket) < AT_MOST_LATE_S


async def test_workers_side_by_side_do_everything_once(station: Station) -> None:
    """Three workers, 300 tickets falling due within a second."""
    tickets = [due_in(station, 0.5 + n / 300) for n in range(300)]
    await station.world.add(*tickets)
    async with station.working(), station.working(), station.working():
        await station.put(*tickets)
        await until(lambda: complaints(station, 300))
    assert [event["position"] for event in await station.world.events(tickets[0].shop_id)] == list(
        range(1, 301)
    )


async def test_lost_connections_to_postgresql_lose_nothing(station: Station) -> None:
    """Every connection cut while tickets fall due."""
    tickets = [due_in(station, 1 + n * 0.05) for n in range(40)]
    await station.world.add(*tickets)
    await station.put(*tickets)
    async with station.working():
        for _ in range(4):
            await asyncio.sleep(0.5)
            await station.world.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await until(lambda: complaints(station, 40))


async def test_a_ticket_that_cannot_be_written_is_tried_seldom(station: Station) -> None:
    """It fails once, is left alone, and nobody else waits for it."""
    poison, healthy = due_in(station, -1), due_in(station, 1)
    await station.world.add(poison, healthy)
    await station.world.rows(
        "INSERT INTO complaint (shop_id, id, ticket_id, round, status, violation, filed_at,"
        " estimated_compensation) VALUES ($1, gen_random_uuid(), $2, 1, 'FILED', 'NO_PICKUP', now(), 1)",
        *poison.key,
    )
    async with station.working() as worker:
        assert 0 <= await station.late_s(healthy) < IN_TIME_S
        await asyncio.sleep(1)
        assert worker.metrics.fates == {"fired": 1, "failed": 1}
        assert worker.handling.left_alone(poison.key)


async def test_the_metrics_tell_what_was_done(station: Station) -> None:
    """In the text format, with the lateness as a histogram."""
    ticket = due_in(station, -1)
    await station.world.add(ticket)
    async with station.working() as worker:
        await station.late_s(ticket)
        await until(lambda: fired(worker))
        text = await worker.page()
    assert 'lanshou_worker_tickets_total{fate="fired"} 1' in text
    assert 'lanshou_deadline_lateness_seconds_bucket{le="+Inf"} 1' in text
    assert "lanshou_index_up 1" in text
    assert "lanshou_worker_claims_lost_total 0" in text


async def test_a_claim_that_was_lost_is_counted(station: Station) -> None:
    """Its lease had run out, and another has it."""
    ticket = due_in(station, 60)
    await station.world.add(ticket)
    async with station.working() as worker:
        claims = [Claim(ticket.shop_id, ticket.id, 1)]
        await worker._lanes.acquire()
        await worker._handle(claims)
        assert worker.metrics.counters["claims_lost"] == 1
        await worker._give_back(claims, 0)
        assert worker.metrics.counters["claims_given_back"] == 1


async def test_workers_are_known_while_they_work(station: Station) -> None:
    """One that stops in order leaves the roster; another name stays until it is forgotten."""
    roster = Roster(station.client)

    async def names() -> set[str]:
        return {name for name, _ in await roster.present()}

    async def known() -> bool:
        return roster.name in await names()

    other = Roster(station.client)
    other.name = "there/1"
    now_ms = index.epoch_ms(station.world.now)
    await other.announce(now_ms - roster_of.FORGOTTEN_AFTER_MS + 60_000)
    async with station.working():
        await until(known)
        assert await names() == {roster.name, "there/1"}
    assert await names() == {"there/1"}
    await other.announce(now_ms - 2 * roster_of.FORGOTTEN_AFTER_MS)
    await roster.announce(now_ms)
    assert await names() == {roster.name}


async def fired(worker: Worker) -> bool:
    return worker.metrics.fates["fired"] == 1
