"""Each field of each type, read once by each role; what is foreign answers like what does not exist."""

import json
from dataclasses import replace
from typing import Any

import pytest

from domain.events import SHOWN_TO_CONSUMER, ActorKind
from domain.ids import IdKind
from resolvers.context import Services
from tests import factories
from tests.schema.conftest import Ask
from tests.schema.documents import implementers, selection
from tests.schema.world import Held, World, public

ROLES = [ActorKind.CONSUMER, ActorKind.STAFF, ActorKind.INTEGRATION, ActorKind.PLATFORM]
NODES = implementers("Node")
OWNERS_ONLY = {"Webhook", "WebhookDelivery"}
SEEN = {
    ActorKind.STAFF: set(NODES) - OWNERS_ONLY,
    ActorKind.PLATFORM: set(NODES),
    ActorKind.CONSUMER: set(NODES) - {"StaffMember", "Complaint", "ReplyTemplate"} - OWNERS_ONLY,
    ActorKind.INTEGRATION: {"Shop", "Order", "Parcel", "TrackingEvent", "Exemption"},
}
"""What a role may see of its own (`domain.md §12`)."""
NOWHERE = "0" * 32


def node_document(name: str, depth: int = 2) -> str:
    """Every field of a node, and of what it leads to."""
    return (
        f"query ($id: ID!) {{ node(id: $id) {{ __typename ... on {name} {{ {selection(name, depth)} }} }} }}"
    )


def objects(value: Any) -> list[dict[str, Any]]:
    """Every object of an answer."""
    if isinstance(value, list):
        return [found for each in value for found in objects(each)]
    if not isinstance(value, dict):
        return []
    return [value, *(found for each in value.values() for found in objects(each))]


@pytest.mark.rule("§9.4", "§12.1", "§12.3")
@pytest.mark.parametrize("role", ROLES)
async def test_each_role_reads_every_field_of_what_is_its_own(
    ask: Ask, world: World, role: ActorKind
) -> None:
    seen = set()
    for name in NODES:
        answer = await ask(world.ours.viewer(role), node_document(name), id=world.ours.ids[name])
        assert answer.errors == []
        seen |= set() if answer.data["node"] is None else {name}
    assert seen == SEEN[role]


@pytest.mark.rule("§12.7")
@pytest.mark.parametrize("role", ROLES[:3])
async def test_foreign_and_absent_answer_the_same_bytes(ask: Ask, world: World, role: ActorKind) -> None:
    viewer = world.ours.viewer(role)
    for name in world.theirs.own:
        foreign = world.theirs.ids[name]
        document = f"query ($id: ID!) {{ node(id: $id) {{ id }} nodes(ids: [$id]) {{ id }} {_by_id(name)} }}"
        one = await ask(viewer, document, id=foreign)
        other = await ask(viewer, document, id=foreign[:4] + NOWHERE)
        assert json.dumps(one.data) == json.dumps(other.data)
        assert one.data["node"] is None
        assert one.errors == other.errors == []


def _by_id(name: str) -> str:
    found = {"Ticket": "ticket", "Order": "order", "Complaint": "complaint"}.get(name)
    return f"{found}(id: $id) {{ id }}" if found else ""


@pytest.mark.rule("§12.7")
@pytest.mark.parametrize("role", ROLES[:3])
async def test_nothing_foreign_is_ever_reached(ask: Ask, world: World, role: ActorKind) -> None:
    """From every node of one's own, as deep as documents go, no id or name of the other shop appears."""
    foreign = {*world.theirs.own.values(), world.theirs.shop["name"], world.theirs.order["number"]}
    for name in sorted(SEEN[role]):
        answer = await ask(world.ours.viewer(role), node_document(name, 4), id=world.ours.ids[name])
        text = json.dumps(answer.data, ensure_ascii=False)
        assert answer.errors == []
        assert not [each for each in foreign if each in text]


FIGURES = f"""query ($shop: ID!, $from: DateTime!, $to: DateTime!) {{
  shopFigures(shopId: $shop, from: $from, to: $to) {{ {selection("ShopFigures", 3)} }} }}"""


