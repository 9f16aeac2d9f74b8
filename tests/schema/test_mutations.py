"""Each mutation through the schema: its payload in full, and its refusals as members of its union."""

from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType

from domain.events import ActorKind
from domain.ids import IdKind
from resolvers.context import Services
from tests import factories
from tests.schema.conftest import Ask
from tests.schema.documents import TYPES, selection
from tests.schema.world import World, public


def document(name: str, depth: int = 3) -> str:
    """Every field of what a mutation gives."""
    mutations = TYPES["Mutation"]
    assert isinstance(mutations, GraphQLObjectType)
    field = mutations.fields[name]
    made = str(field.type).strip("!")
    return (
        f"mutation ($in: {field.args['input'].type}) {{ {name}(input: $in) {{ {selection(made, depth)} }} }}"
    )


@pytest.fixture
def do(ask: Ask, world: World) -> Any:
    """Run a mutation as somebody of our shop; its payload."""

    async def run(role: ActorKind, name: str, /, **given: Any) -> Any:
        answer = await ask(world.ours.viewer(role), document(name), **{"in": given})
        assert answer.errors == []
        return answer.data[name]

    return run


STAFF, CONSUMER, INTEGRATION, PLATFORM = (
    ActorKind.STAFF,
    ActorKind.CONSUMER,
    ActorKind.INTEGRATION,
    ActorKind.PLATFORM,
)


def soon(hours: int = 10) -> str:
    return (factories.now() + timedelta(hours=hours)).isoformat()


async def test_a_reply_gives_the_ticket_as_it_stands_the_record_and_the_card(do: Any, world: World) -> None:
    ticket = public(IdKind.TICKET, world.ours.open_ticket)
    done = await do(STAFF, "replyToTicket", ticketId=ticket, scheme="PROMISE_PICKUP", promisedPickupAt=soon())
    assert done["__typename"] == "TicketPayload"
    assert done["ticket"]["status"] == "REPLIED"
    assert done["ticket"]["deadlineAt"] is None
    assert done["record"]["action"] == "REPLIED"
    assert done["record"]["reply"]["scheme"]["code"] == "PROMISE_PICKUP"
    assert done["card"]["kind"] == "REPLY"
    assert done["position"] == 1


async def test_every_refusal_of_a_reply_is_its_own_member(do: Any, world: World) -> None:
    ticket = public(IdKind.TICKET, world.ours.open_ticket)
    good = {"ticketId": ticket, "scheme": "COURIER_URGED"}
    absent = await do(STAFF, "replyToTicket", **{**good, "ticketId": world.theirs.ids["Ticket"]})
    assert (absent["__typename"], absent["path"]) == ("NotFound", ["input", "ticketId"])
    assert (await do(CONSUMER, "replyToTicket", **good))["__typename"] == "Forbidden"
    invalid = await do(STAFF, "replyToTicket", **{**good, "scheme": "NONE"})
    assert invalid["__typename"] == "InvalidInput"
    assert invalid["problems"][0]["path"] == ["input", "scheme"]
    conflict = await do(STAFF, "replyToTicket", **good, expectedVersion=7)
    assert conflict["__typename"] == "VersionConflict"
    assert conflict["current"]["version"] == 1
    assert conflict["lastChange"]["action"] == "OPENED"
    closed = await do(STAFF, "replyToTicket", **{**good, "ticketId": world.ours.ids["Ticket"]})
    assert closed["__typename"] == "IllegalTransition"
    assert (closed["currentStatus"], closed["currentTicket"]["status"]) == ("ESCALATED", "ESCALATED")
    same = world.ours.open_parcel["waybill_number"]
    refused = await do(
        STAFF,
        "replyToTicket",
        ticketId=ticket,
        scheme="CHANGE_WAYBILL",
        waybill={"carrier": "SF", "number": same},
    )
    assert (refused["__typename"], refused["waybillRefusal"]) == ("WaybillRefused", "SAME_NUMBER")


async def test_a_key_answers_again_and_refuses_other_input(do: Any, world: World) -> None:
    ticket = public(IdKind.TICKET, world.ours.open_ticket)
    first = await do(STAFF, "addNote", ticketId=ticket, note="a", idempotencyKey="k")
    again = await do(STAFF, "addNote", ticketId=ticket, note="a", idempotencyKey="k")
    assert (again["position"], again["record"]["id"]) == (first["position"], first["record"]["id"])
    other = await do(STAFF, "addNote", ticketId=ticket, note="b", idempotencyKey="k")
    assert other["__typename"] == "IdempotencyConflict"


async def test_a_waybill_is_changed_beside_a_reply(do: Any, world: World) -> None:
    parcel = public(IdKind.PARCEL, world.ours.open_parcel)
    waybill = {"carrier": "顺丰", "number": "sf1 999999999999"}
    done = await do(STAFF, "changeWaybill", parcelId=parcel, waybill=waybill, reason="错单")
    assert done["__typename"] == "ChangeWaybillPayload"
    assert done["parcel"]["waybillNumber"] == "SF1999999999999"
    assert done["affectedTicket"]["status"] == "AWAITING_REPLY"
    assert done["position"] == 1


