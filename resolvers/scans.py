"""Carrier scans coming in: kept once, joined to their parcels, completing tickets (`domain.md §8`).

Two steps. The first, of no shop, says where scans go and keeps those that find no parcel; then they are
joined to their parcels: what an integration tells in a transaction a shop, what a hook pushes, which has no
key and names no shop, in one for all. Both steps store what they did under the key, each in its scope.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from db import idempotency, keys, scans
from domain import access, carriers, ids, order
from domain.access import Action
from domain.errors import Problem
from domain.events import ActorKind
from domain.ids import IdKind
from domain.scans import API, Scan
from domain.shop import Market
from resolvers import aggregate, effects, once, recording
from resolvers.commands import Recorded
from resolvers.context import Context
from resolvers.recording import CREATED, UNCHANGED, Results

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from db import rows
    from db.changes import Written
    from db.database import Connection
    from domain.access import Viewer
    from resolvers.aggregate import OrderAggregate
    from resolvers.commands import RecordTrackingEvents, RowResult, TrackingEventRow
    from resolvers.context import Services

CARRIER_CHARACTERS = 64
CODE_CHARACTERS = 64
TEXT_CHARACTERS = 2_000
STOP_IDS = ("shop_id", "parcel_id", "order_id")
HOOKS = scans.Audience("", None)
"""Whom a scan of a signed hook, or of the platform, may join: any shop's parcels."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where one scan goes: a parcel of a shop's order."""

    index: int
    shop_id: UUID
    parcel_id: UUID
    order_id: UUID


@dataclass(frozen=True, slots=True)
class Batch:
    """The scans of one call, who tells them, and under which key (None: they are their own key)."""

    services: Services
    viewer: Viewer | None
    given: Sequence[Scan]
    command: RecordTrackingEvents | None

    @property
    def audience(self) -> scans.Audience:
        """Whose parcels these scans may join (`domain.md §8`)."""
        if self.viewer is None or self.viewer.role is ActorKind.PLATFORM:
            return HOOKS
        return scans.Audience.of(self.viewer.shop_ids or ())

    def waybill(self, index: int) -> scans.Waybill:
        """The carrier and number of one scan."""
        return self.given[index].carrier, self.given[index].waybill_number

    def key(self, shop_id: UUID) -> idempotency.Key | None:
        """The idempotency key in the scope of a shop; of none, in that of the token's shops."""
        if self.viewer is None or self.command is None:
            return None
        key = once.key_of(Context(self.services, self.viewer), self.command, shop_id)
        if key is None or shop_id != idempotency.NO_SHOP:
            return key
        # One subject may hold a token for each shop: what was done under one is not the other's to read.
        return replace(key, subject=f"{key.subject}:{self.audience.name}")


async def record_tracking_events(context: Context, command: RecordTrackingEvents) -> Recorded:
    """Scans as an integration tells them; those of unknown numbers are kept until their parcel appears.

    They join only parcels of the token's shops. A scan is the same by carrier, number, time, code and text,
    so sending it again is UNCHANGED, with or without an idempotency key.
    """
    access.require(context.viewer, Action.RECORD)
    recording.check_count(command.events, "events")
    given = [_scan(row) for row in command.events]
    return await _record(Batch(context.services, context.viewer, given, command))


async def record_pushed(services: Services, given: Sequence[Scan]) -> Recorded:
    """Scans of a carrier's signed hook, or of a file the operator imports: they join any shop's parcels.

    Any number of them, in parts: each waybill number is a lock until the commit, and there are only so many.
    """
    rows: list[RowResult] = []
    for begin in range(0, len(given), recording.MOST_ROWS):
        part = given[begin : begin + recording.MOST_ROWS]
        done = await _record(Batch(services, None, part, None))
        rows.extend(replace(row, index=begin + row.index) for row in done.rows)
    return Recorded(tuple(rows))


async def _record(batch: Batch) -> Recorded:
    results = Results(len(batch.given), "events")
    stops = await _route(batch, results)
    await _visit(batch, stops, results, keyed=True)
    gone_to = set(stops)
    while stops:  # a parcel that appeared under one of the numbers meanwhile saw neither scan nor event
        stops = await _missed(batch, gone_to)
        await _visit(batch, stops, results, keyed=False)
        gone_to.update(stops)
    return results.recorded()


