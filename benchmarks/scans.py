"""Carriers' scans through the two hooks of the real web process: each push is answered after its commit."""

from __future__ import annotations

import asyncio
import hashlib
import urllib.parse
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks import filling, load, servers
from benchmarks.stage import stage
from benchmarks.table import table
from db.database import Database
from integrations.times import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.stage import Stage

SHOPS = 50
URGED_OF_TEN = 1
SENDERS = 16
WARM_UP_S = 2.0
RATE = 1_000
"""Scans a second that are to be taken."""
SALT = "salt"
TOKEN = "a token for the length of one benchmark"  # noqa: S105 - no secret
KUAIDI100 = (
    ("0", "在途", "快件离开【苏州转运中心】"),
    ("103", "揽收", "快件已揽收"),
    ("101", "揽收", "商家已下单"),
)
"""A waybill's scans, the newest first, as every push tells them."""
WAYBILLS = 5
"""Of one push of smart logistics, each with its latest state, of as many shops."""
_DIRECTORY = """
INSERT INTO waybill_directory (carrier, waybill_number, shop_id, parcel_id)
SELECT carrier, waybill_number, shop_id, id FROM parcel"""
_PARCELS = "SELECT waybill_number FROM parcel ORDER BY waybill_number"
_JOINED = "SELECT count(*) FROM tracking_event"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many parcels there are, and how long each figure is measured, in seconds."""

    parcels: int
    seconds: float


FULL = Sizes(90_000, 10.0)
QUICK = Sizes(24_000, 2.0)


@dataclass(frozen=True, slots=True)
class Hook:
    """A sender: its pushes, what each answer holds, and how many scans a push brings."""

    name: str
    pushes: Iterator[bytes]
    proof: bytes
    scans: int

    def next(self) -> bytes:
        """Another push, of waybills that none was sent of before."""
        return next(self.pushes, load.NO_MORE)


def measure(*, quick: bool) -> list[str]:
    """The figures as lines of a table."""
    with stage() as made:
        figures = asyncio.run(_measure(made, made.database("bench"), QUICK if quick else FULL))
    return table(("scans", "measured", "to reach"), figures)


async def _measure(made: Stage, database_url: str, sizes: Sizes) -> list[tuple[str, ...]]:
    settings = replace(made.settings(database_url), kuaidi100_salt=SALT, smartlogistics_token=TOKEN)
    database = await Database.connect(database_url, max_connections=2)
    try:
        numbers = await _fill(database, sizes.parcels)
        half = len(numbers) // 2
        hooks = (
            Hook(
                f"Kuaidi100, {len(KUAIDI100)} scans of a waybill a push",
                iter([kuaidi100_push(settings.port, number) for number in numbers[:half]]),
                b'"result":true',
                len(KUAIDI100),
            ),
            Hook(
                f"smart logistics, {WAYBILLS} waybills a push",
                iter([smartlogistics_push(settings.port, some) for some in _several(numbers[half:])]),
                b'"success":true',
                WAYBILLS,
            ),
        )
        async with servers.ours(settings, made.folder / "web.log"):
            return [figure for hook in hooks for figure in await _hook(database, settings.port, hook, sizes)]
    finally:
        await database.close()


async def _fill(database: Database, parcels: int) -> list[str]:
    """The waybill numbers of so many parcels; neighbours in the list are of other shops."""
    async with database.transaction() as connection:
        shop_ids = await filling.add_shops(connection, SHOPS)
        await filling.add_tickets(connection, shop_ids, range(parcels), urged_of_ten=URGED_OF_TEN)
        await connection.execute(_DIRECTORY)
        found = await connection.fetch(_PARCELS)
    await database.pool.execute(f"VACUUM ANALYZE {filling.TABLES}, waybill_directory")
    return [row["waybill_number"] for row in found]


async def _hook(database: Database, port: int, hook: Hook, sizes: Sizes) -> list[tuple[str, ...]]:
    """Flat out and at the rate; raises `WrongAnswer` unless every scan that was told is kept."""
    before = await database.pool.fetchval(_JOINED)
    warm = await load.flat_out(port, SENDERS, WARM_UP_S, hook.next, hook.proof)
    flat = await load.flat_out(port, SENDERS, sizes.seconds, hook.next, hook.proof)
    rate = RATE / hook.scans
    even = await load.at_rate(port, SENDERS, sizes.seconds, rate=rate, make=hook.next, proof=hook.proof)
    told = sum(len(timed.each_s) for timed in (warm, flat, even)) * hook.scans
    kept = await database.pool.fetchval(_JOINED) - before
    if kept != told:
        raise load.WrongAnswer(f"{hook.name}: {told} scans were told, {kept} are kept")
    return [
        (f"{hook.name}, flat out", f"{flat.rate * hook.scans:,.0f} scans/s, {flat}", f"{RATE:,}/s"),
        (f"{hook.name}, at {even.rate * hook.scans:,.0f} scans/s", str(even), ""),
    ]


def _several(numbers: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(numbers) - WAYBILLS + 1, WAYBILLS):
        yield numbers[start : start + WAYBILLS]


def kuaidi100_push(port: int, number: str) -> bytes:
    """The whole history of a waybill, signed."""
    data = [
        {"time": _time(hours), "ftime": _time(hours), "context": text, "status": status, "statusCode": code}
        for hours, (code, status, text) in enumerate(KUAIDI100, start=1)
    ]
    result = {"message": "ok", "state": "0", "status": "200", "ischeck": "0", "com": "yuantong", "nu": number}
    push = {"status": "polling", "billstatus": "got", "message": "", "lastResult": {**result, "data": data}}
    param = orjson.dumps(push).decode()
    sign = hashlib.md5((param + SALT).encode(), usedforsecurity=False).hexdigest().upper()
    body = urllib.parse.urlencode({"sign": sign, "param": param}).encode()
    return load.request(port, "", body, path="/hooks/kuaidi100", kind="x-www-form-urlencoded")


def smartlogistics_push(port: int, numbers: Sequence[str]) -> bytes:
    """The latest state of these waybills: picked up."""
    rows: list[dict[str, Any]] = [
        {
            "cpCode": "YTO",
            "mailNo": number,
            "logisticsStatus": "GOT",
            "logisticsStatusDesc": "已揽收",
            "logisticsGmtModified": _time(2),
            "lastLogisticDetail": "【苏州市】快件已揽收",
        }
        for number in numbers
    ]
    return load.request(port, TOKEN, orjson.dumps(rows), path="/hooks/smartlogistics")


def _time(hours: int) -> str:
    """So many hours ago, as carriers write it."""
    return f"{(datetime.now(UTC) - timedelta(hours=hours)).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
