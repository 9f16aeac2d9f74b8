"""Replies to tickets through the real web process (`quality.md §4`)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from benchmarks import filling, load, servers
from benchmarks.documents import REPLY, REPLY_TO_MANY
from benchmarks.stage import Stage, stage, token
from benchmarks.table import table
from db.database import Database
from domain import ids
from domain.ids import IdKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from benchmarks.filling import Filled
    from settings import Settings

SHOPS = 50
WRITERS = 16
BATCH = 200
WARM_UP = 2
"""Batches before those that are measured: a document is kept at its second sight."""
REPLIED = b'"TicketPayload"'
ALL_REPLIED = f'"succeeded":{BATCH},'.encode()


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long each figure is measured, in seconds, on how many tickets; how many batches."""

    tickets: int
    seconds: float
    batches: int


FULL = Sizes(20_000, 15.0, 20)
QUICK = Sizes(4_000, 2.0, 4)


def measure(*, quick: bool) -> list[str]:
    """The figures as lines of a table."""
    with stage() as made:
        figures = asyncio.run(_measure(made, made.database("bench"), QUICK if quick else FULL))
    return table(("replies", "measured", "to reach"), figures)


async def _measure(made: Stage, database_url: str, sizes: Sizes) -> list[tuple[str, ...]]:
    database = await Database.connect(database_url, max_connections=2)
    filled = await filling.fill(database, shops=SHOPS, tickets=sizes.tickets)
    batches = [
        (name, await filling.fill(database, shops=shops, tickets=BATCH * (sizes.batches + WARM_UP)))
        for name, shops in (("one shop", 1), (f"{SHOPS} shops", SHOPS))
    ]
    await database.close()
    settings = made.settings(database_url)
    async with servers.ours(settings, made.folder / "web.log"):
        return [
            *await _replies(settings, filled, sizes),
            *[await _batches(settings, name, each) for name, each in batches],
        ]


async def _replies(settings: Settings, filled: Filled, sizes: Sizes) -> list[tuple[str, ...]]:
    every = token(settings, filled.shop_ids)
    left = iter(filled.ticket_ids)

    def make() -> bytes:
        ticket_id = next(left, None)
        return load.NO_MORE if ticket_id is None else reply_request(settings, every, ticket_id)

    await load.flat_out(settings.port, WRITERS, sizes.seconds / 5, make, REPLIED)
    flat = await load.flat_out(settings.port, WRITERS, sizes.seconds, make, REPLIED)
    half = await load.at_rate(
        settings.port, WRITERS, sizes.seconds, rate=flat.rate / 2, make=make, proof=REPLIED
    )
    return [
        ("replyToTicket, flat out", f"{flat.rate:,.0f} requests/s, {flat}", "400/s"),
        (f"replyToTicket, at {half.rate:,.0f}/s", str(half), "p99 50 ms"),
    ]


async def _batches(settings: Settings, shops: str, filled: Filled) -> tuple[str, ...]:
    """One batch after the other, each of tickets that nobody has replied to."""
    bearer = token(settings, filled.shop_ids)
    timed = load.Timed()
    async with load.connections(settings.port, 1) as (connection,):
        count = len(filled.ticket_ids) // BATCH
        for number in range(count):
            # Neighbours in the list are of few shops: each batch takes from all of it.
            asked = _batch_request(settings, bearer, filled.ticket_ids[number::count])
            started = time.perf_counter()
            await connection.ask(asked, ALL_REPLIED)
            timed.each_s.append(time.perf_counter() - started)
    del timed.each_s[:WARM_UP]
    return f"replyToTickets, {BATCH} tickets of {shops}", str(timed), "1 s"


def _batch_request(settings: Settings, bearer: str, ticket_ids: Sequence[UUID]) -> bytes:
    public = [ids.encode(IdKind.TICKET, ticket_id) for ticket_id in ticket_ids]
    wanted = {
        "ticketIds": public,
        "scheme": "COURIER_URGED",
        "note": "已联系快递小哥，催促尽快取件。",
        "idempotencyKey": f"batch-{public[0]}",
    }
    body = orjson.dumps({"query": REPLY_TO_MANY, "variables": {"input": wanted}})
    return load.request(settings.port, bearer, body)


def reply_request(settings: Settings, bearer: str, ticket_id: UUID) -> bytes:
    """A reply to that ticket, as a client sends it."""
    public = ids.encode(IdKind.TICKET, ticket_id)
    wanted = {
        "ticketId": public,
        "scheme": "COURIER_URGED",
        "note": "已联系快递小哥，催促尽快取件。",
        "expectedVersion": 1,
        "idempotencyKey": f"reply-{public}",
    }
    body = orjson.dumps({"query": REPLY, "variables": {"input": wanted}})
    return load.request(settings.port, bearer, body)
