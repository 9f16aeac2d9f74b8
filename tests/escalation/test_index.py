"""The deadline index on a real Redis: claims, leases, fencing, filling."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import redis.asyncio

from escalation import index
from escalation.index import Claim, DeadlineIndex, Entry
from live import nodes
from live.nodes import Client
from tests.escalation.conftest import ready

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
T0_MS = index.epoch_ms(T0)
LEASE_MS = 1_500


@pytest.fixture
async def client(any_redis_url: str) -> AsyncIterator[Client]:
    """A client of the test's Redis, or Cluster."""
    made = index.connect(any_redis_url)
    await ready(made)
    yield made
    await made.aclose()


@pytest.fixture
def deadlines(client: Client) -> DeadlineIndex:
    """The index, empty."""
    return DeadlineIndex(client)


def entry(at_ms: int = 0, shop_id: UUID | None = None) -> Entry:
    return Entry(shop_id or uuid4(), uuid4(), T0 + timedelta(milliseconds=at_ms))


async def claim(deadlines: DeadlineIndex, after_ms: int, limit: int = 100) -> list[Claim]:
    """Claim until nothing is due: in a Cluster the first claim only finds out where much waits."""
    claims: list[Claim] = []
    while (haul := await deadlines.claim(T0_MS + after_ms, limit=limit, lease_ms=LEASE_MS)).claims:
        assert len(haul.claims) <= limit
        claims += haul.claims
    return claims


def names(claims: list[Claim]) -> set[tuple[UUID, UUID]]:
    return {(one.shop_id, one.ticket_id) for one in claims}


def test_a_score_never_lies_before_its_moment() -> None:
    """Rounded up to the millisecond."""
    assert index.epoch_ms(T0) == T0.timestamp() * 1000
    assert index.epoch_ms(T0 + timedelta(microseconds=1)) == T0_MS + 1
    assert index.epoch_ms(T0 + timedelta(microseconds=999)) == T0_MS + 1


def test_a_shop_has_the_same_slot_in_every_process() -> None:
    """Fixed values: another hash would lose an index that stands in Redis."""
    assert index.slot_of(UUID(int=1)) == 3
    assert index.slot_of(UUID("0193b5a4-0000-7000-8000-000000000001")) == 18
    assert {index.slot_of(uuid4()) for _ in range(5_000)} == set(range(index.SLOTS))


async def test_only_what_is_due_is_claimed(deadlines: DeadlineIndex) -> None:
    """One millisecond before its time a ticket stays."""
    early, later = entry(), entry(1_000)
    assert await deadlines.put([early, later])
    assert await claim(deadlines, -1) == []
    haul = await deadlines.claim(T0_MS, limit=100, lease_ms=LEASE_MS)
    assert haul.claims == [Claim(early.shop_id, early.ticket_id, T0_MS + LEASE_MS)]
    assert haul.next_ms == T0_MS + 1_000
    assert await claim(deadlines, 0) == []


async def test_put_overwrites_and_removes(deadlines: DeadlineIndex) -> None:
    """One member a ticket: the last thing committed is what counts."""
    ticket = entry()
    await deadlines.put([ticket])
    await deadlines.put([ticket._replace(at=T0 + timedelta(seconds=5))])
    assert await claim(deadlines, 4_999) == []
    await deadlines.put([ticket._replace(at=None)])
    assert await deadlines.counts() == index.Counts(0, 0, None)


async def test_a_lease_that_ran_out_returns(deadlines: DeadlineIndex) -> None:
    """A dead worker's claims are another's as soon as the lease ends."""
    await deadlines.put([entry()])
    [dead] = await claim(deadlines, 0)
    assert await claim(deadlines, LEASE_MS - 1) == []
    haul = await deadlines.claim(T0_MS + LEASE_MS, limit=100, lease_ms=LEASE_MS)
    assert haul.returned == 1
    assert haul.claims == [dead._replace(lease_ms=T0_MS + 2 * LEASE_MS)]


