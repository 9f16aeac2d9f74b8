"""A long list over a real connection: memory that does not grow, and no end that only looks like one."""

import asyncio
import time
from collections.abc import Iterator

import asyncpg
import httpx
import pytest

import embedded
from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from tests.conftest import with_database
from tests.explain import filling
from tests.explain.filling import Filled
from tests.exports.serving import Web, served

TICKETS = 200_000
MEGABYTE = 1024 * 1024
MAY_GROW = 24 * MEGABYTE
"""Some tenth of the file: what allocators do with pages that come and go."""
PLATFORM = Viewer(ActorKind.PLATFORM, "root")
LIST = "/exports/tickets.csv"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def long_url(postgres: embedded.Server, migrated_template: str) -> Iterator[str]:
    """A database of its own."""
    asyncio.run(_run(postgres.url, f"CREATE DATABASE long_lists TEMPLATE {migrated_template}"))
    yield with_database(postgres.url, "long_lists")
    asyncio.run(_run(postgres.url, "DROP DATABASE long_lists WITH (FORCE)"))


@pytest.fixture(scope="module")
def filled(long_url: str) -> Filled:
    return asyncio.run(filling.fill(long_url, tickets=TICKETS))


@pytest.fixture(scope="module")
def web(
    long_url: str, filled: Filled, redis_server: embedded.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    assert filled.tickets == TICKETS
    environment = {"LANSHOU_DATABASE_URL": long_url, "LANSHOU_REDIS_URL": redis_server.url}
    with served(environment, tmp_path_factory.mktemp("long-lists")) as web:
        yield web


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _exporting(url: str) -> list[int]:
    """The server's processes that read for an export: each is in a transaction of its own."""

    async def run() -> list[int]:
        connection = await asyncpg.connect(url)
        try:
            found = await connection.fetch(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND xact_start < now() - interval '0.5 s'"
            )
            return [row["pid"] for row in found]
        finally:
            await connection.close()

    return asyncio.run(run())


def test_memory_does_not_grow_with_the_list(web: Web) -> None:
    lines, size = 0, 0
    held: list[int] = []
    with web.client(PLATFORM) as client, client.stream("GET", LIST) as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_bytes():
            lines += chunk.count(b"\n")
            size += len(chunk)
            # From a twentieth of the list on, twenty times: to look takes longer than to read on.
            if lines > TICKETS // 20 * (len(held) + 1):
                held.append(web.memory)
    assert lines == TICKETS + 1
    assert size > 5 * MAY_GROW / 2
    assert len(held) >= 19
    assert max(held) - held[0] < MAY_GROW


def test_a_client_that_reads_slowly_fills_no_memory(web: Web) -> None:
    with web.client(PLATFORM) as client, client.stream("GET", LIST) as answer:
        chunks = answer.iter_raw(65_536)
        next(chunks)
        before = web.memory
        time.sleep(3)
        assert web.memory - before < MAY_GROW


def test_a_client_that_goes_away_holds_nothing(web: Web, long_url: str) -> None:
    for _ in range(3):
        with web.client(PLATFORM) as client, client.stream("GET", LIST) as answer:
            next(answer.iter_bytes())
    deadline = time.monotonic() + 10
    while _exporting(long_url):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    # No place is taken for ever either.
    with web.client(PLATFORM) as client:
        assert (
            client.get("/exports/complaints.csv", params={"filedBefore": "2000-01-01T00:00:00Z"}).status_code
            == 200
        )


def test_a_list_that_breaks_off_is_no_file(web: Web, long_url: str) -> None:
    with web.client(PLATFORM) as client, client.stream("GET", LIST) as answer:
        chunks = answer.iter_bytes()
        next(chunks)
        time.sleep(1)
        (pid,) = _exporting(long_url)
        asyncio.run(_run(long_url, f"SELECT pg_terminate_backend({pid})"))
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            for _ in chunks:
                pass


def test_more_lists_at_once_than_a_process_makes_are_told_to_wait(web: Web) -> None:
    with web.client(PLATFORM) as client, client.stream("GET", LIST), client.stream("GET", LIST):
        refused = client.get(LIST)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


def test_a_workbook_over_http_has_its_limit(web: Web, filled: Filled) -> None:
    workbook = "/exports/tickets.xlsx"
    with web.client(PLATFORM) as client:
        refused = client.get(workbook)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["extensions"]["code"] == "LIMIT"
        given = {"shopIds": ids.encode(IdKind.SHOP, filled.shops[1]), "status": "ESCALATED"}
        found = client.get(workbook, params=given)
        assert (found.status_code, found.content[:2]) == (200, b"PK")
        assert int(found.headers["content-length"]) == len(found.content)
