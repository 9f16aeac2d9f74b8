"""The caps on compensation and points: their borders, and that rulings at once keep them (§10)."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from db import complaints
from domain.complaint import Awarded, payment_day
from domain.errors import IllegalTransition
from resolvers import commands, orders
from tests.resolvers.complaints import Filed, filed
from tests.resolvers.world import DAY, MS, World, now, uuid_of

if TYPE_CHECKING:
    from db.database import Connection

PAID = Decimal("3000.00")
NOON = payment_day(now() - 4 * DAY)[0] + timedelta(hours=12)


async def costs(*ones: Filed) -> list[str]:
    return [str((await one.row())["compensation"]) for one in ones]


@pytest.mark.rule("§10.12")
async def test_a_buyer_gets_at_most_500_yuan_for_a_payment_day(world: World) -> None:
    """Whether by rulings or settlements; what is dismissed does not count."""
    ones = [await filed(world, paid_amount=PAID, paid_at=NOON + n * MS) for n in range(8)]
    first, second, third, fourth, fifth, sixth, seventh, eighth = ones
    await first.rule(compensation=Decimal("250.00"))
    await second.rule(upheld=False)
    await third.settle()
    await fourth.settle()
    await fifth.rule()
    assert await costs(*ones[:5]) == ["250.00", "0.00", "100.00", "100.00", "50.00"]
    await sixth.rule()
    await seventh.settle()
    await eighth.rule(compensation=Decimal("9.00"))
    assert await costs(sixth, seventh, eighth) == ["0.00", "0.00", "0.00"]
    assert (await eighth.row())["status"] == "UPHELD"


@pytest.mark.rule("§10.12")
async def test_other_buyers_days_and_sellers_have_their_own(world: World) -> None:
    """A day is Shanghai's: one millisecond decides."""
    start, end = payment_day(NOON)
    await (await filed(world, paid_at=NOON)).rule(compensation=Decimal("450.00"))
    same = [await filed(world, paid_amount=PAID, paid_at=at) for at in (start, end - MS)]
    others = [await filed(world, paid_amount=PAID, paid_at=at) for at in (start - MS, end)]
    for one in [*others, *same]:
        await one.rule()
    assert await costs(*others, *same) == ["100.00", "100.00", "50.00", "0.00"]
    order = (await world.fetch("SELECT * FROM orders LIMIT 1"))[0]
    async with world.database.transaction() as connection:
        for changed in ({"buyer_id": "zoe"}, {"shop_id": world.other_shop}):
            found = await complaints.awarded(connection, {**order, **changed}, now() - DAY)
            assert found == Awarded(Decimal(0), 0)


async def points_since(world: World, since: datetime) -> int:
    order = (await world.fetch("SELECT * FROM orders LIMIT 1"))[0]
    async with world.database.transaction() as connection:
        return (await complaints.awarded(connection, order, since)).points


@pytest.mark.rule("§10.13")
async def test_a_shop_gets_at_most_six_points_in_thirty_days(world: World) -> None:
    """Whoever the buyer is; a point that is thirty days old counts no more, to the millisecond."""
    ones = [await filed(world, paid_at=NOON - n * DAY) for n in range(9)]
    for one in ones[:7]:
        await one.rule(penalty_points=3)
    assert [(await one.row())["penalty_points"] for one in ones[:7]] == [1, 1, 1, 1, 1, 1, 0]
    old = now() - 30 * DAY
    await world.database.pool.execute(
        "UPDATE complaint SET ruled_at = $2 WHERE id = $1", uuid_of(ones[0].id), old
    )
    assert [await points_since(world, old + by) for by in (-MS, 0 * MS, MS)] == [6, 5, 5]
    await ones[7].rule(penalty_points=1)
    await ones[8].rule(penalty_points=1)
    assert [(await one.row())["penalty_points"] for one in ones[7:]] == [1, 0]


