"""The demo's month of history: its figures are what plain Python reckons from the raw records."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from db.database import Database
from db.rules import Rules
from escalation import index
from live.hints import Hints
from resolvers.context import Services
from settings import Settings
from tests.factories import now
from tests.figures import asking, reckoning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DAY = timedelta(days=1)


@pytest.fixture
async def services(made: str, redis_url: str) -> AsyncIterator[Services]:
    """Services on the demo's database."""
    database = await Database.connect(made, max_connections=2)
    client = index.connect(redis_url)
    settings = Settings(database_url=made, redis_url=redis_url, jwt_key="k" * 40)
    yield Services(settings, database, index.DeadlineIndex(client), Hints(client), Rules())
    await client.aclose()
    await database.close()


@pytest.mark.parametrize(("days", "bucket"), [(40, "DAY"), (40, "WEEK"), (9, "HOUR")])
async def test_figures_of_the_demo(services: Services, days: int, bucket: str) -> None:
    until = now()
    for shop in await services.database.pool.fetch("SELECT id FROM shop"):
        answer = await asking.ask(services, shop["id"], until - days * DAY, until, bucket)
        raw = await reckoning.raw(services.database, shop["id"])
        assert asking.differences(answer, raw, until - days * DAY, until, bucket) == []
        total = answer["total"]
        assert min(total["opened"], total["handled"], total["promiseKept"]["denominator"]) > 0
        assert answer["byStaff"]
