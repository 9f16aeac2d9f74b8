"""Policies whole: another version, whom it concerns, and what is refused (`domain.md §3-§10`)."""

import asyncio
from typing import Any

import orjson
import pytest

from db import policies as shipped
from db.rules import LOOK_EVERY_S, Rules
from domain.errors import Forbidden, IdempotencyConflict, InvalidInput
from domain.shop import Market
from resolvers import policies, rule_commands
from tests.resolvers.test_exemptions import retime
from tests.resolvers.test_exemptions import save as save_exemption
from tests.resolvers.world import DAY, HOUR, World, now, problems


def document(**changes: Any) -> str:
    """The shipped policy with these changes."""
    known: dict[str, Any] = orjson.loads(shipped.shipped(Market.GENERIC).document)
    return orjson.dumps({**known, **changes}).decode()


async def save(world: World, **given: Any) -> int:
    """Save a version for the shop's market; its number."""
    command = rule_commands.SavePolicy(**{"market": Market.GENERIC, "document": document(), **given})
    return (await policies.save(world.platform, command)).version


async def test_a_new_version_is_for_new_tickets_only(world: World) -> None:
    _, old = await world.urged()
    assert await save(world, document=document(replyWindowHours=48, maxRounds=1)) == 2
    assert await retime(world) == 0
    _, new = await world.urged()
    before, after = await world.ticket(old), await world.ticket(new)
    assert (before["policy_version"], before["deadline_at"] - before["opened_at"]) == (1, DAY)
    assert (after["policy_version"], after["deadline_at"] - after["opened_at"]) == (2, 2 * DAY)
    assert await world.actions(old) == ["OPENED"]


async def test_each_ticket_goes_on_by_its_own_version(world: World) -> None:
    """A promise broken in the last round is filed at once: which round is the last, each version says."""
    _, old = await world.urged()
    await save(world, document=document(maxRounds=1))
    _, new = await world.urged()
    for ticket_id in (old, new):
        await world.reply(ticket_id)
        await world.run_out(ticket_id)
        await world.work(ticket_id)
    assert (await world.ticket(old))["status"] == "REPLIED"
    assert (await world.ticket(new))["status"] == "ESCALATED"


async def test_with_retime_open_tickets_of_the_market_are_put_under_it(world: World) -> None:
    _, ticket_id = await world.urged()
    opened = await world.ticket(ticket_id)
    await save(world, market=Market.TMALL, document=document(replyWindowHours=72), retime=True)
    assert await retime(world) == 0
    await save(world, document=document(replyWindowHours=48), retime=True)
    assert await retime(world) == 1
    row = await world.ticket(ticket_id)
    assert (row["policy_version"], row["deadline_at"]) == (2, opened["opened_at"] + 2 * DAY)
    assert await world.actions(ticket_id) == ["OPENED", "DEADLINE_MOVED"]
    await save(world, document=document(replyWindowHours=1), retime=True)
    assert await retime(world) == 1
    row = await world.ticket(ticket_id)
    assert (row["policy_version"], row["deadline_at"]) == (3, opened["opened_at"] + 2 * DAY)
    assert await world.actions(ticket_id) == ["OPENED", "DEADLINE_MOVED"]


@pytest.mark.parametrize("exemption_first", [True, False])
async def test_an_exemption_changed_at_the_same_time_keeps_no_ticket_from_the_new_version(
    world: World, *, exemption_first: bool
) -> None:
    """Both are there before a worker comes; what it does for one must not make it pass over the other."""
    _, ticket_id = await world.urged()
    if exemption_first:
        await save_exemption(world)
    await save(world, document=document(replyWindowHours=48), retime=True)
    if not exemption_first:
        await save_exemption(world)
    await retime(world)
    row = await world.ticket(ticket_id)
    assert row["policy_version"] == 2
    assert row["deadline_at"] > row["opened_at"] + 6 * DAY
    assert await world.actions(ticket_id) == ["OPENED", "DEADLINE_MOVED"]


async def test_a_version_is_in_force_from_its_time_on(world: World) -> None:
    assert await save(world, document=document(maxRounds=7), active_from=now() + HOUR) == 2
    found = await policies.find(world.staff, Market.GENERIC, None)
    later = await policies.find(world.staff, Market.GENERIC, 2)
    assert found is not None
    assert later is not None
    assert (found.policy.version, later.policy.max_rounds) == (1, 7)
    assert await policies.find(world.staff, Market.GENERIC, 3) is None
    assert await policies.find(world.staff, Market.TMALL, 2) is None


