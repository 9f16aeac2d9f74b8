"""Replies to tickets through the real web process (`quality.md §4`)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from benchmarks import filling, load, servers
from benchmarks.documents import REPLY
from benchmarks.stage import Stage, stage, token
from benchmarks.table import table
from db.database import Database
from domain import ids
from domain.ids import IdKind

if TYPE_CHECKING:
    from uuid import UUID

    from benchmarks.filling import Filled
    from settings import Settings

SHOPS = 50
WRITERS = 16
REPLIED = b'"TicketPayload"'


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long each figure is measured, in seconds, on how many tickets."""

    tickets: int
    seconds: float


FULL = Sizes(20_000, 15.0)
QUICK = Sizes(4_000, 2.0)


def measure(*, quick: bool) -> list[str]:
    """The figures as lines of a table."""
    with stage() as made:
        figures = asyncio.run(_measure(made, made.database("bench"), QUICK if quick else FULL))
    return table(("replies", "measured", "to reach"), figures)


async def _measure(made: Stage, database_url: str, sizes: Sizes) -> list[tuple[str, ...]]:
    database = await Database.connect(database_url, max_connections=2)
    filled = await filling.fill(database, shops=SHOPS, tickets=sizes.tickets)
    await database.close()
    settings = made.settings(database_url)
    async with servers.ours(settings, made.folder / "web.log"):
        return await _replies(settings, filled, sizes)


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
