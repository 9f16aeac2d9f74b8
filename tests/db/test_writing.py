"""What the statements and the database itself hold, whatever is asked of them (`architecture.md §2`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from db import changes, database, events, keys, tickets
from db.database import Database
from db.rules import Rules
from domain import ids, opening
from domain import ticket as rules
from domain.complaint import Sale
from domain.errors import DomainError
from domain.events import FollowUpAction
from domain.policy import DEFAULT
from domain.ticket import Ticket
from escalation import index
from live.hints import Hints
from resolvers.context import Services
from settings import Settings
from tests.resolvers.world import HOUR, World, now, settle_in, sf, uuid_of


@pytest.fixture
async def world(database_url: str, redis_url: str) -> AsyncIterator[World]:
    """One shop and what its use cases make."""
    opened = await Database.connect(database_url, max_connections=16)
    client = index.connect(redis_url)
    services = Services(Settings(), opened, index.DeadlineIndex(client), Hints(client), Rules())
    yield await settle_in(services, client)
    await client.aclose()
    await opened.close()


async def read(world: World, ticket_id: str) -> Ticket:
    [row] = await world.fetch("SELECT * FROM ticket WHERE id = $1", uuid_of(ticket_id))
    return tickets.from_row(row)


async def apply(world: World, before: Ticket, change: rules.Change) -> None:
    """Write a change as a worker would."""
    sale = Sale(before.money_at_risk)
    entry = changes.Entry(before=before, change=change, actor=changes.SYSTEM, sale=sale, policy=DEFAULT)
    async with world.database.transaction() as connection:
        await changes.apply(connection, [entry], await database.now(connection))


async def test_a_ticket_comes_back_as_it_was_written(world: World) -> None:
    _, ticket_id = await world.urged()
    ticket = await read(world, ticket_id)
    assert tickets.to_row(ticket).keys() == set(tickets.COLUMNS)
    again = tickets.from_row(tickets.to_row(ticket))
    assert again == ticket
    assert ticket.deadline_at == ticket.opened_at + timedelta(hours=24)


@pytest.mark.rule("§5.16")
async def test_a_complaint_before_the_deadline_writes_nothing(world: World) -> None:
    """By whatever clock its author went: PostgreSQL's stands in the statement."""
    _, ticket_id = await world.urged()
    ticket = await read(world, ticket_id)
    assert ticket.deadline_at is not None
    early = rules.elapse(ticket, ticket.deadline_at, DEFAULT)
    assert early is not None
    before = await world.dump()
    with pytest.raises(changes.Stale):
        await apply(world, ticket, early)
    assert await world.dump() == before


