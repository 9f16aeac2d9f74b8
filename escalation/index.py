"""The deadline index: when the worker has to look at which ticket. Redis; PostgreSQL is the truth.

One member a ticket (shop id + ticket id, 32 bytes) with the time of its next step, in 64 slots by shop.
The keys of a slot share a hash tag: in a Redis Cluster the slots lie on its nodes, and a call of a script has
the keys of one slot; on a single server one call has all (`docs/adr/0016-redis-in-several-nodes.md`).
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
* A node that does not answer takes nothing from the others: what they gave is used, and the index counts as
  away, so that what is due on the dead node is taken from PostgreSQL.
"""

from __future__ import annotations

import hashlib
import logging
import time
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import redis.exceptions

from escalation.shares import shares
from live import nodes
from live.gathering import Gathering
from live.nodes import Cluster, Command
from live.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from live.nodes import Client

SLOTS = 64
TIMEOUT_S = 0.5
"""A Redis, or a node of a Cluster, that does not answer by then counts as away."""
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
_FILLED = _OURS + "redis.call('SET', KEYS[2], '1') return redis.call('DEL', KEYS[1])"


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
    """What one claim brought. `next_ms` is the next score (epoch) after it, None when nothing waits.
    `lost`: why some node gave nothing; what others gave is here.
    """

    claims: list[Claim]
    next_ms: int | None
    returned: int
    filled: bool
    lost: Away | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tickets wait and are claimed; the earliest score (epoch ms)."""

    due: int
    claimed: int
    oldest_ms: int | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of the index: tickets that wait and that are claimed, the earliest step and end of a lease
    (epoch ms), whether all that belongs here was entered once.
    """

    number: int
    due: int
    claimed: int
    next_ms: int | None
    lease_ms: int | None
    filled: bool


def connect(url: str) -> Client:
    """A client that gives up quickly: nobody waits for an index. Connects when first used."""
    return nodes.connect(url, connect_timeout_s=TIMEOUT_S, read_timeout_s=TIMEOUT_S)


def slot_of(shop_id: UUID) -> int:
    """The slot of a shop, the same in every process and version."""
    return zlib.crc32(shop_id.bytes) % SLOTS


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970, rounded up: a score never lies before the moment it stands for."""
    return -int(-at.timestamp() * 1000 // 1)


class _Script:
    """A Lua script."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


