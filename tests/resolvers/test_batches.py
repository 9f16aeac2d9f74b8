"""Many tickets in one call: good ones land, each other one says why; one transaction a shop (§13)."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain import ids
from domain.access import Viewer
from domain.errors import Forbidden, IdempotencyConflict, IllegalTransition, InvalidInput, NotFound
from domain.events import ActorKind
from domain.ids import IdKind
from resolvers import commands, team, templates
from resolvers.batches import MOST_TICKETS
from resolvers.context import Context
from tests.resolvers.world import DAY, HOUR, World, now, problems, uuid_of

ABSENT = "tkt_" + "0" * 32


async def reply(
    world: World,
    ticket_ids: list[str],
    scheme: str = "COURIER_URGED",
    who: Context | None = None,
    **more: Any,
) -> commands.TicketsChanged:
    """Amy replies to many."""
    command = commands.ReplyToTickets(ticket_ids=tuple(ticket_ids), scheme=scheme, **more)
    return await team.reply(who or world.staff, command)


def elsewhere(world: World) -> World:
    """The other shop's world."""
    return replace(world, shop=world.other_shop, other_shop=world.shop)


def both(world: World) -> Context:
    """Somebody who works in both shops."""
    return world.as_(ActorKind.STAFF, "amy", [world.shop, world.other_shop])


def outcomes(done: commands.TicketsChanged) -> list[Any]:
    """Position, or the class of the refusal, of each row."""
    assert [row.index for row in done.rows] == list(range(len(done.rows)))
    return [row.position if row.error is None else type(row.error) for row in done.rows]


@pytest.mark.rule("§13.2")
async def test_good_ones_land_and_each_other_one_says_why(world: World) -> None:
    first, second = [(await world.urged())[1] for _ in range(2)]
    _, answered = await world.urged()
    await world.reply(answered)
    head = await world.database.pool.fetchval("SELECT head FROM shop_stream WHERE shop_id = $1", world.shop)
    done = await reply(world, [second, ABSENT, answered, first, second, "?"], note="已催")
    assert outcomes(done)[1:3] == [NotFound, IllegalTransition]
    assert outcomes(done)[4:] == [InvalidInput, NotFound]
    assert {done.rows[0].position, done.rows[3].position} == {head + 1, head + 2}
    assert [row.ticket_id for row in done.rows] == [second, ABSENT, answered, first, second, "?"]
    assert problems(done.rows[4].error) == {("DUPLICATE", "input.ticketIds.4")}
    for ticket_id in (first, second):
        ticket = await world.ticket(ticket_id)
        assert (ticket["status"], ticket["version"]) == ("REPLIED", 2)
        assert await world.actions(ticket_id) == ["OPENED", "REPLIED"]
    assert await world.actions(answered) == ["OPENED", "REPLIED"]
    scheduled = await world.scheduled()
    for ticket_id in (first, second):
        ends_at = (await world.ticket(ticket_id))["promise_ends_at"]
        assert scheduled[uuid_of(ticket_id).hex] == ends_at.timestamp() * 1000
    assert await world.count("consumer_card") == 3


async def test_each_shop_is_a_transaction_and_the_rows_keep_their_order(world: World) -> None:
    other = elsewhere(world)
    here, there = [[(await each.urged())[1] for _ in range(3)] for each in (world, other)]
    mixed = [ticket_id for pair in zip(here, there, strict=True) for ticket_id in pair]
    done = await reply(world, mixed, who=both(world), idempotency_key="k")
    assert sorted(outcomes(done)) == [4, 4, 5, 5, 6, 6]
    assert [row.shop_id for row in done.rows] == [world.shop_id, world.other_shop_id] * 3
    assert await world.count("idempotency_key") == 2
    names = await world.fetch("SELECT DISTINCT actor_name FROM follow_up_record WHERE action = 'REPLIED'")
    # Amy has a name in the first shop only.
    assert {row["actor_name"] for row in names} == {"Amy", "amy"}


