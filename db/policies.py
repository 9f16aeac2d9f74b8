"""Policies as rows, and version 1 of each market as it was shipped (`policies/*.json`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import orjson

from domain.exemptions import NEVER
from domain.shop import Market

if TYPE_CHECKING:
    from datetime import datetime

    from db.database import Connection

FOLDER = Path(__file__).parents[1] / "policies"
SCHEMA = FOLDER / "policy.schema.json"
SHIPPED = 1
"""The version that the files are. They are never edited once a release has them: another is saved."""

_ALL = "SELECT market, version, document, active_from FROM policy ORDER BY market, version"
_NEXT = "SELECT coalesce(max(version), 1) + 1 FROM policy WHERE market = $1"
_INSERT = """
INSERT INTO policy (market, version, document, active_from, saved_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6)"""


class SavedPolicy(NamedTuple):
    """A version as it was saved; `document` is JSON text that the schema holds for."""

    market: Market
    version: int
    document: str
    active_from: datetime


@cache
def shipped(market: Market) -> SavedPolicy:
    """Version 1 of a market."""
    document = (FOLDER / f"{market.value.lower()}.json").read_text("utf-8")
    return SavedPolicy(market, SHIPPED, document, NEVER)


@cache
def schema() -> dict[str, object]:
    """The JSON Schema that every document keeps to."""
    found: dict[str, object] = orjson.loads(SCHEMA.read_bytes())
    return found


async def every(connection: Connection) -> list[SavedPolicy]:
    """All versions of all markets, the shipped ones first, each market's in their order."""
    saved = [
        SavedPolicy(Market(row["market"]), row["version"], row["document"], row["active_from"])
        for row in await connection.fetch(_ALL)
    ]
    return [*(shipped(market) for market in Market), *saved]


async def insert(connection: Connection, policy: SavedPolicy, *, saved_by: str, now: datetime) -> None:
    """A new version; `next_version` gave its number."""
    await connection.execute(_INSERT, *policy, saved_by, now)


async def next_version(connection: Connection, market: Market) -> int:
    """The number of a market's next version; `calendar.begin` came first, so that nobody else gets it."""
    number: int = await connection.fetchval(_NEXT, market)
    return number
