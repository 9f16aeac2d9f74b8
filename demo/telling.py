"""The demo shops' day: every minute an order comes in, and what becomes of it takes a few minutes (`tales`).

Tickets have a reply window of a few minutes; those that nobody answers are the worker's to escalate.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from demo import history, shops, tales
from demo.tales import UNREADY, Pace, Tale, log
from domain.errors import DomainError
from live.throttle import Throttle

if TYPE_CHECKING:
    from demo.desk import Desk
    from resolvers.context import Services
    from settings import Settings

RETRY_S = 2.0
AT_ONCE = 30
"""With a tale a minute some eight run; more only pile up when PostgreSQL was away."""
FIRST = 3
FIRST_APART_S = 6.0

_trouble = Throttle(log)


async def tell(settings: Settings, pace: Pace | None = None) -> None:
    """Tell one tale after the other until cancelled; a PostgreSQL that is away is waited for."""
    chosen = pace or pace_for(settings)
    while True:
        try:
            async with shops.services(settings) as held:
                await history.fill(held)
                await _tell(held, chosen)
        except UNREADY as error:
            _trouble.warning("the demo waits for PostgreSQL", error)
        await asyncio.sleep(RETRY_S)


def pace_for(settings: Settings) -> Pace:
    """With a reply window of its own (LANSHOU_REPLY_WINDOW) the tales are as much faster."""
    if settings.reply_window is None:
        return Pace()
    return Pace(scale=min(1.0, settings.reply_window / tales.WINDOW))


async def _tell(held: Services, pace: Pace) -> None:
    desks = await shops.find(held)
    running: set[asyncio.Task[None]] = set()
    told = 0
    async with asyncio.TaskGroup() as group:
        while True:
            if len(running) < AT_ONCE:
                task = group.create_task(_one(pace.dice.choice(desks), pace))
                running.add(task)
                task.add_done_callback(running.discard)
            told += 1
            apart_s = min(FIRST_APART_S, pace.every_s) if told < FIRST else pace.every_s
            await asyncio.sleep(apart_s * pace.dice.uniform(0.6, 1.4))


async def _one(desk: Desk, pace: Pace) -> None:
    """One tale to its end. Whatever goes wrong in it, the others go on."""
    try:
        await Tale(desk, pace).tell()
    except DomainError as error:
        log.info("somebody else has a hand in an order of the demo: %s", error.message)
    except Exception as error:  # noqa: BLE001 - a demo must not take anything with it
        _trouble.warning("a tale of the demo broke off", error, trace=True)
