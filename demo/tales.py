"""What becomes of one order of the demo's story, from payment to its end, in a few minutes."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from demo import goods, stock, words
from escalation import steps
from live.throttle import Throttle

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from demo.desk import Desk, Sale
    from demo.words import Answer

    Ending = Callable[["Tale", Sale], Awaitable[None]]

T = TypeVar("T")

WINDOW = timedelta(minutes=3, seconds=30)
"""How long sellers have to reply, give or take half a minute."""
REMINDED = timedelta(minutes=15)
"""A window a little longer than this sees the policy's last reminder."""
SHIP_WITHIN = timedelta(seconds=15)
RETRY_S = 1.0
UNREADY = (*steps.UNREADY, TimeoutError)
"""PostgreSQL is away or not ready: what is raised then is waited out."""

log = logging.getLogger("lanshou.demo")


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a tale goes: its pauses and clocks are multiplied by `scale`; `every_s` between two tales."""

    scale: float = 1.0
    every_s: float = 60.0
    dice: random.Random = field(default_factory=lambda: goods.DICE)

    async def pause(self, least_s: float, most_s: float) -> None:
        """Wait between so many seconds."""
        await asyncio.sleep(self.dice.uniform(least_s, most_s) * self.scale)

    def about(self, duration: timedelta) -> timedelta:
        """That duration, give or take a seventh."""
        return duration * self.dice.uniform(0.86, 1.14) * self.scale


class Tale:
    """One order at one shop. What PostgreSQL cannot do now is tried again until it can."""

    def __init__(self, desk: Desk, pace: Pace) -> None:
        self.desk = desk
        self.pace = pace
        self.buyer = stock.buyer(desk, pace.dice.randint(1, stock.BUYERS))
        self._trouble = Throttle(log)

    async def tell(self, ending: Ending | None = None) -> None:
        """From the payment to this ending, or one by chance.

        Raises `DomainError` when somebody else had a hand in it.
        """
        sale = await self._act(
            lambda: stock.order_today(self.desk, self.buyer, SHIP_WITHIN * self.pace.scale)
        )
        self._say(self.buyer, "placed", sale, f": {sale.row.item_title}")
        await self.pace.pause(5, 15)
        await self._ship(sale)
        await self.pace.pause(15, 40)
        by_chance = self.pace.dice.choices(tuple(ENDINGS), weights=tuple(ENDINGS.values()))[0]
        await (ending or by_chance)(self, sale)

    async def _ship(self, sale: Sale) -> None:
        waybill = self.desk.waybill()

        async def ship() -> None:
            await self.desk.ship([(sale, waybill, await self.desk.now())])

        await self._act(ship)
        self._say(self.desk.stall.name, "shipped", sale, f" under {waybill.carrier} {waybill.number}")

    async def _urge(self, sale: Sale, window: timedelta | None = None) -> None:
        limit = window or self.pace.about(WINDOW)
        await self._act(lambda: self.desk.urge(sale, limit))
        self._say(self.buyer, "urged", sale, f", {limit.total_seconds():.0f} s to reply")

    async def _reply(self, sale: Sale, answer: Answer, promise: timedelta | None = None) -> None:
        kept = None if promise is None else promise * self.pace.scale
        staff = await self._act(lambda: self.desk.reply(sale, answer, kept))
        self._say(staff, f"replied {answer.scheme} to", sale)

    async def _pick_up(self, sale: Sale) -> None:
        async def scan() -> None:
            await self.desk.pick_up(sale, await self.desk.now())

        await self._act(scan)
        self._say("the carrier", "picked up", sale)

    async def answered(self, sale: Sale) -> None:
        """Urged, answered in time, picked up within the promise."""
        await self._urge(sale)
        await self.pace.pause(15, 120)
        answer = self.pace.dice.choice((words.PROMISED, words.URGED, words.MISSING_SCAN, words.NEW_WAYBILL))
        await self._reply(sale, answer, timedelta(minutes=3))
        await self.pace.pause(20, 120)
        await self._pick_up(sale)

    async def noted(self, sale: Sale) -> None:
        """Somebody looks into it first, on a longer clock that sends a reminder."""
        await self._urge(sale, REMINDED + timedelta(seconds=20) * self.pace.scale)
        await self.pace.pause(10, 20)
        await self._act(lambda: self.desk.note(goods.AGENT, sale, words.CALLED[self.desk.stall.locale]))
        self._say(goods.AGENT, "added a note to", sale)
        await self.pace.pause(20, 60)
        await self._reply(sale, words.URGED, timedelta(minutes=3))
        await self.pace.pause(20, 100)
        await self._pick_up(sale)

    async def broken(self, sale: Sale) -> None:
        """The promise ends without a pickup, so the buyer urges again; this time it is kept."""
        await self._urge(sale)
        await self.pace.pause(15, 60)
        await self._reply(sale, words.PROMISED, timedelta(seconds=40))
        await self.pace.pause(50, 80)
        await self._urge(sale)
        await self.pace.pause(20, 90)
        await self._reply(sale, words.NEW_WAYBILL)
        await self.pace.pause(20, 60)
        await self._pick_up(sale)

    async def left_alone(self, sale: Sale) -> None:
        """Nobody answers: the worker files the complaint, and the parcel turns up after it."""
        await self._urge(sale)
        self._say("nobody", "will answer", sale)
        await self.pace.pause(270, 330)
        await self._pick_up(sale)

    async def scanned(self, sale: Sale) -> None:
        """The carrier is faster than the seller's answer."""
        await self._urge(sale)
        await self.pace.pause(20, 100)
        await self._pick_up(sale)

    async def refunded(self, sale: Sale) -> None:
        """Answered with a refund, which completes."""
        await self._urge(sale)
        await self.pace.pause(15, 90)
        await self._reply(sale, words.REFUND, timedelta(minutes=5))
        await self.pace.pause(20, 60)

        async def refund() -> None:
            await self.desk.refund(sale, await self.desk.now())

        await self._act(refund)
        self._say(self.desk.stall.name, "refunded", sale)

    async def withdrawn(self, sale: Sale) -> None:
        """The buyer takes the urge back; the parcel is picked up later."""
        await self._urge(sale)
        await self.pace.pause(20, 90)
        await self._act(lambda: self.desk.withdraw(sale))
        self._say(self.buyer, "takes back the urge of", sale)
        await self.pace.pause(20, 60)
        await self._pick_up(sale)

    async def _act(self, work: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await work()
            except UNREADY as error:
                self._trouble.warning("the demo waits for PostgreSQL", error)
                await asyncio.sleep(RETRY_S)

    def _say(self, who: str, did: str, sale: Sale, more: str = "") -> None:
        log.info("%s %s order %s%s", who, did, sale.row.number, more)


ENDINGS: dict[Ending, int] = {
    Tale.answered: 6,
    Tale.noted: 3,
    Tale.broken: 3,
    Tale.left_alone: 3,
    Tale.scanned: 2,
    Tale.refunded: 1,
    Tale.withdrawn: 1,
}
"""How an order's tale may go on after it was shipped, and how often in nineteen."""
