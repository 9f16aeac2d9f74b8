"""The rules that are data as this process knows them, read again when their revision is another."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Self

import orjson

from db import policies
from domain import policy_document
from domain.exemptions import NEVER, Exemption, ExemptionBasis, ExemptionEnd
from domain.rulebook import Rulebook, Version
from domain.shop import Market

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from db.database import Connection, Database
    from domain.policy import Policy

    Adjust = Callable[[Policy], Policy]

LOOK_EVERY_S = 0.5
"""A process that only reads knows of a change at most this much later; one that writes looks each time."""

REVISION = "(SELECT coalesce(max(revision), 0) FROM calendar_change)"
"""The revision in force, as SQL."""
_REVISION = f"SELECT {REVISION}"
_STANDS = "SELECT revision, changed_at FROM calendar_change ORDER BY revision DESC LIMIT 1"
_EXEMPTIONS = """
SELECT id, market, region, "end", basis, starts_at, ends_at, latest_at FROM exemption ORDER BY id"""

_log = logging.getLogger(__name__)


class Rules:
    """What use cases and the worker time tickets by. `adjust` changes every policy, as for short windows."""

    def __init__(self, adjust: Adjust | None = None) -> None:
        self._adjust = adjust
        self.book = Rulebook(_versions([policies.shipped(market) for market in Market], adjust))

    @classmethod
    def with_windows(cls, *, reply: timedelta | None, pickup: timedelta | None) -> Self:
        """Every policy with other windows where one is given (`architecture.md §8`)."""
        if reply is None and pickup is None:
            return cls()
        return cls(lambda policy: policy.with_windows(reply=reply, pickup=pickup))

    async def at(self, connection: Connection, revision: int) -> Rulebook:
        """The rules at a revision that was read in this transaction."""
        if self.book.revision != revision:
            self.book = await load(connection, self._adjust)
        return self.book

    async def now(self, connection: Connection) -> Rulebook:
        """The rules in force."""
        return await self.at(connection, await connection.fetchval(_REVISION))

    async def follow(self, database: Database) -> None:
        """Keep `book` up to date until cancelled; while PostgreSQL is away it stays as it is."""
        while True:
            try:
                async with database.pool.acquire() as connection:
                    await self.now(connection)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look may succeed
                _log.debug("the rules cannot be read: %s", type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)


async def load(connection: Connection, adjust: Adjust | None = None) -> Rulebook:
    """All rules. The revision is read first: what is read after it may be newer, and is then read again."""
    stands = await connection.fetchrow(_STANDS)
    saved = await policies.every(connection)
    exemptions = tuple(_exemption(row) for row in await connection.fetch(_EXEMPTIONS))
    revision, changed_at = (0, NEVER) if stands is None else stands
    return Rulebook(_versions(saved, adjust), revision, changed_at, exemptions)


def _versions(
    saved: Iterable[policies.SavedPolicy], adjust: Adjust | None
) -> dict[Market, tuple[Version, ...]]:
    found: dict[Market, list[Version]] = defaultdict(list)
    for each in saved:
        policy = policy_document.read(orjson.loads(each.document), each.version)
        found[each.market].append(Version(each.active_from, policy if adjust is None else adjust(policy)))
    return {market: tuple(versions) for market, versions in found.items()}


def _exemption(row: Any) -> Exemption:  # noqa: ANN401 - asyncpg's Record
    return Exemption(
        id=row["id"],
        market=None if row["market"] is None else Market(row["market"]),
        region=row["region"],
        end=ExemptionEnd(row["end"]),
        basis=ExemptionBasis(row["basis"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        latest_at=row["latest_at"],
    )
