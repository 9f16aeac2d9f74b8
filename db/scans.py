"""Carrier scans as rows: who they concern, those that found nobody yet, and joining the two."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from db import keys, rows
from domain import scans as scan_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection
    from domain.scans import Scan

NAME_CHARACTERS = 32
Waybill = tuple[str, str]
"""(carrier, number), both as `domain.carriers` normalises them."""

_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended(n, 7160))
FROM (SELECT DISTINCT n FROM unnest($1::text[]) n ORDER BY n) AS numbers"""
_DIRECTORY = """
SELECT d.carrier, d.waybill_number, d.shop_id, d.parcel_id, p.order_id, clock.now
FROM (SELECT date_trunc('milliseconds', clock_timestamp()) AS now) AS clock
LEFT JOIN (
  (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])) AS n(carrier, number)
  JOIN waybill_directory /* fleet-wide: number-to-shop */ d
    ON d.carrier = n.carrier AND d.waybill_number = n.number
  JOIN parcel p ON p.shop_id = d.shop_id AND p.id = d.parcel_id
) ON $3::uuid[] IS NULL OR d.shop_id = ANY($3)"""
_WAITING = """
SELECT n.order_id, carrier, waybill_number, occurred_at, received_at, code, description, text_hash, source,
  proves_pickup
FROM unmatched_scan
JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::uuid[]))
  AS n(carrier, waybill_number, order_id) USING (carrier, waybill_number)
WHERE shop_ids IS NULL OR $4 = ANY(shop_ids)"""
_FIRST_SCAN = """
WITH d AS MATERIALIZED (
  SELECT shop_id, parcel_id FROM waybill_directory /* fleet-wide: number-to-shop */
  WHERE carrier = $1 AND waybill_number = $2
)
SELECT min(occurred_at) FROM (
  SELECT occurred_at FROM unmatched_scan
  WHERE carrier = $1 AND waybill_number = $2 AND (shop_ids IS NULL OR $3 = ANY(shop_ids))
  UNION ALL
  SELECT e.occurred_at FROM d
  JOIN tracking_event e ON e.shop_id = d.shop_id AND e.parcel_id = d.parcel_id
  WHERE d.shop_id = $3 OR e.source <> 'API'
) AS known"""
# A number that the same order gave up: what was scanned of it stays with the old parcel (`domain.md §7`).
_KNOWN = """
WITH d AS MATERIALIZED (
  SELECT n.order_id, w.carrier, w.waybill_number, w.shop_id, w.parcel_id
  FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::uuid[]))
    AS n(carrier, waybill_number, order_id)
  JOIN waybill_directory /* fleet-wide: number-to-shop */ w USING (carrier, waybill_number)
)
SELECT DISTINCT ON (d.order_id, d.carrier, d.waybill_number, e.occurred_at, e.code, e.text_hash)
  d.order_id, d.carrier, d.waybill_number, e.occurred_at, e.received_at, e.code, e.description, e.text_hash,
  e.source, e.proves_pickup
FROM d
JOIN tracking_event e ON e.shop_id = d.shop_id AND e.parcel_id = d.parcel_id
JOIN parcel p ON p.shop_id = d.shop_id AND p.id = d.parcel_id
WHERE (d.shop_id = $4 OR e.source <> 'API') AND (p.replaced_at IS NULL OR p.order_id <> d.order_id)
ORDER BY d.order_id, d.carrier, d.waybill_number, e.occurred_at, e.code, e.text_hash"""


class Target(NamedTuple):
    """A parcel that a number leads to, and its order."""

    shop_id: UUID
    parcel_id: UUID
    order_id: UUID


class Directory(NamedTuple):
    """What numbers lead to, and when that was so."""

    targets: dict[Waybill, list[Target]]
    now: datetime


class Audience(NamedTuple):
    """Whose parcels a scan may join: `shop_ids` None for any (a signed hook, the platform)."""

    name: str
    shop_ids: Sequence[UUID] | None

    @classmethod
    def of(cls, shop_ids: Iterable[UUID]) -> Audience:
        """The audience of these shops, named by them: one subject may hold a token for each shop."""
        ordered = sorted(shop_ids)
        name = hashlib.sha256(b"".join(shop_id.bytes for shop_id in ordered)).hexdigest()[:NAME_CHARACTERS]
        return cls(name, ordered)


async def lock_numbers(connection: Connection, waybills: Sequence[Waybill]) -> None:
    """Until the end of the transaction nobody else adds a parcel or an unmatched scan of these numbers."""
    await connection.execute(_LOCK, [number for _, number in waybills])