def season(held: Held) -> dict[str, str]:
    """A shop, and a period in which everything of this world lies."""
    moments = (factories.now() - 30 * factories.DAY, factories.now() + factories.DAY)
    since, until = (moment.isoformat() for moment in moments)
    return {"shop": public(IdKind.SHOP, held.shop), "from": since, "to": until}


async def test_every_object_of_the_schema_was_read(ask: Ask, world: World) -> None:
    """A field without a value in this world is a field that no test reads."""
    read: dict[str, set[str]] = {}
    viewer = replace(world.ours.viewer(ActorKind.STAFF), owner=True)
    answers = [
        await ask(viewer, node_document(name, 3), id=public_id) for name, public_id in world.ours.ids.items()
    ]
    extra = {
        "Order": public(IdKind.ORDER, world.ours.open_order),
        "Ticket": public(IdKind.TICKET, world.ours.open_ticket),
    }
    answers += [await ask(viewer, node_document(name, 3), id=public_id) for name, public_id in extra.items()]
    answers.append(
        await ask(
            viewer, f"{{ viewer {{ {selection('Viewer', 2)} }} carriers {{ {selection('Carrier')} }} }}"
        )
    )
    answers.append(
        await ask(
            viewer,
            f"{{ shops {{ {selection('ShopConnection', 2)} }}"
            f" orders {{ {selection('OrderConnection', 2)} }}"
            f" complaints {{ {selection('ComplaintConnection', 2)} }} }}",
        )
    )
    answers.append(
        await ask(
            viewer,
            f"{{ policy(market: TMALL) {{ {selection('Policy', 2)} }}"
            f" exemptions {{ {selection('ExemptionConnection', 2)} }} }}",
        )
    )
    answers.append(await ask(viewer, FIGURES, **season(world.ours)))
    old = public(IdKind.PARCEL, world.ours.old_parcel)
    answers.append(await ask(viewer, node_document("Parcel", 2), id=old))
    assigned = public(IdKind.FOLLOW_UP_RECORD, world.ours.assigned)
    answers.append(await ask(viewer, node_document("FollowUpRecord", 1), id=assigned))
    for each in (found for answer in answers for found in objects(answer.data)):
        names = {name for name, value in each.items() if value is not None}
        read.setdefault(each.get("__typename", "Query"), set()).update(names)
    elsewhere = {"DeadlineSnapshot", "DeadlineUpdate", "StreamLive", "StreamReset"}
    unread = sorted(
        f"{name}.{field}"
        for name, fields in readable().items()
        for field in fields - read.get(name, set())
        if name not in elsewhere
    )
    assert unread == NEVER_SET_HERE


NEVER_SET_HERE = [
    "Complaint.compensation",
    "Complaint.reason",
    "Complaint.ruledAt",
    "DeadlineSegment.exemption",
    "Order.closedAt",
    "Order.pickedUpAt",
    "Order.refundedAt",
    "Parcel.pickedUpAt",
    "Ticket.completedAt",
    "UrgeKindDecision.availableAt",
]
"""Fields that have no value in this world; the tests of their use cases read them."""


def readable() -> dict[str, set[str]]:
    """The fields of every object that queries reach, payloads and errors of mutations aside."""
    from tests.schema.documents import reached

    return reached("Query")


