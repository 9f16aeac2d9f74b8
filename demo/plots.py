"""What becomes of an order of the demo's past whose pickup was urged: each a tale of its timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo import complaints, goods, stock, words
from demo.plot import A_MINUTE, HOUR, LIMIT, Plot, Way
from demo.timeline import awake
from resolvers.commands import Waybill

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from demo.desk import Sale
    from demo.words import Answer


async def answered(plot: Plot) -> AsyncIterator[datetime]:
    """Urged, answered, and picked up within the promise."""
    async for moment in plot.shipped_and_stuck():
        yield moment
    await plot.urge()
    yield plot.answered_at()
    answer = plot.dice.choices(KEPT, weights=KEPT_WEIGHTS)[0]
    await plot.answer(answer)
    yield plot.working(2, 7)
    await plot.pick_up()
    async for moment in plot.travels():
        yield moment


async def scanned(plot: Plot) -> AsyncIterator[datetime]:
    """The carrier is faster than the seller's answer."""
    async for moment in plot.shipped_and_stuck():
        yield moment
    await plot.urge()
    yield plot.later(0.4, 5)
    await plot.pick_up()


async def noted(plot: Plot) -> AsyncIterator[datetime]:
    """Somebody takes it on, calls, and answers after the reminder; a colleague's ticket is let go."""
    async for moment in plot.shipped_and_stuck():
        yield moment
    await plot.urge()
    yield plot.in_time(plot.working(0.2, 2))
    staff = plot.dice.choice(plot.desk.stall.agents)
    await plot.desk.take_on(staff, [plot.sale])
    await plot.desk.note(staff, plot.sale, words.CALLED[plot.desk.locale])
    yield plot.in_time(plot.later(12.2, 13))
    if plot.dice.random() < LET_GO:
        await plot.desk.let_go(staff, plot.sale)
    await plot.answer(words.URGED)
    yield plot.later(3, 16)
    await plot.pick_up()


LET_GO = 0.3


async def renumbered(plot: Plot) -> AsyncIterator[datetime]:
    """A typing error in the number is corrected beside the clock, then answered together with another."""
    async for moment in plot.shipped_and_stuck():
        yield moment
    await plot.urge()
    yield plot.in_time(plot.working(0.3, 2))
    await plot.desk.change_waybill(
        plot.dice.choice(plot.desk.stall.agents), plot.sale, plot.desk.waybill(), words.TYPO[plot.desk.locale]
    )
    yield plot.in_time(plot.working(0.1, 1))
    await plot.desk.reply_together(goods.AGENT, [plot.sale], words.URGED)
    yield plot.working(3, 6)
    await plot.pick_up()


async def refunded(plot: Plot) -> AsyncIterator[datetime]:
    """Answered with a refund, half of it at once; the rest completes the ticket."""
    async for moment in plot.shipped_and_stuck():
        yield moment
    await plot.urge()
    yield plot.answered_at()
    await plot.answer(words.REFUND)
    yield plot.later(0.2, 1)
    await plot.desk.refund(plot.sale, plot.now, whole=False)
    yield plot.later(2, 30)
    await plot.desk.refund(plot.sale, plot.now)


async def cancelled(plot: Plot) -> AsyncIterator[datetime]:
    """The market closes the order while its ticket waits."""
    async for moment in plot.shipped_and_stuck():
        yield moment
    await plot.urge()
    yield plot.later(1, 9)
    await plot.desk.update(plot.sale, goods.closed(plot.sale.row, plot.now))


async def withdrawn(plot: Plot) -> AsyncIterator[datetime]:
    """Taken back, urged once more, and picked up."""
    async for moment in plot.shipped_and_stuck():
        yield moment
    await plot.urge()
    yield plot.later(0.3, 3)
    await plot.desk.withdraw(plot.sale)
    yield awake(plot.later(6, 20), plot.dice)
    await plot.urge()
    yield plot.later(1, 6)
    await plot.pick_up()


async def indecisive(plot: Plot) -> AsyncIterator[datetime]:
    """Urged and taken back three times: there is no fourth."""
    async for moment in plot.shipped_and_stuck():
        yield moment
    for _ in range(3):
        await plot.urge()
        yield plot.later(0.3, 3)
        await plot.desk.withdraw(plot.sale)
        yield awake(plot.later(6, 20), plot.dice)


async def broken(plot: Plot) -> AsyncIterator[datetime]:
    """A promise that is not kept; urged again, answered with another carrier, picked up."""
    async for moment in plot.shipped_and_stuck():
        yield moment
    await plot.urge()
    yield plot.answered_at()
    await plot.answer(words.PROMISED)
    yield awake(plot.later(9, 16), plot.dice)
    await plot.urge()
    yield plot.answered_at()
    await plot.answer(words.NEW_WAYBILL)
    yield plot.working(2, 8)
    await plot.pick_up()


async def broken_thrice(plot: Plot) -> AsyncIterator[datetime]:
    """Three promises, none kept: the complaint is filed with the last, and stated on, and upheld."""
    async for moment in plot.shipped_and_stuck():
        yield moment
    for _ in range(3):
        await plot.urge()
        yield plot.answered_at()
        await plot.answer(words.PROMISED)
        yield awake(plot.later(8.1, 14), plot.dice)
    await complaints.state(plot.desk, plot.sale)
    yield plot.working(30, 70)
    await complaints.uphold(plot.desk, plot.sale)


