"""Exemptions whole: saved, deleted, and what they do to open tickets (`domain.md §5`)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain import ticket
from domain.errors import (
    Forbidden,
    IdempotencyConflict,
    IllegalTransition,
    InvalidInput,
    NotFound,
    UrgeRefused,
)
from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.shop import Market
from domain.urge import UrgeRefusal
from escalation import steps
from escalation.metrics import Metrics
from escalation.retiming import Retiming
from resolvers import exemptions, rule_commands
from schema.build import schema
from schema.context import Asked
from tests.resolvers.world import DAY, HOUR, MS, World, now, problems, uuid_of

WEEK = 7 * DAY


async def save(world: World, **given: Any) -> str:
    """An exemption around tomorrow, put off by a week; its public id."""
    days: dict[str, Any] = {
        "title": "春节放假",
        "starts_at": now() - HOUR,
        "ends_at": now() + 2 * DAY,
        "latest_at": now() + WEEK,
    }
    command = rule_commands.SaveExemption(**({} if "id" in given else days) | given)
    return (await exemptions.save(world.platform, command)).id


async def delete(world: World, public: str, **more: Any) -> str:
    return (await exemptions.delete(world.platform, rule_commands.DeleteExemption(id=public, **more))).id


async def retime(world: World) -> int:
    """What the worker does about changed rules; how many tickets it timed anew."""

    async def publish(positions: Mapping[UUID, int]) -> None:
        await world.services.hints.publish(dict(positions))

    services = world.services
    retiming = Retiming(world.database, services.rules, services.index, Metrics(), publish)
    return await retiming.work(lambda: False)


async def counts(world: World, public: str) -> tuple[int, int]:
    """(affected, retimed) of the exemption's last change."""
    [row] = await world.fetch(
        "SELECT affected_tickets, retimed_tickets FROM calendar_change WHERE exemption_id = $1"
        " ORDER BY revision DESC LIMIT 1",
        uuid_of(public),
    )
    return row["affected_tickets"], row["retimed_tickets"]


async def deadline(world: World, ticket_id: str) -> datetime:
    found: datetime = (await world.ticket(ticket_id))["deadline_at"]
    return found


@pytest.mark.rule("§5.8", "§5.10")
async def test_saving_one_moves_open_tickets_with_record_event_and_index_entry(world: World) -> None:
    _, moved = await world.urged()
    _, replied = await world.urged()
    await world.reply(replied)
    before = await world.ticket(moved)
    latest = now() + WEEK
    public = await save(world, latest_at=latest)
    assert await counts(world, public) == (1, 0)
    assert await retime(world) == 1
    assert await counts(world, public) == (1, 1)
    after = await world.ticket(moved)
    assert (after["deadline_at"], after["version"]) == (latest, before["version"] + 1)
    assert (after["calendar_revision"], after["moved_by"]) == (1, [uuid_of(public)])
    assert after["deadline_steps"] == [before["deadline_at"], latest]
    assert await world.actions(moved) == ["OPENED", "DEADLINE_MOVED"]
    assert await world.actions(replied) == ["OPENED", "REPLIED"]
    [event] = await world.fetch("SELECT * FROM event WHERE action = 'DEADLINE_MOVED'")
    assert event["ticket_id"] == uuid_of(moved)
    first_reminder = (latest - 12 * HOUR).timestamp() * 1000
    assert (await world.scheduled())[uuid_of(moved).hex] == pytest.approx(first_reminder, abs=1)
    assert await retime(world) == 0


@pytest.mark.rule("§5.4")
@pytest.mark.parametrize(
    ("given", "moves"),
    [
        ({"market": Market.GENERIC}, True),
        ({"market": Market.TMALL}, False),
        ({"region": "3301", "end": ExemptionEnd.ORIGIN}, True),
        ({"region": "3301", "end": ExemptionEnd.DESTINATION}, False),
        ({"region": "44", "end": ExemptionEnd.EITHER}, True),
        ({"region": "51"}, False),
        ({"basis": ExemptionBasis.PAID_AT, "starts_at": now() - 5 * DAY}, True),
        ({"basis": ExemptionBasis.PAID_AT}, False),
        ({"basis": ExemptionBasis.SHIP_BY, "starts_at": now() - 30 * HOUR}, True),
        ({"basis": ExemptionBasis.SHIP_BY, "ends_at": now() - HOUR / 2}, False),
        ({"latest_at": now() + HOUR}, False),
    ],
)
async def test_only_what_it_matches_is_counted_and_moved(
    world: World, given: dict[str, Any], *, moves: bool
) -> None:
    """SQL finds what concerns a ticket, the domain moves it: the two agree."""
    _, ticket_id = await world.urged(origin_region="330106", destination_region="440305")
    before = await deadline(world, ticket_id)
    public = await save(world, **given)
    assert await counts(world, public) == (int(moves), 0)
    assert await retime(world) == int(moves)
    assert (await deadline(world, ticket_id) != before) is moves