@pytest.mark.rule("§12.1")
async def test_a_consumer_sees_of_a_ticket_what_concerns_buyers(ask: Ask, world: World) -> None:
    document = (
        "query ($id: ID!) { ticket(id: $id) {"
        " moneyAtRisk assignee { id } complaint { id } availableReplies { code }"
        " followUps { totalCount edges { node { action note actor { name } waybillChange { reason } } } }"
        " shop { staff { totalCount } queueCounts { replied } } } }"
    )
    answer = await ask(world.ours.viewer(ActorKind.CONSUMER), document, id=world.ours.ids["Ticket"])
    ticket = answer.data["ticket"]
    edges = ticket["followUps"]["edges"]
    assert [edge["node"]["action"] for edge in edges] == ["OPENED", "REPLIED", "ESCALATED"]
    assert ticket["followUps"]["totalCount"] == 3
    assert {edge["node"]["action"] for edge in edges} <= SHOWN_TO_CONSUMER
    assert [edge["node"]["note"] for edge in edges] == [None, None, None]
    assert edges[1]["node"]["actor"] == {"name": world.ours.shop["name"]}
    assert edges[1]["node"]["waybillChange"] == {"reason": None}
    assert [ticket[name] for name in ("moneyAtRisk", "assignee", "complaint")] == [None, None, None]
    assert ticket["availableReplies"] == []
    assert ticket["shop"] == {"staff": None, "queueCounts": None}


@pytest.mark.rule("§12.2")
async def test_a_hidden_record_is_absent_for_a_consumer(ask: Ask, world: World) -> None:
    hidden = public(IdKind.FOLLOW_UP_RECORD, world.ours.noted)
    answer = await ask(
        world.ours.viewer(ActorKind.CONSUMER), "query ($id: ID!) { node(id: $id) { id } }", id=hidden
    )
    assert answer.data == {"node": None}


@pytest.mark.rule("§12.5")
async def test_an_integration_reads_orders_but_no_tickets(ask: Ask, world: World) -> None:
    document = (
        "query ($id: ID!) { order(id: $id) {"
        " parcels { waybillNumber } tickets { totalCount edges { cursor } }"
        " urgeDecision { pickup { refusal existingTicket { id } } } } }"
    )
    answer = await ask(world.ours.viewer(ActorKind.INTEGRATION), document, id=world.ours.ids["Order"])
    assert len(answer.data["order"]["parcels"]) == 2
    assert answer.data["order"]["tickets"] == {"totalCount": 0, "edges": []}
    assert answer.data["order"]["urgeDecision"]["pickup"] == {
        "refusal": "COMPLAINT_FILED",
        "existingTicket": None,
    }


@pytest.mark.rule("§12.2")
@pytest.mark.parametrize("role", [ActorKind.CONSUMER, ActorKind.INTEGRATION])
@pytest.mark.parametrize(
    "document",
    [
        "{ tickets { totalCount } }",
        "{ complaints { totalCount } }",
        "{ queueCounts { replied } }",
        '{ shopFigures(shopId:"", from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z") { __typename } }',
        '{ replySchemes(shopId: "x", kind: URGE_PICKUP) { code } }',
    ],
)
async def test_the_queue_is_for_staff(ask: Ask, world: World, role: ActorKind, document: str) -> None:
    answer = await ask(world.ours.viewer(role), document)
    assert answer.codes == ["FORBIDDEN"]


@pytest.mark.parametrize(
    "document",
    [
        "{ viewer { role } }",
        "{ carriers { code } }",
        "{ shops { totalCount } }",
        '{ node(id: "tkt_x") { id } }',
        "{ tickets { totalCount } }",
    ],
)
async def test_nobody_in_particular_is_unauthenticated(ask: Ask, document: str) -> None:
    answer = await ask(None, document)
    assert answer.codes == ["UNAUTHENTICATED"]


async def test_an_order_is_found_by_shop_and_number(ask: Ask, world: World) -> None:
    document = "query ($shop: ID!, $number: String!) { order(shopId: $shop, number: $number) { id } }"
    viewer = world.ours.viewer(ActorKind.STAFF)
    shop, number = world.ours.ids["Shop"], world.ours.order["number"]
    answer = await ask(viewer, document, shop=shop, number=number)
    assert answer.data["order"] == {"id": world.ours.ids["Order"]}
    foreign = await ask(viewer, document, shop=world.theirs.ids["Shop"], number=world.theirs.order["number"])
    assert foreign.data == {"order": None}
    assert (await ask(viewer, "{ order { id } }")).codes == ["BAD_USER_INPUT"]


