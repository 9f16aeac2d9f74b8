"""What PostgreSQL does for each list of the contract, at the size of `make test`.

`python -m tests.explain --tickets 1000000` asks the same and more at a million.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from db.database import Database
from resolvers.plan import cache
from schema import planned
from tests.conftest import clone
from tests.explain import filling, tickets
from tests.explain.asking import Asker
from tests.explain.cases import World, world
from tests.explain.judging import Judged, cases, judge, judge_live
from tests.explain.plans import GROWING
from tests.oracle.running import few_are

if TYPE_CHECKING:
    from collections.abc import Iterator

    import embedded
    from tests.explain.cases import Case
    from tests.explain.filling import Filled

TICKETS = 30_000
WRITERS = {
    "ix_ticket_next_step_at": "the worker's sweep",
    "ix_complaint_points": "the cap on penalty points",
    "ix_unmatched_scan_received_at": "the end of old scans",
    "ix_webhook_delivery_due": "the sending of what is due",
    "ix_webhook_delivery_leased": "senders that died",
    "ix_webhook_delivery_queued_at": "giving up",
    "ix_webhook_delivery_created_at": "the end of old deliveries",
    "ix_waybill_change_order_id": "the key to its order",
}
"""Indexes that no list is read by, and whom they serve."""


@pytest.fixture(scope="module")
def url(postgres: embedded.Server, migrated_template: str) -> Iterator[str]:
    yield from clone(postgres.url, migrated_template)


@pytest.fixture(scope="module")
def filled(url: str) -> Filled:
    return asyncio.run(filling.fill(url, tickets=TICKETS))


@pytest.fixture(scope="module")
def judged(url: str, filled: Filled) -> list[Judged]:
    async def run() -> list[Judged]:
        database = await Database.connect(url)
        seen = await world(database, filled)
        asker = Asker(database)
        found = [await judge(asker, case) for case in cases(seen, whole=False)]
        found.append(await judge_live(asker, seen))
        await database.close()
        return found

    return asyncio.run(run())


def test_no_list_scans_a_table_or_sorts_or_reads_more_than_it_may(judged: list[Judged]) -> None:
    assert [str(each) for each in judged if each.faults] == []
    groups = {each.case.group for each in judged}
    assert {name for name in tickets.SCREENS if not any(name in group for group in groups)} == set()
    assert len(judged) > 800


def test_the_statements_were_planned_without_their_values(judged: list[Judged]) -> None:
    """As the product's are: with values the planner would do better, and the test would prove nothing."""
    searches = [each for each in judged if "search: waybill" in each.case.group]
    assert searches
    assert all(re.search(r"number < \$\d", str(each.plan.said)) for each in searches)


async def test_each_index_serves_a_list_or_a_writer(url: str, judged: list[Judged]) -> None:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "SELECT indexname FROM pg_indexes WHERE tablename = ANY($1::text[]) AND indexname LIKE 'ix%'",
        sorted(GROWING),
    )
    await connection.close()
    used = {name for each in judged for name in each.plan.indexes}
    assert {row["indexname"] for row in rows} - used == set(WRITERS)


@pytest.mark.parametrize(
    ("index", "group"),
    [
        ("ix_ticket_queue", "screen: all, DEADLINE_AT ASC"),
        ("ix_ticket_queue_by_status", "screen: URGE_SHIPMENT, DEADLINE_AT ASC"),
        ("ix_ticket_opened_at_by_status", "screen: all that run, OPENED_AT ASC"),
        ("ix_ticket_queue_by_person", "screen: mine, DEADLINE_AT ASC"),
        ("ix_parcel_waybill_number", "tickets: search: waybill"),
        ("ix_orders_buyer_nick", "orders: search: buyer nick"),
        ("ix_parcel_carrier", "tickets: carrier nobody"),
        ("ix_orders_paid_at", "orders: all"),
    ],
)
async def test_an_index_that_is_gone_is_missed(url: str, filled: Filled, index: str, group: str) -> None:
    """The known-bad control."""
    database = await Database.connect(url)
    made = await database.pool.fetchval("SELECT pg_get_indexdef($1::regclass)", index)
    seen = await world(database, filled)
    asked = [case for case in cases(seen, whole=False) if case.group == group]
    try:
        await database.pool.execute(f"DROP INDEX {index}")
        found = [await judge(Asker(database), case) for case in asked]
    finally:
        await database.pool.execute(made)
        await database.close()
    assert any(each.faults for each in found)


async def test_what_is_walked_to_is_what_is_looked_up(
    url: str, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways to the rows of a filter give the same page and the same count (`resolvers.plan.walks`)."""
    database = await Database.connect(url)
    seen = await world(database, filled)
    asked = list(_with_few(seen))
    asker = Asker(database)
    answers: list[tuple[str, Any, Any]] = []
    for case in asked:
        both = []
        # One right after the other: what is due within an hour changes while one looks.
        for number in (0, 10**9):
            monkeypatch.setattr(planned, "DOCUMENTS", cache.Documents())
            with few_are(number):
                both.append(await _data(asker, case))
        answers.append((f"{case.group} ({case.name})", *both))
    await database.close()
    assert len(asked) > 100
    assert [name for name, walked, looked_up in answers if walked != looked_up] == []


def _with_few(seen: World) -> Iterator[Case]:
    few = {each.name: each.few for each in tickets.filters(seen) if any(each.few.values())}
    for case in cases(seen, whole=False):
        kind, _, name = case.group.partition(": ")
        shown = kind == "totalCount" or any(
            order in case.name for order in ("DEADLINE_AT ASC", "UPDATED_AT DESC")
        )
        if kind in {"tickets", "totalCount"} and shown and name.removesuffix(", far") in few:
            yield case


async def _data(asker: Asker, case: Case) -> Any:
    data, _ = await asker.answer(case.viewer, case.document, **case.variables)
    return data