async def test_a_ticket_opens_and_reopens_with_the_exemptions_in_force(world: World) -> None:
    latest = now() + WEEK
    await save(world, latest_at=latest)
    order, ticket_id = await world.urged()
    row = await world.ticket(ticket_id)
    assert (row["deadline_at"], row["calendar_revision"]) == (latest, 1)
    await world.reply(ticket_id)
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    again = await world.urge(order)
    assert again.ticket_id == ticket_id
    assert await deadline(world, ticket_id) == latest


@pytest.mark.rule("§5.7")
async def test_deleting_one_takes_back_what_it_moved(world: World) -> None:
    _, ticket_id = await world.urged()
    before = await deadline(world, ticket_id)
    public = await save(world)
    await retime(world)
    assert await delete(world, public) == public
    assert await counts(world, public) == (1, 0)
    assert await retime(world) == 1
    row = await world.ticket(ticket_id)
    assert (row["deadline_at"], row["deadline_steps"], row["moved_by"]) == (before, [], [])
    assert await world.actions(ticket_id) == ["OPENED", "DEADLINE_MOVED", "DEADLINE_MOVED"]


async def test_changing_one_moves_what_it_matched_and_what_it_matches_now(world: World) -> None:
    _, ours = await world.urged(origin_region="33")
    _, theirs = await world.urged(origin_region="44")
    base, latest = await deadline(world, ours), now() + WEEK
    public = await save(world, region="33", latest_at=latest)
    await retime(world)
    assert (await deadline(world, ours), await deadline(world, theirs) < latest) == (latest, True)
    assert await save(world, id=public, region="44") == public
    assert await counts(world, public) == (2, 0)
    await retime(world)
    assert (await deadline(world, ours), await deadline(world, theirs)) == (base, latest)
    await save(world, id=public, cleared=("region",))
    await retime(world)
    assert await deadline(world, ours) == latest


@pytest.mark.rule("§5.9")
async def test_whoever_is_about_to_file_times_the_ticket_anew_first(world: World) -> None:
    """The worker has not come to re-time it when its old deadline passes."""
    _, ticket_id = await world.urged()
    ended = await world.run_out(ticket_id, MS)
    latest = now() + WEEK
    await save(world, starts_at=ended - HOUR, latest_at=latest)
    await world.work(ticket_id)
    assert await deadline(world, ticket_id) == latest
    assert await world.actions(ticket_id) == ["OPENED", "DEADLINE_MOVED"]
    assert await world.count("complaint") == 0


