"""One batch, one transaction: what a clock does to tickets, on a real database."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from db import orders
from db.rules import Rules
from domain.policy import DEFAULT
from domain.ticket import Ticket
from escalation import steps
from escalation.steps import Fate, Outcome
from tests.escalation.conftest import World
from tests.trials import data

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def take(world: World, *tickets: Ticket) -> dict[tuple[object, object], Outcome]:
    taken = await steps.take(world.database, [ticket.key for ticket in tickets], Rules())
    return {outcome.key: outcome for outcome in taken.outcomes}


async def fate(world: World, ticket: Ticket) -> Fate:
    return (await take(world, ticket))[ticket.key].fate


@pytest.mark.rule("§5.13", "§5.14")
async def test_a_reminder_fires_once(world: World) -> None:
    """A record and an event, no new version; the deadline is next."""
    ticket = data.awaiting(world.shop_ids[0], world.now + 14 * MINUTE, reminded=60)
    await world.add(ticket)
    outcome = (await take(world, ticket))[ticket.key]
    assert outcome.fate is Fate.FIRED
    assert outcome.next_step_at == ticket.deadline_at
    assert outcome.late_s == pytest.approx(60, abs=10)
    assert await fate(world, ticket) is Fate.EARLY
    [record] = await world.records(ticket)
    assert (record["action"], record["reminder_minutes"]) == ("REMINDED", 15)
    assert (record["actor_kind"], record["actor_name"]) == ("SYSTEM", "system")
    [event] = await world.events(ticket.shop_id)
    assert (event["position"], event["record_id"]) == (1, record["id"])
    row = await world.ticket(ticket)
    assert (row["version"], row["status"], row["last_reminder_minutes"]) == (1, "AWAITING_REPLY", 15)
    assert await world.complaints(ticket) == []


@pytest.mark.rule("§1.4", "§3.4", "§10.1")
async def test_a_deadline_files_one_complaint(world: World) -> None:
    """Ticket, record, complaint and event together; a second look changes nothing."""
    ticket = data.awaiting(world.shop_ids[0], world.now - SECOND)
    await world.add(ticket)
    taken = await steps.take(world.database, [ticket.key], Rules())
    assert [outcome.fate for outcome in taken.outcomes] == [Fate.FIRED]
    assert taken.outcomes[0].next_step_at is None
    assert taken.positions == {ticket.shop_id: 1}
    [complaint] = await world.complaints(ticket)
    assert (complaint["status"], complaint["violation"], complaint["round"]) == ("FILED", "NO_PICKUP", 1)
    assert complaint["estimated_compensation"] == data.ESTIMATE
    [record] = await world.records(ticket)
    assert record["action"] == "ESCALATED"
    row = await world.ticket(ticket)
    assert (row["status"], row["outcome"], row["version"]) == ("ESCALATED", "COMPLAINT_FILED", 2)
    assert (row["next_step_at"], row["money_at_risk"]) == (None, 0)
    assert row["escalated_at"] >= ticket.deadline_at
    before = await world.everything()
    assert await fate(world, ticket) is Fate.GONE
    assert await world.everything() == before


@pytest.mark.rule("§3.5")
async def test_a_broken_promise_is_recorded(world: World) -> None:
    """The buyer may urge again: no complaint yet, and nothing more for the clock."""
    ticket = data.promised(world.shop_ids[0], world.now - SECOND)
    await world.add(ticket)
    outcome = (await take(world, ticket))[ticket.key]
    assert (outcome.fate, outcome.next_step_at) == (Fate.FIRED, None)
    row = await world.ticket(ticket)
    assert (row["status"], row["promise_broken_at"]) == ("REPLIED", ticket.promise_ends_at)
    assert [record["action"] for record in await world.records(ticket)] == ["PROMISE_BROKEN"]
    assert await world.complaints(ticket) == []


@pytest.mark.rule("§3.7")
async def test_a_promise_broken_in_the_last_round_escalates_at_once(world: World) -> None:
    """Both records in one transaction, one complaint."""
    ticket = data.promised(world.shop_ids[0], world.now - SECOND, round_=DEFAULT.max_rounds)
    await world.add(ticket)
    assert await fate(world, ticket) is Fate.FIRED
    assert [record["action"] for record in await world.records(ticket)] == ["PROMISE_BROKEN", "ESCALATED"]
    [complaint] = await world.complaints(ticket)
    assert complaint["round"] == DEFAULT.max_rounds
    assert [event["position"] for event in await world.events(ticket.shop_id)] == [1, 2]


@pytest.mark.rule("§5.15", "§5.16")
async def test_nothing_happens_early(world: World) -> None:
    """PostgreSQL's clock decides, whoever thinks that it is time."""
    ticket = data.awaiting(world.shop_ids[0], world.now + MINUTE)
    await world.add(ticket)
    before = await world.everything()
    outcome = (await take(world, ticket))[ticket.key]
    assert (outcome.fate, outcome.next_step_at) == (Fate.EARLY, ticket.deadline_at)
    assert await world.everything() == before