async def _visit(batch: Batch, stops: Sequence[Stop], results: Results, *, keyed: bool) -> None:
    """Join the scans: what a hook pushes in one transaction, what has a key in one a shop."""
    if batch.command is None:
        parts = [stops] if stops else []
    else:
        shop_ids = sorted({stop.shop_id for stop in stops})
        parts = [[stop for stop in stops if stop.shop_id == shop_id] for shop_id in shop_ids]
    for part in parts:
        key = batch.key(part[0].shop_id) if keyed else None
        for index, event_id in await _join(batch, part, key):
            known = results.rows[index]
            if event_id is not None and (known is None or known.outcome != CREATED):
                results.done(index, CREATED, event_id)
            elif known is None:
                results.done(index, UNCHANGED, None)


async def _missed(batch: Batch, gone_to: set[Stop]) -> list[Stop]:
    """Parcels that scans which found some have not gone to."""
    indexes = sorted({stop.index for stop in gone_to})
    async with batch.services.database.pool.acquire() as connection:
        stops, _, _ = await _targets(connection, batch, indexes)
    return [stop for stop in stops if stop not in gone_to]


async def _route(batch: Batch, results: Results) -> list[Stop]:
    """Say where each scan goes; keep those that go nowhere yet; refuse those that cannot be."""
    database = batch.services.database
    key = batch.key(idempotency.NO_SHOP)
    if key is not None:
        return await database.write(lambda connection: _route_once(connection, batch, results, key))
    async with database.pool.acquire() as connection:
        stops, lost = await _look(connection, batch, results)
    if not lost:
        return stops
    return stops + await database.write(lambda connection: _keep(connection, batch, results, lost))


async def _route_once(
    connection: Connection, batch: Batch, results: Results, key: idempotency.Key
) -> list[Stop]:
    results.rows = [None] * len(batch.given)
    kept = await idempotency.claim(connection, key)
    if kept is not None:
        for row in recording.again(kept).rows:
            results.rows[row.index] = row
        return [Stop(stop["index"], *(UUID(stop[name]) for name in STOP_IDS)) for stop in kept["stops"]]
    stops, lost = await _look(connection, batch, results)
    if lost:
        stops += await _keep(connection, batch, results, lost)
    if results.landed:
        stored = recording.stored(results.recorded())
        await idempotency.store(connection, key, {**stored, "stops": once.plain(stops)})
    else:
        await idempotency.forget(connection, key)
    return stops


async def _look(connection: Connection, batch: Batch, results: Results) -> tuple[list[Stop], list[int]]:
    """The stops of the scans that can be, and the indexes of those that have none yet.

    No number is locked: a parcel that appears from now on is met by `_missed`, or by `_keep`.
    """
    faults = [_faults(scan) for scan in batch.given]
    good = [index for index, found in enumerate(faults) if not found]
    stops, lost, now = await _targets(connection, batch, good)
    # A scan names no shop, and so no market.
    policy = batch.services.rules.book.current(Market.GENERIC, now)
    for index, scan in enumerate(batch.given):
        early = order.future_problems("occurredAt", scan.occurred_at, now, policy)
        if early or faults[index]:
            results.invalid(index, [*early, *faults[index]])
    return [stop for stop in stops if results.open(stop.index)], [each for each in lost if results.open(each)]


async def _keep(connection: Connection, batch: Batch, results: Results, lost: Sequence[int]) -> list[Stop]:
    """Keep scans that found no parcel, under the locks of their numbers; the stops of those that now do."""
    await scans.lock_numbers(connection, [batch.waybill(index) for index in lost])
    stops, lost, now = await _targets(connection, batch, lost)
    fates = await scans.keep_unmatched(
        connection, [batch.given[index] for index in lost], batch.audience, now
    )
    for index, scan_id in zip(lost, fates, strict=True):
        results.done(index, UNCHANGED if scan_id is None else CREATED, None)
    return stops


