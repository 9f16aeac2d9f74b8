"""Random stories: figures are what plain Python reckons from the raw records, also after a refill."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import strategies as st

from db import refill
from tests.figures import asking, reckoning, stories
from tests.figures.stories import DAY, HOUR, MONDAY, MS, TALES

if TYPE_CHECKING:
    from datetime import datetime

    from resolvers.context import Services
    from tests.figures.conftest import Running
    from tests.figures.stories import Shop

EDGES = (
    *(timedelta(0), MS, -MS, HOUR, DAY, DAY - MS, DAY + MS, 2 * DAY, 3 * DAY + 6 * HOUR, 7 * DAY, 9 * DAY),
    *(-7 * DAY, -4 * DAY + 3 * MS, 30 * DAY),
)
PERIODS = st.tuples(st.sampled_from(EDGES), st.sampled_from(EDGES), st.sampled_from(["HOUR", "DAY", "WEEK"]))
SUMS = """
SELECT to_jsonb(d)::text FROM figure_sum d WHERE shop_id = $1
  AND ROW(opened, ended, decided, promised, answered, handled, compensation, upheld, escalated, kept, on_time,
    points) <> ROW(0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::numeric, 0::bigint,
    0::bigint, 0::bigint, 0::bigint, 0::bigint)
UNION ALL SELECT to_jsonb(t)::text FROM figure_time t WHERE shop_id = $1
UNION ALL SELECT to_jsonb(p)::text FROM paid_day p WHERE shop_id = $1 ORDER BY 1"""


async def disagreements(
    services: Services, shop: Shop, asked: list[tuple[datetime, datetime, str]]
) -> list[str]:
    """What the product says otherwise than plain Python, over these periods."""
    raw = await reckoning.raw(services.database, shop.id)
    found = []
    for since, until, bucket in asked:
        answer = await asking.ask(services, shop.id, since, until, bucket)
        found += asking.differences(answer, raw, since, until, bucket)
    return found


def periods(drawn: list[Any]) -> list[tuple[datetime, datetime, str]]:
    """Those that can be asked: not empty, and of no more than 400 buckets."""
    return [
        (MONDAY + one, MONDAY + other, bucket)
        for one, other, bucket in drawn
        if one < other and (bucket != "HOUR" or other - one < 16 * DAY)
    ]


async def check(services: Services, tales: list[Any], asked: list[Any]) -> None:
    """Tell a shop the tales, compare, make its figures again, and compare again."""
    shop = await stories.open_shop(services.database)
    await stories.tell(shop, tales)
    wanted = [(MONDAY - 10 * DAY, MONDAY + 60 * DAY, "WEEK"), *periods(asked)]
    assert await disagreements(services, shop, wanted) == []
    before = await services.database.pool.fetch(SUMS, shop.id)
    async with services.database.transaction() as connection:
        await refill.refill(connection, shop.id)
    assert await services.database.pool.fetch(SUMS, shop.id) == before
    assert await disagreements(services, shop, wanted) == []


@pytest.mark.rule("§11.1", "§11.2", "§11.3")
def test_figures_are_what_plain_python_reckons(running: Running) -> None:
    @hypothesis.settings(max_examples=60, deadline=None, database=None)
    @hypothesis.given(TALES, st.lists(PERIODS, max_size=4))
    def tell(tales: list[Any], asked: list[Any]) -> None:
        running.runner.run(check(running.services, tales, asked))

    tell()
