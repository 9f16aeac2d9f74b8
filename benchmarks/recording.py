"""What our server says to PostgreSQL for a request: taken down while the real schema answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import app
from benchmarks.peers.given import Recorded
from schema.build import schema
from schema.context import Asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg.connection import LoggedQuery

    from domain.access import Viewer
    from settings import Settings

SIGHTS = 2
"""From the second on, a document's statement is the one that is kept."""

Request = tuple[str, dict[str, Any]]
"""A document and its variables."""


async def recorded(settings: Settings, viewer: Viewer, requests: Sequence[Request]) -> list[Recorded]:
    """The statement and the values of each request; all of them must be answered by one statement."""
    found = []
    async with app.started(settings) as services:
        said: list[LoggedQuery] = []
        # One after the other, requests use the connection that was given back last: this one.
        async with services.database.reads.acquire() as connection:
            connection.add_query_logger(said.append)
        for query, variables in requests:
            for sight in range(SIGHTS):
                said.clear()
                answer = await schema.execute(
                    query, variable_values=variables, context_value=Asked(services, viewer)
                )
                if answer.errors or (sight and len(said) != 1):
                    raise RuntimeError(f"{len(said)} statements instead of one; errors: {answer.errors}")
            found.append(Recorded(query, variables, said[0].query, list(said[0].args)))
    return found
