"""Idempotency keys: one effect, the same answer, however often and from wherever (`schema.graphql`)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from db import idempotency
from domain.errors import IdempotencyConflict, IllegalTransition, InvalidInput
from domain.events import ActorKind
from resolvers import commands, orders, scans, shipments, shops, staff, tickets, urges, waybills
from tests.resolvers.world import World, now, problems, sf

Call = Callable[[str | None], Awaitable[Any]]


async def every_write(world: World) -> dict[str, tuple[Call, Call]]:
    """Each use case as a call by key, and one with other input."""
    urged, to_urge = await world.shipped(sf(1)), await world.shipped(sf(2))
    parcel_id = await world.ship(await world.order(), sf(3))
    ticket_id = (await world.urge(urged)).ticket_id
    noted, withdrawn = [(await world.urged())[1] for _ in range(2)]
    row = world.row()
    orders_ = commands.RecordOrders(shop_id=world.shop_id, orders=(row, world.row(number="")))
    shipment = commands.ShipmentRow(
        order_number=urged.number, carrier="SF", waybill_number=sf(4), shipped_at=now()
    )
    shipments_ = commands.RecordShipments(
        shop_id=world.shop_id, shipments=(shipment, replace(shipment, order_number="?"))
    )
    event = commands.TrackingEventRow(
        carrier="SF", waybill_number=sf(3), occurred_at=now(), code="101", description="d"
    )
    events = commands.RecordTrackingEvents(
        events=(event, replace(event, waybill_number=sf(9)), replace(event, code=""))
    )
    refunds = commands.RecordRefunds(
        shop_id=world.shop_id,
        refunds=(commands.RefundRow(order_number=urged.number, refunded_at=now(), closes_order=False),),
    )
    reply = commands.ReplyToTicket(ticket_id=ticket_id, scheme="COURIER_URGED")
    note = commands.AddNote(ticket_id=noted, note="a")
    urge = commands.UrgePickup(order_id=to_urge.id)
    ship_it, ship_that = await world.order(), await world.order()
    hurry = commands.UrgeShipment(order_id=ship_it.id)
    withdraw = commands.WithdrawUrge(ticket_id=withdrawn)
    change = commands.ChangeWaybill(parcel_id=parcel_id, waybill=commands.Waybill("SF", sf(5)))
    shop = commands.SaveShop(name="a")
    rename = commands.SaveShop(id=world.shop_id, name="a")
    member = commands.SaveStaffMember(shop_id=world.shop_id, subject="ben")

    def calls(run: Callable[..., Awaitable[Any]], who: Any, one: Any, **other: Any) -> tuple[Call, Call]:
        return (
            lambda key: run(who, replace(one, idempotency_key=key)),
            lambda key: run(who, replace(one, **other, idempotency_key=key)),
        )

    return {
        "urge": calls(urges.urge_pickup, world.buyer, urge, order_id=urged.id),
        "urge shipment": calls(urges.urge_shipment, world.buyer, hurry, order_id=ship_that.id),
        "withdraw": calls(urges.withdraw, world.buyer, withdraw, ticket_id=ticket_id),
        "reply": calls(tickets.reply, world.staff, reply, note="b"),
        "note": calls(tickets.add_note, world.staff, note, note="b"),
        "change": calls(waybills.change, world.staff, change, reason="b"),
        "orders": calls(orders.record_orders, world.integration, orders_, orders=(row,)),
        "shipments": calls(shipments.record_shipments, world.integration, shipments_, shipments=()),
        "scans": calls(scans.record_tracking_events, world.integration, events, events=(event,)),
        "refunds": calls(orders.record_refunds, world.integration, refunds, refunds=()),
        "shop": calls(shops.save, world.platform, shop, name="b"),
        "rename": calls(shops.save, world.owner, rename, name="b"),
        "member": calls(staff.save, world.owner, member, display_name="b"),
    }


def shown(result: Any) -> Any:
    """A result as values that can be compared: errors by what they say."""
    if not isinstance(result, commands.Recorded):
        return result
    return [
        (row.index, row.outcome, row.id, str(getattr(row.error, "message", None)), problems(row.error))
        for row in result.rows
    ]


async def test_a_second_send_has_no_second_effect_and_the_same_answer(world: World) -> None:
    for name, (call, other) in (await every_write(world)).items():
        first = await call("k")
        before = await world.dump()
        assert shown(await call("k")) == shown(first), name
        assert await world.dump() == before, name
        error = await world.refused(IdempotencyConflict, other("k"))
        assert error.path == ("input", "idempotencyKey")


async def test_ten_sends_at_once_have_one_effect_and_one_answer(world: World) -> None:
    for name, (call, _) in (await every_write(world)).items():
        answers = await asyncio.gather(*(call("k") for _ in range(10)))
        assert all(shown(answer) == shown(answers[0]) for answer in answers), name
    assert await world.count("reply") == 1
    assert await world.count("shop") == 3
    notes = await world.fetch("SELECT count(*) FROM follow_up_record WHERE action = 'NOTED'")
    assert notes[0]["count"] == 1


async def test_twenty_urges_at_once_open_one_ticket(world: World) -> None:
    order = await world.shipped()
    results = await asyncio.gather(*(world.urge(order) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(each, commands.TicketChanged) for each in results) == 1
    assert (await world.count("ticket"), await world.count("event")) == (1, 1)


async def test_a_refused_call_leaves_its_key_unused(world: World) -> None:
    order, ticket_id = await world.urged()
    await world.refused(InvalidInput, world.reply(ticket_id, "SCAN_MISSING", idempotency_key="k"))
    await world.reply(ticket_id, idempotency_key="k")
    await world.refund(order)
    await world.refused(IllegalTransition, world.reply(ticket_id, idempotency_key="other"))
    assert (await world.reply(ticket_id, idempotency_key="k")).ticket_id == ticket_id


async def test_keys_are_kept_apart_by_subject_operation_and_shop(world: World) -> None:
    _, ticket_id = await world.urged()
    ben = world.as_(ActorKind.STAFF, "ben", [world.shop])
    root = world.as_(ActorKind.PLATFORM, "amy")
    note = commands.AddNote(ticket_id=ticket_id, note="x", idempotency_key="k")
    for who in (world.staff, ben, root):
        await tickets.add_note(who, replace(note, note=who.viewer.role.value + who.viewer.subject))
    await world.reply(ticket_id, idempotency_key="k")
    foreign = replace(world, shop=world.other_shop)
    _, there = await foreign.urged()
    await foreign.reply(there, idempotency_key="k")
    assert await world.count("idempotency_key") == 5


async def test_a_key_is_free_again_after_seven_days(world: World) -> None:
    _, ticket_id = await world.urged()
    note = commands.AddNote(ticket_id=ticket_id, note="x", idempotency_key="k")
    first = await tickets.add_note(world.staff, note)
    for days, expected in ((6.99, first.position), (7.01, first.position + 1)):
        await world.database.pool.execute(
            "UPDATE idempotency_key SET created_at = now() - $1 * interval '1 day'", days
        )
        assert (await tickets.add_note(world.staff, note)).position == expected


async def test_a_key_is_one_to_two_hundred_characters(world: World) -> None:
    _, ticket_id = await world.urged()
    for key in ("", " ", "k" * 201, "a\x00b"):
        error = await world.refused(InvalidInput, world.reply(ticket_id, idempotency_key=key))
        assert problems(error) == {("BAD_KEY", "input.idempotencyKey")}
    await world.reply(ticket_id, idempotency_key="键" * 200)


async def test_a_scan_call_cut_between_its_two_steps_is_completed_by_the_next_send(world: World) -> None:
    order = await world.shipped(sf(1))
    event = commands.TrackingEventRow(
        carrier="SF", waybill_number=sf(1), occurred_at=now(), code="103", description="d"
    )
    command = commands.RecordTrackingEvents(events=(event,), idempotency_key="k")
    blocked = await world.database.pool.acquire()
    transaction = blocked.transaction()
    await transaction.start()
    await blocked.execute("SELECT FROM orders FOR UPDATE")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await scans.record_tracking_events(world.integration, command)
    await transaction.rollback()
    await world.database.pool.release(blocked)
    assert await world.count("tracking_event") == 0
    done = await scans.record_tracking_events(world.integration, command)
    assert done.rows[0].outcome == "CREATED"
    assert (await world.one("orders", order.id))["status"] == "PICKED_UP"
    assert shown(await scans.record_tracking_events(world.integration, command)) == shown(done)


async def test_tokens_of_one_subject_may_use_the_same_key_in_their_shops(world: World) -> None:
    """A scan call belongs to no one shop: its key is that of the token's shops."""
    await world.shipped(sf(1))
    event = commands.TrackingEventRow(
        carrier="SF", waybill_number=sf(1), occurred_at=now(), code="103", description="d"
    )
    command = commands.RecordTrackingEvents(events=(event,), idempotency_key="k")
    elsewhere = world.as_(ActorKind.INTEGRATION, "erp", [world.other_shop])
    first = await scans.record_tracking_events(world.integration, command)
    second = await scans.record_tracking_events(elsewhere, command)
    assert (second.rows[0].outcome, second.rows[0].id) == ("CREATED", None)
    assert await world.count("unmatched_scan") == 1
    assert shown(await scans.record_tracking_events(world.integration, command)) == shown(first)
    assert shown(await scans.record_tracking_events(elsewhere, command)) == shown(second)


async def test_claiming_the_same_key_waits_for_whoever_holds_it(world: World) -> None:
    key = idempotency.Key(world.shop, "s", "o", "k", b"hash")
    async with world.database.transaction() as first:
        assert await idempotency.claim(first, key) is None

        async def second() -> Any:
            async with world.database.transaction() as connection:
                return await idempotency.claim(connection, key)

        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await idempotency.store(first, key, {"a": 1})
    assert await waiting == {"a": 1}
