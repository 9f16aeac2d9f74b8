"""A demo shop's quiet trade: orders that nobody urges, as its integration passes them on every few hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from demo import goods, stock
from demo.desk import IN_TRANSIT, PICKED_UP, SIGNED, event
from demo.timeline import at_work, bought
from domain.cards import SHANGHAI

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Callable, Iterator

    from demo.clock import MovedClock
    from demo.desk import Desk, Sale

EVERY = timedelta(hours=4)
HOUR = timedelta(hours=1)
REFUNDED, CLOSED, PART_REFUNDED = 0.04, 0.015, 0.01
WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.05, 1.25, 1.2)
"""Monday first: people buy at weekends."""
FESTIVALS = {(11, 11): 2.0, (6, 18): 1.8, (12, 12): 1.6}
"""Days on which everybody buys."""


@dataclass(slots=True)
class _Planned:
    """One order's course, made up beforehand; a time is None where it never comes so far."""

    paid_at: datetime
    shipped_at: datetime | None = None
    picked_up_at: datetime | None = None
    travelled_at: datetime | None = None
    signed_at: datetime | None = None
    refunded_at: datetime | None = None
    closed_at: datetime | None = None
    part_refunded_at: datetime | None = None
    sale: Sale | None = None


def sales_of(day: datetime, mean: float, dice: random.Random) -> int:
    """How many orders come in on that day, when `mean` do on a common one."""
    factor = WEEKDAYS[day.weekday()] * FESTIVALS.get((day.month, day.day), 1.0)
    return max(1, round(dice.gauss(mean * factor, (mean * factor) ** 0.5)))


def days(start: datetime, end: datetime) -> Iterator[datetime]:
    """The midnights in Shanghai from the day of `start` to the day of `end`."""
    day = start.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    while day < end:
        yield day
        day += timedelta(days=1)


async def trade(
    desk: Desk, clock: MovedClock, end: datetime, mean: float, dice: random.Random
) -> AsyncIterator[datetime]:
    """From now to `end`: every few hours the integration tells what happened since it last did."""
    start = since = clock.now
    coming = sorted(
        (
            _plan(at, dice)
            for day in days(start, end)
            for at in (bought(day, dice) for _ in range(sales_of(day, mean, dice)))
            if start <= at <= end
        ),
        key=lambda each: each.paid_at,
    )
    while since < end:
        yield min(since + EVERY, end)
        await _tell(desk, coming, since, clock.now, dice)
        since = clock.now


def _plan(paid_at: datetime, dice: random.Random) -> _Planned:
    planned = _Planned(paid_at)
    chance = dice.random()
    if chance < REFUNDED:
        planned.refunded_at = paid_at + HOUR * dice.uniform(0.5, 20)
        return planned
    if chance < REFUNDED + CLOSED:
        planned.closed_at = paid_at + HOUR * dice.uniform(1, 30)
        return planned
    planned.shipped_at = at_work(paid_at + HOUR * dice.uniform(2, 26), dice)
    planned.picked_up_at = at_work(planned.shipped_at + HOUR * dice.uniform(1, 7), dice)
    planned.travelled_at = planned.picked_up_at + HOUR * dice.uniform(6, 20)
    planned.signed_at = at_work(planned.travelled_at + HOUR * dice.uniform(14, 50), dice)
    if dice.random() < PART_REFUNDED:
        planned.part_refunded_at = planned.signed_at + HOUR
    return planned


async def _tell(
    desk: Desk, coming: list[_Planned], since: datetime, until: datetime, dice: random.Random
) -> None:
    def now(moment: datetime | None) -> bool:
        return moment is not None and since < moment <= until

    new = [each for each in coming if now(each.paid_at)]
    rows = [desk.row(stock.buyer(desk, dice.randint(1, stock.BUYERS)), paid_at=each.paid_at) for each in new]
    for each, sale in zip(new, await desk.sell(rows) if rows else [], strict=True):
        each.sale = sale
    shipped = [(each.sale, desk.waybill(), each.shipped_at) for each in coming if now(each.shipped_at)]
    parcels = [(sale, waybill, at) for sale, waybill, at in shipped if sale and at]
    if parcels:
        await desk.ship(parcels)
    scans = [
        event(each.sale.waybill, code, at)
        for each in coming
        for code, at in (
            (PICKED_UP, each.picked_up_at),
            (IN_TRANSIT, each.travelled_at),
            (SIGNED, each.signed_at),
        )
        if at is not None and now(at) and each.sale is not None and each.sale.waybill is not None
    ]
    if scans:
        await desk.scan(scans)
    await _end(desk, coming, now)


async def _end(desk: Desk, told: list[_Planned], now: Callable[[datetime | None], bool]) -> None:
    for each in told:
        if each.sale is None:
            continue
        if each.refunded_at is not None and now(each.refunded_at):
            await desk.refund(each.sale, each.refunded_at)
        if each.part_refunded_at is not None and now(each.part_refunded_at):
            await desk.refund(each.sale, each.part_refunded_at, whole=False)
        if each.closed_at is not None and now(each.closed_at):
            await desk.update(each.sale, goods.closed(each.sale.row, each.closed_at))
