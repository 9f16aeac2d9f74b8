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


FIELDS = ("title", "schemeCode", "body")
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


@pytest.mark.rule("§13.2")
async def test_many_tickets_are_replied_to_each_with_its_result(do: Any, world: World) -> None:
    ticket = public(IdKind.TICKET, world.ours.open_ticket)
    closed, foreign = world.ours.ids["Ticket"], world.theirs.ids["Ticket"]
    asked = [ticket, foreign, closed, ticket]
    done = await do(STAFF, "replyToTickets", ticketIds=asked, scheme="COURIER_URGED", note="已催")
    assert (done["succeeded"], done["failed"], done["error"]) == (1, 3, None)
    assert [row["ticketId"] for row in done["results"]] == asked
    assert [(row["error"] or {}).get("__typename") for row in done["results"]] == [
        None,
        "NotFound",
        "IllegalTransition",
        "InvalidInput",
    ]
    assert [row["position"] for row in done["results"]] == [1, None, None, None]
    shown = [row["ticket"] and row["ticket"]["status"] for row in done["results"]]
    assert shown == ["REPLIED", None, "ESCALATED", "REPLIED"]
    assert done["results"][0]["ticket"]["version"] == 2
    absent = "tkt_" + "0" * 32
    refused = await do(STAFF, "replyToTickets", ticketIds=[absent], scheme="COURIER_URGED")
    assert refused["results"][0]["error"] == {
        **done["results"][1]["error"],
        "path": ["input", "ticketIds", "0"],
    }


async def test_a_batch_that_is_refused_as_a_whole_has_no_results(do: Any, world: World) -> None:
    ticket = public(IdKind.TICKET, world.ours.open_ticket)
    for role, given, kind in (
        (CONSUMER, {"scheme": "COURIER_URGED"}, "Forbidden"),
        (STAFF, {"scheme": "NONE"}, "InvalidInput"),
        (STAFF, {"scheme": "CHANGE_WAYBILL"}, "InvalidInput"),
    ):
        refused = await do(role, "replyToTickets", ticketIds=[ticket], **given)
        assert refused["error"]["__typename"] == kind
        assert (refused["results"], refused["succeeded"], refused["failed"]) == ([], 0, 0)
    absent = await do(STAFF, "assignTickets", ticketIds=[ticket], assigneeId=world.theirs.ids["StaffMember"])
    assert (absent["results"], absent["error"]["__typename"]) == ([], "NotFound")


async def test_tickets_are_assigned_and_the_record_names_both(do: Any, ask: Ask, world: World) -> None:
    ticket = public(IdKind.TICKET, world.ours.open_ticket)
    owner, agent = public(IdKind.STAFF_MEMBER, world.ours.owner), world.ours.ids["StaffMember"]
    done = await do(STAFF, "assignTickets", ticketIds=[ticket], assigneeId=owner)
    row = done["results"][0]
    assert (row["error"], row["position"], row["ticket"]["assignee"]["id"]) == (None, 1, owner)
    assert row["ticket"]["version"] == 2
    mine = await do(STAFF, "assignTickets", ticketIds=[ticket], toMe=True)
    assert mine["results"][0]["ticket"]["assignee"]["id"] == agent
    nobody = await do(STAFF, "assignTickets", ticketIds=[ticket], assigneeId=None, toMe=None)
    assert nobody["results"][0]["ticket"]["assignee"] is None
    read = (
        "query ($id: ID!) { ticket(id: $id) { followUps(last: 3) { edges { node {"
        " action actor { kind } assigneeBefore { id } assigneeAfter { id } } } } } }"
    )
    answer = await ask(world.ours.viewer(STAFF), read, id=ticket)
    found = [edge["node"] for edge in answer.data["ticket"]["followUps"]["edges"]]
    assert [(each["assigneeBefore"], each["assigneeAfter"]) for each in found] == [
        ({"id": agent}, {"id": owner}),
        ({"id": owner}, {"id": agent}),
        ({"id": agent}, None),
    ]


