"""Carrier scans: which count, where they go, and that none gets lost (`domain.md §8`)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain import scans as rules
from domain.carriers import MAX_NUMBER_CHARS
from domain.errors import Forbidden, InvalidInput
from domain.events import ActorKind
from domain.scans import Scan
from resolvers import commands, recording, scans
from tests.resolvers.world import DAY, HOUR, MS, World, now, problems, sf


def event(number: str, code: str = "103", **changes: object) -> commands.TrackingEventRow:
    row = commands.TrackingEventRow(
        carrier="SF", waybill_number=number, occurred_at=now(), code=code, description="快件"
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def pushed(number: str, code: str = "103", text: str = "快件") -> Scan:
    return Scan("SF", number, now(), code, text, rules.KUAIDI100)


async def status(world: World, order_id: str) -> str:
    return str((await world.one("orders", order_id))["status"])


@pytest.mark.rule("§1.2", "§1.3", "§9.1", "§13.6")
async def test_a_pickup_completes_the_ticket_with_a_card(world: World) -> None:
    order, ticket_id = await world.urged(sf(1))
    picked_up_at = now() - HOUR
    done = await world.scan(sf(1).lower(), at=picked_up_at, carrier="顺丰速运")
    assert done.outcome == "CREATED"
    scan = await world.one("tracking_event", done.id or "")
    assert (scan["occurred_at"], scan["source"], scan["counted"]) == (picked_up_at, "API", True)
    assert scan["proves_pickup"] is True
    [parcel] = await world.fetch("SELECT picked_up_at FROM parcel")
    stored = await world.one("orders", order.id)
    assert parcel["picked_up_at"] == stored["picked_up_at"] == picked_up_at
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["outcome"], ticket["version"]) == ("COMPLETED", "PICKED_UP", 2)
    assert (ticket["deadline_at"], ticket["money_at_risk"]) == (None, 0)
    assert await world.actions(ticket_id) == ["OPENED", "PICKED_UP"]
    [_, record] = await world.fetch("SELECT * FROM follow_up_record ORDER BY position")
    assert (record["actor_kind"], record["actor_name"]) == ("INTEGRATION", "integration")
    [card] = await world.fetch("SELECT kind, record_id FROM consumer_card")
    assert (card["kind"], card["record_id"]) == ("PICKED_UP", record["id"])
    assert await world.scheduled() == {}


@pytest.mark.rule("§8.7", "§8.8")
async def test_what_proves_a_pickup_and_what_does_not(world: World) -> None:
    cases = {"101": "SHIPPED", "102": "SHIPPED", "WAIT": "SHIPPED", "103": "PICKED_UP", "1002": "PICKED_UP"}
    cases |= {"GOT": "PICKED_UP", "301": "SIGNED", "SIGN": "SIGNED", "14": "PICKED_UP"}
    for index, (code, expected) in enumerate(cases.items()):
        order = await world.shipped(sf(index))
        await world.scan(sf(index), code)
        assert await status(world, order.id) == expected, code


@pytest.mark.rule("§8.9", "§8.12")
async def test_a_scan_twice_or_out_of_order_counts_once_at_its_earliest(world: World) -> None:
    order, ticket_id = await world.urged(sf(1))
    late, early = now() - HOUR, now() - 2 * HOUR
    await world.scan(sf(1), "1002", late)
    first = await world.scan(sf(1), "103", early)
    before = await world.stored()
    assert (await world.scan(sf(1), "103", early)).outcome == "UNCHANGED"
    assert await world.stored() == before
    assert first.outcome == "CREATED"
    assert (await world.one("orders", order.id))["picked_up_at"] == early
    assert await world.actions(ticket_id) == ["OPENED", "PICKED_UP"]
    assert await world.count("consumer_card") == 1


@pytest.mark.rule("§8.11")
async def test_the_same_scan_twice_in_one_call_is_one(world: World) -> None:
    await world.shipped(sf(1))
    row, stray = event(sf(1)), event(sf(2))
    command = commands.RecordTrackingEvents(events=(row, row, stray, stray))
    done = await scans.record_tracking_events(world.integration, command)
    assert [each.outcome for each in done.rows] == ["CREATED", "UNCHANGED"] * 2
    assert (await world.count("tracking_event"), await world.count("unmatched_scan")) == (1, 1)


@pytest.mark.rule("§8.13")
async def test_an_unknown_number_is_kept_until_its_parcel_is_shipped(world: World) -> None:
    picked_up_at = now() - HOUR
    done = await world.scan(sf(1), at=picked_up_at)
    assert (done.outcome, done.id) == ("CREATED", None)
    assert (await world.scan(sf(1), at=picked_up_at)).outcome == "UNCHANGED"
    order = await world.shipped(sf(1))
    stored = await world.one("orders", order.id)
    assert (stored["status"], stored["picked_up_at"]) == ("PICKED_UP", picked_up_at)
    assert (await world.scan(sf(1), at=picked_up_at)).outcome == "UNCHANGED"


@pytest.mark.rule("§13.7")
async def test_a_scan_says_when_it_happened_and_when_we_learnt_of_it(world: World) -> None:
    """How fresh a proof is shows in the difference, also of one that waited for its parcel (§13)."""
    happened = now() - 3 * HOUR
    before = now()
    await world.scan(sf(1), at=happened)
    waited_until = now()
    await world.shipped(sf(1))
    [scan] = await world.fetch("SELECT occurred_at, received_at FROM tracking_event")
    assert scan["occurred_at"] == happened
    assert before - MS <= scan["received_at"] <= waited_until + MS


async def test_a_batch_of_parcels_gets_each_its_own_scans(world: World) -> None:
    """Several numbers were scanned at the same moment in the same words, and are merged into later orders."""
    moment = now() - HOUR
    numbers = [sf(index) for index in range(4)]
    for number in numbers:
        await world.shipped(number, address_key="home")
        await world.scan(number, at=moment)
    later = [await world.order(address_key="home") for _ in numbers]
    rows = tuple(
        commands.ShipmentRow(
            order_number=order.number, carrier="SF", waybill_number=number, shipped_at=now() - DAY
        )
        for order, number in zip(later, numbers, strict=True)
    )
    await world.ship_all(rows)
    assert [await status(world, order.id) for order in later] == ["PICKED_UP"] * 4


async def test_a_scan_from_before_the_payment_is_another_parcels(world: World) -> None:
    order = await world.shipped(sf(1))
    paid_at = (await world.one("orders", order.id))["paid_at"]
    await world.scan(sf(1), at=paid_at - MS)
    assert await status(world, order.id) == "SHIPPED"
    await world.scan(sf(1), at=paid_at)
    assert await status(world, order.id) == "PICKED_UP"


@pytest.mark.rule("§8.16")
async def test_an_order_is_picked_up_when_every_current_parcel_is(world: World) -> None:
    order = await world.order()
    await world.ship(order, sf(1))
    second = await world.ship(order, sf(2))
    ticket_id = (await world.urge(order)).ticket_id
    await world.scan(sf(1), at=now() - HOUR)
    assert await status(world, order.id) == "SHIPPED"
    await world.change(second, sf(3))
    last = now() - HOUR / 2
    await world.scan(sf(3), at=last)
    assert (await world.one("orders", order.id))["picked_up_at"] == last
    assert await world.actions(ticket_id) == ["OPENED", "WAYBILL_CHANGED", "PICKED_UP"]


@pytest.mark.rule("§8.14")
async def test_an_integrations_scan_stays_within_its_shops(world: World) -> None:
    """Neither a parcel that another shop has, nor one that it gets later, ever sees it."""
    foreign = replace(world, shop=world.other_shop)
    before = await foreign.shipped(sf(1))
    assert (await world.scan(sf(1))).outcome == "CREATED"
    assert await status(world, before.id) == "SHIPPED"
    await world.scan(sf(2))
    later = await foreign.shipped(sf(2))
    assert await status(world, later.id) == "SHIPPED"
    own = [await world.shipped(sf(1)), await world.shipped(sf(2))]
    assert [await status(world, order.id) for order in own] == ["PICKED_UP"] * 2
    last = await foreign.shipped(sf(1))
    assert await status(world, last.id) == "SHIPPED"
    unknown = await foreign.scan(sf(1))
    assert unknown.outcome == "CREATED"
    assert await status(world, before.id) == "PICKED_UP"


@pytest.mark.rule("§8.14")
async def test_tokens_of_one_subject_keep_their_shops_apart(world: World) -> None:
    """An integration holds one token a shop: what one told does not silence the other."""
    moment = now() - HOUR
    foreign = replace(world, shop=world.other_shop)
    await foreign.scan(sf(1), at=moment)
    assert (await world.scan(sf(1), at=moment)).outcome == "CREATED"
    order = await world.shipped(sf(1))
    assert await status(world, order.id) == "PICKED_UP"


async def test_an_integration_without_shops_joins_nothing(world: World) -> None:
    order = await world.shipped(sf(1))
    nobody = world.as_(ActorKind.INTEGRATION, "erp")
    await world.scan(sf(1), by=nobody)
    assert await status(world, order.id) == "SHIPPED"


@pytest.mark.rule("§8.15")
async def test_a_hooks_scan_joins_any_shops_parcels_now_and_later(world: World) -> None:
    foreign = replace(world, shop=world.other_shop)
    first, second = await world.shipped(sf(1)), await foreign.shipped(sf(1))
    done = await scans.record_pushed(world.services, [pushed(sf(1)), pushed(sf(2))])
    assert done.count("CREATED") == 2
    late = [await world.shipped(sf(2)), await foreign.shipped(sf(2)), await foreign.shipped(sf(1))]
    for order in (first, second, *late):
        assert await status(world, order.id) == "PICKED_UP"


@pytest.mark.rule("§3.23")
async def test_faulty_scans_are_refused_by_row_and_the_others_land(world: World) -> None:
    await world.shipped(sf(1))
    rows = (
        event(sf(1)),
        event(sf(1), occurred_at=now() + timedelta(minutes=6)),
        event("运单", carrier=" ", code="c" * 65, description="d" * 2_001),
        event("9" * (MAX_NUMBER_CHARS + 1), carrier="a\x00b", code="", description="a\x00b"),
    )
    command = commands.RecordTrackingEvents(events=rows, idempotency_key="k")
    done = await scans.record_tracking_events(world.integration, command)
    assert [each.outcome for each in done.rows] == ["CREATED", "FAILED", "FAILED", "FAILED"]
    at = "input.events"
    assert problems(done.rows[1].error) == {("IN_THE_FUTURE", f"{at}.1.occurredAt")}
    assert problems(done.rows[2].error) == {
        ("REQUIRED", f"{at}.2.carrier"),
        ("TOO_LONG", f"{at}.2.code"),
        ("TOO_LONG", f"{at}.2.description"),
        ("BAD_NUMBER", f"{at}.2.waybillNumber"),
    }
    assert ("BAD_NUMBER", f"{at}.3.waybillNumber") in problems(done.rows[3].error)
    assert (await world.count("tracking_event"), await world.count("unmatched_scan")) == (1, 0)


async def test_a_call_is_refused_whole_by_role_and_size(world: World) -> None:
    many = commands.RecordTrackingEvents(events=(event(sf(1)),) * (recording.MOST_ROWS + 1))
    error = await world.refused(InvalidInput, scans.record_tracking_events(world.integration, many))
    assert problems(error) == {("TOO_MANY", "input.events")}
    one = commands.RecordTrackingEvents(events=(event(sf(1)),))
    for who in (world.staff, world.owner, world.buyer):
        await world.refused(Forbidden, scans.record_tracking_events(who, one))
    empty = commands.RecordTrackingEvents(events=(), idempotency_key="k")
    assert (await scans.record_tracking_events(world.integration, empty)).rows == ()


@pytest.mark.rule("§3.13", "§3.22")
@pytest.mark.parametrize("late_by", [timedelta(0), -MS])
async def test_a_pickup_is_judged_by_its_own_time(world: World, late_by: timedelta) -> None:
    """In time though received late: COMPLETED. At the deadline itself the complaint is filed first."""
    _, ticket_id = await world.urged(sf(1))
    deadline = await world.run_out(ticket_id)
    await world.scan(sf(1), at=deadline + late_by)
    if late_by < timedelta(0):
        assert await world.actions(ticket_id) == ["OPENED", "PICKED_UP"]
        assert await world.count("complaint") == 0
        return
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED", "PICKED_UP"]
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["deadline_at"]) == ("ESCALATED", deadline)
    assert (await world.count("complaint"), await world.count("consumer_card")) == (1, 1)


async def test_of_several_scans_in_one_call_the_earliest_pickup_judges(world: World) -> None:
    _, ticket_id = await world.urged(sf(1))
    deadline = await world.run_out(ticket_id)
    rows = (event(sf(1), "1002", occurred_at=deadline + MS), event(sf(1), occurred_at=deadline - MS))
    await scans.record_tracking_events(world.integration, commands.RecordTrackingEvents(events=rows))
    assert await world.actions(ticket_id) == ["OPENED", "PICKED_UP"]


@pytest.mark.rule("§9.1", "§9.5")
async def test_a_pickup_after_filing_is_recorded_and_carded_once(world: World) -> None:
    _, ticket_id = await world.urged(sf(1))
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    await world.scan(sf(1), "103")
    await world.scan(sf(1), "1002")
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED", "PICKED_UP"]
    assert (await world.ticket(ticket_id))["status"] == "ESCALATED"
    assert await world.count("consumer_card") == 1


async def test_a_promise_kept_late_is_broken_first(world: World) -> None:
    _, ticket_id = await world.urged(sf(1))
    await world.reply(ticket_id)
    ends = await world.run_out(ticket_id)
    await world.scan(sf(1), at=ends)
    assert await world.actions(ticket_id) == ["OPENED", "REPLIED", "PROMISE_BROKEN", "PICKED_UP"]
    assert (await world.ticket(ticket_id))["outcome"] == "PICKED_UP"


@pytest.mark.rule("§8.13")
async def test_scans_and_shipments_of_the_same_numbers_racing_lose_nothing(world: World) -> None:
    """Some parcels stand already, so that their scans are on the way to them while a merged one appears."""
    numbers = [sf(index) for index in range(24)]
    first = [await world.shipped(number, address_key="home") for number in numbers[::2]]
    second = [await world.order(address_key="home") for _ in numbers]

    async def push(number: str) -> None:
        await scans.record_pushed(world.services, [pushed(number)])

    ships = [world.ship(order, number) for order, number in zip(second, numbers, strict=True)]
    await asyncio.gather(*(each for pair in zip(ships, map(push, numbers), strict=True) for each in pair))
    for order in (*first, *second):
        assert await status(world, order.id) == "PICKED_UP"


@pytest.mark.rule("§8.11")
async def test_one_scan_pushed_twenty_times_at_once_is_one(world: World) -> None:
    _, ticket_id = await world.urged(sf(1))
    scan = pushed(sf(1))
    done = await asyncio.gather(*(scans.record_pushed(world.services, [scan]) for _ in range(20)))
    assert sum(each.count("CREATED") for each in done) == 1
    assert await world.actions(ticket_id) == ["OPENED", "PICKED_UP"]
    assert (await world.count("tracking_event"), await world.count("consumer_card")) == (1, 1)


async def test_a_scan_of_a_refunded_orders_parcel_is_kept_and_changes_no_ticket(world: World) -> None:
    order, ticket_id = await world.urged(sf(1))
    await world.refund(order)
    await world.scan(sf(1))
    assert await world.actions(ticket_id) == ["OPENED", "REFUNDED"]
    assert await status(world, order.id) == "REFUNDED"


async def test_the_platforms_scan_joins_any_shops_parcel(world: World) -> None:
    order = await world.shipped(sf(1))
    done = await world.scan(sf(1), by=world.platform)
    assert (done.id or "").startswith("trk_")
    assert await status(world, order.id) == "PICKED_UP"


async def test_a_push_of_any_size_is_taken_in_parts(world: World) -> None:
    """Each row keeps its place."""
    await world.shipped(sf(1))
    numbers = [*(sf(place) for place in range(2, 2 * recording.MOST_ROWS + 2)), sf(1)]
    done = await scans.record_pushed(world.services, [pushed(number) for number in numbers])
    assert [row.index for row in done.rows] == list(range(len(numbers)))
    assert done.count("CREATED") == len(numbers)
    assert done.rows[-1].id is not None
