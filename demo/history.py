"""The history that the demo shops start with: tickets in every state, each brought about as it would be.

The use cases go by PostgreSQL's clock, so nothing is backdated but what is recorded with a time of its own
(payments, shipments, scans). Deadlines that are near have a short reply window; promises and deadlines that
are over were a second long, and the worker's own step (`escalation.steps`) found them so.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from demo import complaints, goods, shops, stock, words
from demo.goods import AGENT
from domain.policy import DEFAULT
from escalation import steps
from escalation.index import Entry
from escalation.steps import Fate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from demo.desk import Desk, Sale
    from resolvers.context import Services

LOCK = 0x6C616E73686F75
A_MOMENT = timedelta(seconds=1)
ELAPSED_S = 1.1
HELD_AGAIN_S = 0.1
UNSCANNED = 30
UNSHIPPED = 7

_LONG = (timedelta(hours=24), timedelta(hours=21), timedelta(hours=14), timedelta(hours=6, minutes=20))
_SHORT = (timedelta(hours=3, minutes=25), timedelta(hours=1, minutes=40))
_NEAR = (timedelta(minutes=52), timedelta(minutes=21))
_REMINDED = (timedelta(hours=4) + A_MOMENT, timedelta(hours=1) + A_MOMENT)
"""Their first reminder is due a second after they open."""


@dataclass(slots=True)
class _Cast:
    """One shop's tickets that wait for a clock, by what is to become of them."""

    desk: Desk
    free: list[Sale]
    reminded: list[Sale] = field(default_factory=list)
    left: list[Sale] = field(default_factory=list)
    broken: list[Sale] = field(default_factory=list)
    late_shipment: list[Sale] = field(default_factory=list)

    def take(self, count: int) -> list[Sale]:
        """So many orders that nobody urged yet."""
        taken, self.free = self.free[:count], self.free[count:]
        return taken


async def fill(held: Services) -> None:
    """Make shops, orders and tickets, unless they are there; two calls at once make them once."""
    async with _alone(held):
        if await shops.complete(held):
            return
        desks = await shops.make(held)
        casts = []
        for desk in desks:
            await stock.add_quiet(desk)
            cast = _Cast(desk, await stock.add_unscanned(desk, UNSCANNED))
            await _wait_for_reply(cast)
            await _answer(cast)
            await _end(cast)
            await _leave_to_the_clock(cast)
            await _urge_shipments(cast)
            casts.append(cast)
        await _let_elapse(held, casts)
        await _urge_again(held, casts)
        for cast in casts:
            await complaints.end(held, cast.desk, cast.left[2:])
        await shops.add_owners(held, desks)


@asynccontextmanager
async def _alone(held: Services) -> AsyncIterator[None]:
    async with held.database.pool.acquire() as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        try:
            yield
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def _wait_for_reply(cast: _Cast) -> None:
    """Tickets whose clock runs: far from its end, under four hours, under one."""
    desk, locale = cast.desk, cast.desk.stall.locale
    waiting = cast.take(len(_LONG) + len(_SHORT) + len(_NEAR))
    for sale, window in zip(waiting, _LONG + _SHORT + _NEAR, strict=True):
        await desk.urge(sale, window)
    await desk.note(AGENT, waiting[0], words.WATCH[locale])
    await desk.note(desk.stall.staff[0][0], waiting[3], words.CALLED[locale])
    await desk.change_waybill(desk.stall.staff[1][0], waiting[4], goods.waybill(), words.TYPO[locale])
    moved = waiting[5]
    assert moved.waybill is not None  # noqa: S101 - all of them were shipped
    now = await desk.now()
    await desk.ship([(moved, goods.waybill(moved.waybill.carrier), now)], replaces=moved.waybill.number)


async def _answer(cast: _Cast) -> None:
    """Replied tickets whose promise runs, one for each way of replying."""
    for sale, answer in zip(cast.take(len(words.ANSWERS)), words.ANSWERS, strict=True):
        await cast.desk.urge(sale)
        await cast.desk.reply(sale, answer)


