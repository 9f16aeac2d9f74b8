"""One troubled order of the demo's past, and what may be done with it: the tales are made of these steps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from demo import stock
from demo.desk import IN_TRANSIT, ORDERED, SIGNED, event
from demo.timeline import at_work, awake

if TYPE_CHECKING:
    import random

    from demo.clock import MovedClock
    from demo.desk import Desk, Sale
    from demo.words import Answer
    from resolvers.commands import Waybill

HOUR = timedelta(hours=1)
LIMIT = timedelta(hours=48)
"""The usual shipping limit; a buyer who urges does so some time after it."""
A_MINUTE = timedelta(minutes=1)
TEMPLATED = 0.4
"""Of the answers for which there is a template, those that use it."""


@dataclass(slots=True)
class Plot:
    """One troubled order: its shop, its clock, its dice, and what there is of it so far."""

    desk: Desk
    clock: MovedClock
    dice: random.Random
    templates: dict[str, str] = field(default_factory=dict)
    sales: list[Sale] = field(default_factory=list)
    due_at: datetime | None = None
    destination: str | None = None

    @property
    def sale(self) -> Sale:
        """The order."""
        return self.sales[0]

    @property
    def now(self) -> datetime:
        """The moment that the past has come to."""
        return self.clock.now

    def hours(self, least: float, most: float) -> timedelta:
        """So many hours."""
        return HOUR * self.dice.uniform(least, most)

    def later(self, least_hours: float, most_hours: float) -> datetime:
        """So many hours from now."""
        return self.now + self.hours(least_hours, most_hours)

    def working(self, least_hours: float, most_hours: float) -> datetime:
        """So many hours from now, when somebody is at work."""
        return at_work(self.later(least_hours, most_hours), self.dice)

    def in_time(self, moment: datetime) -> datetime:
        """That moment, or one before the ticket's deadline."""
        assert self.due_at is not None  # noqa: S101 - it was urged
        return min(moment, self.due_at - self.hours(0.2, 1.2))

    def answered_at(self) -> datetime:
        """When the staff come to a ticket that opened now: mostly within hours, and before it is too late."""
        after = min(self.dice.expovariate(1 / 3.2), 13.0)
        return self.in_time(at_work(self.now + HOUR * (0.1 + after), self.dice))

    async def urge(self) -> None:
        """The buyer urges the pickup."""
        await self.desk.urge(self.sale)
        self.due_at = self.now + HOUR * 24

    async def urge_shipment(self) -> None:
        """The buyer urges the shipment."""
        await self.desk.urge_shipment(self.sale)
        self.due_at = self.now + HOUR * 24

    async def sell(self) -> None:
        """A buyer pays now."""
        buyer = stock.buyer(self.desk, self.dice.randint(1, stock.BUYERS))
        row = self.desk.row(buyer, paid_at=self.now)
        if self.destination is not None:
            row = replace(row, destination_region=self.destination)
        self.sales += await self.desk.sell([row])

    async def ship(self, waybill: Waybill | None = None) -> None:
        """The shop hands it over now, or says so."""
        await self.desk.ship([(self.sale, waybill or self.desk.waybill(), self.now)])

    async def pick_up(self, at: datetime | None = None) -> None:
        """The carrier scans it, now or (told late) earlier."""
        await self.desk.pick_up(self.sale, at or self.now)

    async def shipped_and_stuck(self, waybill: Waybill | None = None) -> AsyncIterator[datetime]:
        """Paid, handed over in time, never scanned, until its buyer's patience ends."""
        await self.sell()
        yield self.working(5, 30)
        await self.ship(waybill)
        yield self.later(0.3, 2)
        await self._ordered()
        yield awake(self.sale.row.paid_at + LIMIT + self.hours(0.5, 14), self.dice)

    async def _ordered(self) -> None:
        assert self.sale.waybill is not None  # noqa: S101 - shipped just before
        await self.desk.scan([event(self.sale.waybill, ORDERED, self.now)])

    async def answer(self, answer: Answer, promise: timedelta | None = None) -> None:
        """One of the staff answers, by a template where there is one for it and chance wants it."""
        template = self.templates.get(answer.scheme) if self.dice.random() < TEMPLATED else None
        await self.desk.reply(self.sale, answer, promise, template)

    async def travels(self) -> AsyncIterator[datetime]:
        """On its way after the pickup, and signed."""
        assert self.sale.waybill is not None  # noqa: S101 - picked up
        yield self.later(8, 20)
        await self.desk.scan([event(self.sale.waybill, IN_TRANSIT, self.now)])
        yield self.later(20, 50)
        await self.desk.scan([event(self.sale.waybill, SIGNED, self.now)])


Way = Callable[[Plot], AsyncIterator[datetime]]
"""What becomes of one order, from its payment on."""
