"""The index and the hints while single nodes are gone: a Cluster's, and a master that Sentinels watch."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from escalation import index
from escalation.index import Away, DeadlineIndex, Entry, Haul
from live import hints, nodes
from live.hints import Hints
from live.nodes import Client, Cluster
from tests import redis_nodes
from tests.escalation.conftest import ready

LEASE_MS = 60_000
BACK_WITHIN_S = 15.0
SHOPS = [UUID(int=number) for number in range(200)]


@pytest.fixture
def replicated() -> Iterator[redis_nodes.Cluster]:
    """A Cluster of three with a replica each, to be hurt."""
    with redis_nodes.cluster(replicas=True) as made:
        yield made


@pytest.fixture
async def client(replicated: redis_nodes.Cluster) -> AsyncIterator[Client]:
    """A client of it."""
    made = index.connect(replicated.url)
    await ready(made)
    yield made
    await made.aclose()


def entries() -> list[Entry]:
    """One due ticket of each of 200 shops: some in every node."""
    return [Entry(shop_id, uuid4(), datetime.now(UTC) - timedelta(seconds=1)) for shop_id in SHOPS]


async def claim(deadlines: DeadlineIndex) -> Haul:
    now_ms = index.epoch_ms(datetime.now(UTC))
    return await deadlines.claim(now_ms, limit=1_000, lease_ms=LEASE_MS)


async def drained(deadlines: DeadlineIndex) -> set[tuple[UUID, UUID]]:
    """Claim until nothing is due; the tickets."""
    found: set[tuple[UUID, UUID]] = set()
    while claims := (await claim(deadlines)).claims:
        found |= {(each.shop_id, each.ticket_id) for each in claims}
    return found


@asynccontextmanager
async def listening(url: str, count: int) -> AsyncIterator[list[set[tuple[UUID, int]]]]:
    """So many processes that hear hints: what each has heard."""
    clients = [hints.connect(url) for _ in range(count)]
    heard: list[set[tuple[UUID, int]]] = [set() for _ in clients]
    tasks = [
        asyncio.create_task(Hints(client).listen(lambda shop_id, at, into=into: into.add((shop_id, at))))  # type: ignore[misc]
        for client, into in zip(clients, heard, strict=True)
    ]
    yield heard
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for client in clients:
        await client.aclose()


async def all_hear(url: str, heard: list[set[tuple[UUID, int]]]) -> None:
    """Publish something new until all have heard it."""
    client = hints.connect(url)
    told, new = Hints(client), (uuid4(), 7)
    async with asyncio.timeout(BACK_WITHIN_S):
        while not all(new in each for each in heard):
            await told.publish(dict([new]))
            await asyncio.sleep(0.05)
    await client.aclose()


async def healthy(deadlines: DeadlineIndex) -> None:
    """Wait until every node answers again."""
    async with asyncio.timeout(BACK_WITHIN_S):
        while True:
            with suppress(Away):
                await deadlines.counts()
                return
            await asyncio.sleep(0.05)


async def test_a_dead_node_takes_nothing_from_the_others(
    replicated: redis_nodes.Cluster, client: Client
) -> None:
    """What the living ones have is claimed and the loss is told; the replica brings the rest, and hints are
    heard again; who comes back is a replica, and nobody writes to it.
    """
    deadlines = DeadlineIndex(client)
    due = entries()
    assert await deadlines.put(due)
    await asyncio.sleep(0.3)  # the replicas follow
    assert isinstance(client, Cluster)
    dead = replicated.nodes[0]
    of_dead = {each[:2] for each in due if _port(client, each.shop_id) == dead.port}
    assert 0 < len(of_dead) < len(due)
    async with listening(replicated.url, 3) as heard:
        dead.kill()
        first = await claim(deadlines)
        assert first.lost is not None
        assert {(each.shop_id, each.ticket_id) for each in first.claims}.isdisjoint(of_dead)
        await healthy(deadlines)
        assert of_dead <= await drained(deadlines)
        await all_hear(replicated.url, heard)
    dead.start()
    await asyncio.sleep(0.5)
    assert dead.port not in {node.port for node in replicated.masters()}
    again = entries()
    assert await deadlines.put(again)
    assert {each[:2] for each in again} <= await drained(deadlines)


async def test_a_node_that_hangs_holds_up_no_other(replicated: redis_nodes.Cluster, client: Client) -> None:
    """Its connections stay open; when it wakes up it is no longer the master."""
    deadlines = DeadlineIndex(client)
    await deadlines.put(entries())
    hanging = replicated.nodes[1]
    hanging.pause()
    began = asyncio.get_running_loop().time()
    first = await claim(deadlines)
    assert first.lost is not None
    assert first.claims
    assert asyncio.get_running_loop().time() - began < 2 * index.TIMEOUT_S
    await healthy(deadlines)
    hanging.resume()
    await drained(deadlines)
    again = entries()
    async with asyncio.timeout(BACK_WITHIN_S):
        while not await deadlines.put(again):  # noqa: ASYNC110 - in other processes
            await asyncio.sleep(0.1)
    assert await drained(deadlines) == {each[:2] for each in again}


async def test_slots_that_move_are_followed(cluster_url: str, redis_cluster: redis_nodes.Cluster) -> None:
    """Resharding: MOVED is an answer like any other, and the next commands go to the new node at once."""
    client = index.connect(cluster_url)
    await ready(client)
    deadlines = DeadlineIndex(client)
    due = [each for each in entries() if index.slot_of(each.shop_id) == 7]
    await deadlines.put([])
    await deadlines.counts()
    assert isinstance(client, Cluster)
    slot = client.keyslot("{d07}")
    before = _port(client, due[0].shop_id)
    target = next(node for node in redis_cluster.nodes if node.port != before)
    source = next(node for node in redis_cluster.nodes if node.port == before)
    for node in (target, source, *redis_cluster.nodes):
        node.ask("CLUSTER", "SETSLOT", slot, "NODE", target.ask("CLUSTER", "MYID"))
    assert await deadlines.put(due)
    assert await drained(deadlines) == {each[:2] for each in due}
    assert _port(client, due[0].shop_id) == target.port
    redis_cluster.flush()
    for node in (source, target, *redis_cluster.nodes):
        node.ask("CLUSTER", "SETSLOT", slot, "NODE", source.ask("CLUSTER", "MYID"))
    await client.aclose()


async def test_what_is_emptied_during_a_rebuild_does_not_count_as_filled(
    cluster_url: str, redis_cluster: redis_nodes.Cluster
) -> None:
    """One node loses all, the lock is on another one."""
    client = index.connect(cluster_url)
    await ready(client)
    deadlines = DeadlineIndex(client)
    assert await deadlines.begin_filling("one", 10_000)
    assert isinstance(client, Cluster)
    locked = client.get_node_from_key(index.LOCK)
    emptied = next(node for node in redis_cluster.nodes if locked and node.port != locked.port)
    emptied.ask("FLUSHALL")
    assert await deadlines.keep_filling("one", 10_000)
    await deadlines.end_filling("one", complete=True)
    filled = {slot.number: slot.filled for slot in await deadlines.slots()}
    lost = {number for number in filled if _slot_port(client, number) == emptied.port}
    assert {number for number, whole in filled.items() if not whole} == lost != set()
    assert not (await claim(deadlines)).filled
    await client.aclose()


async def test_hints_reach_every_process_of_a_cluster(cluster_url: str) -> None:
    """Published on any node, heard on any other."""
    async with listening(cluster_url, 6) as heard:
        await all_hear(cluster_url, heard)


async def test_sentinels_put_the_replica_in_the_masters_place() -> None:
    """One of them hangs, and the others are asked in time. Then the master hangs: away at once, back with
    what it held as soon as they have agreed; the old one wakes up and is not written to.
    """
    with redis_nodes.watched() as made:
        made.sentinels[0].pause()
        client = index.connect(made.url)
        deadlines = DeadlineIndex(client)
        due = entries()
        assert await deadlines.put(due)
        made.sentinels[0].resume()
        await asyncio.sleep(0.3)  # the replica follows
        master = made.master()
        master.pause()
        began = asyncio.get_running_loop().time()
        with pytest.raises(Away):
            await claim(deadlines)
        assert asyncio.get_running_loop().time() - began < 2 * index.TIMEOUT_S
        await healthy(deadlines)
        assert made.master().port != master.port
        master.resume()
        assert await drained(deadlines) == {each[:2] for each in due}
        await client.aclose()


async def test_a_cluster_that_is_away_costs_one_time_out(cluster_url: str) -> None:
    """As a single server does."""
    del cluster_url
    client = index.connect("redis+cluster://127.0.0.1:1,127.0.0.1:2")
    began = asyncio.get_running_loop().time()
    with pytest.raises(Away):
        await claim(DeadlineIndex(client))
    assert not await DeadlineIndex(client).put(entries())
    assert asyncio.get_running_loop().time() - began < 4 * index.TIMEOUT_S
    with pytest.raises(nodes.AWAY):
        async with nodes.subscription(client):
            pass
    await client.aclose()


def _port(client: Cluster, shop_id: UUID) -> int:
    return _slot_port(client, index.slot_of(shop_id))


def _slot_port(client: Cluster, slot: int) -> int:
    node = client.get_node_from_key(index.due_key(slot))
    assert node is not None
    return int(node.port)
