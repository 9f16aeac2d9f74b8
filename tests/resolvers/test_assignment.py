"""Who works on a ticket: assigned, recorded, audited, counted (`domain.md §12, §13`)."""

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest

from domain import ids
from domain.errors import Forbidden, IdempotencyConflict, IllegalTransition, InvalidInput, NotFound
from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import commands, staff, team
from resolvers.batches import MOST_TICKETS
from resolvers.context import Context
from schema.build import schema
from schema.context import Asked
from tests.resolvers.test_batches import ABSENT, both, elsewhere, outcomes
from tests.resolvers.world import World, problems, uuid_of


async def member(world: World, subject: str, **given: Any) -> str:
    """A member of the world's shop; the public id."""
    command = commands.SaveStaffMember(shop_id=world.shop_id, subject=subject, **given)
    return (await staff.save(world.platform, command)).id


async def amy(world: World) -> str:
    """Amy's own membership."""
    [row] = await world.fetch(
        "SELECT id FROM staff_member WHERE subject = 'amy' AND shop_id = $1", world.shop
    )
    return ids.encode(IdKind.STAFF_MEMBER, row["id"])


async def assign(
    world: World, ticket_ids: list[str], who: Context | None = None, **more: Any
) -> commands.TicketsChanged:
    """Olga assigns."""
    command = commands.AssignTickets(ticket_ids=tuple(ticket_ids), **more)
    return await team.assign(who or world.owner, command)


@pytest.mark.rule("§13.4")
async def test_a_ticket_is_given_to_a_member_and_the_record_says_by_whom_to_whom(world: World) -> None:
    _, ticket_id = await world.urged()
    ben = await member(world, "ben")
    before = await world.ticket(ticket_id)
    done = await assign(world, [ticket_id], assignee_id=ben)
    assert outcomes(done) == [2]
    after = await world.ticket(ticket_id)
    assert after["assignee_id"] == uuid_of(ben)
    assert after["version"] == before["version"] + 1
    kept = ("status", "deadline_at", "next_step_at", "clock_started_at", "money_at_risk")
    assert all(after[name] == before[name] for name in kept)
    [record] = await world.fetch("SELECT * FROM follow_up_record WHERE action = 'ASSIGNED'")
    assert (record["actor_kind"], record["actor_subject"]) == ("STAFF", "olga")
    assert (record["assignee_before_id"], record["assignee_after_id"]) == (None, uuid_of(ben))
    [event] = await world.fetch("SELECT * FROM event WHERE action = 'ASSIGNED'")
    assert (event["record_id"], event["position"]) == (record["id"], 2)
    await assign(world, [ticket_id], who=world.staff, to_me=True)
    await assign(world, [ticket_id])
    changes = await world.fetch(
        "SELECT actor_subject, assignee_before_id AS before, assignee_after_id AS after"
        " FROM follow_up_record WHERE action = 'ASSIGNED' ORDER BY position"
    )
    me = uuid_of(await amy(world))
    assert [tuple(row.values()) for row in changes] == [
        ("olga", None, uuid_of(ben)),
        ("amy", uuid_of(ben), me),
        ("olga", me, None),
    ]
    assert (await world.ticket(ticket_id))["assignee_id"] is None


async def test_who_has_it_already_keeps_it_and_nothing_is_recorded(world: World) -> None:
    _, ticket_id = await world.urged()
    ben = await member(world, "ben")
    await assign(world, [ticket_id], assignee_id=ben)
    before = await world.dump()
    assert outcomes(await assign(world, [ticket_id], assignee_id=ben)) == [None]
    assert await world.dump() == before


