"""What `cli.py doctor` looks at: each finding says what is so, and what to do where it is wrong."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from db import migrate
from embedded import state
from live import nodes
from running import found, ports
from settings import Settings

OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)
LARGEST_CLOCK_DIFFERENCE_S = 1.0
ROOM_WANTED_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is right, and the line about it."""

    ok: bool
    line: str


async def examine(given: Settings) -> list[Finding]:
    """Look at everything an installation needs; nothing is changed."""
    settings = found.known(given)
    findings = [Finding(ok=True, line=f"settings: {settings.env}, data in {settings.data}")]
    if settings.database_url is None or settings.redis_url is None:
        findings.append(
            Finding(
                ok=False,
                line=f"servers: nothing runs in {settings.data}: start it (make run), or set their URLs",
            )
        )
    checks: list[Callable[[Settings], Awaitable[list[Finding]]]] = [_postgres, _redis]
    for check in checks:
        findings += await check(settings)
    return [*findings, _key(settings), _port(settings), _room(settings)]


async def _postgres(settings: Settings) -> list[Finding]:
    if settings.database_url is None:
        return []
    try:
        connection = await asyncpg.connect(settings.database_url, timeout=10)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        line = f"PostgreSQL does not answer ({_said(error)}): is it running, is LANSHOU_DATABASE_URL right?"
        return [Finding(ok=False, line=line)]
    try:
        return [await _version(connection), await _clock(connection), await _revision(connection, settings)]
    finally:
        await connection.close()


async def _version(connection: asyncpg.Connection[asyncpg.Record]) -> Finding:
    version = str(await connection.fetchval("SHOW server_version"))
    if int(re.findall(r"\d+", version)[0]) < OLDEST_POSTGRES:
        return Finding(
            ok=False, line=f"PostgreSQL {version} is too old: {OLDEST_POSTGRES} or newer is needed"
        )
    return Finding(ok=True, line=f"PostgreSQL {version} answers")


async def _clock(connection: asyncpg.Connection[asyncpg.Record]) -> Finding:
    before = time.time()
    theirs: datetime = await connection.fetchval("SELECT clock_timestamp()")
    ours = datetime.fromtimestamp((before + time.time()) / 2, UTC)
    difference_s = (theirs - ours).total_seconds()
    line = f"clock: PostgreSQL's is {difference_s:+.3f} s from this machine's"
    if abs(difference_s) <= LARGEST_CLOCK_DIFFERENCE_S:
        return Finding(ok=True, line=line)
    return Finding(
        ok=False, line=f"{line}: PostgreSQL's decides, but set both by NTP, or countdowns look wrong"
    )


async def _revision(connection: asyncpg.Connection[asyncpg.Record], settings: Settings) -> Finding:
    await connection.execute("SELECT 1")
    current = await migrate.current_revision(settings.database_url or "")
    head = migrate.head()
    if current == head:
        return Finding(ok=True, line=f"tables: up to date ({head})")
    return Finding(
        ok=False, line=f"tables: at {current or 'nothing'}, this code needs {head}: run python cli.py migrate"
    )


async def _redis(settings: Settings) -> list[Finding]:
    if settings.redis_url is None:
        return []
    client = nodes.connect(settings.redis_url, connect_timeout_s=10, read_timeout_s=10)
    try:
        servers = await nodes.about(client)
    except (*nodes.AWAY, ValueError) as error:
        line = f"Redis does not answer ({_said(error)}): is it running, is LANSHOU_REDIS_URL right?"
        return [Finding(ok=False, line=line)]
    finally:
        await client.aclose()
    return [_server(where, about) for where, about in servers.items()]


def _server(where: str, about: Mapping[str, object]) -> Finding:
    version = str(about["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        return Finding(ok=False, line=f"Redis {version}{where} is too old: 6.2 or newer is needed")
    name = f"Valkey {about['valkey_version']}" if "valkey_version" in about else f"Redis {version}"
    return Finding(ok=True, line=f"{name}{where} answers")


def _key(settings: Settings) -> Finding:
    if settings.jwt_key is None:
        return Finding(
            ok=False, line="tokens: no key: set LANSHOU_JWT_KEY (make run makes one for development)"
        )
    # A key of one repeated letter is long and no key.
    if len(set(settings.jwt_key)) < 10:  # noqa: PLR2004  (a random one has more)
        return Finding(ok=False, line="tokens: LANSHOU_JWT_KEY is easily guessed: use `openssl rand -hex 32`")
    return Finding(ok=True, line="tokens: a key is set")


def _port(settings: Settings) -> Finding:
    if url := state.live(settings.data).get("web", {}).get("url"):
        return Finding(ok=True, line=f"web: runs on {url}")
    if ports.is_free(settings.host, settings.port):
        return Finding(ok=True, line=f"port {settings.port}: free")
    holder = ports.holder(settings.port)
    return Finding(
        ok=False, line=f"port {settings.port} is in use{holder}: stop that program or set LANSHOU_PORT"
    )


def _room(settings: Settings) -> Finding:
    folder = next(each for each in (settings.data, *settings.data.parents) if each.exists())
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    line = f"disk of {folder}: {free / 1024**3:.1f} GB free"
    return Finding(
        ok=free >= ROOM_WANTED_BYTES, line=line if free >= ROOM_WANTED_BYTES else f"{line}: make room"
    )


def _said(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def run(given: Settings) -> list[Finding]:
    """Examine, from code without an event loop."""
    return asyncio.run(examine(given))