async def _targets(
    connection: Connection, batch: Batch, good: Sequence[int]
) -> tuple[list[Stop], list[int], datetime]:
    """The stops of these scans, the indexes of those that have none, and the time."""
    waybills = [batch.waybill(index) for index in good]
    found, now = await scans.targets(connection, waybills, batch.audience.shop_ids)
    stops: list[Stop] = []
    lost: list[int] = []
    for index, waybill in zip(good, waybills, strict=True):
        targets = found.get(waybill, [])
        stops.extend(Stop(index, *target) for target in targets)
        if not targets:
            lost.append(index)
    return stops, lost, now


async def _join(
    batch: Batch, stops: Sequence[Stop], key: idempotency.Key | None
) -> list[tuple[int, str | None]]:
    """Join scans to parcels; for each its event's public id, None when it was there before."""

    async def attempt(connection: Connection) -> tuple[list[tuple[int, str | None]], list[Written]]:
        kept = None if key is None else await idempotency.claim(connection, key)
        if kept is not None:
            return [(row[0], row[1]) for row in kept["rows"]], []
        joined, written = await _join_locked(connection, batch, stops)
        if key is not None:
            await idempotency.store(connection, key, {"rows": joined})
        return joined, written

    joined, written = await batch.services.database.write(attempt)
    await effects.publish(batch.services, written)
    return joined


async def _join_locked(
    connection: Connection, batch: Batch, stops: Sequence[Stop]
) -> tuple[list[tuple[int, str | None]], list[Written]]:
    locked = await _lock(connection, batch, stops)
    places = {parcel["id"]: (each, parcel) for each in locked for parcel in each.parcels}
    events = {stop: _event(batch.given[stop.index], stop, *places[stop.parcel_id]) for stop in stops}
    numbers = [batch.waybill(stop.index) for stop in stops]
    new = await scans.lock_and_join(connection, numbers, list(events.values()))
    for stop, event in events.items():
        if event["id"] in new:
            each, parcel = places[stop.parcel_id]
            each.apply_scan(parcel, event)
    for each in locked:
        each.follow_parcels()
    written = await aggregate.write(connection, locked)
    joined = [
        (stop.index, ids.encode(IdKind.TRACKING_EVENT, event["id"]) if event["id"] in new else None)
        for stop, event in events.items()
    ]
    return joined, written


async def _lock(connection: Connection, batch: Batch, stops: Sequence[Stop]) -> list[OrderAggregate]:
    """The orders of the stops, locked by (shop, id); the time is the one after the last lock, for all."""
    locked: list[OrderAggregate] = []
    for shop_id in sorted({stop.shop_id for stop in stops}):
        order_ids = sorted({stop.order_id for stop in stops if stop.shop_id == shop_id})
        _, found = await aggregate.lock(
            connection, batch.viewer, batch.services.rules, shop_id, order_ids=order_ids
        )
        locked += found
    now = max(each.scene.now for each in locked)
    for each in locked:
        each.scene = replace(each.scene, now=now)
    return locked


def _event(scan: Scan, stop: Stop, each: OrderAggregate, parcel: rows.Row) -> rows.Row:
    return {
        "shop_id": stop.shop_id,
        "id": keys.new(),
        "parcel_id": stop.parcel_id,
        **scans.scan_columns(scan, each.scene.now),
        "counted": parcel["replaced_at"] is None,
    }


def _scan(row: TrackingEventRow) -> Scan:
    return Scan(
        carrier=carriers.canonical(row.carrier),
        waybill_number=carriers.normal_number(row.waybill_number),
        occurred_at=row.occurred_at,
        code=row.code.strip(),
        description=row.description.strip(),
        source=API,
    )


def _faults(scan: Scan) -> list[Problem]:
    """What is wrong with a scan whatever the time."""
    problems: list[Problem] = []
    texts: tuple[tuple[str, Any, int], ...] = (
        ("carrier", scan.carrier, CARRIER_CHARACTERS),
        ("code", scan.code, CODE_CHARACTERS),
    )
    for field, value, most in texts:
        problem = order.text_problem(field, value, most)
        if problem is not None:
            problems.append(problem)
    told = order.text_problem("description", scan.description, TEXT_CHARACTERS, may_be_blank=True)
    if told is not None:
        problems.append(told)
    if not carriers.is_plausible(scan.waybill_number):
        message = "A waybill number has at most 40 letters, digits and hyphens."
        problems.append(Problem("BAD_NUMBER", message, ("waybillNumber",)))
    return problems
