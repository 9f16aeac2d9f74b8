"""`cli.py deadlines`: what it says of the index and of a ticket, on one Redis and on a Cluster."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from db.rules import Rules
from domain import ids
from domain.ids import IdKind
from domain.ticket import Ticket
from escalation import index, steps
from escalation.index import DeadlineIndex, Entry
from escalation.roster import Roster
from live.nodes import Client
from running import deadlines
from running.errors import StartError
from settings import Settings
from tests.escalation.conftest import World, ready
from tests.test_cli import run
from tests.trials import data


@pytest.fixture
def settings(database_url: str, any_redis_url: str) -> Settings:
    """What a command would find."""
    return Settings(database_url=database_url, redis_url=any_redis_url)


@pytest.fixture
async def client(any_redis_url: str) -> AsyncIterator[Client]:
    """The index's own client."""
    made = index.connect(any_redis_url)
    await ready(made)
    yield made
    await made.aclose()


def entry(ticket: Ticket, later_s: float = 0) -> Entry:
    """What a mutation puts; `later_s`: wrongly so much later."""
    assert ticket.next_step_at is not None
    return Entry(ticket.shop_id, ticket.id, ticket.next_step_at + timedelta(seconds=later_s))


def public(ticket: Ticket) -> str:
    return ids.encode(IdKind.TICKET, ticket.id)


async def test_the_overview_counts_and_names(world: World, settings: Settings, client: Client) -> None:
    """Tickets in both servers, the oldest, workers that work and that fell silent, slots with their node."""
    tickets = [data.awaiting(world.shop_ids[0], world.now + timedelta(hours=n)) for n in (-1, 1, 2)]
    await world.add(*tickets)
    deadlines_ = DeadlineIndex(client)
    await deadlines_.put([entry(each) for each in tickets[:2]])
    now_ms = index.epoch_ms(world.now)
    working, silent = Roster(client), Roster(client)
    working.name, silent.name = "here/1", "there/2"
    await silent.announce(now_ms - 60_000)
    await working.announce(now_ms)
    lines = await deadlines.overview(settings)
    assert lines[0].startswith("PostgreSQL: 3 tickets have a next step, the first 1 h 0 min ago (")
    assert ": 2 wait, the first 1 h 0 min ago (" in lines[1]
    assert lines[2] == "  64 of 64 slots were not filled yet, or were emptied: a worker fills them"
    assert lines[3] == "Workers: 2"
    assert lines[4].startswith("  here/1 works, heard of ")
    assert lines[5].startswith("  there/2 is silent, heard of 6")
    slot = f"Slot {index.slot_of(world.shop_ids[0]):02d}"
    assert lines[6].startswith(slot)
    assert (" on 127.0.0.1:" in lines[6]) == ("a Cluster" in lines[1])
    assert lines[7:] == ["The other 63 slots are empty"]


async def test_a_ticket_is_explained(world: World, settings: Settings, client: Client) -> None:
    """Waiting in time, missing, too late, too early, claimed, and one whose clock has nothing to do."""
    shop_id = world.shop_ids[0]
    waiting, missing, late, early = (
        data.awaiting(shop_id, world.now + timedelta(minutes=n)) for n in (10, 11, 12, 13)
    )
    claimed = data.promised(shop_id, world.now - timedelta(seconds=1))
    await world.add(waiting, missing, late, early, claimed)
    deadlines_ = DeadlineIndex(client)
    await deadlines_.put([entry(waiting), entry(late, 60), entry(early, -240), entry(claimed)])
    await deadlines_.claim(index.epoch_ms(world.now), limit=100, lease_ms=60_000)

    async def said(ticket: Ticket) -> str:
        return "\n".join(await deadlines.explained(settings, public(ticket)))

    assert "next is its deadline, in 9 min" in await said(waiting)
    assert "it waits, due in 9 min" in await said(waiting)
    assert "1 of the slot come before it" in await said(waiting)
    assert len((await said(waiting)).splitlines()) == 2
    assert "it is not there: the sweep enters it 2 s before" in await said(missing)
    assert "that is too late: the sweep enters it 2 s before" in await said(late)
    assert "that is too early: it costs one look" in await said(early)
    assert re.search(r"next is the end of its promise, \d+\.\d s ago", await said(claimed))
    assert re.search(r"a worker has claimed it, its lease ends in \d\d\.\d s", await said(claimed))
    filed = data.awaiting(shop_id, world.now - timedelta(seconds=1))
    await world.add(filed)
    await steps.take(world.database, [(filed.shop_id, filed.id)], Rules())
    assert "is ESCALATED; its clock has nothing to do" in await said(filed)
    assert "it is not there, as it should be" in await said(filed)
    await deadlines_.put([entry(filed)])
    assert "it should not be there" in await said(filed)


async def test_what_is_no_ticket_is_refused(world: World, settings: Settings) -> None:
    """Not an ID, another kind's, one that nobody has."""
    for wrong in ("17", ids.encode(IdKind.SHOP, world.shop_ids[0]), "tkt_" + "0" * 32):
        with pytest.raises(StartError, match="no ticket"):
            await deadlines.explained(settings, wrong)


async def test_it_says_so_when_redis_is_away(world: World, settings: Settings) -> None:
    """And still what PostgreSQL knows."""
    ticket = data.awaiting(world.shop_ids[0], world.now + timedelta(hours=1))
    await world.add(ticket)
    away = Settings(database_url=settings.database_url, redis_url="redis+cluster://127.0.0.1:1")
    lines = await deadlines.overview(away)
    assert lines[0].startswith("PostgreSQL: 1 tickets")
    assert lines[1].startswith("Redis (a Cluster) does not answer as a whole: ")
    assert "does not answer" in (await deadlines.explained(away, public(ticket)))[1]


@pytest.mark.parametrize("any_redis_url", ["one"], indirect=True)
async def test_the_command_prints_it(
    world: World, database_url: str, any_redis_url: str, tmp_path: Path
) -> None:
    """As a person uses it: the overview, a ticket, one that is none."""
    ticket = data.awaiting(world.shop_ids[0], world.now + timedelta(hours=1))
    await world.add(ticket)
    installation = {
        "LANSHOU_DATABASE_URL": database_url,
        "LANSHOU_REDIS_URL": any_redis_url,
        "LANSHOU_DATA": str(tmp_path / "data"),
    }
    done = await asyncio.to_thread(run, "deadlines", **installation)
    assert done.returncode == 0
    assert "Workers: none; what is due waits until one starts" in done.stdout
    assert done.stdout.endswith("All 64 slots are empty\n")
    done = await asyncio.to_thread(run, "deadlines", "--ticket", public(ticket), **installation)
    assert done.returncode == 0
    assert "AWAITING_REPLY; next is its deadline, in 59 min" in done.stdout
    done = await asyncio.to_thread(run, "deadlines", "--ticket", "17", **installation)
    assert (done.returncode, done.stdout) == (1, "")
    assert "'17' is no ticket's ID" in done.stderr
