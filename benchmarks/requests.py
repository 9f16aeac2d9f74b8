"""What the real web process answers: the queue's page, and replies to tickets (`quality.md §4`)."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from benchmarks import filling, load
from db.database import Database
from domain import ids
from domain.events import ActorKind
from domain.ids import IdKind
from embedded.server import any_free_port
from resolvers import tokens
from settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from uuid import UUID

    from benchmarks.filling import Filled

SHOPS = 50
TICKETS = 20_000
READERS = 4
WRITERS = 16
WARM_UP = 2
"""Batches before those that are measured: a document is kept at its second sight."""
START_WITHIN_S = 30.0
CLI = Path(__file__).parents[1] / "cli.py"

QUEUE = """
query Queue { tickets(first: 50) {
  edges { cursor node {
    id number kind status version round openedAt deadlineAt urgency moneyAtRisk
    order { id number status buyerNick itemTitle quantity paidAmount paidAt shippedAt }
    followUps(last: 3) { edges { node { id position action occurredAt note deadlineAfter reminderMinutes
      actor { kind name } } } }
  } }
  pageInfo { hasNextPage endCursor } streamCursor
} }"""
REPLY = """
mutation Reply($input: ReplyToTicketInput!) { replyToTicket(input: $input) {
  __typename
  ... on TicketPayload { position
    ticket { id status version promiseEndsAt } record { id position action } card { id title body } }
} }"""
REPLY_TO_MANY = """
mutation ReplyToMany($input: ReplyToTicketsInput!) { replyToTickets(input: $input) {
  succeeded failed error { code message }
  results { ticketId position error { code message } ticket { id status version deadlineAt promiseEndsAt
    order { number buyerNick } } }
} }"""
BATCH = 200
PAGE_OF_50 = b'"hasNextPage":true'
REPLIED = b'"TicketPayload"'
ALL_REPLIED = f'"succeeded":{BATCH},'.encode()


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long each figure is measured, in seconds, on how many tickets, and with how many batches."""

    tickets: int
    seconds: float
    batches: int


FULL = Sizes(TICKETS, 15.0, 20)
QUICK = Sizes(4_000, 2.0, 4)


async def measure(database_url: str, redis_url: str, sizes: Sizes, *, log: Path) -> list[tuple[str, str]]:
    """Every figure of this file as (name, figure), on an empty migrated database."""
    database = await Database.connect(database_url, max_connections=2)
    filled = await filling.fill(database, shops=SHOPS, tickets=sizes.tickets)
    batches = [
        (name, await filling.fill(database, shops=shops, tickets=BATCH * (sizes.batches + WARM_UP)))
        for name, shops in (("one shop", 1), (f"{SHOPS} shops", SHOPS))
    ]
    await database.close()
    settings = Settings(
        database_url=database_url,
        redis_url=redis_url,
        port=any_free_port(),
        demo=False,
        jwt_key="a key for the length of one benchmark",
    )
    async with web(settings, log):
        return [
            *await _queue_pages(settings, filled, sizes),
            *await _replies(settings, filled, sizes),
            *[await _batches(settings, name, each) for name, each in batches],
        ]


async def _queue_pages(settings: Settings, filled: Filled, sizes: Sizes) -> list[tuple[str, str]]:
    one = token(settings, filled.shop_ids[:1])
    every = token(settings, filled.shop_ids)
    figures = []
    for name, bearer in (("one shop", one), (f"{SHOPS} shops", every)):
        asked = load.request(settings.port, bearer, orjson.dumps({"query": QUEUE}))
        await load.flat_out(settings.port, 1, sizes.seconds / 5, _always(asked), PAGE_OF_50)
        timed = await load.flat_out(settings.port, READERS, sizes.seconds, _always(asked), PAGE_OF_50)
        figures.append((f"queue page of 50, {name}", f"{timed.rate:,.0f} requests/s, {timed}"))
    return figures


async def _replies(settings: Settings, filled: Filled, sizes: Sizes) -> list[tuple[str, str]]:
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
        ("replyToTicket, flat out", f"{flat.rate:,.0f} requests/s, {flat}"),
        (f"replyToTicket, at {half.rate:,.0f}/s", str(half)),
    ]


async def _batches(settings: Settings, shops: str, filled: Filled) -> tuple[str, str]:
    """One batch after the other, each of tickets that nobody has replied to."""
    bearer = token(settings, filled.shop_ids)
    timed = load.Timed()
    async with load.connections(settings.port, 1) as (connection,):
        for number in range(len(filled.ticket_ids) // BATCH):
            asked = _batch_request(settings, bearer, filled.ticket_ids[number * BATCH :][:BATCH])
            started = time.perf_counter()
            await connection.ask(asked, ALL_REPLIED)
            timed.each_s.append(time.perf_counter() - started)
    del timed.each_s[:WARM_UP]
    return f"replyToTickets, {BATCH} tickets of {shops}", str(timed)


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


def token(settings: Settings, shop_ids: Sequence[UUID]) -> str:
    """A token of a member of the staff of these shops."""
    hour = timedelta(hours=1)
    return tokens.issue(settings, ActorKind.STAFF, filling.STAFF, shop_ids, owner=False, ttl=hour)


@asynccontextmanager
async def web(settings: Settings, log: Path) -> AsyncIterator[None]:
    """The web process (Granian, one worker) on the settings' port, ready; what it says goes to `log`."""
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(CLI), "serve", env=settings.for_a_child(), stdout=out, stderr=out
        )
    try:
        try:
            async with asyncio.timeout(START_WITHIN_S):
                await _ready(settings.port, process)
        except (TimeoutError, ProcessLookupError):
            said = await asyncio.to_thread(log.read_text)
            raise RuntimeError(f"the web process did not become ready:\n{said}") from None
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(port: int, process: asyncio.subprocess.Process) -> None:
    asked = f"GET /readyz HTTP/1.1\r\nhost: {load.HOST}:{port}\r\n\r\n".encode()
    while process.returncode is None:
        try:
            async with load.connections(port, 1) as opened:
                await opened[0].ask(asked, b'"status":"ok"')
        except (OSError, EOFError, load.WrongAnswer):
            await asyncio.sleep(0.1)
        else:
            return
    raise ProcessLookupError


def _always(asked: bytes) -> Callable[[], bytes]:
    return lambda: asked