async def targets(
    connection: Connection, waybills: Sequence[Waybill], shop_ids: Sequence[UUID] | None
) -> Directory:
    """The parcels, of these shops or (None) of any, that each number leads to."""
    carriers, numbers = [carrier for carrier, _ in waybills], [number for _, number in waybills]
    found: dict[Waybill, list[Target]] = {}
    within = None if shop_ids is None else list(shop_ids)
    rows = await connection.fetch(_DIRECTORY, carriers, numbers, within)
    for row in rows:
        if row["parcel_id"] is not None:
            waybill = (row["carrier"], row["waybill_number"])
            target = Target(row["shop_id"], row["parcel_id"], row["order_id"])
            found.setdefault(waybill, []).append(target)
    return Directory(found, rows[0]["now"])


async def keep_unmatched(
    connection: Connection, scans: Sequence[Scan], audience: Audience, now: datetime
) -> list[UUID | None]:
    """Keep scans that found no parcel; for each its id, None when it was known before."""
    new = [
        {
            "id": keys.new(),
            "carrier": scan.carrier,
            "waybill_number": scan.waybill_number,
            **scan_columns(scan, now),
            "audience": audience.name,
            "shop_ids": None if audience.shop_ids is None else list(audience.shop_ids),
        }
        for scan in scans
    ]
    landed = set(await rows.insert_new(connection, "unmatched_scan", new, "id"))
    return [row["id"] if row["id"] in landed else None for row in new]


def scan_columns(scan: Scan, received_at: datetime) -> rows.Row:
    """What a tracking event and an unmatched scan have in common."""
    return {
        "occurred_at": scan.occurred_at,
        "received_at": received_at,
        "code": scan.code,
        "description": scan.description,
        "text_hash": scan.text_hash,
        "source": scan.source,
        "proves_pickup": scan_rules.proves_pickup(scan.code, scan.description),
    }


async def waiting(
    connection: Connection, shop_id: UUID, wanted: Sequence[tuple[Waybill, UUID]]
) -> dict[tuple[Waybill, UUID], list[rows.Row]]:
    """Scans already known that new parcels of this shop may join, as rows, by number and order."""
    carriers, numbers = [carrier for (carrier, _), _ in wanted], [number for (_, number), _ in wanted]
    order_ids = [order_id for _, order_id in wanted]
    found: dict[tuple[Waybill, UUID], list[rows.Row]] = {}
    for statement in (_WAITING, _KNOWN):
        for row in await connection.fetch(statement, carriers, numbers, order_ids, shop_id):
            scan = dict(row)
            waybill = (scan.pop("carrier"), scan.pop("waybill_number"))
            found.setdefault((waybill, scan.pop("order_id")), []).append(scan)
    return found


async def first_scan_at(connection: Connection, shop_id: UUID, waybill: Waybill) -> datetime | None:
    """When this number was first scanned, as far as this shop may know."""
    first: datetime | None = await connection.fetchval(_FIRST_SCAN, *waybill, shop_id)
    return first


async def joined(connection: Connection, shop_id: UUID, parcel_ids: Sequence[UUID]) -> list[rows.Row]:
    """The scans that were joined to these parcels while their numbers stood."""
    return [dict(row) for row in await connection.fetch(_JOINED, shop_id, list(parcel_ids))]


_JOINED = """
SELECT parcel_id, occurred_at, code, proves_pickup FROM tracking_event
WHERE shop_id = $1 AND parcel_id = ANY($2::uuid[]) AND counted"""


async def join(connection: Connection, new: Sequence[rows.Row]) -> set[UUID]:
    """Write tracking events that are not there yet; the ids of those that are new."""
    return set(await rows.insert_new(connection, "tracking_event", new, "id"))


async def lock_and_join(
    connection: Connection, waybills: Sequence[Waybill], new: Sequence[rows.Row]
) -> set[UUID]:
    """`lock_numbers` and `join` in one round trip: no row is written before all locks are held."""
    if not new:
        return set()
    insertion = rows.insertion("tracking_event", tuple(new[0]), 2)
    statement = f"WITH locked AS MATERIALIZED ({_LOCK}) {insertion}, (SELECT count(*) FROM locked) AS held"
    statement += " ON CONFLICT DO NOTHING RETURNING id"
    numbers = [number for _, number in waybills]
    return {row[0] for row in await connection.fetch(statement, numbers, rows.parameter(new))}