class DeadlineIndex:
    """The index in one Redis or Cluster. `put` never raises; every other method may raise `Away`."""

    def __init__(self, client: Client) -> None:
        self.puts = self.puts_failed = 0
        """Round trips of `put`, and those that Redis did not answer."""
        self._client = client
        self._claim = _Script(_lua("claim"))
        self._finish = _Script(_lua("finish"))
        self._fill = _Script(_lua("fill"))
        self._count = _Script(_lua("count"))
        self._filled = _Script(_FILLED)
        self._groups = [[slot] for slot in range(SLOTS)] if isinstance(client, Cluster) else [[*range(SLOTS)]]
        """The slots of each call of a script."""
        self._left = [0] * len(self._groups)
        """How many due tickets the last claim left in each group."""
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
        self.puts += 1
        if time.monotonic() < self._silent_until:
            self.puts_failed += 1
            return False
        entries = {(each.shop_id, each.ticket_id): each for each in given}.values()  # the last word counts
        soon = int(time.time() * 1000) + WAKE_WITHIN_MS
        wake = False
        commands = []
        for slot, members in _by_slot(entries).items():
            key = due_key(slot)
            gone = [member for member, score in members if score is None]
            dated = [(score, member) for member, score in members if score is not None]
            if gone:
                commands.append(Command(key, ("ZREM", key, *gone)))
            if dated:
                commands.append(Command(key, ("ZADD", key, *(part for pair in dated for part in pair))))
                wake = wake or min(score for score, _ in dated) < soon
        if wake:
            commands.append(Command(None, ("PUBLISH", WAKE_CHANNEL, b"")))
        try:
            await self._all(commands)
        except Away as error:
            self.puts_failed += 1
            self._silent_until = time.monotonic() + SILENCE_S
            self._trouble.warning("Redis is away, the sweep will enter what changed", error)
            return False
        return True

    async def claim(self, now_ms: int, *, limit: int, lease_ms: int) -> Haul:
        """Claim up to `limit` tickets due at `now_ms` (epoch) for `lease_ms` from then.

        Raises `Away` when no node answers; when some do, what they gave is the haul.
        """
        lease_end = now_ms + lease_ms
        asked = shares(limit, self._left) if len(self._groups) > 1 else [limit]
        calls = [
            (
                [key for slot in group for key in (due_key(slot), claimed_key(slot), _filled(slot))],
                [now_ms, share, lease_end],
            )
            for group, share in zip(self._groups, asked, strict=True)
        ]
        answers = await self._run(self._claim, calls)
        lost = _first_error(answers)
        found = [(at, answer) for at, answer in enumerate(answers) if not isinstance(answer, Exception)]
        if lost is not None and not found:
            raise lost
        for at, answer in found:
            self._left[at] = answer[4]
        claims = [
            Claim(UUID(bytes=member[:16]), UUID(bytes=member[16:]), lease_end)
            for _, answer in found
            for member in answer[0]
        ]
        heads = [head for _, answer in found if (head := _score(answer[1])) is not None]
        returned, unfilled = (sum(answer[at] for _, answer in found) for at in (2, 3))
        return Haul(claims, min(heads, default=None), returned, unfilled == 0, lost)

    async def finish(self, done: Iterable[tuple[Claim, int | None]]) -> int:
        """End leases and enter each ticket's next step (epoch ms); how many leases were still ours."""
        slots: dict[int, list[Any]] = defaultdict(list)
        for claim, next_ms in done:
            slots[slot_of(claim.shop_id)] += (
                claim.shop_id.bytes + claim.ticket_id.bytes,
                claim.lease_ms,
                "" if next_ms is None else next_ms,
            )
        return sum(_whole(await self._run(self._finish, _calls(slots))))

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
        return sum(_whole(await self._run(self._fill, _calls(slots))))

    async def counts(self) -> Counts:
        """How many tickets wait, how many are claimed, and the earliest score of both."""
        found = await self.slots()
        heads = [head for slot in found for head in (slot.next_ms, slot.lease_ms) if head is not None]
        return Counts(
            sum(slot.due for slot in found), sum(slot.claimed for slot in found), min(heads, default=None)
        )

    async def slots(self) -> list[Slot]:
        """What each slot holds."""
        found = _whole(await self._run(self._count, [(_keys(group), []) for group in self._groups]))
        return [
            Slot(number, due, claimed, _score(next_ms), _score(lease_ms), bool(filled))
            for number, (due, claimed, next_ms, lease_ms, filled) in enumerate(
                slot for group in found for slot in group
            )
        ]

    async def begin_filling(self, token: str, hold_ms: int) -> bool:
        """Whether this worker is the one to fill the whole index; held for `hold_ms`."""
        if not (await self._all([Command(LOCK, ("SET", LOCK, token, "NX", "PX", hold_ms))]))[0]:
            return False
        # What is emptied meanwhile loses this mark too, and does not count as filled in the end.
        await self._all([Command(key, ("SET", key, token)) for key in map(_filling, range(SLOTS))])
        return True

    async def keep_filling(self, token: str, hold_ms: int) -> bool:
        """Hold on for another `hold_ms`; False when the lock is lost, as after a FLUSHALL."""
        [held] = await self._all([Command(LOCK, ("EVAL", _HOLD, 1, LOCK, token, hold_ms))])
        return bool(held)

    async def end_filling(self, token: str, *, complete: bool) -> None:
        """Let go; mark as filled, when `complete`, each slot that was not emptied since the beginning."""
        if complete:
            calls: list[_Call] = [([_filling(slot), _filled(slot)], [token]) for slot in range(SLOTS)]
            _whole(await self._run(self._filled, calls))
        await self._all([Command(LOCK, ("EVAL", _RELEASE, 1, LOCK, token))])

    async def _all(self, commands: Sequence[Command]) -> list[Any]:
        return _whole(await nodes.send(self._client, commands, TIMEOUT_S))

    async def _run(self, script: _Script, calls: Sequence[_Call]) -> list[Any]:
        """The answer to each call, or its exception; a second round trip where a node has not the script."""
        answers = await nodes.send(
            self._client, [_command("EVALSHA", script.sha, call) for call in calls], TIMEOUT_S
        )
        unknown = [
            at for at, answer in enumerate(answers) if isinstance(answer, redis.exceptions.NoScriptError)
        ]
        if unknown:
            commands = [_command("EVAL", script.text, calls[at]) for at in unknown]
            again = await nodes.send(self._client, commands, TIMEOUT_S)
            for at, answer in zip(unknown, again, strict=True):
                answers[at] = answer
        return answers


_Call = tuple[list[str], list[Any]]
"""Keys of one slot (of all, on a single server) and arguments of a script."""


def _command(name: str, script: str, call: _Call) -> Command:
    keys, arguments = call
    return Command(keys[0], (name, script, len(keys), *keys, *arguments))


def _whole(answers: list[Any]) -> list[Any]:
    """The answers, if all are there."""
    if (lost := _first_error(answers)) is not None:
        raise lost
    return answers


def _first_error(answers: Iterable[Any]) -> Away | None:
    for answer in answers:
        if isinstance(answer, Exception):
            lost = Away(str(answer) or type(answer).__name__)
            lost.__cause__ = answer
            return lost
    return None


def _keys(group: Iterable[int]) -> list[str]:
    return [key for slot in group for key in (due_key(slot), claimed_key(slot), _filled(slot))]


def _score(found: int) -> int | None:
    return None if found < 0 else found


def _lua(name: str) -> str:
    return (Path(__file__).parent / f"{name}.lua").read_text()


def due_key(slot: int) -> str:
    """Where a slot's waiting tickets are."""
    return f"lanshou:{{d{slot:02d}}}:due"


def claimed_key(slot: int) -> str:
    """Where a slot's claimed tickets are."""
    return f"lanshou:{{d{slot:02d}}}:claimed"


def _filled(slot: int) -> str:
    return f"lanshou:{{d{slot:02d}}}:filled"


def _filling(slot: int) -> str:
    return f"lanshou:{{d{slot:02d}}}:filling"


def _by_slot(entries: Iterable[Entry]) -> dict[int, list[tuple[bytes, int | None]]]:
    slots: dict[int, list[tuple[bytes, int | None]]] = defaultdict(list)
    for shop_id, ticket_id, at in entries:
        score = None if at is None else epoch_ms(at)
        slots[slot_of(shop_id)].append((shop_id.bytes + ticket_id.bytes, score))
    return slots


def _calls(slots: Mapping[int, list[Any]]) -> list[_Call]:
    return [([due_key(slot), claimed_key(slot)], arguments) for slot, arguments in slots.items()]
