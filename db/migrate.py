"""Alembic, called as functions: bring a database to a revision, say where it stands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from db import refill

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parent / "migrations"


def sqlalchemy_url(url: str) -> str:
    """The same URL for SQLAlchemy's asyncpg dialect."""
    return "postgresql+asyncpg" + url[url.index("://") :]


def config(url: str | None = None) -> Config:
    """Alembic's settings; there is no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["url"] = None if url is None else sqlalchemy_url(url)
    return made


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` (postgresql://…) up to `revision`; at the newest, figures are filled."""
    command.upgrade(config(url), revision)
    if revision == "head":
        asyncio.run(_fill_figures(url))


async def _fill_figures(url: str) -> None:
    """Count what shops did before there were figures; each is a transaction of its own."""
    connection = await asyncpg.connect(url)
    try:
        for shop_id in await refill.unfilled(connection):
            async with connection.transaction():
                await refill.refill(connection, shop_id)
    finally:
        await connection.close()


def downgrade(url: str, revision: str) -> None:
    """Take the database back to `revision`; "base" empties it."""
    command.downgrade(config(url), revision)


def head() -> str:
    """The newest revision this code knows."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    return newest or ""


def current(url: str) -> str | None:
    """The revision the database stands at; None when it was never migrated."""
    return asyncio.run(current_revision(url))


async def current_revision(url: str) -> str | None:
    """`current`, for who is already in an event loop."""
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        rows: Sequence[asyncpg.Record] = await connection.fetch("SELECT version_num FROM alembic_version")
        return str(rows[0][0]) if rows else None
    finally:
        await connection.close()
