"""The deadline index: when the worker has to look at which ticket. Redis; PostgreSQL is the truth.

One member a ticket (shop id + ticket id, 32 bytes) with the time of its next step, in 64 slots by shop.
A due member is *claimed*: it moves from `due` to `claimed` with the end of a lease as its score, and a
dead worker's claims return by themselves. Why nothing gets lost, and at worst a ticket is looked at once
too often (the step itself is judged by PostgreSQL, under the order's lock):

* A mutation's `put` is what it just committed, so it overwrites `due`. While a ticket is claimed, `put`
  writes beside the claim; `finish` then keeps the earlier of both times. If the mutation's was the truth
  and later, the early look corrects it; if the worker's was, the same.
* `finish` ends a lease only while the score is still its own (fencing): a worker that slept past its lease
  finds another's claim and leaves it. The next step it brings is entered all the same, earliest wins.
* A lease that ran out returns as due now, unless a mutation wrote a time meanwhile: that one is newer.
* Two mutations' `put`s in the wrong order, a `put` that was lost, a FLUSHALL, an old AOF: the sweep compares
  the next seconds' tickets with PostgreSQL twice a second (`fill`) and brings back what is missing or late.
* What is in Redis and should not be costs one look: nothing is due, the member goes.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from uuid import UUID

import redis.asyncio
import redis.exceptions
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from live.gathering import Gathering
from live.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping, Sequence
    from datetime import datetime

T = TypeVar("T")

SLOTS = 64
TIMEOUT_S = 0.5
"""A Redis that does not answer by then counts as away."""
SILENCE_S = 1.0
"""After a `put` that failed: a Redis that hangs must not cost every mutation its timeout."""
WAKE_WITHIN_MS = 3_000
"""Workers look at least once a second: only what is due sooner than their next look has to wake them,
with room for the difference between this machine's clock and PostgreSQL's."""
WAKE_CHANNEL = "lanshou:deadlines:wake"
LOCK = "lanshou:deadlines:filling"
LONGEST_LEASE_MS = 60_000
"""A claim with a later score was written under another clock and counts as none."""

_log = logging.getLogger("lanshou.deadlines")
_OURS = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
_HOLD = _OURS + "return redis.call('PEXPIRE', KEYS[1], ARGV[2])"
_RELEASE = _OURS + "return redis.call('DEL', KEYS[1])"


class Away(Exception):
    """Redis cannot be reached, does not answer in time, or answers with an error of its own."""


class Entry(NamedTuple):
    """A ticket and its next step; None for never again."""

    shop_id: UUID
    ticket_id: UUID
    at: datetime | None


class Claim(NamedTuple):
    """A ticket this worker holds until `lease_ms` (epoch)."""

    shop_id: UUID
    ticket_id: UUID
    lease_ms: int


@dataclass(frozen=True, slots=True)
class Haul:
    """What one claim brought. `next_ms` is the next score (epoch) after it, None when nothing waits."""

    claims: list[Claim]
    next_ms: int | None
    returned: int
    filled: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tickets wait and are claimed; the earliest score (epoch ms)."""

    due: int
    claimed: int
    oldest_ms: int | None


def connect(url: str) -> redis.asyncio.Redis:
    """A client that gives up quickly: nobody waits for an index. Connects when first used."""
    client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
    )
    return client


