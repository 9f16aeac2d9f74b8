"""Real servers for the tests: one PostgreSQL and one Redis a session, started when first asked for.

The database is migrated once and cloned for each test, which takes some 30 ms; so a test may do
with its database what it likes.
"""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import redis

import embedded
from tests import redis_nodes

# What a crash of the machine would lose does not matter to a test.
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}
TEMPLATE = "template_migrated"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder that the servers' account can enter, which pytest's own (mode 0700) would not be."""
    folder = Path(tempfile.mkdtemp(prefix="lanshou-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(server_folder: Path) -> Iterator[embedded.Server]:
    """The session's PostgreSQL."""
    server = embedded.start_postgres(server_folder, settings=FORGETFUL)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server(server_folder: Path) -> Iterator[embedded.Server]:
    """The session's Redis."""
    server = embedded.start_redis(server_folder)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_template(postgres: embedded.Server) -> str:
    """The name of a database that was migrated once and is cloned from then on."""
    from db import migrate  # tests of the domain need no database

    _run(postgres.url, f"CREATE DATABASE {TEMPLATE}")
    migrate.upgrade(with_database(postgres.url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_url(postgres: embedded.Server, migrated_template: str) -> Iterator[str]:
    """The URL of a migrated, empty database of this test's own."""
    yield from clone(postgres.url, migrated_template)


@pytest.fixture
def empty_database_url(postgres: embedded.Server) -> Iterator[str]:
    """The URL of a database of this test's own without any table."""
    yield from clone(postgres.url, "template1")


@pytest.fixture
def redis_url(redis_server: embedded.Server) -> str:
    """The URL of the session's Redis, emptied; for ``redis.asyncio.from_url``."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture(scope="session")
def redis_cluster() -> Iterator[redis_nodes.Cluster]:
    """The session's Redis Cluster: three nodes."""
    with redis_nodes.cluster(replicas=False) as made:
        yield made


@pytest.fixture
def cluster_url(redis_cluster: redis_nodes.Cluster) -> str:
    """The URL of the session's Redis Cluster, emptied."""
    redis_cluster.flush()
    return redis_cluster.url


@pytest.fixture(params=["one", "cluster"])
def any_redis_url(request: pytest.FixtureRequest) -> str:
    """The URL of the session's Redis, then that of its Cluster, emptied: the test is run on both."""
    url: str = request.getfixturevalue("redis_url" if request.param == "one" else "cluster_url")
    return url


def with_database(url: str, name: str) -> str:
    """Give `url` with another database's name."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def clone(url: str, template: str) -> Iterator[str]:
    """The URL of a new database like `template`, which goes when the caller is done with it."""
    name = f"test_{next(_numbers)}"
    # FILE_COPY is the faster way to clone where nothing is synced to disk.
    _run(url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield with_database(url, name)
    _run(url, f"DROP DATABASE {name} WITH (FORCE)")


def _run(url: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    with asyncio.Runner() as runner:
        runner.run(run())
