"""Orders of the demo shops: those nobody urged, and those about to be urged."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING

from demo import goods
from demo.desk import IN_TRANSIT, ORDERED, PICKED_UP, SIGNED, event
from demo.goods import BUYER
from resolvers.commands import Waybill

if TYPE_CHECKING:
    from demo.desk import Desk, Sale

BUYERS = 12
PAID, WITHIN_LIMIT, TO_URGE, TRAVELLING = 3, 2, 3, 3
UNKNOWN_CARRIER = Waybill("同城顺路送", "TC20261100381")


def buyer(desk: Desk, number: int) -> str:
    """The subject of one of the shop's buyers, as in `tb-buyer-07`."""
    return f"{desk.stall.mark}-buyer-{number:02}"


async def add_quiet(desk: Desk) -> None:
    """Orders without a ticket: unshipped, within the limit, to be urged, on their way, signed, ended."""
    now = await desk.now()
    who = cycle([BUYER, *(buyer(desk, number) for number in range(1, BUYERS + 1))])

    async def sold(count: int, least_hours: float, most_hours: float) -> list[Sale]:
        paid = [desk.ago(now, least_hours, most_hours) for _ in range(count)]
        return await desk.sell([desk.row(next(who), paid_at=at) for at in paid])

    waiting = await sold(TO_URGE, 60, 90)
    await desk.ship([(sale, desk.waybill(), sale.row.paid_at + timedelta(hours=6)) for sale in waiting])
    await desk.scan([event(_of(sale), ORDERED, sale.row.paid_at + timedelta(hours=7)) for sale in waiting])
    await sold(PAID, 0.2, 20)
    fresh = await sold(WITHIN_LIMIT, 8, 30)
    await desk.ship([(sale, desk.waybill(), sale.row.paid_at + timedelta(hours=5)) for sale in fresh])
    await _travel(desk, await sold(TRAVELLING, 70, 120))
    ended = await sold(2, 30, 60)
    await desk.refund(ended[0], desk.ago(now, 1, 20))
    await desk.update(ended[1], goods.closed(ended[1].row, desk.ago(now, 1, 20)))
    lost = [desk.waybill(), desk.waybill()]
    await desk.scan([event(each, IN_TRANSIT, desk.ago(now, 1, 30)) for each in lost])


async def _travel(desk: Desk, sales: list[Sale]) -> None:
    """Parcels that were picked up, and one of them signed."""
    await desk.ship([(sale, desk.waybill(), sale.row.paid_at + timedelta(hours=4)) for sale in sales])
    for hours, code in ((6, PICKED_UP), (19, IN_TRANSIT)):
        await desk.scan([event(_of(each), code, each.row.paid_at + timedelta(hours=hours)) for each in sales])
    first = sales[0]
    await desk.scan([event(_of(first), SIGNED, first.row.paid_at + timedelta(hours=44))])


async def add_unscanned(desk: Desk, count: int) -> list[Sale]:
    """Orders past their shipping limit whose parcels nobody scanned, ready to be urged.

    One number does not look like its carrier's, and one carrier is unknown.
    """
    now = await desk.now()
    subjects = [buyer(desk, index % BUYERS + 1) for index in range(count)]
    subjects[0] = subjects[-1] = BUYER
    paid = [desk.ago(now, 56, 140) for _ in subjects]
    rows = [desk.row(who, paid_at=at) for who, at in zip(subjects, paid, strict=True)]
    sales = await desk.sell(rows)
    waybills = [desk.waybill() for _ in sales]
    waybills[1] = Waybill("SF", desk.waybill("ZTO").number)
    waybills[2] = UNKNOWN_CARRIER
    shipped = [desk.ago(at + timedelta(hours=40), 4, 36) for at in paid]
    await desk.ship(list(zip(sales, waybills, shipped, strict=True)))
    return sales


async def add_unshipped(desk: Desk, count: int) -> list[Sale]:
    """Orders past their shipping limit that nobody shipped."""
    now = await desk.now()
    paid = [desk.ago(now, 52, 70) for _ in range(count)]
    who = [BUYER, *(buyer(desk, number % BUYERS + 1) for number in range(1, count))]
    return await desk.sell([desk.row(each, paid_at=at) for each, at in zip(who, paid, strict=True)])


def _of(sale: Sale) -> Waybill:
    assert sale.waybill is not None  # noqa: S101 - it was shipped just before
    return sale.waybill


async def order_today(desk: Desk, who: str, limit: timedelta) -> Sale:
    """An order paid now, whose seller promised to ship within `limit`."""
    now: datetime = await desk.now()
    row = desk.row(who, paid_at=now, ship_by=now + limit)
    return (await desk.sell([row]))[0]