def slot_of(shop_id: UUID) -> int:
    """The slot of a shop, the same in every process and version."""
    return zlib.crc32(shop_id.bytes) % SLOTS


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970, rounded up: a score never lies before the moment it stands for."""
    return -int(-at.timestamp() * 1000 // 1)


class _Script:
    """A Lua script of this folder."""

    def __init__(self, name: str) -> None:
        self.text = (Path(__file__).parent / f"{name}.lua").read_text()
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


class DeadlineIndex:
    """The index in one Redis. `put` never raises; every other method may raise `Away`."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client
        self._claim = _Script("claim")
        self._finish = _Script("finish")
        self._fill = _Script("fill")
        self._putting = Gathering(self._put)
        self._trouble = Throttle(_log)
        self._silent_until = 0.0

    async def put(self, entries: Iterable[Entry]) -> bool:
        """Enter the next steps of tickets just committed; False when Redis was away: the sweep repairs it.

        What is put while another `put` is under way goes together: a round trip costs more than an entry.
        """
        given = list(entries)
        return await self._putting.add(given) if given else True

    async def _put(self, given: Sequence[Entry]) -> bool:
        if time.monotonic() < self._silent_until:
            return False
        entries = {(each.shop_id, each.ticket_id): each for each in given}.values()  # the last word counts
        soon = int(time.time() * 1000) + WAKE_WITHIN_MS
        wake = False
        pipe = self._redis.pipeline(transaction=False)
        for slot, members in _by_slot(entries).items():
            gone = [member for member, score in members if score is None]
            dated = {member: score for member, score in members if score is not None}
            if gone:
                pipe.zrem(_due(slot), *gone)
            if dated:
                pipe.zadd(_due(slot), dated)
                wake = wake or min(dated.values()) < soon
        if wake:
            pipe.publish(WAKE_CHANNEL, b"")
        try:
            await _in_time(pipe.execute())
        except Away as error:
            self._silent_until = time.monotonic() + SILENCE_S
            self._trouble.warning("Redis is away, the sweep will enter what changed", error)
            return False
        return True

    async def claim(self, now_ms: int, *, limit: int, lease_ms: int) -> Haul:
        """Claim up to `limit` tickets due at `now_ms` (epoch) for `lease_ms` from then."""
        keys = [key for slot in range(SLOTS) for key in (_due(slot), _claimed(slot), _filled(slot))]
        lease_end = now_ms + lease_ms
        [found] = await self._run(self._claim, [(keys, [now_ms, limit, lease_end])])
        members, next_ms, returned, unfilled = found
        claims = [Claim(UUID(bytes=member[:16]), UUID(bytes=member[16:]), lease_end) for member in members]
        return Haul(claims, None if next_ms < 0 else next_ms, returned, unfilled == 0)

    async def finish(self, done: Iterable[tuple[Claim, int | None]]) -> int:
        """End leases and enter each ticket's next step (epoch ms); how many leases were still ours."""
        slots: dict[int, list[Any]] = defaultdict(list)
        for claim, next_ms in done:
            slots[slot_of(claim.shop_id)] += (
                claim.shop_id.bytes + claim.ticket_id.bytes,
                claim.lease_ms,
                "" if next_ms is None else next_ms,
            )
        return sum(await self._run(self._finish, _calls(slots)))

    async def give_back(self, claims: Iterable[Claim], now_ms: int) -> None:
        """Return claims unhandled, due at `now_ms`."""
        await self.finish((claim, now_ms) for claim in claims)

    async def fill(self, entries: Iterable[Entry], now_ms: int) -> int:
        """Enter those that are neither waiting in time nor claimed; how many were missing or too late."""
        slots: dict[int, list[Any]] = {}
        for slot, members in _by_slot(entries).items():
            slots[slot] = [now_ms + LONGEST_LEASE_MS]
            for member, score in members:
                slots[slot] += (member, score)
        return sum(await self._run(self._fill, _calls(slots)))

    async def counts(self) -> Counts:
        """How many tickets wait, how many are claimed, and the earliest score of both."""
        pipe = self._redis.pipeline(transaction=False)
        for slot in range(SLOTS):
            for key in (_due(slot), _claimed(slot)):
                pipe.zcard(key)
                pipe.zrange(key, 0, 0, withscores=True)
        found = await _in_time(pipe.execute())
        heads = [int(head[0][1]) for head in found[1::2] if head]
        return Counts(sum(found[0::4]), sum(found[2::4]), min(heads, default=None))

    async def begin_filling(self, token: str, hold_ms: int) -> bool:
        """Whether this worker is the one to fill the whole index; held for `hold_ms`."""
        return bool(await _in_time(self._redis.set(LOCK, token, nx=True, px=hold_ms)))

    async def keep_filling(self, token: str, hold_ms: int) -> bool:
        """Hold on for another `hold_ms`; False when the lock is lost, as after a FLUSHALL."""
        return bool(await _in_time(self._redis.eval(_HOLD, 1, LOCK, token, str(hold_ms))))

    async def end_filling(self, token: str, *, complete: bool) -> None:
        """Let go; mark the index as filled when `complete`."""
        if complete:
            pipe = self._redis.pipeline(transaction=False)
            for slot in range(SLOTS):
                pipe.set(_filled(slot), b"1")
            await _in_time(pipe.execute())
        await _in_time(self._redis.eval(_RELEASE, 1, LOCK, token))

    async def _run(self, script: _Script, calls: Sequence[tuple[list[str], list[Any]]]) -> list[Any]:
        """One round trip for all calls of a script; another when Redis does not know it yet."""
        if not calls:
            return []
        try:
            return await self._send(script, calls)
        except redis.exceptions.NoScriptError:
            # A claim is one call, and `finish` and `fill` may run twice: sending all again is safe.
            await _in_time(self._redis.script_load(script.text))
            return await self._send(script, calls)

    async def _send(self, script: _Script, calls: Sequence[tuple[list[str], list[Any]]]) -> list[Any]:
        pipe = self._redis.pipeline(transaction=False)
        for keys, arguments in calls:
            pipe.evalsha(script.sha, len(keys), *keys, *arguments)
        return await _in_time(pipe.execute())


async def _in_time(answer: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await answer
    except redis.exceptions.NoScriptError:
        raise
    except (redis.exceptions.RedisError, OSError) as error:  # asyncio's TimeoutError is an OSError
        raise Away(str(error) or type(error).__name__) from error


def _due(slot: int) -> str:
    return f"lanshou:{{d{slot:02d}}}:due"


def _claimed(slot: int) -> str:
    return f"lanshou:{{d{slot:02d}}}:claimed"


def _filled(slot: int) -> str:
    return f"lanshou:{{d{slot:02d}}}:filled"


def _by_slot(entries: Iterable[Entry]) -> dict[int, list[tuple[bytes, int | None]]]:
    slots: dict[int, list[tuple[bytes, int | None]]] = defaultdict(list)
    for shop_id, ticket_id, at in entries:
        score = None if at is None else epoch_ms(at)
        slots[slot_of(shop_id)].append((shop_id.bytes + ticket_id.bytes, score))
    return slots


def _calls(slots: Mapping[int, list[Any]]) -> list[tuple[list[str], list[Any]]]:
    return [([_due(slot), _claimed(slot)], arguments) for slot, arguments in slots.items()]