async def test_templates_are_saved_listed_used_and_deleted(do: Any, ask: Ask, world: World) -> None:
    shop = world.ours.ids["Shop"]
    given = {"shopId": shop, "title": "道歉", "schemeCode": "COURIER_URGED", "body": "{{buyer_nick}}，抱歉"}
    made = await do(PLATFORM, "saveReplyTemplate", **given)
    assert made == {"__typename": "ReplyTemplate", "id": made["id"], **{k: given[k] for k in FIELDS}}
    unknown = await do(PLATFORM, "saveReplyTemplate", **{**given, "body": "{{buyer}}"})
    assert unknown["__typename"] == "InvalidInput"
    assert "{{buyer}}" in unknown["message"]
    assert (await do(STAFF, "saveReplyTemplate", **given))["__typename"] == "Forbidden"
    listed = "query ($shop: ID!) { replyTemplates(shopId: $shop) { id title schemeCode body } }"
    answer = await ask(world.ours.viewer(STAFF), listed, shop=shop)
    assert [each["id"] for each in answer.data["replyTemplates"]] == [
        world.ours.ids["ReplyTemplate"],
        made["id"],
    ]
    for foreign in (world.theirs.ids["Shop"], "shp_" + "0" * 32, "x"):
        answer = await ask(world.ours.viewer(STAFF), listed, shop=foreign)
        assert (answer.data, answer.codes) == ({"replyTemplates": []}, [])
    assert (await ask(world.ours.viewer(CONSUMER), listed, shop=shop)).codes == ["FORBIDDEN"]
    ticket = public(IdKind.TICKET, world.ours.open_ticket)
    used = await do(STAFF, "replyToTicket", ticketId=ticket, scheme="COURIER_URGED", templateId=made["id"])
    assert used["record"]["reply"]["note"].endswith("，抱歉")
    gone = await do(PLATFORM, "deleteReplyTemplate", id=made["id"])
    assert gone == {"__typename": "Deleted", "id": made["id"]}
    again = await do(PLATFORM, "deleteReplyTemplate", id=made["id"])
    assert (again["__typename"], again["path"]) == ("NotFound", ["input", "id"])
    assert (await do(STAFF, "deleteReplyTemplate", id=made["id"]))["__typename"] == "Forbidden"
    blank = await do(PLATFORM, "deleteReplyTemplate", id=made["id"], idempotencyKey=" ")
    assert blank["__typename"] == "InvalidInput"


@pytest.mark.rule("§7.9")
async def test_a_waybill_is_changed_beside_a_reply(do: Any, world: World) -> None:
    parcel = public(IdKind.PARCEL, world.ours.open_parcel)
    waybill = {"carrier": "顺丰", "number": "sf1 999999999999"}
    done = await do(STAFF, "changeWaybill", parcelId=parcel, waybill=waybill, reason="错单")
    assert done["__typename"] == "ChangeWaybillPayload"
    assert done["parcel"]["waybillNumber"] == "SF1999999999999"
    assert done["affectedTicket"]["status"] == "AWAITING_REPLY"
    assert done["position"] == 1


@pytest.mark.rule("§12.1")
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


@pytest.mark.rule("§3.15")
async def test_a_buyer_urges_the_shipment_and_looks_on(
    do: Any, ask: Ask, world: World, services: Services
) -> None:
    buyer = world.ours.order["buyer_id"]
    order = await factories.order(services.database, world.ours.shop, buyer_id=buyer, shipped_at=None)
    given = {"orderId": public(IdKind.ORDER, order)}
    urged = await do(CONSUMER, "urgeShipment", **given)
    assert urged["__typename"] == "UrgePayload"
    assert (urged["ticket"]["kind"], urged["ticket"]["status"]) == ("URGE_SHIPMENT", "AWAITING_REPLY")
    again = await do(CONSUMER, "urgeShipment", **given)
    assert (again["__typename"], again["refusal"]) == ("UrgeRefused", "TICKET_OPEN")
    row = {
        "orderNumber": order["number"],
        "carrier": "SF",
        "waybillNumber": "SF1000099990001",
        "shippedAt": soon(-30),
    }
    shipped = await do(INTEGRATION, "recordShipments", shopId=world.ours.ids["Shop"], shipments=[row])
    assert shipped["created"] == 1
    answer = await ask(
        world.ours.viewer(CONSUMER),
        """query ($id: ID!) { order(id: $id) {
             urgeDecision { pickup { refusal existingTicket { id } } shipment { refusal } }
             tickets { edges { node { status followUps { edges { node { action } } }
               deadlineExplanation { deadlineAt segments { from to reason counted } } } } } } }""",
        id=given["orderId"],
    )
    decision = answer.data["order"]["urgeDecision"]
    assert decision["pickup"]["refusal"] == "SHIPMENT_TICKET_EXISTS"
    assert decision["pickup"]["existingTicket"]["id"] == urged["ticket"]["id"]
    assert decision["shipment"]["refusal"] == "ALREADY_SHIPPED"
    [ticket] = [edge["node"] for edge in answer.data["order"]["tickets"]["edges"]]
    assert ticket["status"] == "AWAITING_PICKUP"
    assert [edge["node"]["action"] for edge in ticket["followUps"]["edges"]] == ["OPENED", "SHIPPED"]
    explained = ticket["deadlineExplanation"]
    ran, moved = explained["segments"]
    assert (ran["reason"], ran["counted"]) == ("PICKUP_WINDOW", True)
    assert (moved["reason"], moved["counted"]) == ("RECORDED_LATE", False)
    assert (moved["from"], moved["to"]) == (ran["to"], explained["deadlineAt"])


@pytest.mark.rule("§8.4", "§12.5")
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
