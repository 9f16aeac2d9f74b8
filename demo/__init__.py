"""Three invented shops: a history to look at (`seed`), and one that goes on by itself (`story`).

Everything is done through the use cases of `resolvers/`, by the integration, staff and buyers who would do
it, under PostgreSQL's clock: what lies in the past came about by clocks of a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo import history, shops, telling
from demo.goods import AGENT, BUYER, OWNER
from demo.shops import DemoRefused

if TYPE_CHECKING:
    from settings import Settings

__all__ = ["AGENT", "BUYER", "OWNER", "DemoRefused", "seed", "story"]


async def seed(settings: Settings) -> None:
    """Make the demo shops with tickets in every state, once: a second call does nothing. Some 5 s.

    Raises:
        DemoRefused: in production, or without LANSHOU_DATABASE_URL and LANSHOU_REDIS_URL.
    """
    async with shops.services(settings) as held:
        await history.fill(held)


async def story(settings: Settings) -> None:
    """Let the demo shops' day go on until cancelled: orders, scans, urges and replies every minute.

    Servers that go away are waited for.

    Raises:
        DemoRefused: in production, or without LANSHOU_DATABASE_URL and LANSHOU_REDIS_URL.
    """
    shops.addresses(settings)
    await telling.tell(settings)