async def _end(cast: _Cast) -> None:
    """Tickets that ended well: picked up (with and without a reply), refunded, closed, withdrawn."""
    desk = cast.desk
    ended = cast.take(5)
    for sale in ended:
        await desk.urge(sale)
    await desk.reply(ended[1], words.URGED)
    await desk.reply(ended[2], words.REFUND)
    now = await desk.now()
    await desk.pick_up(ended[0], now)
    await desk.pick_up(ended[1], now)
    await desk.refund(ended[2], now)
    await desk.update(ended[3], goods.closed(ended[3].row, now))
    await desk.withdraw(ended[4])


async def _leave_to_the_clock(cast: _Cast) -> None:
    """Tickets with something due in a moment: a reminder, the deadline, the end of a promise."""
    desk = cast.desk
    cast.reminded, cast.left, cast.broken = cast.take(len(_REMINDED)), cast.take(5), cast.take(3)
    for sale, window in zip(cast.reminded, _REMINDED, strict=True):
        await desk.urge(sale, window)
    for sale in cast.left:
        await desk.urge(sale, A_MOMENT)
    for sale in cast.broken:
        await desk.urge(sale)
        await desk.reply(sale, words.PROMISED, A_MOMENT)


async def _urge_shipments(cast: _Cast) -> None:
    """Urges for shipment: unanswered, answered, shipped (just now, and told late), picked up, lost."""
    desk = cast.desk
    sales = await stock.add_unshipped(desk, UNSHIPPED)
    for sale in sales[:-1]:
        await desk.urge_shipment(sale)
    await desk.urge_shipment(sales[-1], A_MOMENT)
    await desk.reply(sales[1], words.NO_STOCK)
    now = await desk.now()
    for sale, ago in zip(sales[2:6], (1, 3, 30, 20), strict=True):
        await desk.ship([(sale, goods.waybill(), now - timedelta(hours=ago))])
    await desk.reply(sales[3], words.PROMISED)
    await desk.pick_up(sales[5], now)
    cast.late_shipment = sales[-1:]


async def _let_elapse(held: Services, casts: Sequence[_Cast]) -> None:
    waiting = [(c, sale) for c in casts for sale in (*c.reminded, *c.left, *c.broken, *c.late_shipment)]
    await _elapse(held, [(cast.desk, sale) for cast, sale in waiting])
    for cast in casts:
        # The parcel of one escalated ticket turns up at last: recorded and carded, the complaint stays.
        now = await cast.desk.now()
        await cast.desk.pick_up(cast.left[0], now)
        # That of the other one was picked up in time, which is told only now: the complaint is dismissed.
        await cast.desk.pick_up(cast.left[1], now - timedelta(hours=1))


async def _urge_again(held: Services, casts: Sequence[_Cast]) -> None:
    """Second rounds, and one third round whose promise breaks too: its complaint is filed at once."""
    for cast in casts:
        await cast.desk.urge(cast.broken[1], timedelta(hours=20))
    for _ in range(DEFAULT.max_rounds - 1):
        for cast in casts:
            await cast.desk.urge(cast.broken[2])
            await cast.desk.reply(cast.broken[2], words.PROMISED, A_MOMENT)
        await _elapse(held, [(cast.desk, cast.broken[2]) for cast in casts])


async def _elapse(held: Services, due: Sequence[tuple[Desk, Sale]]) -> None:
    """Wait a moment and do what the worker would do; whoever does it first, it is done once."""
    await asyncio.sleep(ELAPSED_S)
    keys = [desk.key(sale) for desk, sale in due]
    while keys:
        taken = await steps.take(held.database, keys, held.rules)
        fired = [each for each in taken.outcomes if each.fate is Fate.FIRED]
        await held.index.put([Entry(*each.key, each.next_step_at) for each in fired])
        await held.hints.publish(taken.positions)
        keys = [each.key for each in taken.outcomes if each.fate is Fate.HELD]
        if keys:
            await asyncio.sleep(HELD_AGAIN_S)
