"""The very SQL that ours sends, behind bare Starlette: no GraphQL, no token, PostgreSQL's bytes as they are.

What Python fills in (`streamCursor`, reply schemes …) stays a mark, so it does a little less than ours.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import orjson
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers import pool as pools
from benchmarks.peers.given import Given

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg
    from starlette.requests import Request


def create() -> Starlette:
    """The application."""
    given = Given.read()
    known = {
        (each.query, each.variables.get("id")): (each.sql, tuple(each.values)) for each in given.recorded
    }
    pool: asyncpg.Pool[asyncpg.Record]

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        nonlocal pool
        pool = await pools.opened(given)
        yield
        await pool.close()

    async def graphql(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        sql, values = known[asked["query"], (asked.get("variables") or {}).get("id")]
        data: bytes = await pool.fetchval(sql, *values)
        return Response(b'{"data":' + data + b"}", media_type="application/json")

    return Starlette(routes=[Route("/graphql", graphql, methods=["POST"])], lifespan=lifespan)
