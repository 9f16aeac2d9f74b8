"""The trials of a Redis in several nodes (`quality.md §5`): masters are killed, hang, or lose all they hold.

Each comes back after a while, when another has taken its place.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import redis

from tests import redis_nodes
from tests.trials import deadlines
from tests.trials.deadlines import Plan

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.redis_nodes import Node
    from tests.trials.fleet import Fleet
    from tests.trials.verdict import Verdict

GONE_S = 3.0
"""Long enough for a replica to take the place of who is gone, and to be missed before."""

KILLS = Plan(tickets=2_000, seconds=60, redis_kills=5, hangs=3, flushes=2)
KILLS_QUICK = Plan(tickets=200, seconds=4, redis_kills=1, flushes=1)


async def cluster(plan: Plan, database_url: str, kind: str, seed: int) -> Verdict:
    """Trouble for a Redis Cluster of three masters and three replicas."""
    with ExitStack() as stack:
        made = await asyncio.to_thread(stack.enter_context, redis_nodes.cluster(replicas=True))

        def some_master(rng: random.Random) -> Node:
            return rng.choice(made.masters())

        return await _hurt(plan, database_url, kind, seed, made.url, some_master)


async def sentinel(plan: Plan, database_url: str, kind: str, seed: int) -> Verdict:
    """Trouble for a master with one replica and three Sentinels."""
    with ExitStack() as stack:
        made = await asyncio.to_thread(stack.enter_context, redis_nodes.watched())
        return await _hurt(plan, database_url, kind, seed, made.url, lambda _: made.master())


async def _hurt(
    plan: Plan,
    database_url: str,
    kind: str,
    seed: int,
    redis_url: str,
    whom: Callable[[random.Random], Node],
) -> Verdict:
    blows = [_kill] * plan.redis_kills + [_hang] * plan.hangs + [_empty] * plan.flushes

    async def trouble(made: Fleet, rng: random.Random) -> None:
        del made
        rng.shuffle(blows)
        blows.sort(key=lambda blow: blow is not _empty)  # what is emptied first still has all to lose
        async for number in deadlines.moments(len(blows), plan.seconds, rng):
            await blows[number](await asyncio.to_thread(whom, rng))

    return await deadlines.run(plan, database_url, kind, seed, trouble, redis_url=redis_url)


async def _kill(node: Node) -> None:
    node.kill()
    await asyncio.sleep(GONE_S)
    await asyncio.to_thread(node.start)


async def _hang(node: Node) -> None:
    node.pause()
    await asyncio.sleep(GONE_S)
    node.resume()


async def _empty(node: Node) -> None:
    with suppress(redis.RedisError, OSError):  # it has just become a replica
        await asyncio.to_thread(node.ask, "FLUSHALL")