@pytest.mark.rule("§13.5")
async def test_counts_add_up_by_state_and_clock(ask: Ask, world: World, services: Services) -> None:
    shop = world.ours.shop
    for left in (-1, 30, 120, 300):
        order = await factories.order(services.database, shop)
        deadline = factories.now() + left * factories.HOUR / 60
        await factories.ticket(services.database, order, deadline_at=deadline)
    answer = await ask(
        world.ours.viewer(ActorKind.STAFF),
        "{ queueCounts {"
        " awaitingReply replied awaitingPickup warning critical overdue escalatedToday unassigned moneyAtRisk"
        " shop { id } } }",
    )
    assert answer.data["queueCounts"] == [
        {
            "awaitingReply": 5,
            "replied": 0,
            "awaitingPickup": 0,
            "warning": 2,
            "critical": 1,
            "overdue": 1,
            "escalatedToday": answer.data["queueCounts"][0]["escalatedToday"],
            "unassigned": 4,
            "moneyAtRisk": "32.25",
            "shop": {"id": world.ours.ids["Shop"]},
        }
    ]


async def test_reply_schemes_speak_the_shops_language(ask: Ask, services: Services, world: World) -> None:
    english = await factories.shop(services.database, locale="en")
    viewer = world.ours.viewer(ActorKind.PLATFORM)
    document = (
        "query ($shop: ID!) { replySchemes(shopId: $shop, kind: URGE_SHIPMENT)"
        ' { code label zh: label(locale: "zh-CN") } }'
    )
    answer = await ask(viewer, document, shop=public(IdKind.SHOP, english))
    assert answer.data["replySchemes"][0] == {
        "code": "PROMISE_PICKUP",
        "label": "Pickup promised",
        "zh": "承诺揽收时间",
    }
    assert len(answer.data["replySchemes"]) == 6
    assert (await ask(viewer, document, shop="shp_" + NOWHERE)).codes == ["BAD_USER_INPUT"]


async def test_one_answer_has_one_now(ask: Ask, world: World) -> None:
    answer = await ask(
        world.ours.viewer(ActorKind.STAFF), "{ a: queueCounts { asOf } b: queueCounts { asOf } }"
    )
    assert answer.data["a"] == answer.data["b"]


async def test_nodes_keep_the_order_of_their_ids(ask: Ask, world: World) -> None:
    ids = [
        world.ours.ids["Ticket"],
        "nonsense",
        world.ours.ids["Shop"],
        world.theirs.ids["Shop"],
        world.ours.ids["Ticket"],
    ]
    answer = await ask(
        world.ours.viewer(ActorKind.STAFF), "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids
    )
    assert answer.data["nodes"] == [{"id": ids[0]}, None, {"id": ids[2]}, None, {"id": ids[0]}]
    many = await ask(
        world.ours.viewer(ActorKind.STAFF),
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        ids=["x"] * 201,
    )
    assert many.codes == ["LIMIT"]


async def test_a_stretch_that_an_exemption_gave_names_it(ask: Ask, world: World, services: Services) -> None:
    ticket = world.ours.open_ticket
    before = ticket["deadline_at"] - factories.HOUR
    await services.database.pool.execute(
        "UPDATE ticket SET deadline_steps = ARRAY[$2, deadline_at], moved_by = ARRAY[$3::uuid] WHERE id = $1",
        ticket["id"],
        before,
        world.ours.exemption["id"],
    )
    answer = await ask(
        world.ours.viewer(ActorKind.STAFF),
        "query ($id: ID!) { ticket(id: $id) { deadlineExplanation { segments {"
        " reason counted exemption { id title region end from } } } } }",
        id=public(IdKind.TICKET, ticket),
    )
    counted, exempt = answer.data["ticket"]["deadlineExplanation"]["segments"]
    assert (counted["reason"], counted["counted"], counted["exemption"]) == ("REPLY_WINDOW", True, None)
    assert (exempt["reason"], exempt["counted"]) == ("EXEMPTION", False)
    assert exempt["exemption"]["id"] == world.ours.ids["Exemption"]
    assert (exempt["exemption"]["title"], exempt["exemption"]["region"]) == ("春节放假", "44")
