"""Days begin in Shanghai, to the millisecond; who sees figures; what is refused (`domain.md §11, §12`)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db import keys, refill
from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from domain.ticket_words import TicketKind
from schema.build import schema
from schema.context import Asked
from tests.figures import asking, stories
from tests.figures.stories import DAY, HOUR, MONDAY, MS, Tale

if TYPE_CHECKING:
    from tests.figures.conftest import Running
    from tests.figures.stories import Shop


def opened(answer: Any) -> list[int]:
    """How many tickets were opened, bucket by bucket."""
    return [each["figures"]["opened"] for each in answer["byBucket"]]


async def shop_with(running: Running, *openings: timedelta) -> Shop:
    """A shop with a ticket opened at each of these times after a Monday's midnight."""
    shop = await stories.open_shop(running.services.database)
    for opening in openings:
        await Tale(shop, MONDAY + opening).begin(TicketKind.URGE_PICKUP)
    return shop


@pytest.mark.rule("§11.4")
def test_a_day_begins_at_midnight_in_shanghai(running: Running) -> None:
    async def run() -> None:
        shop = await shop_with(running, -MS, timedelta(0), DAY - MS, DAY, DAY + 8 * HOUR - MS, DAY + 8 * HOUR)
        answer = await asking.ask(running.services, shop.id, MONDAY - DAY, MONDAY + 2 * DAY)
        assert opened(answer) == [1, 2, 3]
        assert [each["from"] for each in answer["byBucket"]] == [
            asking.shown(MONDAY + number * DAY) for number in (-1, 0, 1)
        ]
        weeks = await asking.ask(running.services, shop.id, MONDAY - 7 * DAY, MONDAY + 7 * DAY, "WEEK")
        assert opened(weeks) == [1, 5]

    running.runner.run(run())


def test_what_is_covered_in_part_counts_what_lies_in_it(running: Running) -> None:
    async def run() -> None:
        shop = await shop_with(running, HOUR - MS, HOUR, 30 * HOUR - MS, 30 * HOUR, 47 * HOUR)
        for bucket in ("HOUR", "DAY", "WEEK"):
            answer = await asking.ask(running.services, shop.id, MONDAY + HOUR, MONDAY + 30 * HOUR, bucket)
            assert answer["total"]["opened"] == sum(opened(answer)) == 2
            ends = [(each["from"], each["to"]) for each in answer["byBucket"]]
            assert (ends[0][0], ends[-1][1]) == (
                asking.shown(MONDAY + HOUR),
                asking.shown(MONDAY + 30 * HOUR),
            )
            assert all(ends[place][1] == ends[place + 1][0] for place in range(len(ends) - 1))

    running.runner.run(run())


@pytest.mark.rule("§11.1")
def test_nothing_happened_is_zero_of_zero(running: Running) -> None:
    async def run() -> None:
        shop = await stories.open_shop(running.services.database)
        answer = await asking.ask(running.services, shop.id, MONDAY, MONDAY + 2 * DAY)
        nothing = {"numerator": 0, "denominator": 0, "value": None}
        assert answer["total"]["onTime"] == answer["byBucket"][1]["figures"]["platformLiability"] == nothing
        assert answer["total"]["meanHandlingSeconds"] is None
        assert answer["total"]["compensation"] == "0.00"
        assert (len(answer["byBucket"]), answer["byStaff"]) == (2, [])

    running.runner.run(run())


async def codes(
    running: Running, viewer: Viewer, shop: str, length: timedelta = DAY, bucket: str = "DAY"
) -> tuple[list[str], Any]:
    """The codes of the errors, and the data, for a period from that Monday on."""
    result = await schema.execute(
        asking.FIGURES,
        variable_values={
            "shop": shop,
            "from": asking.shown(MONDAY),
            "to": asking.shown(MONDAY + length),
            "bucket": bucket,
        },
        context_value=Asked(running.services, viewer),
    )
    return [(error.extensions or {})["code"] for error in result.errors or []], asking.loaded(result.data)


