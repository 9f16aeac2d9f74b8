"""Stock Strawberry's own view on Starlette."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import orjson
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry import Schema
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.peers import pool as pools
from benchmarks.peers.given import Given
from benchmarks.peers.stock.loaders import Loaders, Row
from benchmarks.peers.stock.tickets import Query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

schema = Schema(query=Query, extensions=[ParserCache, ValidationCache])


class View(GraphQL[dict[str, Any], None]):
    """The endpoint, with a new set of loaders for each request."""

    pool: asyncpg.Pool[Row]

    def __init__(self, given: Given) -> None:
        super().__init__(schema, graphql_ide=None)
        self._given = given

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> dict[str, Any]:
        """What resolvers share."""
        del request, response
        return {"loaders": Loaders(self.pool, self._given.statements, self._given.shop_ids)}

    def encode_json(self, data: object) -> bytes:
        """A value as JSON."""
        return orjson.dumps(data)


def create() -> Starlette:
    """The application."""
    given = Given.read()
    view = View(given)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        view.pool = await pools.opened(given)
        yield
        await view.pool.close()

    return Starlette(routes=[Route("/graphql", view)], lifespan=lifespan)