async def test_a_buyer_urges_and_withdraws(do: Any, world: World, services: Services) -> None:
    order = await factories.order(services.database, world.ours.shop, buyer_id=world.ours.order["buyer_id"])
    await factories.parcel(services.database, order)
    urged = await do(CONSUMER, "urgePickup", orderId=public(IdKind.ORDER, order))
    assert urged["__typename"] == "UrgePayload"
    again = await do(CONSUMER, "urgePickup", orderId=public(IdKind.ORDER, order))
    assert (again["__typename"], again["refusal"]) == ("UrgeRefused", "TICKET_OPEN")
    assert again["existingTicket"]["id"] == urged["ticket"]["id"]
    gone = await do(CONSUMER, "withdrawUrge", ticketId=urged["ticket"]["id"])
    assert gone["ticket"]["status"] == "WITHDRAWN"
    assert (await do(CONSUMER, "withdrawUrge", ticketId=urged["ticket"]["id"]))[
        "__typename"
    ] == "IllegalTransition"
    assert (await do(CONSUMER, "urgePickup", orderId=world.theirs.ids["Order"]))["__typename"] == "NotFound"
    assert (await do(STAFF, "urgePickup", orderId=world.ours.ids["Order"]))["__typename"] == "Forbidden"


async def test_an_integration_records_and_reads_back(do: Any, ask: Ask, world: World) -> None:
    shop = world.ours.ids["Shop"]
    row = {
        "number": "A-1",
        "buyerId": "b",
        "buyerNick": "波",
        "itemTitle": "袜子",
        "quantity": 2,
        "paidAmount": "19.90",
        "paidAt": soon(-72),
    }
    bad = {**row, "number": "A-2", "quantity": 0}
    done = await do(INTEGRATION, "recordOrders", shopId=shop, orders=[row, bad])
    assert [each["outcome"] for each in done["rows"]] == ["CREATED", "FAILED"]
    assert (done["created"], done["failed"], done["error"]) == (1, 1, None)
    assert done["rows"][1]["error"]["__typename"] == "InvalidInput"
    assert done["rows"][1]["error"]["path"] == ["input", "orders", "1", "quantity"]
    shipment = {
        "orderNumber": "A-1",
        "carrier": "SF",
        "waybillNumber": "SF1000099990000",
        "shippedAt": soon(-48),
    }
    shipped = await do(INTEGRATION, "recordShipments", shopId=shop, shipments=[shipment])
    assert shipped["rows"][0]["outcome"] == "CREATED"
    scan = {
        "carrier": "SF",
        "waybillNumber": "SF1000099990000",
        "occurredAt": soon(-1),
        "code": "103",
        "description": "已揽收",
    }
    scanned = await do(INTEGRATION, "recordTrackingEvents", events=[scan])
    assert scanned["created"] == 1
    refund = {"orderNumber": "A-1", "refundedAt": soon(-1)}
    refunded = await do(INTEGRATION, "recordRefunds", shopId=shop, refunds=[refund])
    assert refunded["updated"] == 1
    answer = await ask(
        world.ours.viewer(INTEGRATION),
        'query ($shop: ID!) { order(shopId: $shop, number: "A-1") { status pickedUpAt refundedAt'
        " parcels { id pickedUpAt trackingEvents { totalCount } } } }",
        shop=shop,
    )
    order = answer.data["order"]
    assert (order["status"], order["parcels"][0]["trackingEvents"]["totalCount"]) == ("REFUNDED", 1)
    assert order["pickedUpAt"] == order["parcels"][0]["pickedUpAt"]
    assert order["parcels"][0]["id"] == shipped["rows"][0]["id"]


async def test_a_call_that_is_refused_as_a_whole_has_no_rows(do: Any, world: World) -> None:
    refused = await do(STAFF, "recordOrders", shopId=world.ours.ids["Shop"], orders=[])
    assert (refused["rows"], refused["error"]["__typename"]) == ([], "Forbidden")
    foreign = await do(INTEGRATION, "recordRefunds", shopId=world.theirs.ids["Shop"], refunds=[])
    assert foreign["error"]["__typename"] == "NotFound"


async def test_the_platform_makes_shops_and_members(do: Any) -> None:
    shop = await do(PLATFORM, "saveShop", name="新店")
    assert (shop["__typename"], shop["market"], shop["locale"]) == ("Shop", "GENERIC", "zh-CN")
    member = await do(PLATFORM, "saveStaffMember", shopId=shop["id"], subject="ann", displayName="安")
    assert (member["__typename"], member["displayName"], member["owner"]) == ("StaffMember", "安", False)
    renamed = await do(PLATFORM, "saveShop", id=shop["id"], name="老店")
    assert renamed["name"] == "老店"
    assert (await do(STAFF, "saveShop", name="x"))["__typename"] == "Forbidden"
    assert (await do(PLATFORM, "saveShop"))["__typename"] == "InvalidInput"


async def test_nobody_in_particular_changes_nothing(ask: Ask, world: World, services: Services) -> None:
    given = {"ticketId": public(IdKind.TICKET, world.ours.open_ticket), "note": "x"}
    answer = await ask(None, document("addNote"), **{"in": given})
    assert answer.codes == ["UNAUTHENTICATED"]
    assert await services.database.pool.fetchval("SELECT count(*) FROM event") == 0