async def test_only_active_members_of_the_tickets_own_shop_take_tickets(world: World) -> None:
    _, here = await world.urged()
    _, there = await elsewhere(world).urged()
    ben = await member(world, "ben")
    gone = await member(world, "gus", active=False)
    done = await assign(world, [there, here], who=both(world), assignee_id=ben)
    assert outcomes(done) == [InvalidInput, 2]
    assert problems(done.rows[0].error) == {("NOT_A_MEMBER", "input.assigneeId")}
    before = await world.dump()
    done = await assign(world, [here], assignee_id=gone)
    assert problems(done.rows[0].error) == {("NOT_A_MEMBER", "input.assigneeId")}
    done = await assign(world, [here, there], who=world.platform, to_me=True)
    assert [problems(row.error) for row in done.rows] == [{("NOT_A_MEMBER", "input.toMe")}] * 2
    # Amy's token reaches both shops; she is a member of one.
    done = await assign(world, [there], who=both(world), to_me=True)
    assert problems(done.rows[0].error) == {("NOT_A_MEMBER", "input.toMe")}
    assert await world.dump() == before


async def test_a_call_that_is_refused_whole_changes_nothing(world: World) -> None:
    _, ticket_id = await world.urged()
    ben = await member(world, "ben")
    theirs = await member(elsewhere(world), "zed")
    messages = set()
    for assignee_id in (theirs, "stf_" + "0" * 32, ticket_id, ""):
        error = await world.refused(NotFound, assign(world, [ticket_id], assignee_id=assignee_id))
        messages.add((error.message, error.path))
    assert messages == {("There is no such staff member.", ("input", "assigneeId"))}
    both_ways = assign(world, [ticket_id], assignee_id=ben, to_me=True)
    assert problems(await world.refused(InvalidInput, both_ways)) == {("NOT_TAKEN", "input.toMe")}
    many = assign(world, [ticket_id] * (MOST_TICKETS + 1), assignee_id=ben)
    assert problems(await world.refused(InvalidInput, many)) == {("TOO_MANY", "input.ticketIds")}
    for who in (world.buyer, world.integration):
        await world.refused(Forbidden, assign(world, [ticket_id], who=who, assignee_id=ben))


async def test_a_foreign_ticket_answers_like_an_absent_one(world: World) -> None:
    _, theirs = await elsewhere(world).urged()
    ben = await member(world, "ben")
    before = await world.dump()
    done = await assign(world, [theirs, ABSENT], assignee_id=ben)
    first, second = [row.error for row in done.rows]
    assert outcomes(done) == [NotFound, NotFound]
    assert str(first) == str(second)
    assert await world.dump() == before


async def test_a_ticket_that_holds_no_more_work_is_refused(world: World) -> None:
    order, completed = await world.urged()
    _, withdrawn = await world.urged()
    _, escalated = await world.urged()
    await world.refund(order)
    await world.withdraw(withdrawn)
    await world.run_out(escalated)
    await world.work(escalated)
    ben = await member(world, "ben")
    done = await assign(world, [completed, withdrawn, escalated], assignee_id=ben)
    assert outcomes(done)[:2] == [IllegalTransition, IllegalTransition]
    # Its complaint may still be answered.
    assert (await world.ticket(escalated))["assignee_id"] == uuid_of(ben)
    assert [(await world.ticket(each))["assignee_id"] for each in (completed, withdrawn)] == [None, None]


async def test_an_assignment_is_kept_by_what_happens_afterwards(world: World) -> None:
    order, ticket_id = await world.urged()
    await assign(world, [ticket_id], who=world.staff, to_me=True)
    await world.reply(ticket_id)
    await world.refund(order)
    assert (await world.ticket(ticket_id))["assignee_id"] == uuid_of(await amy(world))
    assert await world.actions(ticket_id) == ["OPENED", "ASSIGNED", "REPLIED", "REFUNDED"]


async def test_a_key_assigns_once(world: World) -> None:
    _, ticket_id = await world.urged()
    ben, cleo = await member(world, "ben"), await member(world, "cleo")
    first = await assign(world, [ticket_id], assignee_id=ben, idempotency_key="k")
    await assign(world, [ticket_id], assignee_id=cleo)
    before = await world.dump()
    again = await assign(world, [ticket_id], assignee_id=ben, idempotency_key="k")
    assert outcomes(again) == outcomes(first)
    assert await world.dump() == before
    other = assign(world, [ticket_id], assignee_id=cleo, idempotency_key="k")
    await world.refused(IdempotencyConflict, other)


