"""The month of history that the demo shops start with, made by the use cases under a moved clock (`clock`).

Tales of three shops go on side by side: the quiet trade, orders whose pickup or shipment is urged and what
comes of each, complaints, messages to webhooks; at the end stand tickets in every state (`present`). The
dice are seeded: the same seed makes the same month before whatever moment it is made at.
"""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from db import database
from demo import clock, office, plots, present, shipments, shops, words
from demo.office import Receivers
from demo.plot import Plot
from demo.timeline import Timeline, bought
from demo.trade import days, sales_of, trade
from demo.weather import SINCE_PAID, Platform, stormbound, storms

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from demo.clock import MovedClock
    from demo.desk import Desk
    from demo.plot import Way
    from resolvers.context import Services

LOCK = 0x6C616E73686F75
SEED = 20_261_111
MONTH = timedelta(days=30)
SETTLES_IN = timedelta(days=6)
"""Before the end: a way that must be seen has begun by then, so that it also ends."""
DAILY = {"tb": 9.0, "tm": 13.0, "lt": 5.0}
"""Orders that nobody urges, on a common day, by shop."""
URGED = {"tb": 0.13, "tm": 0.10, "lt": 0.12}
"""Urged orders for each of those."""
UNSHIPPED = 0.3
"""Of them, those whose shipment was urged."""


async def fill(held: Services, *, month: timedelta = MONTH, end: datetime | None = None) -> int:
    """Make shops, orders and tickets, unless they are there; two calls at once make them once.

    `month`: how far back; `end`: the moment that it leads up to, PostgreSQL's now if it is None. Gives how
    many tales broke off, which none should.
    """
    async with _alone(held) as now:
        if await shops.complete(held):
            return 0
        async with clock.moved(held, (end or now) - month) as moved:
            return await _tell(moved, end or now)


@asynccontextmanager
async def _alone(held: Services) -> AsyncIterator[datetime]:
    """Nobody else makes a demo meanwhile; gives PostgreSQL's time."""
    async with held.database.transaction() as connection:
        # As long as the other one takes, which is longer than any statement else.
        await connection.execute("SET LOCAL statement_timeout = 0")
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        yield await database.now(connection)


async def _tell(moved: MovedClock, end: datetime) -> int:
    desks = await shops.make(moved.services)
    for desk in desks:
        desk.clock = moved
        desk.dice = random.Random(f"{SEED} {desk.stall.mark}")  # noqa: S311 - a story, not a secret
    receivers = Receivers(moved, desks, random.Random(SEED), end)  # noqa: S311
    line = Timeline(moved, end, receivers.take)
    for desk in desks:
        templates = await office.set_up(desk)
        mean = DAILY[desk.stall.mark]
        line.add(moved.now, trade(desk, moved, end, mean, desk.dice))
        _cast(line, desk, templates, mean * URGED[desk.stall.mark])
        line.add(end - present.STOCKED, present.begin(line, desk))
    alone = await receivers.begin()
    if alone:
        line.add(moved.now, Platform(line).month())
    for desk in desks if alone else ():
        for storm, ends in zip(storms(end), (True, False), strict=True):
            if storm - SINCE_PAID > moved.now:  # a short month has no room for the first
                plot = Plot(desk, moved, desk.dice)
                line.add(storm - SINCE_PAID, stormbound(plot, storm, ends=ends))
    await line.run()
    return line.broken_off


def _cast(line: Timeline, desk: Desk, templates: Mapping[str, str], mean: float) -> None:
    """Troubled orders over the month: every way there is, and by chance more of the common ones."""
    dice, start = desk.dice, line.clock.now
    ways: list[Way] = [*plots.WAYS, *shipments.WAYS, *map(plots.answering, words.ANSWERS)]
    seen_until = line.end - SETTLES_IN
    moments = [start + (seen_until - start) * dice.random() for _ in ways]
    for day in days(start, line.end):
        for _ in range(sales_of(day, mean, dice) - 1):
            kind = shipments.WAYS if dice.random() < UNSHIPPED else plots.WAYS
            ways += dice.choices(list(kind), weights=list(kind.values()))
            moments.append(bought(day, dice))
    for way, moment in zip(ways, moments, strict=True):
        if start <= moment:
            line.add(moment, way(Plot(desk, line.clock, dice, dict(templates))))
