"""Where the demo's past ends: tickets in every state, some with minutes left, for whoever looks now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from demo import complaints, goods, stock, words
from demo.goods import AGENT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from demo.desk import Desk, Sale
    from demo.timeline import Timeline

    Tale = AsyncIterator[datetime]

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
UNSCANNED, UNSHIPPED = 40, 7
STOCKED = timedelta(hours=70)
"""Before the end: when the orders of this page are there, so that what comes of them has its time."""
_LEFT = (
    timedelta(minutes=3),
    timedelta(minutes=8),
    timedelta(minutes=21),
    timedelta(minutes=52),
    timedelta(hours=1, minutes=40),
    timedelta(hours=3, minutes=25),
    timedelta(hours=6, minutes=20),
    timedelta(hours=14),
    timedelta(hours=21),
    timedelta(hours=23, minutes=50),
)
"""How much of their clock is left to those that wait for a reply."""


async def begin(line: Timeline, desk: Desk) -> AsyncIterator[datetime]:
    """Orders to be urged, and the tales of each; and what no tale is about, at the end."""
    end = line.end
    free = await stock.add_unscanned(desk, UNSCANNED)
    for left in _LEFT:
        line.add(end - DAY + left, _waits(desk, free.pop(0), left))
    for hours, answer in enumerate(words.ANSWERS, 1):
        line.add(end - HOUR * hours, _answered(desk, free.pop(0), answer))
    for tale in (_picked_up, _answered_and_picked_up, _refunded, _closed, _withdrawn):
        line.add(end - HOUR * 5, tale(desk, free.pop(0)))
    for longer in (_broken, _second_round, _lost, _late_pickup, _told_late, _accepted, _liable, _excused):
        line.add(end - HOUR * 60, longer(desk, free.pop(0), end))
    unshipped = await stock.add_unshipped(desk, UNSHIPPED)
    for number, sale in enumerate(unshipped):
        line.add(end - HOUR * (30 if number == UNSHIPPED - 1 else 14), _shipment(desk, sale, number))
    yield end
    await stock.add_quiet(desk)


async def _waits(desk: Desk, sale: Sale, left: timedelta) -> Tale:
    """Nobody answers it yet; some have a note, a number corrected here or outside, somebody who has it."""
    await desk.urge(sale)
    staff = desk.stall.staff
    yield await desk.now() + min(HOUR, left)
    if left == _LEFT[3]:
        await desk.change_waybill(staff[1][0], sale, desk.waybill(), words.TYPO[desk.locale])
    elif left == _LEFT[4]:
        assert sale.waybill is not None  # noqa: S101 - all of them were shipped
        new = desk.waybill(sale.waybill.carrier)
        await desk.ship([(sale, new, await desk.now())], replaces=sale.waybill.number)
    elif left == _LEFT[6]:
        await desk.note(staff[0][0], sale, words.CALLED[desk.locale])
        await desk.take_on(staff[0][0], [sale])
    elif left == _LEFT[8]:
        await desk.note(AGENT, sale, words.WATCH[desk.locale])
        await desk.take_on(AGENT, [sale])


async def _answered(desk: Desk, sale: Sale, answer: words.Answer) -> Tale:
    await desk.urge(sale)
    yield await desk.now() + timedelta(minutes=20)
    await desk.reply(sale, answer)


async def _picked_up(desk: Desk, sale: Sale) -> Tale:
    await desk.urge(sale)
    yield await desk.now() + HOUR
    await desk.pick_up(sale, await desk.now())


async def _answered_and_picked_up(desk: Desk, sale: Sale) -> Tale:
    await desk.urge(sale)
    yield await desk.now() + HOUR
    await desk.reply(sale, words.URGED)
    yield await desk.now() + HOUR
    await desk.pick_up(sale, await desk.now())


async def _refunded(desk: Desk, sale: Sale) -> Tale:
    await desk.urge(sale)
    yield await desk.now() + HOUR
    await desk.reply(sale, words.REFUND)
    yield await desk.now() + HOUR
    await desk.refund(sale, await desk.now())


async def _closed(desk: Desk, sale: Sale) -> Tale:
    await desk.urge(sale)
    yield await desk.now() + HOUR
    await desk.update(sale, goods.closed(sale.row, await desk.now()))


async def _withdrawn(desk: Desk, sale: Sale) -> Tale:
    await desk.urge(sale)
    yield await desk.now() + HOUR
    await desk.withdraw(sale)


async def _promised_and_broken(desk: Desk, sale: Sale) -> Tale:
    await desk.urge(sale)
    yield await desk.now() + HOUR
    await desk.reply(sale, words.PROMISED)
    yield await desk.now() + HOUR * 9


async def _broken(desk: Desk, sale: Sale, end: datetime) -> Tale:
    """A promise that was not kept, and a buyer who has not urged again yet."""
    yield end - HOUR * 12
    async for moment in _promised_and_broken(desk, sale):
        yield moment


async def _second_round(desk: Desk, sale: Sale, end: datetime) -> Tale:
    del end
    async for moment in _promised_and_broken(desk, sale):
        yield moment
    yield await desk.now() + HOUR * 35
    await desk.urge(sale)


async def _lost(desk: Desk, sale: Sale, end: datetime) -> Tale:
    """The third promise breaks too: its complaint is filed at once."""
    del end
    for _ in range(3):
        async for moment in _promised_and_broken(desk, sale):
            yield moment


async def _late_pickup(desk: Desk, sale: Sale, end: datetime) -> Tale:
    """The parcel turns up after the complaint, which stays."""
    yield end - HOUR * 28
    await desk.urge(sale)
    yield end - HOUR
    await desk.pick_up(sale, await desk.now())


async def _told_late(desk: Desk, sale: Sale, end: datetime) -> Tale:
    """It was picked up in time, which is told after the complaint: that is dismissed."""
    yield end - HOUR * 28
    await desk.urge(sale)
    yield end - HOUR * 2
    await desk.pick_up(sale, await desk.now() - HOUR * 8)


async def _accepted(desk: Desk, sale: Sale, end: datetime) -> Tale:
    await desk.urge(sale)
    yield end - HOUR * 20
    await complaints.settle(desk, sale)


async def _liable(desk: Desk, sale: Sale, end: datetime) -> Tale:
    await desk.urge(sale)
    yield end - HOUR * 30
    await complaints.state(desk, sale)
    yield end - HOUR * 6
    await complaints.uphold(desk, sale, serious=True)


async def _excused(desk: Desk, sale: Sale, end: datetime) -> Tale:
    await desk.urge(sale)
    yield end - HOUR * 7
    await complaints.dismiss(desk, sale)


async def _shipment(desk: Desk, sale: Sale, number: int) -> Tale:
    """Urged for shipment: unanswered, answered, shipped (just now, told late), picked up, never shipped."""
    await desk.urge_shipment(sale)
    yield await desk.now() + HOUR * 2
    if number == 1:
        await desk.reply(sale, words.NO_STOCK)
    if not 2 <= number < UNSHIPPED - 1:  # noqa: PLR2004 - the first two and the last are never shipped
        return
    yield await desk.now() + HOUR * 11
    ago = (1, 3, 30, 20)[number - 2]
    await desk.ship([(sale, desk.waybill(), await desk.now() - HOUR * ago)])
    if number == 3:  # noqa: PLR2004 - one of them is answered as well
        await desk.reply(sale, words.PROMISED)
    if number == 5:  # noqa: PLR2004 - and one is picked up
        await desk.pick_up(sale, await desk.now())
