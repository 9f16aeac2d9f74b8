"""What the platform did in the demo's month: exemptions for a storm and a festival, versions of policies.

They hold for whoever is here, so a demo among other people's shops leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from db import policies
from demo import words
from demo.complaints import RULER
from demo.plot import HOUR, Plot
from domain.access import Viewer
from domain.events import ActorKind
from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.shop import Market
from escalation.metrics import Metrics
from escalation.retiming import Retiming
from resolvers import exemptions
from resolvers import policies as policy_cases
from resolvers.context import Context
from resolvers.rule_commands import DeleteExemption, SaveExemption, SavePolicy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from demo.timeline import Timeline

DAY = timedelta(days=1)
HAINAN, HAIKOU = "46", "460105"
"""Where the storms are; no other order of the demo goes there."""
FIRST_STORM = timedelta(days=18)
SECOND_STORM = timedelta(hours=8)
"""How long before the end they were reported."""
SINCE_PAID, SINCE_URGED = HOUR * 60, HOUR * 2
"""How long before a storm its parcels were paid and urged."""
PLAN_AHEAD = timedelta(days=60)


def storms(end: datetime) -> tuple[datetime, datetime]:
    """When each storm was reported."""
    return end - FIRST_STORM, end - SECOND_STORM


async def stormbound(plot: Plot, storm: datetime, *, ends: bool) -> AsyncIterator[datetime]:
    """A parcel to the island: urged before the storm, answered in it, picked up when it `ends`."""
    plot.destination = HAIKOU
    await plot.sell()
    yield plot.later(20, 30)
    await plot.ship()
    yield storm - SINCE_URGED
    await plot.urge()
    if not ends:
        return
    yield storm + DAY * 2
    await plot.answer(words.NO_WAY)
    yield storm + DAY * 2.5
    await plot.pick_up()


@dataclass(slots=True)
class Platform:
    """The platform at work."""

    line: Timeline

    async def month(self) -> AsyncIterator[datetime]:
        """All of it, in its order."""
        end = self.line.end
        first, second = storms(end)
        async for moment in self._announce(first):
            yield moment
        storm = await self._storm("台风“海燕”登陆海南，快递停运", first, first + DAY * 3)
        yield first + HOUR * 6
        await self._save(SaveExemption(id=storm, latest_at=first + DAY * 3.5))
        yield first + HOUR * 7
        await self._save(
            SaveExemption(
                title="海南受灾订单发货时效顺延",
                region=HAINAN,
                basis=ExemptionBasis.SHIP_BY,
                starts_at=first,
                ends_at=first + DAY * 3,
                latest_at=first + DAY * 4,
            )
        )
        yield first + DAY * 5
        mistaken = await self._storm("台风预警（已解除）", first + DAY * 6, first + DAY * 7)
        yield first + DAY * 5 + HOUR * 3
        await exemptions.delete(self._context, DeleteExemption(id=mistaken))
        await self._retime()
        yield second
        await self._storm("强台风“木兰”影响海南，揽收暂停", second, end + DAY * 1.8)

    async def _announce(self, first: datetime) -> AsyncIterator[datetime]:
        """Versions of policies, one of them to come; and the next Spring Festival."""
        end = self.line.end
        yield first - DAY * 4
        reminders: dict[str, object] = {"reminderMinutes": [720, 240, 60, 30, 15]}
        await self._version(Market.TMALL, reminders)
        await self._version(Market.TAOBAO, reminders, retime=True)
        await self._version(Market.GENERIC, {"lateShipmentGraceMinutes": 120}, active_from=end + DAY * 3)
        festival = SaveExemption(
            title="春节期间下单，节后发货",
            market=Market.TAOBAO,
            region="33",
            end=ExemptionEnd.ORIGIN,
            basis=ExemptionBasis.PAID_AT,
            starts_at=end + PLAN_AHEAD,
            ends_at=end + PLAN_AHEAD + DAY * 12,
            latest_at=end + PLAN_AHEAD + DAY * 15,
        )
        await self._save(festival)
        yield first

    async def _storm(self, title: str, reported: datetime, latest: datetime) -> str:
        """Deadlines from a day before a report to two days after it move to `latest`."""
        return await self._save(
            SaveExemption(
                title=title,
                region=HAINAN,
                end=ExemptionEnd.DESTINATION,
                starts_at=reported - DAY,
                ends_at=reported + DAY * 2,
                latest_at=latest,
            )
        )

    async def _save(self, command: SaveExemption) -> str:
        saved = await exemptions.save(self._context, command)
        await self._retime()
        return saved.id

    async def _version(
        self,
        market: Market,
        changes: dict[str, object],
        *,
        active_from: datetime | None = None,
        retime: bool = False,
    ) -> None:
        document = orjson.loads(policies.shipped(market).document) | changes
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
        command = SavePolicy(market=market, document=text, active_from=active_from, retime=retime)
        await policy_cases.save(self._context, command)
        await self._retime()

    async def _retime(self) -> None:
        """What the worker does after a change of the rules."""
        services = self.line.clock.services
        worker = Retiming(
            services.database, services.rules, services.index, Metrics(), services.hints.publish
        )
        while await worker.work(lambda: False):
            pass

    @property
    def _context(self) -> Context:
        return Context(self.line.clock.services, Viewer(ActorKind.PLATFORM, RULER))
