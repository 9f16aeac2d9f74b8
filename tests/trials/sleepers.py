"""The trial of workers that sleep past their lease: others do what they held, and they do nothing more."""

from __future__ import annotations

import asyncio
import random
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from escalation import index
from escalation.index import SLOTS, DeadlineIndex
from tests.trials import data, deadlines, fleet
from tests.trials.findings import Count, Findings, Whole

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from db.database import Database
    from tests.trials.fleet import Fleet

    Key = tuple[UUID, UUID]

TICKETS = 200
SPREAD_S = 0.3
"""Over which the tickets of one round fall due."""
OTHERS_FINISH_S = 0.4
"""What is still claimed this long after one worker was stopped is that one's."""
TAKEN_OVER_WITHIN_S = 8.0
AWAKE_S = 2.0
"""How long a worker has, once awake, to do what it should not; the bad one needs 0.8 s."""
TRIES = 6
"""For each sleep that counts: a worker may be stopped while it holds nothing."""

_STANDS = """
SELECT k.shop_id, k.id, t.version, t.record_count, t.status,
  (SELECT count(*) FROM complaint c WHERE c.shop_id = k.shop_id AND c.ticket_id = k.id) AS complaints,
  (SELECT count(*) FROM follow_up_record r WHERE r.shop_id = k.shop_id AND r.ticket_id = k.id) AS records
FROM unnest($1::uuid[], $2::uuid[]) AS k(shop_id, id)
JOIN ticket t ON t.shop_id = k.shop_id AND t.id = k.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often a worker is put to sleep with tickets in hand."""

    sleeps: int


FULL = Plan(sleeps=20)
QUICK = Plan(sleeps=1)


async def sleeper(plan: Plan, database_url: str, kind: str, seed: int) -> Findings:
    """SIGSTOP of a worker that holds claims, until others have done them, and SIGCONT."""
    rng = random.Random(seed)
    slept = held = untaken = written = 0
    async with deadlines.prepared(database_url, kind) as (database, made):
        async with database.transaction() as connection:
            shop_ids = await data.shops(connection, deadlines.SHOPS)
        for _ in range(plan.sleeps * TRIES):
            if slept == plan.sleeps:
                break
            tickets = await deadlines.written(database, shop_ids, TICKETS, SPREAD_S, rng)
            await deadlines.told(made.redis_url, tickets)
            number = rng.randrange(fleet.WORKERS)
            in_hand = await _stop_with_claims(made, made.workers[number], rng)
            if in_hand:
                slept += 1
                held += len(in_hand)
                untaken += await _untaken(database, in_hand)
                written += await _written_by_sleeper(database, made.workers[number], in_hand)
            made.workers[number].send_signal(signal.SIGCONT)
            await deadlines.settled(database, tickets, kind)
        found = await deadlines.judged(database)
    counts = (
        Count("sleeps past a lease", slept, most=plan.sleeps, least=plan.sleeps),
        Count("tickets held by sleepers", held, most=slept * TICKETS, least=slept),
        Count("not taken over meanwhile", untaken),
        Count("written by sleepers", written),
    )
    return Findings((*counts, Whole(found)))


async def _stop_with_claims(made: Fleet, worker: Process, rng: random.Random) -> list[Key]:
    """Stop the worker soon after tickets are claimed; what it holds."""
    client = index.connect(made.redis_url)
    try:
        deadline_index = DeadlineIndex(client)
        async with asyncio.timeout(deadlines.LEAD_S + SPREAD_S + 10):
            while not (await deadline_index.counts()).claimed:  # noqa: ASYNC110 - in another server
                await asyncio.sleep(0.002)
        await asyncio.sleep(rng.uniform(0, 0.03))
        worker.send_signal(signal.SIGSTOP)
        await asyncio.sleep(OTHERS_FINISH_S)
        found: list[Any] = []
        for slot in range(SLOTS):
            found += await client.zrange(index._claimed(slot), 0, -1)
    finally:
        await client.aclose()
    return [(UUID(bytes=member[:16]), UUID(bytes=member[16:])) for member in found]


async def _untaken(database: Database, keys: list[Key]) -> int:
    """How many of the sleeper's tickets nobody else has done in time."""
    left = len(keys)
    for _ in range(int(TAKEN_OVER_WITHIN_S / 0.1)):
        left = sum(not row["complaints"] for row in await _stand(database, keys))
        if not left:
            break
        await asyncio.sleep(0.1)
    return left


async def _written_by_sleeper(database: Database, worker: Process, keys: list[Key]) -> int:
    """Wake it; how many of its tickets changed after that."""
    await asyncio.sleep(AWAKE_S / 2)  # what others began is finished
    before = await _stand(database, keys)
    worker.send_signal(signal.SIGCONT)
    await asyncio.sleep(AWAKE_S)
    after = await _stand(database, keys)
    return sum(one != other for one, other in zip(before, after, strict=True))


async def _stand(database: Database, keys: list[Key]) -> list[Any]:
    rows = await database.pool.fetch(_STANDS, *(list(column) for column in zip(*keys, strict=True)))
    return sorted(rows, key=lambda row: (row["shop_id"], row["id"]))