async def test_a_sleeper_writes_nothing(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.run_out(ticket_id)
    seen = await read(world, ticket_id)
    late = rules.elapse(seen, now(), DEFAULT)
    assert late is not None
    await world.work(ticket_id)
    before = await world.dump()
    with pytest.raises(changes.Stale):
        await apply(world, seen, late)
    with pytest.raises(changes.Stale):
        await apply(world, replace(seen, version=2), late)
    assert await world.dump() == before


async def test_a_ticket_that_closes_makes_room_for_another_in_the_same_write(world: World) -> None:
    """One statement writes both: the old one first, whatever their order."""
    _, ticket_id = await world.urged()
    old = await read(world, ticket_id)
    async with world.database.transaction() as connection:
        moment = await database.now(connection)
        opened = opening.open_ticket(
            shop_id=old.shop_id,
            ticket_id=keys.new(),
            order_id=old.order_id,
            number=keys.ticket_number(moment),
            round_=2,
            money_at_risk=old.money_at_risk,
            now=moment,
            policy=DEFAULT,
        )
        closed = rules.withdraw(old, moment)
        sale = Sale(old.money_at_risk)
        entries = [
            changes.Entry(before=before, change=change, actor=changes.SYSTEM, sale=sale, policy=DEFAULT)
            for before, change in ((None, opened), (old, closed))
        ]
        written = await changes.apply(connection, entries, moment)
    assert [each.positions for each in written] == [(2,), (3,)]
    statuses = await world.fetch("SELECT status FROM ticket ORDER BY opened_at")
    assert [row["status"] for row in statuses] == ["WITHDRAWN", "AWAITING_REPLY"]


BROKEN = {
    "uq_complaint_shop_id_ticket_id_round": "INSERT INTO complaint SELECT * FROM json_populate_record("
    "(SELECT c FROM complaint c), json_build_object('id', gen_random_uuid()))",
    "uq_ticket_unclosed": "INSERT INTO ticket SELECT * FROM json_populate_record("
    "(SELECT t FROM ticket t WHERE status = 'AWAITING_REPLY'),"
    " json_build_object('id', gen_random_uuid(), 'number', 'T2'))",
    "uq_orders_shop_id_number": "UPDATE orders SET number = '1'",
    "ck_ticket_open_has_deadline": "UPDATE ticket SET deadline_at = NULL WHERE status = 'AWAITING_REPLY'",
    "ck_ticket_open_has_next_step": "UPDATE ticket SET next_step_at = NULL WHERE status = 'AWAITING_REPLY'",
    "ck_ticket_closed_has_no_step": "UPDATE ticket SET next_step_at = now() WHERE status = 'ESCALATED'",
    "ck_ticket_closed_has_no_risk": "UPDATE ticket SET money_at_risk = 1 WHERE status = 'ESCALATED'",
    "ck_ticket_escalated_is_filed": "UPDATE ticket SET outcome = 'REFUNDED' WHERE status = 'ESCALATED'",
    "ck_ticket_outcome_when_closed": "UPDATE ticket SET outcome = 'WITHDRAWN' WHERE status = 'REPLIED'",
    "ck_ticket_counts_positive": "UPDATE ticket SET version = 0",
    "uq_follow_up_record_shop_id_ticket_id_position": "UPDATE follow_up_record SET position = 1",
    "uq_reply_shop_id_record_id": "INSERT INTO reply SELECT * FROM json_populate_record("
    "(SELECT r FROM reply r), json_build_object('id', gen_random_uuid()))",
    "uq_consumer_card_shop_id_record_id": "INSERT INTO consumer_card SELECT * FROM json_populate_record("
    "(SELECT c FROM consumer_card c), json_build_object('id', gen_random_uuid()))",
    "ck_consumer_card_delivered_has_time": "UPDATE consumer_card SET delivery = 'DELIVERED'",
    "ck_orders_picked_up_after_shipped": "UPDATE orders SET picked_up_at = now(), shipped_at = NULL",
    "ck_orders_quantity_positive": "UPDATE orders SET quantity = 0",
    "uq_parcel_current_number": "UPDATE parcel SET order_id = (SELECT id FROM orders ORDER BY id LIMIT 1),"
    " waybill_number = 'X'",
    "ck_shop_stream_head_not_behind": "UPDATE shop_stream SET trimmed = head + 1",
    "pk_event": "UPDATE event SET position = 1",
    "ck_event_ticket_and_record_together": "UPDATE event SET record_id = NULL",
    "fk_parcel_shop_id_order_id": "UPDATE parcel SET order_id = gen_random_uuid()",
    "fk_ticket_shop_id_order_id": "UPDATE ticket SET order_id = gen_random_uuid() WHERE status = 'REPLIED'",
}


async def test_the_database_refuses_nonsense_by_name(world: World) -> None:
    await world.urged(sf(1))
    _, replied = await world.urged(sf(2))
    await world.reply(replied)
    _, escalated = await world.urged(sf(3))
    await world.run_out(escalated)
    await world.work(escalated)
    for name, statement in BROKEN.items():
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
            await world.database.pool.execute(statement)
        assert caught.value.as_dict()["constraint_name"] == name


async def story(world: World) -> None:
    """What happens to an order in a day."""
    order = await world.order()
    parcel_id = await world.ship(order)
    ticket_id = (await world.urge(order)).ticket_id
    changed = await world.change(parcel_id, sf(int(order.number)))
    await world.reply(ticket_id)
    await world.run_out(ticket_id)
    await world.urge(order)
    await world.scan(sf(int(order.number)))
    assert changed.position > 0


async def test_positions_have_no_gap_and_follow_the_commits_under_sixteen_writers(
    world: World, database_url: str
) -> None:
    """A reader that goes by position never finds a smaller one later, nor one missing."""
    seen: list[int] = []
    writing = True

    async def reader() -> None:
        connection = await asyncpg.connect(database_url)
        while writing or len(seen) < await connection.fetchval(
            "SELECT head FROM shop_stream WHERE shop_id = $1", world.shop
        ):
            rows = await connection.fetch(
                "SELECT position FROM event WHERE shop_id = $1 AND position > $2 ORDER BY position",
                world.shop,
                seen[-1] if seen else 0,
            )
            seen.extend(row["position"] for row in rows)
            await asyncio.sleep(0)
        await connection.close()

    async def writer() -> None:
        for _ in range(3):
            await story(world)

    reading = asyncio.create_task(reader())
    await asyncio.gather(*(writer() for _ in range(16)))
    writing = False
    await reading
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) == 16 * 3 * 6 == await world.count("follow_up_record")
    mixed = await world.fetch(
        "SELECT count(*) FROM event e JOIN follow_up_record r ON r.shop_id = e.shop_id AND r.id = e.record_id"
        " WHERE r.action = e.action AND r.ticket_id = e.ticket_id"
    )
    assert mixed[0]["count"] == len(seen)
    turned = await world.fetch(
        "SELECT * FROM (SELECT r.position,"
        " lead(r.position) OVER (PARTITION BY r.ticket_id ORDER BY e.position) AS next"
        " FROM event e JOIN follow_up_record r ON r.shop_id = e.shop_id AND r.id = e.record_id) AS x"
        " WHERE next <> position + 1"
    )
    assert turned == []