async def test_a_sleeper_ends_nobody_elses_lease(deadlines: DeadlineIndex) -> None:
    """Fencing: the claim is another's meanwhile, and stays so."""
    await deadlines.put([entry()])
    [sleeper] = await claim(deadlines, 0)
    [other] = await claim(deadlines, LEASE_MS)
    assert await deadlines.finish([(sleeper, None)]) == 0
    assert (await deadlines.counts()).claimed == 1
    assert await deadlines.finish([(other, None)]) == 1
    assert await deadlines.counts() == index.Counts(0, 0, None)


async def test_finish_enters_the_next_step(deadlines: DeadlineIndex) -> None:
    """A reminder done, the deadline remains."""
    await deadlines.put([entry()])
    [done] = await claim(deadlines, 0)
    await deadlines.finish([(done, T0_MS + 9_000)])
    assert await deadlines.counts() == index.Counts(1, 0, T0_MS + 9_000)


@pytest.mark.parametrize(("written_ms", "expected_ms"), [(3_000, 3_000), (12_000, 9_000)])
async def test_finish_never_postpones_what_a_mutation_wrote(
    deadlines: DeadlineIndex, written_ms: int, expected_ms: int
) -> None:
    """The earlier of both times stays: at worst one look too many."""
    ticket = entry()
    await deadlines.put([ticket])
    [done] = await claim(deadlines, 0)
    await deadlines.put([ticket._replace(at=T0 + timedelta(milliseconds=written_ms))])
    await deadlines.finish([(done, T0_MS + 9_000)])
    assert await deadlines.counts() == index.Counts(1, 0, T0_MS + expected_ms)


async def test_a_mutation_outlives_the_lease_it_met(deadlines: DeadlineIndex) -> None:
    """What was written while a dead worker held the claim is newer than the claim."""
    ticket = entry()
    await deadlines.put([ticket])
    await claim(deadlines, 0)
    await deadlines.put([ticket._replace(at=T0 + timedelta(seconds=60))])
    assert await claim(deadlines, LEASE_MS) == []
    assert await deadlines.counts() == index.Counts(1, 0, T0_MS + 60_000)


async def test_given_back_is_due_again(deadlines: DeadlineIndex) -> None:
    """A worker that stops leaves its claims to the others at once."""
    await deadlines.put([entry()])
    claims = await claim(deadlines, 0)
    await deadlines.give_back(claims, T0_MS + 1)
    assert names(await claim(deadlines, 1)) == names(claims)


async def test_a_flood_of_one_shop_delays_no_other(deadlines: DeadlineIndex) -> None:
    """Each slot gets its share of a claim, and what the small ones leave goes to the large one."""
    flood = [entry(-10_000, UUID(int=1)) for _ in range(2_000)]
    quiet = entry(0, UUID(int=2))
    await deadlines.put([*flood, quiet])
    first, second = [(await deadlines.claim(T0_MS, limit=500, lease_ms=LEASE_MS)).claims for _ in range(2)]
    assert quiet[:2] in names(first)
    assert 400 < len(second) <= 500  # what the others leave goes to the flood


async def test_two_workers_never_claim_the_same(deadlines: DeadlineIndex, any_redis_url: str) -> None:
    """2,000 tickets, two clients at once: each ticket exactly once."""
    second = index.connect(any_redis_url)
    await deadlines.put([entry() for _ in range(2_000)])
    both = deadlines, DeadlineIndex(second)
    hauls = await asyncio.gather(*(claim(one, 0, limit=70) for one in both for _ in range(4)))
    claimed = [one for haul in hauls for one in haul]
    assert len(claimed) == len(names(claimed)) == 2_000
    await second.aclose()


async def test_fill_enters_only_what_is_missing_or_too_late(deadlines: DeadlineIndex) -> None:
    """Waiting in time or claimed counts as known."""
    waiting, claimed, late, missing = entry(500), entry(), entry(400), entry(300)
    await deadlines.put([waiting, claimed, late._replace(at=T0 + timedelta(hours=1))])
    held = await claim(deadlines, 0)
    assert await deadlines.fill([waiting, claimed, late, missing], T0_MS) == 2
    assert names(held) == {claimed[:2]}
    assert names(await claim(deadlines, 400)) == {late[:2], missing[:2]}


async def test_a_lease_from_a_clock_gone_wrong_is_none(deadlines: DeadlineIndex) -> None:
    """Claimed by a worker a day ahead that died: filled again."""
    ticket = entry()
    await deadlines.put([ticket])
    await claim(deadlines, 86_400_000)
    assert await deadlines.fill([ticket], T0_MS) == 1
    assert names(await claim(deadlines, 0)) == {ticket[:2]}