async def test_foreign_and_absent_rows_are_the_same(world: World) -> None:
    _, mine = await world.urged()
    _, theirs = await elsewhere(world).urged()
    done = await reply(world, [theirs, mine])
    absent = await reply(world, [ABSENT])
    foreign = done.rows[0]
    assert outcomes(done) == [NotFound, 2]
    for row in (foreign, absent.rows[0]):
        assert isinstance(row.error, NotFound)
        assert (row.error.message, row.error.path, row.shop_id, row.position) == (
            "There is no such ticket.",
            ("input", "ticketIds", "0"),
            None,
            None,
        )
    assert await world.actions(theirs) == ["OPENED"]
    stranger = await reply(world, [theirs, mine], who=world.stranger)
    assert outcomes(stranger) == [2, NotFound]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"scheme": "NONE"}, {("UNKNOWN_SCHEME", "input.scheme")}),
        ({"scheme": "CHANGE_WAYBILL"}, {("ONE_BY_ONE", "input.scheme")}),
        ({"scheme": "PROMISE_PICKUP"}, {("REQUIRED", "input.promisedPickupAt")}),
        ({"scheme": "SCAN_MISSING"}, {("REQUIRED", "input.proofUrls")}),
        ({"scheme": "OUT_OF_STOCK"}, {("REQUIRED", "input.note")}),
        ({"note": "x" * 2001}, {("TOO_LONG", "input.note")}),
        ({"promised_pickup_at": now() - DAY}, {("IN_THE_PAST", "input.promisedPickupAt")}),
        ({"promised_pickup_at": now() + 2 * DAY}, {("TOO_LATE", "input.promisedPickupAt")}),
        ({"proof_urls": ("http://a",)}, {("NOT_HTTPS", "input.proofUrls.0")}),
        ({"template_id": "tpl_" + "0" * 32}, {("NO_TEMPLATE", "input.templateId")}),
        ({"idempotency_key": " "}, {("BAD_KEY", "input.idempotencyKey")}),
    ],
)
async def test_what_no_ticket_could_take_refuses_the_whole_call(
    world: World, given: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    _, ticket_id = await world.urged()
    error = await world.refused(InvalidInput, reply(world, [ticket_id], **given))
    assert problems(error) == expected


async def test_too_many_tickets_or_the_wrong_role_refuse_the_whole_call(world: World) -> None:
    _, ticket_id = await world.urged()
    error = await world.refused(InvalidInput, reply(world, [ticket_id] * (MOST_TICKETS + 1)))
    assert problems(error) == {("TOO_MANY", "input.ticketIds")}
    for who in (world.buyer, world.integration):
        await world.refused(Forbidden, reply(world, [ticket_id], who=who))
    assert outcomes(await reply(world, [])) == []
    done = await reply(world, [ticket_id, *[ABSENT] * (MOST_TICKETS - 1)])
    assert Counter(outcomes(done)) == {2: 1, NotFound: MOST_TICKETS - 1}


async def test_rows_that_are_all_refused_change_nothing_and_leave_the_key(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.reply(ticket_id)
    before = await world.dump()
    done = await reply(world, [ticket_id, ticket_id, ABSENT], idempotency_key="k")
    assert outcomes(done) == [IllegalTransition, InvalidInput, NotFound]
    assert await world.dump() == before


async def test_a_ticket_past_its_deadline_is_escalated_and_its_row_refused(world: World) -> None:
    late, good = [(await world.urged())[1] for _ in range(2)]
    await world.run_out(late)
    done = await reply(world, [late, good], idempotency_key="k")
    assert isinstance(done.rows[0].error, IllegalTransition)
    assert done.rows[0].error.current_status == "ESCALATED"
    assert done.rows[1].error is None
    assert (await world.actions(late), await world.count("complaint")) == (["OPENED", "ESCALATED"], 1)
    again = await reply(world, [late, good], idempotency_key="k")
    assert isinstance(again.rows[0].error, IllegalTransition)
    first, second = done.rows[0].error, again.rows[0].error
    assert (first.message, first.ticket, first.current_status) == (
        second.message,
        second.ticket,
        second.current_status,
    )
    # Nothing else landed: what the clock did stays, the key is free.
    _, only = await world.urged()
    await world.run_out(only)
    assert outcomes(await reply(world, [only], idempotency_key="free")) == [IllegalTransition]
    assert await world.actions(only) == ["OPENED", "ESCALATED"]
    assert await world.count("idempotency_key") == 1


async def test_a_key_answers_again_in_every_shop_and_is_refused_whole_for_other_input(world: World) -> None:
    other = elsewhere(world)
    _, here = await world.urged()
    _, there = await other.urged()
    _, third = await other.urged()
    tickets = [here, ABSENT, there, here]
    first = await reply(world, tickets, who=both(world), idempotency_key="k")
    before = await world.dump()
    again = await reply(world, tickets, who=both(world), idempotency_key="k")
    assert await world.dump() == before
    assert outcomes(again) == outcomes(first)
    assert [row.position for row in again.rows] == [row.position for row in first.rows]
    # The key is new in no shop: nothing lands in the one where the ticket would be free.
    conflict = reply(world, [here, third], who=both(world), idempotency_key="k")
    await world.refused(IdempotencyConflict, conflict)
    assert await world.actions(third) == ["OPENED"]


async def test_a_key_answers_again_also_when_the_promised_time_has_passed(world: World) -> None:
    _, ticket_id = await world.urged()
    promised = now() + timedelta(milliseconds=400)
    given: dict[str, Any] = {"promised_pickup_at": promised, "idempotency_key": "k"}
    first = await reply(world, [ticket_id], "PROMISE_PICKUP", **given)
    assert outcomes(first) == [2]
    await asyncio.sleep((promised - now()).total_seconds() + 0.01)
    before = await world.dump()
    assert outcomes(await reply(world, [ticket_id], "PROMISE_PICKUP", **given)) == [2]
    assert await world.dump() == before
    await world.refused(
        IdempotencyConflict, reply(world, [ticket_id], "PROMISE_PICKUP", note="别的", **given)
    )
    await world.refused(
        InvalidInput, reply(world, [ticket_id], "PROMISE_PICKUP", **{**given, "idempotency_key": "new"})
    )


async def test_ten_sends_at_once_land_once(world: World) -> None:
    tickets = [(await each.urged())[1] for each in (world, elsewhere(world)) for _ in range(5)]
    sends = (reply(world, tickets, who=both(world), idempotency_key="k") for _ in range(10))
    done = await asyncio.gather(*sends)
    assert len({tuple(outcomes(each)) for each in done}) == 1
    assert await world.count("reply") == len(tickets)


async def test_two_batches_over_the_same_tickets_reply_to_each_once(world: World) -> None:
    """In opposite orders, over two shops, with single replies and the worker between."""
    before = await world.deadlocks()
    here, there = [[(await each.urged())[1] for _ in range(40)] for each in (world, elsewhere(world))]
    tickets = [*here, *there]
    who = both(world)
    done = await asyncio.gather(
        reply(world, tickets, who=who),
        reply(world, tickets[::-1], who=who),
        reply(world, tickets[::2], who=who),
        *(world.reply(ticket_id) for ticket_id in here[::5]),
        world.work(*tickets),
        return_exceptions=True,
    )
    batches = [each for each in done if isinstance(each, commands.TicketsChanged)]
    assert len(batches) == 3
    landed = [row for each in batches for row in each.rows if row.error is None]
    refused = [row.error for each in batches for row in each.rows if row.error is not None]
    assert {type(error) for error in refused} <= {IllegalTransition}
    alone = sum(isinstance(each, commands.TicketChanged) for each in done)
    assert len(landed) + alone == len(tickets)
    for ticket_id in tickets:
        assert await world.actions(ticket_id) == ["OPENED", "REPLIED"]
    assert await world.deadlocks() == before
    positions = [(row.shop_id, row.position) for row in landed]
    assert len(set(positions)) == len(positions)


@pytest.mark.rule("§6.6")
async def test_a_template_is_filled_in_for_each_ticket_of_its_shop(world: World) -> None:
    save = commands.SaveReplyTemplate(
        shop_id=world.shop_id, title="t", scheme_code="COURIER_URGED", body="{{buyer_nick}} {{order_number}}"
    )
    template = (await templates.save(world.owner, save)).id
    placed = [await world.urged(buyer_nick=nick) for nick in ("甲", "乙")]
    _, foreign = await elsewhere(world).urged()
    mixed = [*(ticket_id for _, ticket_id in placed), foreign]
    done = await reply(world, mixed, who=both(world), template_id=template)
    assert problems(done.rows[2].error) == {("NO_TEMPLATE", "input.templateId")}
    notes = {row["note"] for row in await world.fetch("SELECT note FROM reply")}
    assert notes == {f"甲 {placed[0][0].number}", f"乙 {placed[1][0].number}"}
    assert await world.actions(foreign) == ["OPENED"]
    wrong = reply(world, mixed, "OUT_OF_STOCK", who=both(world), template_id=template)
    assert problems(await world.refused(InvalidInput, wrong)) == {("OTHER_SCHEME", "input.templateId")}
    _, late = await world.urged()
    promise = replace(save, scheme_code="COURIER_URGED", body="{{promised_at}}")
    needs_time = (await templates.save(world.owner, promise)).id
    refused = await reply(world, [late], template_id=needs_time)
    assert problems(refused.rows[0].error) == {("NO_VALUE", "input.templateId")}
    assert outcomes(await reply(world, [late], template_id=needs_time, promised_pickup_at=now() + HOUR))


async def test_a_platform_viewer_replies_in_every_shop(world: World) -> None:
    tickets = [(await each.urged())[1] for each in (world, elsewhere(world))]
    root = Context(world.services, Viewer(ActorKind.PLATFORM, "root"))
    assert outcomes(await reply(world, tickets, who=root)) == [2, 2]
    assert ids.decode_as(IdKind.TICKET, tickets[0]) is not None
