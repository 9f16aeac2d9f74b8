"""The Python peers' pools, with what ours has: no reset at release, which would cost a round trip each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg

from benchmarks.peers.given import SESSION

if TYPE_CHECKING:
    from benchmarks.peers.given import Given


async def opened(given: Given) -> asyncpg.Pool[asyncpg.Record]:
    """A pool of `given.connections`."""
    return await asyncpg.create_pool(
        given.database_url,
        min_size=given.connections,
        max_size=given.connections,
        init=_prepare,
        reset=_keep,
        max_cacheable_statement_size=0,
        server_settings=SESSION,
    )


async def _prepare(connection: Any) -> None:  # noqa: ANN401 - asyncpg's own connection type is generic
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
    )


async def _keep(connection: Any) -> None:  # noqa: ANN401
    """Nothing to reset: a peer sets no session state."""