@pytest.mark.rule("§6.1")
async def test_replies_are_those_of_the_tickets_version(world: World) -> None:
    schemes = orjson.loads(document())["replySchemes"]
    own = {
        **schemes[2],
        "code": "OWN_WAY",
        "longestPromiseHours": 5,
        "kinds": ["URGE_PICKUP", "URGE_SHIPMENT"],
    }
    _, old = await world.urged()
    await save(world, document=document(replySchemes=[own]))
    _, new = await world.urged()
    assert problems(await world.refused(InvalidInput, world.reply(old, "OWN_WAY"))) == {
        ("UNKNOWN_SCHEME", "input.scheme")
    }
    await world.refused(InvalidInput, world.reply(new, "COURIER_URGED"))
    await world.reply(new, "OWN_WAY")
    row = await world.ticket(new)
    assert row["promise_ends_at"] - row["replied_at"] == 5 * HOUR
    offered = await policies.of_shop(world.staff, world.shop_id)
    assert offered is not None
    assert [scheme.code for scheme in offered[0].reply_schemes] == ["OWN_WAY"]
    assert await policies.of_shop(world.stranger, world.shop_id) is None


async def test_another_process_knows_within_a_second(world: World) -> None:
    elsewhere = Rules()
    following = asyncio.create_task(elsewhere.follow(world.database))
    await asyncio.sleep(0.1)
    await save(world, document=document(maxRounds=9))
    await asyncio.sleep(2 * LOOK_EVERY_S)
    assert elsewhere.book.current(Market.GENERIC, now()).max_rounds == 9
    following.cancel()


BAD: list[tuple[str, set[tuple[str, str]]]] = [
    ("{", {("NOT_JSON", "input.document")}),
    ("[]", {("TYPE", "input.document")}),
    ('"\\ud800"', {("NOT_JSON", "input.document")}),
    (document(maxRounds=0), {("MINIMUM", "input.document.maxRounds")}),
    (document(maxRounds=True), {("TYPE", "input.document.maxRounds")}),
    (document(unknown=1), {("ADDITIONALPROPERTIES", "input.document")}),
    (document(reminderMinutes=[5, 5]), {("UNIQUEITEMS", "input.document.reminderMinutes")}),
    (document(replySchemes=[]), {("MINITEMS", "input.document.replySchemes")}),
    (
        document(replyWindowHours=0, pickupWindowHours="x"),
        {("MINIMUM", "input.document.replyWindowHours"), ("TYPE", "input.document.pickupWindowHours")},
    ),
    (" " * 100_001, {("TOO_LONG", "input.document")}),
]


@pytest.mark.parametrize(("text", "faults"), BAD)
async def test_a_faulty_document_is_refused_with_every_fault(
    world: World, text: str, faults: set[tuple[str, str]]
) -> None:
    assert problems(await world.refused(InvalidInput, save(world, document=text))) == faults


@pytest.mark.parametrize("end", ["\n", " ", "\x00"])
@pytest.mark.parametrize("field", ["code", "labelZh"])
async def test_a_scheme_has_no_line_break_nor_zero_character(world: World, field: str, end: str) -> None:
    schemes = orjson.loads(document())["replySchemes"]
    schemes[0][field] += end
    if (field, end) == ("labelZh", " "):
        assert await save(world, document=document(replySchemes=schemes)) == 2
    else:
        await world.refused(InvalidInput, save(world, document=document(replySchemes=schemes)))


async def test_times_that_cannot_be_are_refused(world: World) -> None:
    early = await world.refused(InvalidInput, save(world, active_from=now() - HOUR))
    assert problems(early) == {("IN_THE_PAST", "input.activeFrom")}
    late = await world.refused(InvalidInput, save(world, active_from=now() + HOUR, retime=True))
    assert problems(late) == {("IN_THE_FUTURE", "input.activeFrom")}


@pytest.mark.rule("§12.6")
async def test_only_the_platform_may_and_a_key_makes_it_once(world: World) -> None:
    command = rule_commands.SavePolicy(market=Market.GENERIC, document=document())
    for viewer in (world.owner, world.integration, world.buyer):
        await world.refused(Forbidden, policies.save(viewer, command))
    assert await save(world, idempotency_key="k") == 2
    assert await save(world, idempotency_key="k") == 2
    await world.refused(IdempotencyConflict, save(world, idempotency_key="k", document=document(maxRounds=4)))
    assert await world.count("policy") == 1


async def test_many_saved_at_once_get_numbers_of_their_own(world: World) -> None:
    numbers = await asyncio.gather(*(save(world) for _ in range(6)))
    assert sorted(numbers) == [2, 3, 4, 5, 6, 7]
