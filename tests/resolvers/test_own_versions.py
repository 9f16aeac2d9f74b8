"""What each ticket is under: its own version of the policy, in every use case (`domain.md §5-§10`)."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from domain.errors import InvalidInput, WaybillRefused
from domain.waybill import WaybillRefusal
from resolvers import commands, team, templates
from tests.resolvers.complaints import Filed, filed
from tests.resolvers.test_exemptions import retime
from tests.resolvers.test_policies import document, save
from tests.resolvers.world import DAY, HOUR, MS, World, now, number_of, problems

PAID = Decimal("3000.00")
CHEAP = {"rate": "0.05", "least": "5.00", "most": "10.00"}
MINUTE = timedelta(minutes=1)


def complaints(**changes: Any) -> str:
    """The shipped policy with other figures of complaints."""
    return document(complaints={**orjson.loads(document())["complaints"], **changes})


def schemes(**first: Any) -> list[Mapping[str, Any]]:
    """The shipped schemes without one that takes a waybill; the first of them is changed so."""
    known = [each for each in orjson.loads(document())["replySchemes"] if each["code"] != "CHANGE_WAYBILL"]
    return [{**known[0], **first}, *known[1:]]


async def cost(one: Filed) -> list[int]:
    """Estimate, compensation and points of a complaint that the platform upholds as serious."""
    await one.rule(penalty_points=3)
    row = await one.row()
    return [row["estimated_compensation"], row["compensation"], row["penalty_points"]]


async def test_a_complaint_costs_what_the_tickets_version_says(world: World) -> None:
    _, old = await world.urged(paid_amount=PAID, paid_at=now() - 3 * DAY)
    await save(world, document=complaints(noPickup=CHEAP, pointsEach=2))
    new = await filed(world, paid_amount=PAID, paid_at=now() - 5 * DAY)
    assert await cost(new) == [10, 10, 2]
    assert (await world.ticket(old))["money_at_risk"] == 100
    await world.run_out(old)
    await world.work(old)
    [row] = await world.fetch("SELECT * FROM complaint WHERE status = 'FILED'")
    assert row["estimated_compensation"] == 100


async def test_the_caps_are_those_of_the_tickets_version(world: World) -> None:
    paid_at = now() - 3 * DAY
    first = await filed(world, paid_amount=PAID, paid_at=paid_at)
    await save(world, document=complaints(mostADay="150.00", mostPoints=1))
    second = await filed(world, paid_amount=PAID, paid_at=paid_at)
    assert await cost(first) == [100, 100, 1]
    assert await cost(second) == [100, 50, 0]


async def test_a_corrected_amount_is_reckoned_by_each_tickets_version(world: World) -> None:
    order, old = await world.urged()
    await save(world, document=complaints(noPickup=CHEAP))
    other, new = await world.urged()
    for each in (order, other):
        await world.orders([world.row(number=each.number, paid_amount=PAID)])
    risks = [(await world.ticket(ticket_id))["money_at_risk"] for ticket_id in (old, new)]
    assert risks == [100, 10]


async def test_a_waybill_is_changed_by_the_tickets_version_else_the_newest(world: World) -> None:
    _, old = await world.urged()
    await save(world, document=document(maxWaybillChanges=0))
    _, new = await world.urged()
    await world.shipped()
    parcels = {
        row["number"]: row["parcel"]
        for row in await world.fetch(
            "SELECT coalesce(t.number, 'none') AS number, 'pcl_' || replace(p.id::text, '-', '') AS parcel"
            " FROM parcel p LEFT JOIN ticket t ON t.order_id = p.order_id"
        )
    }
    await world.change(parcels[(await world.ticket(old))["number"]], number_of())
    for name in ((await world.ticket(new))["number"], "none"):
        refused = await world.refused(WaybillRefused, world.change(parcels[name], number_of()))
        assert refused.refusal is WaybillRefusal.TOO_MANY_CHANGES


@pytest.mark.parametrize(("after", "dismissed"), [(-MS, True), (timedelta(0), False)])
async def test_whether_a_late_fact_dismisses_the_tickets_version_says(
    world: World, after: timedelta, *, dismissed: bool
) -> None:
    order, old = await world.urged()
    await save(world, document=document(dismissesWhenInTime=False))
    other, new = await world.urged()
    ended = now() - HOUR
    for ticket_id in (old, new):
        await world.end_at(ticket_id, ended)
        await world.work(ticket_id)
    for each in (order, other):
        await world.refund(each, ended + after)
    rows = await world.fetch(
        "SELECT t.policy_version, c.status FROM complaint c JOIN ticket t ON t.id = c.ticket_id"
        " ORDER BY t.policy_version"
    )
    found = [(row["policy_version"], row["status"]) for row in rows]
    assert found == [(1, "DISMISSED" if dismissed else "FILED"), (2, "FILED")]


async def test_one_reply_to_many_is_told_ticket_by_ticket_what_their_versions_take(world: World) -> None:
    _, old = await world.urged()
    await save(world, document=document(replySchemes=schemes(code="OWN_WAY", requires=[])))
    _, new = await world.urged()

    async def reply(scheme: str, **more: Any) -> list[Any]:
        command = commands.ReplyToTickets(ticket_ids=(old, new), scheme=scheme, **more)
        return [row.error for row in (await team.reply(world.staff, command)).rows]

    unknown, taken = await reply("OWN_WAY")
    assert isinstance(unknown, InvalidInput)
    assert problems(unknown) == {("UNKNOWN_SCHEME", "input.scheme")}
    assert taken is None
    refused = await world.refused(InvalidInput, reply("NO_SUCH"))
    assert problems(refused) == {("UNKNOWN_SCHEME", "input.scheme")}
    refused = await world.refused(InvalidInput, reply("REFUND_AGREED"))
    assert problems(refused) == {("REQUIRED", "input.note")}


async def test_a_template_is_for_a_scheme_that_the_shops_market_has_had(world: World) -> None:
    async def template(code: str) -> None:
        command = commands.SaveReplyTemplate(
            shop_id=world.shop_id, title=code, scheme_code=code, body="您好 {{buyer_nick}}"
        )
        await templates.save(world.owner, command)

    own = document(replySchemes=schemes(code="OWN_WAY"))
    await world.refused(InvalidInput, template("OWN_WAY"))
    await save(world, document=own)
    await template("OWN_WAY")
    await template("COURIER_URGED")
    await template("CHANGE_WAYBILL")


async def test_a_version_that_open_tickets_are_put_under_says_what_they_put_at_risk(world: World) -> None:
    """With the deadline of either clock, and where no deadline moves too."""
    _, waits = await world.urged(paid_amount=PAID)
    order, ships = await world.shipment_urged(paid_amount=PAID)
    shipped_at = now() - MINUTE
    await world.ship(order, shipped_at=shipped_at)
    await save(world, document=complaints(noPickup=CHEAP), retime=True)
    assert await retime(world) == 2
    for ticket_id in (waits, ships):
        row = await world.ticket(ticket_id)
        assert (row["policy_version"], row["money_at_risk"]) == (2, 10)
        assert "DEADLINE_MOVED" not in await world.actions(ticket_id)
    await save(world, document=document(pickupWindowHours=48), retime=True)
    assert await retime(world) == 2
    assert (await world.ticket(ships))["deadline_at"] == shipped_at + 2 * DAY
    row = await world.ticket(waits)
    assert (row["deadline_at"] - row["opened_at"], row["money_at_risk"]) == (DAY, 100)


async def test_a_promise_goes_on_under_the_version_it_was_made_by(world: World) -> None:
    """What is not open is not put under another version; urged again, it keeps its own."""
    order, ticket_id = await world.urged()
    await world.reply(ticket_id)
    await save(world, document=document(replyWindowHours=48, maxRounds=1), retime=True)
    assert await retime(world) == 0
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    await world.urge(order)
    row = await world.ticket(ticket_id)
    assert (row["policy_version"], row["round"], row["status"]) == (1, 2, "AWAITING_REPLY")
    assert row["deadline_at"] - row["clock_started_at"] == DAY