async def merged(plot: Plot) -> AsyncIterator[datetime]:
    """Two orders of one buyer go in one parcel: the number of the first is the second's too."""
    await plot.sell()
    first = plot.sale
    yield plot.later(0.2, 1)
    (second,) = await plot.desk.sell([plot.desk.row(first.buyer, paid_at=plot.now)])
    yield plot.working(5, 30)
    await plot.desk.ship([(each, plot.desk.waybill(), plot.now) for each in (first, second)])
    yield plot.later(0.1, 0.4)
    assert first.waybill is not None  # noqa: S101 - shipped just before
    await plot.desk.change_waybill(goods.AGENT, second, first.waybill, words.TOGETHER[plot.desk.locale])
    yield awake(first.row.paid_at + LIMIT + plot.hours(2, 14), plot.dice)
    await plot.urge()
    yield plot.answered_at()
    await plot.answer(words.URGED)
    yield plot.working(2, 8)
    await plot.pick_up()


async def odd_number(plot: Plot) -> AsyncIterator[datetime]:
    """A number that is not its carrier's, or a carrier that nobody knows: taken, with a warning."""
    odd = Waybill("SF", plot.desk.waybill("ZTO").number)
    unknown = Waybill(stock.UNKNOWN_CARRIER.carrier, f"TC{plot.dice.randrange(10**11):011}")
    async for moment in plot.shipped_and_stuck(plot.dice.choice((odd, unknown))):
        yield moment
    await plot.urge()
    yield plot.in_time(plot.working(0.5, 3))
    now_right = plot.desk.waybill()
    await plot.desk.ship([(plot.sale, now_right, plot.now)], replaces=_number(plot.sale))
    yield plot.in_time(plot.later(0.3, 1))
    await plot.answer(words.MISSING_SCAN)
    yield plot.working(2, 8)
    await plot.pick_up()


def _number(sale: Sale) -> str:
    assert sale.waybill is not None  # noqa: S101 - it was shipped
    return sale.waybill.number


async def _left_alone(plot: Plot) -> AsyncIterator[datetime]:
    async for moment in plot.shipped_and_stuck():
        yield moment
    await plot.urge()
    yield plot.now + HOUR * 24 + A_MINUTE


async def settled(plot: Plot) -> AsyncIterator[datetime]:
    """Nobody answers; the parcel turns up, and the seller accepts the complaint."""
    async for moment in _left_alone(plot):
        yield moment
    yield plot.working(2, 9)
    await plot.pick_up()
    yield plot.working(1, 20)
    await complaints.settle(plot.desk, plot.sale)


async def upheld(plot: Plot) -> AsyncIterator[datetime]:
    """Nobody answers; the seller states, the platform upholds. The parcel is returned."""
    async for moment in _left_alone(plot):
        yield moment
    yield plot.working(3, 20)
    await complaints.state(plot.desk, plot.sale)
    yield plot.working(24, 60)
    await complaints.uphold(plot.desk, plot.sale)
    yield plot.later(1, 5)
    await plot.desk.refund(plot.sale, plot.now)


async def serious(plot: Plot) -> AsyncIterator[datetime]:
    """A number without a parcel: upheld as serious, with a penalty point."""
    async for moment in _left_alone(plot):
        yield moment
    yield plot.working(30, 60)
    await complaints.uphold(plot.desk, plot.sale, serious=True)


async def dismissed(plot: Plot) -> AsyncIterator[datetime]:
    """The seller states, and the platform finds that it could not help it."""
    async for moment in _left_alone(plot):
        yield moment
    yield plot.working(2, 12)
    await complaints.state(plot.desk, plot.sale)
    yield plot.working(20, 50)
    await complaints.dismiss(plot.desk, plot.sale)


async def told_late(plot: Plot) -> AsyncIterator[datetime]:
    """The parcel was picked up in time, which is told after the complaint was filed: it is dismissed."""
    async for moment in _left_alone(plot):
        yield moment
    picked_up_at = plot.now - plot.hours(2, 8)
    yield plot.later(0.5, 3)
    await plot.pick_up(picked_up_at)


async def nobody_rules(plot: Plot) -> AsyncIterator[datetime]:
    """A complaint that waits for its ruling."""
    async for moment in _left_alone(plot):
        yield moment


KEPT: tuple[Answer, ...] = words.ANSWERS
KEPT_WEIGHTS = (6, 7, 4, 4, 0.3, 0.5, 1, 0.5, 0.5)

WAYS: dict[Way, float] = {
    answered: 16,
    scanned: 4,
    noted: 3,
    renumbered: 2,
    refunded: 1.5,
    cancelled: 1,
    withdrawn: 1.5,
    indecisive: 0.1,
    broken: 3,
    broken_thrice: 0.3,
    merged: 1,
    odd_number: 1,
    settled: 0.7,
    upheld: 0.5,
    serious: 0.2,
    dismissed: 0.5,
    told_late: 0.5,
    nobody_rules: 0.3,
}
"""How it may go on, and how often among them all. Each happens in every shop."""


def answering(answer: Answer) -> Way:
    """Urged, answered like this, picked up the next day or within the promise."""

    async def way(plot: Plot) -> AsyncIterator[datetime]:
        async for moment in plot.shipped_and_stuck():
            yield moment
        await plot.urge()
        yield plot.answered_at()
        await plot.desk.reply(plot.sale, answer)
        yield plot.working(2, 7)
        await plot.pick_up()

    return way