async def test_a_flush_shows_in_the_next_claim(deadlines: DeadlineIndex, client: Client) -> None:
    """The marks of a filled index go with it, and so does the right to set them."""
    assert await deadlines.begin_filling("one", 10_000)
    assert not await deadlines.begin_filling("two", 10_000)
    await deadlines.end_filling("one", complete=True)
    assert (await deadlines.claim(T0_MS, limit=1, lease_ms=LEASE_MS)).filled
    await deadlines.begin_filling("three", 10_000)
    await client.flushall()
    assert not (await deadlines.claim(T0_MS, limit=1, lease_ms=LEASE_MS)).filled
    assert not await deadlines.keep_filling("three", 10_000)


async def test_a_redis_that_forgot_the_scripts_learns_them_again(
    deadlines: DeadlineIndex, client: Client
) -> None:
    """As after a restart."""
    await deadlines.put([entry()])
    await claim(deadlines, -1)
    await client.script_flush()
    assert len(await claim(deadlines, 0)) == 1


async def test_what_is_not_ours_is_dropped(deadlines: DeadlineIndex, client: Client) -> None:
    """A member of another length must not stop the worker."""
    ticket = entry(0, UUID(int=1))
    await deadlines.put([ticket])
    await client.zadd(f"lanshou:{{d{index.slot_of(UUID(int=1)):02d}}}:due", {b"junk": T0_MS})
    assert names(await claim(deadlines, 0)) == {ticket[:2]}
    assert (await deadlines.counts()).due == 0


async def test_what_is_due_soon_wakes_the_workers(deadlines: DeadlineIndex, client: Client) -> None:
    """A day ahead does not."""
    async with nodes.subscription(client) as heard:
        await heard.subscribe(index.WAKE_CHANNEL)
        await heard.get_message(timeout=1)
        now = datetime.now(UTC)
        await deadlines.put([entry()._replace(at=now + timedelta(days=1))])
        assert await heard.get_message(timeout=0.1) is None
        await deadlines.put([entry()._replace(at=now + timedelta(seconds=1))])
        assert await heard.get_message(timeout=1) is not None


async def test_put_swallows_a_redis_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    """The mutation has committed: it must not fail, nor wait for long."""
    unreachable = index.connect("redis://127.0.0.1:1/0")
    deadlines = DeadlineIndex(unreachable)
    with caplog.at_level(logging.WARNING):
        assert not await deadlines.put([entry()])
        assert not await deadlines.put([entry()])
    assert len(caplog.records) == 1
    with pytest.raises(index.Away):
        await claim(deadlines, 0)
    await unreachable.aclose()


async def test_a_redis_that_hangs_counts_as_away() -> None:
    """Accepts the connection and never answers: given up within the time-out."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = index.connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        started = asyncio.get_running_loop().time()
        with pytest.raises(index.Away):
            await claim(DeadlineIndex(hanging), 0)
        assert asyncio.get_running_loop().time() - started < 2 * index.TIMEOUT_S
        await hanging.aclose()


@pytest.mark.parametrize("any_redis_url", ["one"], indirect=True)
async def test_puts_at_once_go_together_and_the_last_word_on_a_ticket_counts(
    deadlines: DeadlineIndex, client: Client
) -> None:
    """The order of the commits, in one round trip after the first."""
    shop_id = uuid4()
    kept, gone = entry(-5, shop_id), entry(-5, shop_id)
    assert isinstance(client, redis.asyncio.Redis)
    before = (await client.info("stats"))["total_commands_processed"]
    puts = [
        deadlines.put([entry(-1, shop_id)]),
        deadlines.put([kept._replace(at=None), gone]),
        deadlines.put([kept, gone._replace(at=None)]),
        *(deadlines.put([entry(1_000, shop_id)]) for _ in range(20)),
    ]
    assert all(await asyncio.gather(*puts))
    assert (await client.info("stats"))["total_commands_processed"] - before < 8
    assert names(await claim(deadlines, 0)) >= {(kept.shop_id, kept.ticket_id)}
    assert (await deadlines.counts()).due == 20
