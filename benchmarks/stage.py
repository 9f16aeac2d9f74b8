"""What each part of the benchmark runs on: a private PostgreSQL and Redis, and a folder, gone afterwards."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import asyncpg

import embedded
from benchmarks import filling
from db import migrate
from domain.events import ActorKind
from embedded.server import any_free_port
from resolvers import tokens
from settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Stage:
    """The servers of one part."""

    folder: Path
    postgres_url: str
    redis_url: str

    def database(self, name: str) -> str:
        """The URL of a new database, migrated and empty."""
        asyncio.run(self._create(name))
        made = urlunsplit(urlsplit(self.postgres_url)._replace(path=f"/{name}"))
        migrate.upgrade(made)
        return made

    def settings(self, database_url: str) -> Settings:
        """The settings of a web process on that database."""
        return Settings(
            database_url=database_url,
            redis_url=self.redis_url,
            port=any_free_port(),
            demo=False,
            jwt_key="a key for the length of one benchmark",
        )

    async def _create(self, name: str) -> None:
        connection = await asyncpg.connect(self.postgres_url)
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()


@contextmanager
def stage(settings: Mapping[str, str] = {}) -> Iterator[Stage]:
    """A stage; `settings` are PostgreSQL's, on top of those that `make run` has."""
    folder = Path(tempfile.mkdtemp(prefix="lanshou-bench-"))
    folder.chmod(0o711)  # the servers' own account has to reach its folders
    try:
        with (
            embedded.start_postgres(folder, settings=settings) as postgres,
            embedded.start_redis(folder) as redis,
        ):
            yield Stage(folder, postgres.url, redis.url)
    finally:
        shutil.rmtree(folder)


def token(settings: Settings, shop_ids: Sequence[UUID], role: ActorKind = ActorKind.STAFF) -> str:
    """A token of a member of the staff of these shops, or of another role."""
    hour = timedelta(hours=1)
    return tokens.issue(settings, role, filling.STAFF, shop_ids, owner=False, ttl=hour)
