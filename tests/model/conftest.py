"""A stage for the state machine, on servers of the session and a database of its own."""

from collections.abc import Iterator

import pytest

import embedded
from tests.conftest import clone
from tests.model.running import Stage


@pytest.fixture(scope="session")
def stage(
    postgres: embedded.Server, migrated_template: str, redis_server: embedded.Server
) -> Iterator[Stage]:
    """Connected once: a run takes a new shop, not a new database."""
    for database_url in clone(postgres.url, migrated_template):
        with Stage.on(database_url, redis_server.url) as found:
            yield found