async def test_events_of_many_shops_are_numbered_each_from_one(world: World) -> None:
    moment = now()

    def event(shop_id: UUID) -> events.NewEvent:
        return events.NewEvent(shop_id, None, None, FollowUpAction.WAYBILL_CHANGED, moment)

    async with world.database.transaction() as connection:
        given = [event(world.shop), event(world.other_shop), event(world.shop)]
        assert await events.append(connection, given) == [1, 1, 2]
        assert await events.append(connection, []) == []
    heads = await world.fetch("SELECT head FROM shop_stream ORDER BY head")
    assert [row["head"] for row in heads] == [1, 2]


async def test_a_deadlock_is_tried_again(world: World) -> None:
    """Two transactions lock two orders in opposite order: one falls, is run again, and both commit."""
    first, second = [(await world.order()).key for _ in range(2)]
    before = await world.deadlocks()
    tries: list[UUID] = []
    met = asyncio.Barrier(2)

    async def lock(mine: UUID, theirs: UUID) -> None:
        async def work(connection: database.Connection) -> None:
            tries.append(mine)
            await connection.execute("SET LOCAL deadlock_timeout = '50ms'")
            await connection.execute("SELECT FROM orders WHERE id = $1 FOR UPDATE", mine)
            if len(tries) <= 2:
                await met.wait()
            await connection.execute("SELECT FROM orders WHERE id = $1 FOR UPDATE", theirs)
            await connection.execute("UPDATE orders SET quantity = quantity + 1 WHERE id = $1", mine)

        await world.database.write(work)

    await asyncio.gather(lock(first, second), lock(second, first))
    assert len(tries) == 3
    assert await world.deadlocks() == before + 1
    assert [row["quantity"] for row in await world.fetch("SELECT quantity FROM orders")] == [2, 2]


async def test_a_deadlock_that_stays_surfaces_after_four_tries(world: World) -> None:
    tries = 0

    async def work(_: database.Connection) -> None:
        nonlocal tries
        tries += 1
        raise asyncpg.DeadlockDetectedError("again")

    with pytest.raises(asyncpg.DeadlockDetectedError):
        await world.database.write(work)
    assert tries == database.TRIES == 4


async def test_any_other_error_is_not_tried_again(world: World) -> None:
    tries = 0

    async def work(_: database.Connection) -> None:
        nonlocal tries
        tries += 1
        raise DomainError("no")

    with pytest.raises(DomainError):
        await world.database.write(work)
    assert tries == 1


def test_ticket_numbers_bear_the_day_in_shanghai_and_no_letters_that_are_mistaken() -> None:
    late_evening = now().replace(year=2026, month=11, day=22, hour=17)
    number = keys.ticket_number(late_evening)
    assert number.startswith("T261123-")
    assert set(number[8:]) <= set(keys.ALPHABET)
    assert not set(keys.ALPHABET) & set("01OIL")
    assert len({keys.ticket_number(late_evening) for _ in range(1_000)}) == 1_000


def test_ids_rise() -> None:
    made = [keys.new() for _ in range(1_000)]
    assert made == sorted(made)
    assert ids.encode(ids.IdKind.TICKET, made[0]).startswith("tkt_")


@pytest.mark.rule("§5.16")
async def test_a_promise_that_runs_is_not_broken_early(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.reply(ticket_id)
    ticket = await read(world, ticket_id)
    assert ticket.promise_ends_at is not None
    early = rules.elapse(ticket, ticket.promise_ends_at + HOUR, DEFAULT)
    assert early is not None
    with pytest.raises(changes.Stale):
        await apply(world, ticket, early)