async def at_once(world: World) -> tuple[Decimal, int]:
    """Eight rulings and settlements of one buyer and day at once: what they cost together."""
    ones = [await filed(world, paid_amount=PAID, paid_at=NOON + n * MS) for n in range(8)]
    await asyncio.gather(*(one.rule(compensation=Decimal("300.00"), penalty_points=1) for one in ones))
    [row] = await world.fetch(
        "SELECT sum(compensation) AS money, sum(penalty_points) AS points FROM complaint"
    )
    return row["money"], row["points"]


@pytest.mark.rule("§10.7")
async def test_rulings_at_once_keep_the_caps(world: World) -> None:
    before = await world.deadlocks()
    assert await at_once(world) == (Decimal(500), 6)
    assert await world.deadlocks() == before


@pytest.mark.rule("§10.7")
async def test_rulings_at_once_without_the_lock_would_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: where the lock was, all that run at once only wait for each other."""
    all_there = asyncio.Barrier(8)

    async def meet(connection: Connection, shop_id: object) -> None:
        del connection, shop_id
        await all_there.wait()

    monkeypatch.setattr(complaints, "lock_caps", meet)
    money, points = await at_once(world)
    assert money > 500
    assert points > 6


async def test_rulings_against_imports_of_the_same_orders_wait_in_no_circle(world: World) -> None:
    before = await world.deadlocks()
    ones = [await filed(world, paid_at=NOON + n * MS) for n in range(10)]
    rows = [world.row(number=one.order.number, paid_at=NOON, paid_amount=PAID) for one in ones]

    async def record(order: list[int]) -> Any:
        given = tuple(rows[place] for place in order)
        command = commands.RecordOrders(shop_id=world.shop_id, orders=given)
        return await orders.record_orders(world.integration, command)

    shuffled = [random.Random(seed).sample(range(10), 10) for seed in range(6)]
    await asyncio.gather(*(record(order) for order in shuffled), *(one.rule() for one in ones))
    assert await world.deadlocks() == before
    assert {(await one.row())["status"] for one in ones} == {"UPHELD"}
    [row] = await world.fetch("SELECT sum(compensation) AS money FROM complaint")
    assert row["money"] <= 500


class Model:
    """What complaints of a shop come to, in a few words of plain Python."""

    def __init__(self) -> None:
        self.status: dict[int, str] = {}
        self.money: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        self.points = 0
        self.cost: dict[int, tuple[Decimal, int]] = {}

    def end(self, which: int, key: tuple[str, int], asked: Decimal | None, points: int, status: str) -> bool:
        """One ends, if it can."""
        if which in self.status:
            return False
        wanted = Decimal(0) if status == "DISMISSED" else Decimal(100) if asked is None else asked
        money = min(wanted, 500 - self.money[key])
        given = min(points, 1, 6 - self.points)
        self.money[key] += money
        self.points += given
        self.status[which], self.cost[which] = status, (money, given)
        return True


@pytest.mark.parametrize("seed", range(3))
async def test_random_endings_come_to_what_a_model_says(world: World, seed: int) -> None:
    rng = random.Random(seed)
    keys = [(buyer, day) for buyer in ("bob", "bob", "bob") for day in (0, 1)] * 4
    ones = [await filed(world, paid_amount=PAID, paid_at=NOON - day * DAY) for _, day in keys]
    model = Model()
    for _ in range(60):
        which = rng.randrange(len(ones))
        asked = rng.choice([None, None, Decimal("170.00"), Decimal("0.00"), Decimal("600.00")])
        points, kind = rng.choice([0, 1, 1, 2]), rng.choice(["SETTLED", "UPHELD", "UPHELD", "DISMISSED"])
        match kind:
            case "SETTLED":
                asked, points, change = None, 0, ones[which].settle()
            case "DISMISSED":
                asked, points, change = None, 0, ones[which].rule(upheld=False)
            case _:
                change = ones[which].rule(compensation=asked, penalty_points=points)
        if model.end(which, keys[which], asked, points, kind):
            await change
        else:
            await world.refused(IllegalTransition, change)
    for which, one in enumerate(ones):
        row = await one.row()
        assert row["status"] == model.status.get(which, "FILED")
        assert (row["compensation"] or 0, row["penalty_points"]) == model.cost.get(which, (0, 0))
