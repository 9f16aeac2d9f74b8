"""Urging and taking it back: what is written, and every refusal (`domain.md §3, §4`)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from db import keys
from domain import ids
from domain.errors import Forbidden, IllegalTransition, NotFound, UrgeRefused
from domain.events import ActorKind
from domain.ids import IdKind
from domain.policy import DEFAULT
from domain.urge import UrgeRefusal
from resolvers import commands, urges
from tests.resolvers.world import DAY, HOUR, Placed, World, now, sf, uuid_of


async def refused(world: World, order: Placed) -> UrgeRefused:
    """Urging this order is refused and changes nothing."""
    return await world.refused(UrgeRefused, world.urge(order, idempotency_key="k"))


@pytest.mark.rule("§1.1")
async def test_urging_opens_a_ticket_with_a_clock_of_24_hours(world: World) -> None:
    order = await world.shipped()
    done = await world.urge(order)
    ticket = await world.ticket(done.ticket_id)
    started = ticket["opened_at"]
    assert ticket["status"] == "AWAITING_REPLY"
    assert ticket["version"] == ticket["round"] == ticket["record_count"] == 1
    assert ticket["deadline_at"] == started + timedelta(hours=24)
    assert ticket["next_step_at"] == started + timedelta(hours=12)
    assert ticket["money_at_risk"] == Decimal("6.45")
    [record] = await world.fetch("SELECT * FROM follow_up_record")
    assert (record["action"], record["position"], record["occurred_at"]) == ("OPENED", 1, started)
    assert (record["actor_kind"], record["actor_name"], record["actor_subject"]) == (
        "CONSUMER",
        "小波",
        "bob",
    )
    assert record["deadline_after"] == ticket["deadline_at"]
    [event] = await world.fetch("SELECT * FROM event")
    assert (event["position"], event["ticket_id"], event["record_id"]) == (1, ticket["id"], record["id"])
    assert (done.position, uuid_of(done.record_id or "")) == (1, record["id"])
    assert (await world.one("orders", order.id))["urge_rounds"] == 1
    assert await world.scheduled() == {ticket["id"].hex: ticket["next_step_at"].timestamp() * 1000}


async def test_the_hint_of_a_new_position_is_published(world: World) -> None:
    order = await world.shipped()
    async with world.redis.pubsub() as listener:
        await listener.psubscribe("hint:*")
        await listener.get_message(timeout=1)
        await world.urge(order)
        heard = await listener.get_message(timeout=1)
    assert heard is not None
    assert (heard["channel"], heard["data"]) == (b"hint:" + world.shop.hex.encode(), b"1")


@pytest.mark.rule("§4.2")
async def test_an_order_of_another_buyer_is_absent_in_the_same_words(world: World) -> None:
    order = await world.shipped(buyer_id="eve")
    foreign = await world.refused(NotFound, world.urge(order, idempotency_key="k"))
    absent = await world.refused(NotFound, world.urge(replace(order, id="ord_" + "0" * 32)))
    assert (foreign.message, foreign.path) == (absent.message, absent.path)
    assert foreign.path == ("input", "orderId")


@pytest.mark.parametrize("text", ["", "ord_", "ord_xyz", "\x00", "tkt_" + "0" * 32, "ord_" + "0" * 33])
async def test_what_is_no_id_is_not_found(world: World, text: str) -> None:
    command = commands.UrgePickup(order_id=text, idempotency_key="k")
    await world.refused(NotFound, urges.urge_pickup(world.buyer, command))
    withdrawal = commands.WithdrawUrge(ticket_id=text, idempotency_key="k")
    await world.refused(NotFound, urges.withdraw(world.buyer, withdrawal))


@pytest.mark.rule("§12.8")
async def test_sellers_and_integrations_may_not_urge(world: World) -> None:
    order, ticket_id = await world.urged()
    for who in (world.staff, world.owner, world.integration):
        await world.refused(Forbidden, urges.urge_pickup(who, commands.UrgePickup(order_id=order.id)))
        await world.refused(Forbidden, urges.withdraw(who, commands.WithdrawUrge(ticket_id=ticket_id)))


@pytest.mark.rule("§4.4")
async def test_an_unshipped_order_is_not_urged(world: World) -> None:
    assert (await refused(world, await world.order())).refusal is UrgeRefusal.NOT_SHIPPED


@pytest.mark.rule("§4.3")
async def test_a_refunded_or_closed_order_is_not_urged(world: World) -> None:
    order = await world.shipped()
    await world.refund(order)
    assert (await refused(world, order)).refusal is UrgeRefusal.ORDER_CLOSED
    closed = await world.shipped(closed_at=now())
    assert (await refused(world, closed)).refusal is UrgeRefusal.ORDER_CLOSED


async def test_a_partly_refunded_order_may_be_urged(world: World) -> None:
    order = await world.shipped()
    await world.refund(order, whole=False)
    await world.urge(order)


@pytest.mark.rule("§4.5")
async def test_a_picked_up_order_is_not_urged(world: World) -> None:
    order = await world.shipped("SF1234567890123")
    await world.scan("SF1234567890123")
    assert (await refused(world, order)).refusal is UrgeRefusal.ALREADY_PICKED_UP


@pytest.mark.rule("§4.10")
async def test_within_the_shipping_limit_the_buyer_is_told_when(world: World) -> None:
    paid_at = now() - DAY
    error = await refused(world, await world.shipped(paid_at=paid_at))
    assert error.refusal is UrgeRefusal.WITHIN_SHIPPING_LIMIT
    assert error.available_at == paid_at + timedelta(hours=48)


@pytest.mark.rule("§4.12")
async def test_an_orders_own_limit_wins_over_the_policys(world: World) -> None:
    later = now() + HOUR
    error = await refused(world, await world.shipped(ship_by=later))
    assert (error.refusal, error.available_at) == (UrgeRefusal.WITHIN_SHIPPING_LIMIT, later)
    await world.urge(await world.shipped(paid_at=now() - HOUR, ship_by=now()))


@pytest.mark.rule("§2.3")
async def test_an_order_with_a_number_that_nobody_scanned_is_late(world: World) -> None:
    """The shipping limit is kept by the pickup: a number that was there in time is not enough (§2)."""
    paid_at = now() - 3 * DAY
    order = await world.order(paid_at=paid_at)
    await world.ship(order, sf(1), shipped_at=paid_at + HOUR)
    await world.scan(sf(1), "101", at=paid_at + 2 * HOUR)
    await world.urge(order)
    kept = await world.order(paid_at=paid_at)
    await world.ship(kept, sf(2), shipped_at=paid_at + HOUR)
    await world.scan(sf(2), "103", at=paid_at + 2 * HOUR)
    assert (await refused(world, kept)).refusal is UrgeRefusal.ALREADY_PICKED_UP


@pytest.mark.rule("§4.8")
async def test_an_open_ticket_is_named(world: World) -> None:
    order, ticket_id = await world.urged()
    error = await refused(world, order)
    assert error.refusal is UrgeRefusal.TICKET_OPEN
    assert error.ticket == (world.shop, uuid_of(ticket_id))


@pytest.mark.rule("§4.9")
async def test_a_running_promise_is_named_with_its_end(world: World) -> None:
    order, ticket_id = await world.urged()
    await world.reply(ticket_id)
    error = await refused(world, order)
    assert error.refusal is UrgeRefusal.PROMISE_RUNNING
    assert error.available_at == (await world.ticket(ticket_id))["promise_ends_at"]
    assert error.ticket == (world.shop, uuid_of(ticket_id))


@pytest.mark.rule("§4.7")
async def test_after_a_complaint_nothing_is_urged(world: World) -> None:
    order, ticket_id = await world.urged()
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    error = await refused(world, order)
    assert (error.refusal, error.ticket) == (UrgeRefusal.COMPLAINT_FILED, (world.shop, uuid_of(ticket_id)))


async def test_urging_past_an_unhandled_deadline_files_the_complaint_first(world: World) -> None:
    order, ticket_id = await world.urged()
    await world.run_out(ticket_id)
    with pytest.raises(UrgeRefused) as caught:
        await world.urge(order, idempotency_key="k")
    assert caught.value.refusal is UrgeRefusal.COMPLAINT_FILED
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED"]
    assert await world.count("complaint") == 1
    assert await world.count("idempotency_key") == 0


@pytest.mark.rule("§3.6")
async def test_a_broken_promise_reopens_the_same_ticket(world: World) -> None:
    order, ticket_id = await world.urged()
    await world.reply(ticket_id)
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    broken = await world.ticket(ticket_id)
    assert (broken["status"], broken["next_step_at"]) == ("REPLIED", None)
    assert broken["promise_broken_at"] == broken["promise_ends_at"]
    again = await world.urge(order)
    assert again.ticket_id == ticket_id
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["round"]) == ("AWAITING_REPLY", 2)
    assert ticket["deadline_at"] == ticket["clock_started_at"] + timedelta(hours=24)
    assert await world.actions(ticket_id) == ["OPENED", "REPLIED", "PROMISE_BROKEN", "REOPENED"]
    assert ticket["version"] == 4
    assert await world.count("ticket") == 1


async def test_the_buyer_finds_the_promise_broken_before_the_worker(world: World) -> None:
    order, ticket_id = await world.urged()
    await world.reply(ticket_id)
    await world.run_out(ticket_id)
    again = await world.urge(order)
    assert await world.actions(ticket_id) == ["OPENED", "REPLIED", "PROMISE_BROKEN", "REOPENED"]
    [event] = await world.fetch("SELECT action FROM event WHERE position = $1", again.position)
    assert event["action"] == "REOPENED"
    await world.work(ticket_id)
    assert len(await world.actions(ticket_id)) == 4


@pytest.mark.rule("§3.7")
async def test_a_promise_broken_in_the_last_round_escalates_at_once(world: World) -> None:
    order, ticket_id = await world.urged()
    for _ in range(2):
        await world.reply(ticket_id)
        await world.run_out(ticket_id)
        await world.urge(order)
    await world.reply(ticket_id)
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["round"], ticket["outcome"]) == ("ESCALATED", 3, "COMPLAINT_FILED")
    assert (await world.actions(ticket_id))[-2:] == ["PROMISE_BROKEN", "ESCALATED"]
    [complaint] = await world.fetch("SELECT round, status FROM complaint")
    assert (complaint["round"], complaint["status"]) == (3, "FILED")
    assert (await refused(world, order)).refusal is UrgeRefusal.COMPLAINT_FILED


@pytest.mark.rule("§3.16", "§3.17", "§4.11")
async def test_three_withdrawn_tickets_use_the_rounds_up(world: World) -> None:
    order = await world.shipped()
    opened = [(await world.urge(order)).ticket_id]
    for _ in range(2):
        await world.withdraw(opened[-1])
        opened.append((await world.urge(order)).ticket_id)
    await world.withdraw(opened[-1])
    assert len(set(opened)) == 3
    assert [(await world.ticket(each))["round"] for each in opened] == [1, 2, 3]
    assert (await refused(world, order)).refusal is UrgeRefusal.ROUND_LIMIT


@pytest.mark.rule("§3.12")
async def test_withdrawing_closes_the_ticket_and_drops_its_clock(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.withdraw(ticket_id)
    ticket = await world.ticket(ticket_id)
    assert (ticket["status"], ticket["outcome"], ticket["version"]) == ("WITHDRAWN", "WITHDRAWN", 2)
    assert ticket["deadline_at"] is ticket["next_step_at"] is None
    assert ticket["money_at_risk"] == 0
    assert await world.actions(ticket_id) == ["OPENED", "WITHDRAWN"]
    assert await world.scheduled() == {}
    assert [row["position"] for row in await world.fetch("SELECT position FROM event ORDER BY 1")] == [1, 2]


@pytest.mark.rule("§3.12")
async def test_a_replied_ticket_may_be_withdrawn(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.reply(ticket_id)
    await world.withdraw(ticket_id)
    assert await world.scheduled() == {}


async def test_a_closed_ticket_is_not_withdrawn(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.withdraw(ticket_id)
    error = await world.refused(IllegalTransition, world.withdraw(ticket_id, idempotency_key="k"))
    assert (error.current_status, error.ticket) == ("WITHDRAWN", (world.shop, uuid_of(ticket_id)))


async def test_another_buyers_ticket_does_not_exist(world: World) -> None:
    _, ticket_id = await world.urged()
    eve = world.as_(ActorKind.CONSUMER, "eve")
    foreign = await world.refused(NotFound, urges.withdraw(eve, commands.WithdrawUrge(ticket_id=ticket_id)))
    absent_id = ids.encode(IdKind.TICKET, keys.new())
    absent = await world.refused(NotFound, urges.withdraw(eve, commands.WithdrawUrge(ticket_id=absent_id)))
    assert (foreign.message, foreign.path) == (absent.message, absent.path)


@pytest.mark.rule("§3.21")
async def test_a_late_withdrawal_files_the_complaint_instead_once(world: World) -> None:
    _, ticket_id = await world.urged()
    await world.run_out(ticket_id)
    with pytest.raises(IllegalTransition) as caught:
        await world.withdraw(ticket_id, idempotency_key="k")
    assert caught.value.current_status == "ESCALATED"
    assert await world.actions(ticket_id) == ["OPENED", "ESCALATED"]
    assert await world.count("complaint") == 1
    assert await world.count("idempotency_key") == 0
    assert await world.scheduled() == {}
    await world.refused(IllegalTransition, world.withdraw(ticket_id))


async def test_the_platform_may_urge_in_the_buyers_stead(world: World) -> None:
    order = await world.shipped()
    await urges.urge_pickup(world.platform, commands.UrgePickup(order_id=order.id))
    [record] = await world.fetch("SELECT actor_kind, actor_name FROM follow_up_record")
    assert (record["actor_kind"], record["actor_name"]) == ("PLATFORM", "platform")


async def test_a_short_window_sets_the_deadline(world: World) -> None:
    short = world.under(DEFAULT.with_windows(reply=timedelta(seconds=5), pickup=None))
    _, ticket_id = await short.urged()
    ticket = await world.ticket(ticket_id)
    assert ticket["deadline_at"] == ticket["next_step_at"] == ticket["opened_at"] + timedelta(seconds=5)
