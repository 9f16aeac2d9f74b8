"""What becomes of an order of the demo's past whose shipment was urged."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from demo import complaints, goods, words
from demo.plot import A_MINUTE, HOUR, LIMIT, Plot, Way
from demo.timeline import awake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from demo.words import Answer


async def _unshipped(plot: Plot) -> AsyncIterator[datetime]:
    """Paid and not shipped within the limit; then urged."""
    await plot.sell()
    yield awake(plot.sale.row.paid_at + LIMIT + plot.hours(0.2, 20), plot.dice)
    await plot.urge_shipment()


async def shipped(plot: Plot) -> AsyncIterator[datetime]:
    """Shipped within the day and picked up within the next."""
    async for moment in _unshipped(plot):
        yield moment
    yield plot.answered_at()
    await plot.ship()
    yield plot.working(2, 8)
    await plot.pick_up()
    async for moment in plot.travels():
        yield moment


async def in_two_parcels(plot: Plot) -> AsyncIterator[datetime]:
    """Two parcels: picked up when both are."""
    async for moment in _unshipped(plot):
        yield moment
    yield plot.answered_at()
    await plot.ship()
    await plot.pick_up(plot.now)
    await plot.ship()
    yield plot.working(2, 8)
    await plot.pick_up()


async def refunded(plot: Plot) -> AsyncIterator[datetime]:
    """The buyer has enough and gets the money back."""
    async for moment in _unshipped(plot):
        yield moment
    yield plot.later(2, 12)
    await plot.desk.refund(plot.sale, plot.now)


async def cancelled(plot: Plot) -> AsyncIterator[datetime]:
    """The market closes the order."""
    async for moment in _unshipped(plot):
        yield moment
    yield plot.later(2, 12)
    await plot.desk.update(plot.sale, goods.closed(plot.sale.row, plot.now))


async def withdrawn(plot: Plot) -> AsyncIterator[datetime]:
    """The buyer takes it back, and the parcel goes out."""
    async for moment in _unshipped(plot):
        yield moment
    yield plot.later(0.2, 3)
    await plot.desk.withdraw(plot.sale)
    yield plot.working(2, 20)
    await plot.ship()
    yield plot.working(2, 8)
    await plot.pick_up()


async def never_shipped(plot: Plot) -> AsyncIterator[datetime]:
    """Nothing goes out: the complaint of a late shipment is upheld."""
    async for moment in _unshipped(plot):
        yield moment
    yield plot.now + HOUR * 24 + A_MINUTE
    yield plot.working(20, 50)
    await complaints.uphold(plot.desk, plot.sale)
    yield plot.later(0.2, 2)
    await plot.desk.refund(plot.sale, plot.now)


async def never_scanned(plot: Plot) -> AsyncIterator[datetime]:
    """A number and no parcel: the pickup's clock runs out; the seller settles."""
    async for moment in _unshipped(plot):
        yield moment
    yield plot.answered_at()
    await plot.ship()
    yield plot.now + HOUR * 24 + A_MINUTE
    yield plot.working(3, 30)
    await complaints.settle(plot.desk, plot.sale)


async def told_late(plot: Plot) -> AsyncIterator[datetime]:
    """Shipped a day and a half ago, which is told only now: an hour is left, and it is picked up in it."""
    await plot.sell()
    yield plot.sale.row.paid_at + LIMIT + plot.hours(0.2, 2)
    await plot.urge_shipment()
    shipped_at = plot.now - timedelta(hours=6)
    yield plot.now + HOUR * 22
    await plot.desk.ship([(plot.sale, plot.desk.waybill(), shipped_at)])
    yield plot.later(0.3, 0.8)
    await plot.pick_up()


def answering(answer: Answer) -> Way:
    """Answered like this, which stops no clock, and shipped in time."""

    async def way(plot: Plot) -> AsyncIterator[datetime]:
        async for moment in _unshipped(plot):
            yield moment
        yield plot.answered_at()
        await plot.answer(answer)
        yield plot.in_time(plot.later(0.2, 0.9))
        await plot.ship()
        yield plot.working(2, 8)
        await plot.pick_up()

    return way


WAYS: dict[Way, float] = {
    shipped: 6,
    in_two_parcels: 0.5,
    refunded: 1.5,
    cancelled: 0.7,
    withdrawn: 0.7,
    never_shipped: 0.25,
    never_scanned: 0.25,
    told_late: 0.3,
    **{answering(answer): 0.4 for answer in words.OF_SHIPMENTS},
}
"""As in `plots`."""
