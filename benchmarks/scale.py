"""What a page costs deep in a list, and among millions of tickets (`quality.md §4`: p50 within 1.5 ×)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import uvloop

from benchmarks import histories, load, mass, rounds, servers
from benchmarks.documents import DETAIL, ENDS, QUEUE_AFTER
from benchmarks.rounds import Contestant
from benchmarks.stage import Stage, stage, token
from benchmarks.table import table
from db.database import Database
from domain import ids
from domain.ids import IdKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from benchmarks.rounds import Result
    from settings import Settings

SHOPS = 40
VIEWERS = 10
"""Members of one shop each who ask in turn, so that it is not one page that is always at hand."""
PAGE = 50
STEP = 200
"""How many tickets a walk through the list leaves behind at each request."""
HISTORIES = 20
REACH = "≤ 1.5 ×"
ONE, ALL, TICKET = "queue page, one shop", f"queue page, over {SHOPS} shops", "ticket detail"
PAGE_PROOF, TICKET_PROOF = b'"hasNextPage":true', b'"PROMISE_BROKEN"'


@dataclass(frozen=True, slots=True)
class Sizes:
    """The tickets of the two databases, which page is deep, and how often and long (seconds) to measure."""

    few: int
    many: int
    page: int
    rounds: int
    seconds: float


FULL = Sizes(10_000, 5_000_000, 2_000, 5, 2.0)
QUICK = Sizes(10_000, 200_000, 90, 3, 0.7)


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with its web process."""

    settings: Settings
    tickets: int
    shop_ids: list[UUID]
    ticket_ids: list[UUID]

    def contestants(self) -> list[Contestant]:
        """The first pages, and tickets."""
        one = [self.page([shop_id], None) for shop_id in self.shop_ids[:VIEWERS]]
        bearer = token(self.settings, self.shop_ids[:1])
        details = [
            self.request(bearer, DETAIL, id=ids.encode(IdKind.TICKET, each)) for each in self.ticket_ids
        ]
        return [
            self.contestant(ONE, one, PAGE_PROOF),
            self.contestant(ALL, [self.page(self.shop_ids, None)], PAGE_PROOF),
            self.contestant(TICKET, details, TICKET_PROOF),
        ]

    async def deep(self, number: int) -> list[Contestant]:
        """The pages of that number."""
        one = [
            self.page([shop_id], await self.cursor([shop_id], number)) for shop_id in self.shop_ids[:VIEWERS]
        ]
        every = self.page(self.shop_ids, await self.cursor(self.shop_ids, number))
        return [
            self.contestant(f"{ONE}, page {number:,}", one, PAGE_PROOF),
            self.contestant(f"{ALL}, page {number:,}", [every], PAGE_PROOF),
        ]

    def contestant(self, what: str, requests: Sequence[bytes], proof: bytes) -> Contestant:
        """Our server, asked that."""
        return Contestant(f"{what}, {self.tickets:,} tickets", self.settings.port, requests, proof)

    def page(self, shop_ids: Sequence[UUID], after: str | None) -> bytes:
        """The request for a page of the queue of these shops."""
        return self.request(token(self.settings, shop_ids), QUEUE_AFTER, after=after)

    def request(self, bearer: str, query: str, **variables: Any) -> bytes:  # noqa: ANN401 - JSON
        """A request."""
        return load.request(
            self.settings.port, bearer, orjson.dumps({"query": query, "variables": variables})
        )

    async def cursor(self, shop_ids: Sequence[UUID], number: int) -> str:
        """The cursor after which that page begins, got as a client gets it: by walking there."""
        bearer, after = token(self.settings, shop_ids), None
        left = (number - 1) * PAGE
        async with load.connections(self.settings.port, 1) as opened:
            while left:
                step = min(STEP, left)
                asked = self.request(bearer, ENDS, first=step, after=after)
                answer = orjson.loads(await opened[0].ask(asked, b'"endCursor":"'))
                after = answer["data"]["tickets"]["pageInfo"]["endCursor"]
                left -= step
        return str(after)


def measure(*, quick: bool) -> list[str]:
    """A table, as lines."""
    sizes = QUICK if quick else FULL
    with stage(mass.SETTINGS) as made:
        urls = [made.database(name) for name in ("few", "many")]
        return uvloop.run(_measure(made, urls, sizes))


async def _measure(made: Stage, urls: Sequence[str], sizes: Sizes) -> list[str]:
    few = await _filled(made, urls[0], sizes.few)
    many = await _filled(made, urls[1], sizes.many)
    async with AsyncExitStack() as stack:
        for number, each in enumerate((few, many)):
            log = made.folder / f"web-{number}.log"
            await stack.enter_async_context(servers.ours(each.settings, log))
        deep = await many.deep(sizes.page)
        results = await rounds.measure(
            [*few.contestants(), *many.contestants(), *deep],
            rounds=sizes.rounds,
            seconds=sizes.seconds,
            connections=1,
        )
    return table(("one request at a time", "p50", "p99", "times", "to reach"), _rows(results, sizes))


async def _filled(made: Stage, url: str, tickets: int) -> Filled:
    shop_ids = await mass.fill(url, shops=SHOPS, tickets=tickets)
    database = await Database.connect(url, max_connections=2)
    ticket_ids = await histories.add(database, shop_ids[0], HISTORIES)
    await database.close()
    return Filled(made.settings(url), tickets, shop_ids, ticket_ids)


def _rows(results: Sequence[Result], sizes: Sizes) -> list[tuple[str, ...]]:
    """Each figure of the large database beside that of the small one, each deep page beside the first."""
    found = {each.name: each for each in results}
    few, many = f", {sizes.few:,} tickets", f", {sizes.many:,} tickets"
    rows = []
    for what in (ONE, ALL, TICKET):
        rows.append(_row(found[what + few]))
        rows.append(_row(found[what + many], found[what + few], f"{sizes.few:,} tickets"))
        deep = found.get(f"{what}, page {sizes.page:,}{many}")
        if deep is not None:
            rows.append(_row(deep, found[what + many], "page 1"))
    return rows


def _row(result: Result, beside: Result | None = None, than: str = "") -> tuple[str, ...]:
    times = ""
    if beside is not None:
        times = f"{result.percentile_ms(50) / beside.percentile_ms(50):.2f} × {than}"
    return (
        result.name,
        f"{result.percentile_ms(50):.1f} ms",
        f"{result.percentile_ms(99):.1f} ms",
        times,
        REACH if beside is not None else "",
    )