def viewers(shop: Shop, other: Shop) -> dict[str, Viewer]:
    """Somebody of each role."""
    mine, theirs = frozenset({shop.id}), frozenset({other.id})
    return {
        "staff": Viewer(ActorKind.STAFF, "amy", mine),
        "stranger": Viewer(ActorKind.STAFF, "zoe", theirs, owner=True),
        "integration": Viewer(ActorKind.INTEGRATION, "erp", mine),
        "consumer": Viewer(ActorKind.CONSUMER, "bob"),
    }


@pytest.mark.parametrize("role", ["integration", "consumer"])
def test_a_role_that_sees_no_staff_is_refused(running: Running, role: str) -> None:
    async def run() -> None:
        shop = await shop_with(running, timedelta(0))
        viewer = viewers(shop, shop)[role]
        public = ids.encode(IdKind.SHOP, shop.id)
        assert await codes(running, viewer, public) == (["FORBIDDEN"], {"shopFigures": None})

    running.runner.run(run())


def test_a_foreign_shop_is_none(running: Running) -> None:
    async def run() -> None:
        shop, other = await shop_with(running, timedelta(0)), await shop_with(running, HOUR)
        people = viewers(shop, other)
        mine = await asking.ask(running.services, shop.id, MONDAY, MONDAY + DAY, viewer=people["staff"])
        assert mine["total"]["opened"] == 1
        absent = ids.encode(IdKind.SHOP, keys.new())
        for public in (ids.encode(IdKind.SHOP, shop.id), absent, "shp_0", ids.encode(IdKind.TICKET, shop.id)):
            assert await codes(running, people["stranger"], public) == ([], {"shopFigures": None})

    running.runner.run(run())


@pytest.mark.parametrize(
    ("length", "bucket", "code"),
    [
        (timedelta(0), "DAY", "BAD_USER_INPUT"),
        (-MS, "DAY", "BAD_USER_INPUT"),
        (400 * DAY + MS, "DAY", "LIMIT"),
        (400 * HOUR + MS, "HOUR", "LIMIT"),
        (2_800 * DAY + MS, "WEEK", "LIMIT"),
    ],
)
def test_what_is_refused(running: Running, length: timedelta, bucket: str, code: str) -> None:
    async def run() -> None:
        shop = await stories.open_shop(running.services.database)
        public = ids.encode(IdKind.SHOP, shop.id)
        assert (await codes(running, asking.ROOT, public, length, bucket))[0] == [code]
        if code == "LIMIT":
            answer = await asking.ask(running.services, shop.id, MONDAY, MONDAY + length - MS, bucket)
            assert len(answer["byBucket"]) == 400

    running.runner.run(run())


def test_shops_older_than_figures_are_filled(running: Running) -> None:
    """What a migration does for the shops that have orders of which none was counted."""

    async def run() -> None:
        database = running.services.database
        shop, other = await shop_with(running, timedelta(0), DAY), await shop_with(running, HOUR)
        before = await asking.ask(running.services, shop.id, MONDAY - 9 * DAY, MONDAY + 2 * DAY)
        for table in ("figure_fact", "figure_sum", "figure_time", "paid_day"):
            await database.pool.execute(f"DELETE FROM {table} WHERE shop_id = $1", shop.id)
        gone = await asking.ask(running.services, shop.id, MONDAY - 9 * DAY, MONDAY + 2 * DAY)
        assert (gone["total"]["opened"], before["total"]["opened"]) == (0, 2)
        async with database.transaction() as connection:
            assert await refill.unfilled(connection) == [shop.id]
            await refill.refill(connection, shop.id)
            assert await refill.unfilled(connection) == []
        assert await asking.ask(running.services, shop.id, MONDAY - 9 * DAY, MONDAY + 2 * DAY) == before
        assert before["total"]["platformLiability"]["denominator"] == 2
        theirs = await asking.ask(running.services, other.id, MONDAY, MONDAY + DAY)
        assert theirs["total"]["opened"] == 1

    running.runner.run(run())
