"""Cases asked and judged: what of a plan is more than its case allows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from resolvers.reads import live
from resolvers.reads.scope import Statement as Scoped
from tests.explain import filling, orders, others, tickets
from tests.explain.asking import Statement
from tests.explain.cases import MARK_CHARACTERS, PAGE, Case
from tests.explain.tickets import KINDS, STATES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.explain.asking import Asker
    from tests.explain.cases import World
    from tests.explain.plans import Plan

MOST_LIVE = 201
"""Tickets of a snapshot of the live queue, and one more."""
PAGES = 12
"""Pages of indexes and tables that are looked at for a row: less than this where the rows are few."""
SPARE_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class Judged:
    """A case with what PostgreSQL did for it."""

    case: Case
    plan: Plan

    @property
    def faults(self) -> list[str]:
        """What it did that the case does not allow."""
        plan, case = self.plan, self.case
        found = [f"reads all of {table}" for table in plan.scanned]
        if plan.rows > case.rows + self._first_look:
            found.append(f"reads {plan.rows} rows, more than {case.rows}")
        # An index that is read from end to end drops entries without counting them as rows. So does one that
        # starts at a cursor which is put into a list it is no part of.
        if case.deep is None and plan.pages > (most := SPARE_PAGES + case.rows * PAGES):
            found.append(f"looks at {plan.pages} pages, more than {most}")
        if plan.sorted > case.sorted + self._first_look:
            found.append(f"sorts {plan.sorted} rows, more than {case.sorted}")
        return found

    @property
    def _first_look(self) -> int:
        """Rows by which `resolvers.plan.walks` learns where a page ends: two pages, two of each range."""
        shops = filling.SHOPS if self.case.viewer.shop_ids is None else len(self.case.viewer.shop_ids)
        return 2 * PAGE + 2 * KINDS * STATES * shops

    def __str__(self) -> str:
        return f"{self.case.group} ({self.case.name}): {'; '.join(self.faults) or 'fine'} {self.plan.indexes}"


def cases(world: World, *, whole: bool) -> Iterable[Case]:
    """Every list of the contract; with `whole`, the long ones by every viewer in every way of paging."""
    return chain(
        tickets.screens(world),
        orders.screens(world),
        tickets.pages(world, whole=whole),
        orders.pages(world, whole=whole),
        tickets.counts(world, whole=whole),
        orders.counts(world, whole=whole),
        others.all_of(world),
    )


async def judge(asker: Asker, case: Case) -> Judged:
    """Ask the case, and look at what that took."""
    variables = dict(case.variables)
    if case.deep is not None:
        name, keys = case.deep
        data, _ = await asker.answer(case.viewer, case.document, **variables)
        edges = data["list"]["edges"]
        variables[name] = edges[0]["cursor"][:MARK_CHARACTERS] + keys if edges else None
    _, statement = await asker.answer(case.viewer, case.document, **variables)
    return Judged(case, await asker.plan(statement))


async def judge_live(asker: Asker, world: World) -> Judged:
    """The tickets of a snapshot of the live queue, which no plan of a document reads."""
    said: list[Statement] = []

    class Heard:
        async def fetch(self, sql: str, *values: object) -> Any:
            said.append(Statement(sql, values))
            return await asker.database.pool.fetch(sql, *values)

        async def fetchval(self, sql: str) -> Any:
            return await asker.database.pool.fetchval(sql)

    heard: Any = Heard()
    await live.clocks(heard, Scoped(world.every), world.filled.shops)
    most = world.shops * MOST_LIVE
    case = Case(group="live queue", name="snapshot", viewer=world.every, document="", rows=most, sorted=most)
    return Judged(case, await asker.plan(said[0]))