async def test_a_ticket_whose_order_is_locked_is_left_for_later(world: World) -> None:
    """Without waiting, and without holding up the rest of the batch."""
    locked, free = (data.awaiting(world.shop_ids[0], world.now - SECOND) for _ in range(2))
    await world.add(locked, free)
    async with world.database.transaction() as connection:
        await orders.lock(connection, locked.shop_id, [locked.order_id])
        outcomes = await asyncio.wait_for(take(world, locked, free), timeout=5)
        assert (outcomes[locked.key].fate, outcomes[free.key].fate) == (Fate.HELD, Fate.FIRED)
        assert await world.complaints(locked) == []
    assert await fate(world, locked) is Fate.FIRED
    assert len(await world.complaints(locked)) == 1


@pytest.mark.rule("§5.13")
async def test_what_a_mutation_committed_meanwhile_is_seen(world: World) -> None:
    """The ticket is read after its order was locked: handled in time, no complaint."""
    ticket = data.awaiting(world.shop_ids[0], world.now - SECOND)
    await world.add(ticket)
    await world.rows(
        "UPDATE ticket SET status = 'COMPLETED', outcome = 'PICKED_UP', completed_at = now(),"
        " next_step_at = NULL, deadline_at = NULL, money_at_risk = 0, version = 2 WHERE id = $1",
        ticket.id,
    )
    assert await fate(world, ticket) is Fate.GONE
    assert await world.complaints(ticket) == []


@pytest.mark.rule("§10.1")
async def test_doubled_batches_file_each_complaint_once(world: World) -> None:
    """Eight at once over the same 60 tickets of three shops; positions without gaps or doubles."""
    tickets = [data.awaiting(shop_id, world.now - SECOND) for shop_id in world.shop_ids for _ in range(20)]
    await world.add(*tickets)
    await asyncio.gather(*(take(world, *tickets) for _ in range(8)))
    await take(world, *tickets)
    for ticket in tickets:
        assert len(await world.complaints(ticket)) == 1
    for shop_id in world.shop_ids:
        assert [event["position"] for event in await world.events(shop_id)] == list(range(1, 21))


@pytest.mark.rule("§10.1")
async def test_the_database_refuses_a_second_complaint_of_a_round(world: World) -> None:
    """Whatever a bug upstairs does."""
    ticket = data.awaiting(world.shop_ids[0], world.now - SECOND)
    await world.add(ticket)
    await take(world, ticket)
    with pytest.raises(asyncpg.UniqueViolationError, match="uq_complaint_shop_id_ticket_id_round"):
        await world.rows(
            "INSERT INTO complaint (shop_id, id, ticket_id, round, status, violation, filed_at,"
            " estimated_compensation) SELECT shop_id, gen_random_uuid(), ticket_id, round, status,"
            " violation, filed_at, estimated_compensation FROM complaint"
        )


async def test_one_ticket_that_cannot_be_written_stops_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The batch is halved until it stands alone; it is logged and nothing of it is written."""
    tickets = [data.awaiting(world.shop_ids[0], world.now - SECOND) for _ in range(9)]
    await world.add(*tickets)
    poison = tickets[4]
    await take(world, poison)
    await world.rows(
        "UPDATE ticket SET status = 'AWAITING_REPLY', outcome = NULL, escalated_at = NULL,"
        " next_step_at = deadline_at WHERE id = $1",
        poison.id,
    )
    outcomes = await take(world, *tickets)
    assert outcomes.pop(poison.key).fate is Fate.FAILED
    assert {outcome.fate for outcome in outcomes.values()} == {Fate.FIRED}
    assert (await world.ticket(poison))["status"] == "AWAITING_REPLY"
    assert str(poison.id) in caplog.text


async def test_a_step_that_the_policy_no_longer_has_is_corrected(world: World) -> None:
    """Stored under other reminders: the next real step is stored, nothing else happens."""
    ticket = data.awaiting(world.shop_ids[0], world.now + MINUTE)
    await world.add(replace(ticket, next_step_at=world.now - SECOND))
    outcome = (await take(world, ticket))[ticket.key]
    assert (outcome.fate, outcome.next_step_at) == (Fate.EARLY, ticket.deadline_at)
    assert (await world.ticket(ticket))["next_step_at"] == ticket.deadline_at
    assert await world.records(ticket) == []


async def test_a_ticket_that_does_not_exist_is_gone(world: World) -> None:
    """As after a restored backup; alone in its batch or not."""
    ghost = data.awaiting(world.shop_ids[0], world.now - SECOND)
    real = data.awaiting(world.shop_ids[0], world.now - SECOND)
    assert await fate(world, ghost) is Fate.GONE
    await world.add(real)
    outcomes = await take(world, ghost, real)
    assert (outcomes[ghost.key].fate, outcomes[real.key].fate) == (Fate.GONE, Fate.FIRED)


async def test_a_database_that_is_not_ready_is_no_tickets_fault(world: World) -> None:
    """Not migrated: the batch is not halved, nobody is blamed."""
    ticket = data.awaiting(world.shop_ids[0], world.now - SECOND)
    await world.add(ticket)
    await world.rows("ALTER TABLE event RENAME TO event_gone")
    with pytest.raises(steps.UNREADY):
        await take(world, ticket)
