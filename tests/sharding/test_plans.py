"""Every list of the contract, by every kind of viewer, keeps the rule and touches its shops only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from db import sharding
from db.database import Database
from tests.conftest import clone
from tests.explain import filling
from tests.explain.asking import Asker
from tests.explain.cases import world
from tests.explain.judging import cases
from tests.sharding import partitions
from tests.sharding.rule import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import embedded
    from tests.explain.cases import Case
    from tests.sharding.partitions import Ran

TICKETS = 1_000


@pytest.fixture(scope="module")
def url(postgres: embedded.Server) -> Iterator[str]:
    yield from clone(postgres.url, "template1")


@pytest.fixture(scope="module")
def asked(url: str) -> list[tuple[frozenset[int] | None, Ran]]:
    """Each statement, with the parts of the viewer's shops where those are named."""
    asyncio.run(partitions.make(url))
    filled = asyncio.run(filling.fill(url, tickets=TICKETS))

    async def run() -> list[tuple[frozenset[int] | None, Ran]]:
        with pytest.MonkeyPatch.context() as patch, partitions.heard(patch) as ran:
            database = await Database.connect(url)
            seen = await world(database, filled)
            asker = Asker(database)
            found = []
            places = {shop: await partitions.part_of(url, shop) for shop in filled.shops}
            for case in _one_of_each(cases(seen, whole=False)):
                ran.clear()
                await asker.answer(case.viewer, case.document, **case.variables)
                shops = case.viewer.shop_ids
                theirs = None if shops is None else frozenset(places[shop] for shop in shops)
                found += [(theirs, each) for each in ran]
            await database.close()
            return found

    return asyncio.run(run())


def _one_of_each(given: Iterable[Case]) -> Iterable[Case]:
    """Of each list and filter one, for each kind of viewer: paging and order change nothing of the shops."""
    found: dict[tuple[object, ...], Case] = {}
    for case in given:
        shops = case.viewer.shop_ids
        if case.deep is None:
            found.setdefault((case.group, case.viewer.role, shops and len(shops) == 1), case)
    return found.values()


def test_each_plan_gives_the_shop_or_is_marked(asked: list[tuple[frozenset[int] | None, Ran]]) -> None:
    judged = {ran.sql: judge(ran.sql) for _, ran in asked}
    assert {sql: each.faults for sql, each in judged.items() if each.faults} == {}
    assert {mark for each in judged.values() for mark in each.marks} <= set(sharding.FLEET_WIDE)
    assert len(judged) > 100


def test_a_plan_touches_no_part_but_those_of_the_viewers_shops(
    asked: list[tuple[frozenset[int] | None, Ran]],
) -> None:
    foreign = {ran.sql: ran.parts for theirs, ran in asked if theirs is not None and ran.touched - theirs}
    assert {sql: parts for sql, parts in foreign.items() if "fleet-wide" not in sql} == {}
    assert any(theirs is not None and len(theirs) == 1 and ran.touched for theirs, ran in asked)
