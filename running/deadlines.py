"""`cli.py deadlines`: the deadline index as it stands, and where a ticket stands in it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from db import database as databases
from db import due
from db.database import Database
from domain import ids
from domain.ids import IdKind
from escalation import index, place
from escalation.index import Away, DeadlineIndex, due_key
from escalation.roster import Roster
from live.nodes import Cluster
from running.errors import StartError
from settings import redis_address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from db.due import Clock
    from escalation.index import Slot
    from escalation.place import Place
    from escalation.roster import Present
    from live.nodes import Client
    from settings import Settings

KINDS = {"single": "one server", "sentinel": "a master that Sentinels watch", "cluster": "a Cluster"}
HEARD_OF_S = 3.0
"""Workers tell twice a second that they work."""
AT_ONCE_S = 2.0
"""The sweep enters what is missing when it is due so soon."""


class _Servers(NamedTuple):
    database: Database
    client: Client


async def overview(settings: Settings) -> list[str]:
    """What waits, what is claimed, who works, and each slot that holds something."""
    async with _connected(settings) as (database, client):
        async with database.pool.acquire() as connection:
            now = await databases.now(connection)
            known, first_at = await due.extent(connection)
        lines = [f"PostgreSQL: {known:,} tickets have a next step, the first {_when(first_at, now)}"]
        kind = KINDS[redis_address(settings.redis_url or "").kind]
        try:
            slots = await DeadlineIndex(client).slots()
            present = await Roster(client).present()
        except Away as error:
            away = f"Redis ({kind}) does not answer as a whole: {error}"
            return [*lines, away, "  what is due there is taken from PostgreSQL meanwhile"]
        return [*lines, *_index(kind, slots, now), *_workers(present, now), *_slots(client, slots, now)]


async def explained(settings: Settings, public_id: str) -> list[str]:
    """A ticket's clock, its place in the index, and whether the two agree.

    Raises:
        StartError: there is no such ticket.
    """
    ticket_id = ids.decode_as(IdKind.TICKET, public_id)
    if ticket_id is None:
        raise StartError(f"{public_id!r} is no ticket's ID: they look like tkt_ and 32 hexadecimal digits")
    async with _connected(settings) as (database, client):
        async with database.pool.acquire() as connection:
            clock = await due.find(connection, ticket_id)
        if clock is None:
            raise StartError(f"there is no ticket {public_id}")
        shop = ids.encode(IdKind.SHOP, clock.shop_id)
        lines = [f"{public_id} of {shop} is {clock.status}; {_step(clock)}"]
        try:
            found = await place.of(client, clock.shop_id, clock.ticket_id)
        except Away as error:
            return [*lines, f"Its slot does not answer ({error}): when it is due it is taken from PostgreSQL"]
        where = f"Slot {found.slot:02d}{_on(client, found.slot)}"
        return [*lines, *(f"{where}: {line}" for line in _place(clock, found))]


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator[_Servers]:
    database = await Database.connect(settings.database_url or "", max_connections=1)
    client = index.connect(settings.redis_url or "")
    try:
        yield _Servers(database, client)
    finally:
        await client.aclose()
        await database.close()


def _index(kind: str, slots: Sequence[Slot], now: datetime) -> Iterator[str]:
    waiting, claimed = sum(slot.due for slot in slots), sum(slot.claimed for slot in slots)
    heads = [slot.next_ms for slot in slots if slot.next_ms is not None]
    first_at = _time(min(heads)) if heads else None
    yield f"Redis ({kind}): {waiting:,} wait, the first {_when(first_at, now)}; {claimed:,} are claimed"
    if unfilled := sum(not slot.filled for slot in slots):
        yield f"  {unfilled} of {len(slots)} slots were not filled yet, or were emptied: a worker fills them"


def _workers(present: Sequence[Present], now: datetime) -> Iterator[str]:
    if not present:
        yield "Workers: none; what is due waits until one starts"
        return
    yield f"Workers: {len(present)}"
    for name, seen_ms in present:
        silent_s = max(0.0, (now - _time(seen_ms)).total_seconds())
        yield f"  {name} {'works' if silent_s <= HEARD_OF_S else 'is silent'}, heard of {silent_s:.1f} s ago"


def _slots(client: Client, slots: Sequence[Slot], now: datetime) -> Iterator[str]:
    held = [slot for slot in slots if slot.due or slot.claimed]
    for slot in held:
        first_at = None if slot.next_ms is None else _time(slot.next_ms)
        yield (
            f"Slot {slot.number:02d}{_on(client, slot.number)}: {slot.due:,} wait, "
            f"the first {_when(first_at, now)}; {slot.claimed:,} are claimed"
        )
    if empty := len(slots) - len(held):
        yield f"The other {empty} slots are empty" if held else f"All {empty} slots are empty"


def _on(client: Client, slot: int) -> str:
    if not isinstance(client, Cluster):
        return ""
    node = client.get_node_from_key(due_key(slot))
    return "" if node is None else f" on {node.name}"


def _step(clock: Clock) -> str:
    if clock.next_step_at is None:
        return "its clock has nothing to do"
    what = {clock.deadline_at: "its deadline", clock.promise_ends_at: "the end of its promise"}
    return f"next is {what.get(clock.next_step_at, 'a reminder')}, {_when(clock.next_step_at, clock.now)}"


def _place(clock: Clock, found: Place) -> Iterator[str]:
    """What the index says, and what follows where it is not what PostgreSQL says."""
    if found.lease_ms is not None:
        yield f"a worker has claimed it, its lease ends {_when(_time(found.lease_ms), clock.now)}"
    if found.due_ms is not None:
        waits = f"it waits, due {_when(_time(found.due_ms), clock.now)}"
        yield f"{waits}; {found.before:,} of the slot come before it"
    wanted_ms = None if clock.next_step_at is None else index.epoch_ms(clock.next_step_at)
    if found.due_ms == wanted_ms:
        if wanted_ms is None and found.lease_ms is None:
            yield "it is not there, as it should be"
    elif wanted_ms is None:
        yield "it should not be there: it costs one look, then it goes"
    elif found.lease_ms is None and (found.due_ms is None or found.due_ms > wanted_ms):
        said = "it is not there" if found.due_ms is None else "that is too late"
        yield f"{said}: the sweep enters it {AT_ONCE_S:g} s before it is due"
    elif found.due_ms is not None:
        yield "that is too early: it costs one look, then the right time is entered"


def _time(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def _when(at: datetime | None, now: datetime) -> str:
    """A moment as people read it: how far off, and when."""
    if at is None:
        return "–"
    distance = timedelta(milliseconds=round((at - now) / timedelta(milliseconds=1)))
    said = f"in {_span(distance)}" if distance >= timedelta(0) else f"{_span(-distance)} ago"
    return f"{said} ({at.astimezone(UTC).isoformat(sep=' ', timespec='milliseconds')})"


def _span(distance: timedelta) -> str:
    seconds = distance.total_seconds()
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
