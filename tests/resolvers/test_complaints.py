"""Complaints: stated, settled and ruled on, what is written, and every refusal (`domain.md §10`)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import Forbidden, IdempotencyConflict, IllegalTransition, InvalidInput, NotFound
from domain.ticket_words import TicketKind
from resolvers import commands, orders
from tests import factories
from tests.resolvers.complaints import Filed, filed
from tests.resolvers.world import DAY, HOUR, MS, World, now, problems, uuid_of

PROOF = "https://example.com/1"


@pytest.mark.rule("§10.5")
async def test_a_statement_is_kept_with_a_record_and_a_position(world: World) -> None:
    one = await filed(world)
    before = await world.ticket(one.ticket_id)
    done = await one.state(" 已交快递 ", proof_urls=(PROOF,))
    row = await one.row()
    assert (row["status"], row["statement"], row["proof_urls"]) == ("FILED", "已交快递", [PROOF])
    assert (row["ruled_at"], row["compensation"], row["reason"]) == (None, None, None)
    [record] = await one.records()
    assert (record["action"], record["note"]) == ("COMPLAINT_STATEMENT", "已交快递")
    assert (record["actor_kind"], record["actor_name"]) == ("STAFF", "Amy")
    [event] = await world.fetch("SELECT * FROM event WHERE position = $1", done.position)
    assert (event["record_id"], event["action"]) == (record["id"], "COMPLAINT_STATEMENT")
    assert await world.actions(one.ticket_id) == ["OPENED", "ESCALATED", "COMPLAINT_STATEMENT"]
    after = await world.ticket(one.ticket_id)
    assert (after["version"], after["status"]) == (before["version"] + 1, "ESCALATED")
    assert await world.count("consumer_card") == 0


async def test_a_later_statement_takes_the_place_of_the_first_and_proofs_left_out_stay(world: World) -> None:
    one = await filed(world)
    await one.state("一", proof_urls=(PROOF,))
    await one.state("二")
    assert ((await one.row())["statement"], (await one.row())["proof_urls"]) == ("二", [PROOF])
    await one.state("三", proof_urls=())
    assert ((await one.row())["statement"], (await one.row())["proof_urls"]) == ("三", [])
    assert [record["note"] for record in await one.records()] == ["一", "二", "三"]


@pytest.mark.rule("§10.2")
async def test_a_settlement_costs_money_and_no_points(world: World) -> None:
    one = await filed(world)
    done = await one.settle(note="认了")
    row = await one.row()
    assert (row["status"], str(row["compensation"]), row["penalty_points"]) == ("SETTLED", "6.45", 0)
    [record] = await one.records()
    assert (record["action"], record["note"]) == ("COMPLAINT_SETTLED", "认了")
    assert row["ruled_at"] == record["occurred_at"]
    [event] = await world.fetch("SELECT record_id FROM event WHERE position = $1", done.position)
    assert event["record_id"] == record["id"]


@pytest.mark.rule("§1.5", "§10.3")
async def test_a_ruling_upholds_with_points_when_serious(world: World) -> None:
    one = await filed(world)
    await one.state()
    await one.rule(reason=" 未揽收 ", penalty_points=1)
    row = await one.row()
    assert (row["status"], str(row["compensation"]), row["penalty_points"]) == ("UPHELD", "6.45", 1)
    assert (row["reason"], row["statement"], row["violation"]) == ("未揽收", "已交快递", "NO_PICKUP")
    [_, record] = await one.records()
    assert (record["action"], record["note"]) == ("COMPLAINT_RULED", "未揽收")
    assert (record["actor_kind"], record["actor_name"]) == ("PLATFORM", "platform")


@pytest.mark.rule("§10.4")
async def test_a_ruling_dismisses_with_its_reason(world: World) -> None:
    one = await filed(world)
    await one.rule(upheld=False, reason="已揽收")
    row = await one.row()
    assert (row["status"], str(row["compensation"]), row["penalty_points"]) == ("DISMISSED", "0.00", 0)
    assert row["reason"] == "已揽收"


@pytest.mark.rule("§10.11")
async def test_a_ruling_may_find_another_violation_or_name_an_amount(world: World) -> None:
    found, named = await filed(world), await filed(world)
    await found.rule(violation="FALSE_WAYBILL")
    await named.rule(compensation=Decimal("20.00"))
    row = await found.row()
    assert (row["violation"], str(row["compensation"])) == ("FALSE_WAYBILL", "38.70")
    assert str((await named.row())["compensation"]) == "20.00"


Change = Callable[[Filed], Awaitable[commands.ComplaintChanged]]
CHANGES: dict[str, Change] = {
    "state": lambda one: one.state(idempotency_key="k"),
    "settle": lambda one: one.settle(idempotency_key="k"),
    "rule": lambda one: one.rule(idempotency_key="k"),
    "dismiss": lambda one: one.rule(upheld=False, idempotency_key="k"),
}
ENDINGS: dict[str, Change] = {
    "SETTLED": lambda one: one.settle(),
    "UPHELD": lambda one: one.rule(penalty_points=1),
    "DISMISSED": lambda one: one.rule(upheld=False),
}


@pytest.mark.rule("§10.2", "§10.5")
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("status", ENDINGS)
async def test_what_has_ended_is_not_changed_again(world: World, change: str, status: str) -> None:
    one = await filed(world)
    await ENDINGS[status](one)
    error = await world.refused(IllegalTransition, CHANGES[change](one))
    assert error.current_status == status
    assert error.ticket == (world.shop, uuid_of(one.ticket_id))


@pytest.mark.rule("§12.6")
@pytest.mark.parametrize("who", ["buyer", "integration", "staff", "owner"])
async def test_a_role_that_may_not_is_forbidden(world: World, who: str) -> None:
    one = await filed(world)
    by = getattr(world, who)
    await world.refused(Forbidden, one.rule(by=by))
    if who in {"buyer", "integration"}:
        await world.refused(Forbidden, one.state(by=by))
        await world.refused(Forbidden, one.settle(by=by))


@pytest.mark.parametrize("change", ["state", "settle"])
async def test_what_is_foreign_or_absent_is_not_found(world: World, change: str) -> None:
    one = await filed(world)
    foreign = await world.refused(NotFound, getattr(one, change)(by=world.stranger))
    absent = replace(one, id="cmp_" + "0" * 32)
    ticket = replace(one, id=one.ticket_id)
    for other in (absent, ticket, replace(one, id="x")):
        error = await world.refused(NotFound, getattr(other, change)())
        assert (error.message, error.path) == (foreign.message, ("input", "complaintId"))
    await world.refused(NotFound, absent.rule())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (lambda one: one.state(" "), {("REQUIRED", "input.statement")}),
        (
            lambda one: one.state("x" * 2_001, proof_urls=("http://a.cn",)),
            {("TOO_LONG", "input.statement"), ("NOT_HTTPS", "input.proofUrls.0")},
        ),
        (lambda one: one.settle(note="a\x00b"), {("BAD_CHARACTER", "input.note")}),
        (lambda one: one.rule(reason=""), {("REQUIRED", "input.reason")}),
        (lambda one: one.rule(compensation=Decimal(-1)), {("OUT_OF_RANGE", "input.compensation")}),
        (lambda one: one.rule(penalty_points=-1), {("OUT_OF_RANGE", "input.penaltyPoints")}),
        (lambda one: one.rule(violation="X"), {("UNKNOWN_VIOLATION", "input.violation")}),
        (
            lambda one: one.rule(upheld=False, compensation=Decimal(5)),
            {("NOT_TAKEN", "input.compensation")},
        ),
        (lambda one: one.rule(upheld=False, penalty_points=1), {("NOT_TAKEN", "input.penaltyPoints")}),
    ],
)
async def test_faulty_input_is_refused(world: World, asked: Change, found: set[tuple[str, str]]) -> None:
    one = await filed(world)
    assert problems(await world.refused(InvalidInput, asked(one))) == found


@pytest.mark.parametrize("change", ["state", "settle", "rule"])
async def test_a_key_answers_again_and_refuses_other_input(world: World, change: str) -> None:
    one, other = await filed(world), await filed(world)
    first = await CHANGES[change](one)
    before = await world.stored()
    assert await CHANGES[change](one) == first
    assert await world.stored() == before
    await world.refused(IdempotencyConflict, CHANGES[change](other))


async def test_a_refused_call_leaves_its_key_unused(world: World) -> None:
    one = await filed(world)
    await world.refused(InvalidInput, one.rule(reason="", idempotency_key="k"))
    done = await one.rule(idempotency_key="k")
    assert (await one.rule(idempotency_key="k")) == done


async def test_two_rulings_at_once_are_one(world: World) -> None:
    one = await filed(world)
    results = await asyncio.gather(
        *(one.rule() for _ in range(4)), *(one.settle() for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(each, commands.ComplaintChanged) for each in results) == 1
    assert sum(isinstance(each, IllegalTransition) for each in results) == 7
    assert len(await one.records()) == 1


async def record(world: World, one: Filed, **changes: Any) -> None:
    """The order comes again, otherwise than before."""
    given = await world.one("orders", one.order.id)
    row = world.row(number=one.order.number, paid_at=given["paid_at"], **changes)
    await orders.record_orders(world.integration, commands.RecordOrders(shop_id=world.shop_id, orders=(row,)))


async def test_a_corrected_amount_changes_what_a_filed_complaint_costs(world: World) -> None:
    waits, ended = await filed(world), await filed(world)
    await ended.settle()
    for one in (waits, ended):
        await record(world, one, paid_amount=Decimal("1000.00"))
    assert str((await waits.row())["estimated_compensation"]) == "50.00"
    assert str((await ended.row())["estimated_compensation"]) == "6.45"
    await waits.rule()
    assert str((await waits.row())["compensation"]) == "50.00"


@pytest.mark.rule("§10.9")
@pytest.mark.parametrize(
    ("kind", "promised", "costs"),
    [
        (TicketKind.URGE_PICKUP, None, "100.00"),
        (TicketKind.URGE_PICKUP, 48 * HOUR + MS, "100.00"),
        (TicketKind.URGE_SHIPMENT, None, "50.00"),
        (TicketKind.URGE_SHIPMENT, 48 * HOUR, "20.00"),
        (TicketKind.URGE_SHIPMENT, 48 * HOUR + MS, "40.00"),
    ],
)
async def test_the_worker_files_by_kind_of_ticket_and_promised_shipping_time(
    world: World, kind: TicketKind, promised: timedelta | None, costs: str
) -> None:
    """A late presale costs 10 %, others 5 %; at most 50 yuan, and 100 when it was not picked up."""
    paid_at = now() - 5 * DAY
    paid = Decimal("2000.00") if promised is None or kind is TicketKind.URGE_PICKUP else Decimal("400.00")
    shop = {"id": world.shop}
    order = await factories.order(
        world.database,
        shop,
        paid_amount=paid,
        paid_at=paid_at,
        ship_by_given=None if promised is None else paid_at + promised,
    )
    ticket = await factories.ticket(
        world.database, order, kind=kind.value, opened_at=now() - 2 * DAY, last_reminder_minutes=0
    )
    await world.work(f"tkt_{ticket['id'].hex}")
    [row] = await world.fetch("SELECT violation, estimated_compensation FROM complaint")
    expected = "NO_PICKUP" if kind is TicketKind.URGE_PICKUP else "LATE_SHIPMENT"
    assert (row["violation"], str(row["estimated_compensation"])) == (expected, costs)


@pytest.mark.rule("§10.14", "§13.5")
async def test_money_is_at_risk_until_the_ticket_ends(world: World) -> None:
    """Kept while the promise runs, corrected with the amount, 0 after each end; the shop's sum follows."""
    order, ticket_id = await world.urged(paid_amount=Decimal("200.00"))

    async def at_risk() -> Decimal:
        return (await world.ticket(ticket_id))["money_at_risk"]  # type: ignore[no-any-return]

    assert await at_risk() == 10
    await world.reply(ticket_id)
    assert await at_risk() == 10
    one = Filed(world, order, ticket_id, "")
    await record(world, one, paid_amount=Decimal("400.00"))
    assert await at_risk() == 20
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    assert await at_risk() == 20
    await world.urge(order)
    assert await at_risk() == 20
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    assert await at_risk() == 0
    assert (await world.ticket(ticket_id))["status"] == "ESCALATED"
    refunded, first = await world.urged()
    _, second = await world.urged()
    await world.refund(refunded)
    await world.withdraw(second)
    assert [(await world.ticket(each))["money_at_risk"] for each in (first, second)] == [0, 0]
