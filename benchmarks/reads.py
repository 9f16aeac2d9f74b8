"""The queue's page and a ticket's page against named peers (`quality.md §4`), answers compared first."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import asyncpg
import orjson
import uvloop

from benchmarks import contest, filling, histories, recording, rounds, servers
from benchmarks.contest import QUEUE_PAGE, TICKET_DETAIL, Asked, Running, as_ours
from benchmarks.peers.given import Given
from benchmarks.peers.statements import STATEMENTS
from benchmarks.stage import Stage, stage, token
from benchmarks.table import table
from db.database import Database
from domain import replies, waybill
from domain.access import Viewer
from domain.events import ActorKind
from embedded.server import any_free_port

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from benchmarks.contest import Peer
    from benchmarks.rounds import Result

SHOPS = 50
HISTORIES = 20
CONNECTIONS = 8
OVER_ALL = replace(contest.OURS, name=f"ours, over {SHOPS} shops")
"""The same server, asked by somebody who is staff of every shop."""
REACH = {
    (QUEUE_PAGE, contest.BARE.name): "≥ 0.85 ×",
    (QUEUE_PAGE, contest.STOCK.name): "≥ 12 ×",
    (QUEUE_PAGE, contest.MERCURIUS.name): "≥ 1.2 ×",
    (QUEUE_PAGE, OVER_ALL.name): "≤ 2 ×",
    (TICKET_DETAIL, contest.MERCURIUS.name): "≥ 1.2 ×",
}
HEAD = ("requests/s", "slowest–fastest round", "p50", "p99", "ours is", "to reach")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many tickets; how often, and how long each time in seconds, a server is measured."""

    tickets: int
    rounds: int
    seconds: float


FULL = Sizes(20_000, 5, 3.0)
QUICK = Sizes(6_000, 3, 1.0)


def measure(*, quick: bool) -> list[str]:
    """A table for each document, as lines."""
    with stage() as made:
        url = made.database("bench")
        return uvloop.run(_measure(made, url, QUICK if quick else FULL))


async def _measure(made: Stage, database_url: str, sizes: Sizes) -> list[str]:
    shop_ids, asked = await fill(database_url, sizes.tickets)
    peers, who = contest.peers()
    async with AsyncExitStack() as stack:
        ours = await start_ours(stack, made, database_url, shop_ids)
        others = await start_peers(stack, made, database_url, asked, peers)
        lines = []
        for document, wanted in asked.items():
            for each in others:
                await contest.compare(ours[0], each, wanted)
            compared = [*(ours if document == QUEUE_PAGE else ours[:1]), *others]
            results = await rounds.measure(
                [each.contestant(wanted) for each in compared],
                rounds=sizes.rounds,
                seconds=sizes.seconds,
                connections=CONNECTIONS,
            )
            lines += [*table((document, *HEAD), [_row(document, each, results[0]) for each in results]), ""]
    return [*lines, who]


async def fill(database_url: str, tickets: int) -> tuple[list[UUID], dict[str, list[Asked]]]:
    """Fill an empty database; the shops, and by document what the servers are asked of the first of them."""
    database = await Database.connect(database_url, max_connections=2)
    filled = await filling.fill(database, shops=SHOPS, tickets=tickets)
    shop_id = filled.shop_ids[0]
    ticket_ids = await histories.add(database, shop_id, HISTORIES)
    await database.close()
    return filled.shop_ids, {
        QUEUE_PAGE: [Asked(QUEUE_PAGE, shop_id)],
        TICKET_DETAIL: [Asked(TICKET_DETAIL, shop_id, each) for each in ticket_ids],
    }


async def start_ours(
    stack: AsyncExitStack, made: Stage, database_url: str, shop_ids: Sequence[UUID]
) -> list[Running]:
    """Our web process: asked by the staff of the first shop, and by somebody of all of them."""
    settings = made.settings(database_url)
    await stack.enter_async_context(servers.ours(settings, made.folder / "web.log"))
    return [
        Running(contest.OURS, settings.port, token(settings, shop_ids[:1])),
        Running(OVER_ALL, settings.port, token(settings, shop_ids)),
    ]


async def start_peers(
    stack: AsyncExitStack,
    made: Stage,
    database_url: str,
    asked: dict[str, list[Asked]],
    peers: Sequence[Peer],
) -> list[Running]:
    """The peers, each with a port of its own and all it needs to know."""
    every = [each for wanted in asked.values() for each in wanted]
    viewer = Viewer(ActorKind.STAFF, filling.STAFF, frozenset({every[0].shop_id}))
    recorded = await recording.recorded(
        made.settings(database_url), viewer, [as_ours(each) for each in every]
    )
    given = Given(
        port=0,
        connections=0,
        database_url=database_url,
        shop_ids=[every[0].shop_id],
        recorded=recorded,
        statements=STATEMENTS,
        schemes=[_scheme(each) for each in replies.SCHEMES],
        warnings={code.value: text for code, text in waybill.WARNINGS.items()},
    )
    running = []
    for peer in peers:
        if peer.needs:
            await _run(database_url, peer.needs)
        query, variables = peer.request(every[0])
        port = any_free_port()
        await stack.enter_async_context(
            servers.peer(
                peer.command,
                replace(given, port=port, connections=peer.connections),
                made.folder,
                orjson.dumps({"query": query, "variables": variables}),
            )
        )
        running.append(Running(peer, port))
    return running


async def _run(database_url: str, sql: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(sql)
    await connection.close()


def _scheme(scheme: replies.ReplyScheme) -> dict[str, object]:
    """A reply scheme as a peer in another language needs it."""
    return {
        "code": scheme.code,
        "label_zh": scheme.label_zh,
        "label_en": scheme.label_en,
        "kinds": scheme.kinds,
        "requires": scheme.requires,
        "longest_promise_hours": int(scheme.longest_promise.total_seconds() // 3600),
        "stops_clock": scheme.stops_clock,
    }


def _row(document: str, result: Result, ours: Result) -> tuple[str, ...]:
    return (
        result.name,
        f"{result.rate:,.0f}",
        result.spread,
        f"{result.percentile_ms(50):.1f} ms",
        f"{result.percentile_ms(99):.1f} ms",
        "" if result is ours else f"{ours.times(result):.2f} ×",
        REACH.get((document, result.name), ""),
    )