async def test_a_member_is_not_given_tickets_while_being_deactivated(world: World) -> None:
    """One waits for the other: whoever is first, nobody inactive is given a ticket afterwards."""
    ben = await member(world, "ben")
    tickets = [(await world.urged())[1] for _ in range(10)]
    leave = commands.SaveStaffMember(shop_id=world.shop_id, id=ben, active=False)
    await asyncio.gather(
        *(assign(world, [ticket_id], assignee_id=ben) for ticket_id in tickets[:5]),
        staff.save(world.platform, leave),
        *(assign(world, [ticket_id], assignee_id=ben) for ticket_id in tickets[5:]),
    )
    done = await assign(world, tickets, assignee_id=ben)
    assert set(outcomes(done)) == {InvalidInput}


async def test_batches_that_assign_and_reply_at_once_keep_every_record(world: World) -> None:
    ben, cleo = await member(world, "ben"), await member(world, "cleo")
    tickets = [(await world.urged())[1] for _ in range(30)]
    before = await world.deadlocks()
    command = commands.ReplyToTickets(ticket_ids=tuple(tickets[::-1]), scheme="COURIER_URGED")
    await asyncio.gather(
        assign(world, tickets, assignee_id=ben),
        assign(world, tickets[::-1], assignee_id=cleo),
        team.reply(world.staff, command),
    )
    for ticket_id in tickets:
        assert sorted(await world.actions(ticket_id)) == ["ASSIGNED", "ASSIGNED", "OPENED", "REPLIED"]
        assert (await world.ticket(ticket_id))["version"] == 4
    assert await world.deadlocks() == before


QUEUE = """
query ($ben: ID!) {
  theirs: tickets(filter: {assigneeId: $ben, status: [AWAITING_REPLY, REPLIED, AWAITING_PICKUP]}) {
    totalCount
  }
  mine: tickets(filter: {assignedToMe: true}) { totalCount }
  nobodys: tickets(filter: {unassigned: true}) { totalCount }
  somebodys: tickets(filter: {unassigned: false}) { totalCount }
  notMine: tickets(filter: {assignedToMe: false}) { totalCount }
  node(id: $ben) { ... on StaffMember { openTicketCount } }
  queueCounts { unassigned }
}"""


async def test_counts_and_filters_agree_with_the_assignments(world: World) -> None:
    ben = await member(world, "ben")
    tickets = [(await world.urged())[1] for _ in range(6)]
    order, refunded = await world.urged()
    await assign(world, [*tickets[:3], refunded], assignee_id=ben)
    await assign(world, tickets[3:5], who=world.staff, to_me=True)
    await world.reply(tickets[0])
    await world.refund(order)

    async def seen(who: Context) -> dict[str, int]:
        asked = Asked(world.services, who.viewer)
        result = await schema.execute(QUEUE, variable_values={"ben": ben}, context_value=asked)
        assert not result.errors
        data = orjson.loads(orjson.dumps(result.data))
        found = {name: each["totalCount"] for name, each in data.items() if "totalCount" in each}
        (counts,) = data["queueCounts"]
        return {**found, "open": data["node"]["openTicketCount"], "counted": counts["unassigned"]}

    common = {"theirs": 3, "open": 3, "nobodys": 1, "counted": 1, "somebodys": 6}
    assert await seen(world.staff) == {**common, "mine": 2, "notMine": 5}
    as_ben = world.as_(ActorKind.STAFF, "ben", [world.shop])
    assert await seen(as_ben) == {**common, "mine": 4, "notMine": 3}
    await assign(world, tickets)
    after = await seen(as_ben)
    assert (after["theirs"], after["open"], after["nobodys"], after["mine"]) == (0, 0, 6, 1)
    gone = replace(world.staff, viewer=replace(world.staff.viewer, shop_ids=frozenset()))
    asked = Asked(world.services, gone.viewer)
    result = await schema.execute("{ queueCounts { unassigned } }", context_value=asked)
    assert orjson.loads(orjson.dumps(result.data)) == {"queueCounts": []}