@pytest.mark.rule("§5.9")
async def test_a_worker_that_ignores_the_revision_files_what_it_should_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The known-bad control of the test above."""

    def careless(each: Any, at: datetime, policy: Any, _: Any) -> Any:
        found = ticket.elapse(each.ticket, at, policy)
        return ticket.Change(each.ticket, ()) if found is None else found

    monkeypatch.setattr(steps, "due_now", careless)
    with pytest.raises(AssertionError):
        await test_whoever_is_about_to_file_times_the_ticket_anew_first(world)
    assert await world.count("complaint") == 1


@pytest.mark.rule("§5.9")
async def test_a_late_reply_is_taken_when_an_exemption_has_moved_the_deadline(world: World) -> None:
    _, ticket_id = await world.urged()
    ended = await world.run_out(ticket_id, MS)
    await save(world, starts_at=ended - HOUR)
    version = (await world.ticket(ticket_id))["version"]
    await world.reply(ticket_id, expected_version=version)
    assert await world.actions(ticket_id) == ["OPENED", "DEADLINE_MOVED", "REPLIED"]


@pytest.mark.parametrize(("region", "refusal"), [(None, "TICKET_OPEN"), ("51", "COMPLAINT_FILED")])
async def test_the_buyer_is_told_by_the_exemptions_of_today(
    world: World, region: str | None, refusal: str
) -> None:
    """As long as nobody has been there, what is shown is what urging now would say."""
    order, ticket_id = await world.urged()
    await world.run_out(ticket_id, MS)
    await save(world, region=region)
    async with world.database.pool.acquire() as connection:
        await world.services.rules.now(connection)
    document = f'{{ order(id: "{order.id}") {{ urgeDecision {{ pickup {{ refusal }} }} }} }}'
    context = Asked(world.services, world.buyer.viewer)
    result = await schema.execute(document, context_value=context)
    shown = orjson.loads(orjson.dumps(result.data))["order"]["urgeDecision"]["pickup"]["refusal"]
    with pytest.raises(UrgeRefused) as refused:
        await world.urge(order)
    assert shown == refused.value.refusal == refusal


async def test_a_late_reply_is_refused_when_none_has(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.run_out(ticket_id, MS)
    await save(world, region="51")
    with pytest.raises(IllegalTransition):
        await world.reply(ticket_id)
    assert (await world.ticket(ticket_id))["status"] == "ESCALATED"


@pytest.mark.rule("§4.13")
async def test_the_shipping_limit_is_moved_too(world: World) -> None:
    order = await world.shipped()
    latest = now() + DAY
    public = await save(
        world, basis=ExemptionBasis.PAID_AT, starts_at=now() - 5 * DAY, ends_at=now(), latest_at=latest
    )
    refused = await world.refused(UrgeRefused, world.urge(order))
    assert (refused.refusal, refused.available_at) == (UrgeRefusal.WITHIN_SHIPPING_LIMIT, latest)
    await delete(world, public)
    await world.urge(order)


@pytest.mark.rule("§5.10")
async def test_a_change_is_finished_once_no_older_transaction_can_be_left(world: World) -> None:
    await save(world)
    await retime(world)
    assert await world.fetch("SELECT 1 FROM calendar_change WHERE finished_at IS NOT NULL") == []
    _, late = await world.urged()
    await world.database.pool.execute(
        "UPDATE ticket SET calendar_revision = 0, deadline_steps = '{}', moved_by = '{}',"
        " deadline_at = opened_at + interval '24 hours' WHERE id = $1",
        uuid_of(late),
    )
    assert await retime(world) == 1
    await world.database.pool.execute("UPDATE calendar_change SET changed_at = changed_at - interval '36 s'")
    await retime(world)
    assert len(await world.fetch("SELECT 1 FROM calendar_change WHERE finished_at IS NOT NULL")) == 1


BAD: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    ({"title": None}, {("REQUIRED", "input.title")}),
    ({"title": " "}, {("REQUIRED", "input.title")}),
    ({"title": "x" * 201}, {("TOO_LONG", "input.title")}),
    ({"starts_at": None, "ends_at": None}, {("REQUIRED", "input.from"), ("REQUIRED", "input.to")}),
    ({"region": "33a"}, {("NOT_A_REGION", "input.region")}),
    ({"region": "1234567"}, {("NOT_A_REGION", "input.region")}),
    ({"ends_at": now() - DAY}, {("OUT_OF_ORDER", "input.to")}),
    ({"latest_at": now() - 2 * HOUR}, {("OUT_OF_ORDER", "input.latestAt")}),
]


@pytest.mark.parametrize(("given", "faults"), BAD)
async def test_what_can_be_no_exemption_is_refused_whole(
    world: World, given: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    assert problems(await world.refused(InvalidInput, save(world, **given))) == faults


@pytest.mark.rule("§12.6")
async def test_only_the_platform_may(world: World) -> None:
    public = await save(world)
    for viewer in (world.owner, world.integration, world.buyer):
        await world.refused(
            Forbidden, exemptions.save(viewer, rule_commands.SaveExemption(id=public, title="x"))
        )
        await world.refused(Forbidden, exemptions.delete(viewer, rule_commands.DeleteExemption(id=public)))


async def test_one_that_is_not_there_is_not_found(world: World) -> None:
    for public in ("exm_" + "0" * 32, "tkt_" + "0" * 32, "?"):
        await world.refused(NotFound, save(world, id=public, title="x"))
        await world.refused(NotFound, delete(world, public))


async def test_a_key_makes_each_happen_once(world: World) -> None:
    start = now()
    given = {"starts_at": start, "ends_at": start + DAY, "latest_at": start + WEEK, "idempotency_key": "k"}
    public = await save(world, **given)
    assert await save(world, **given) == public
    await world.refused(IdempotencyConflict, save(world, **{**given, "title": "other"}))
    assert await delete(world, public, idempotency_key="d") == public
    assert await delete(world, public, idempotency_key="d") == public
    assert await world.count("calendar_change") == 2


async def test_a_preview_says_what_would_be_and_changes_nothing(world: World) -> None:
    latest = now() + WEEK
    await save(world, latest_at=latest, market=Market.TAOBAO)
    before = await world.dump()
    asked = rule_commands.Preview(start=now(), window_hours=24, market=Market.TAOBAO)
    found = await exemptions.preview(world.buyer, asked)
    assert (found.at, [each.reason for each in found.segments]) == (latest, ["REPLY_WINDOW", "EXEMPTION"])
    other = rule_commands.Preview(start=asked.start, window_hours=1, market=Market.TMALL)
    assert (await exemptions.preview(world.buyer, other)).at == asked.start + timedelta(hours=1)
    assert await world.dump() == before
