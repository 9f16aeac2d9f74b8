"""Complaints through the schema: lists and filters, what one would cost now, and the three mutations."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from domain.complaint import ComplaintStatus, payment_day
from domain.events import ActorKind
from domain.ids import IdKind
from domain.ticket_words import TicketStatus
from tests import factories
from tests.schema.documents import selection
from tests.schema.test_mutations import document
from tests.schema.world import public

if TYPE_CHECKING:
    from db.database import Database
    from resolvers.context import Services
    from tests.factories import Row
    from tests.schema.conftest import Ask
    from tests.schema.world import World

STAFF, PLATFORM = ActorKind.STAFF, ActorKind.PLATFORM
MS = timedelta(milliseconds=1)
LIST = (
    "query ($filter: ComplaintFilter, $first: Int, $after: String) {"
    " complaints(filter: $filter, first: $first, after: $after) { totalCount totalCountCapped"
    " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } } } }"
)
ESTIMATE = "query ($id: ID!) { complaint(id: $id) { status estimatedCompensation compensation } }"


async def complaint(database: Database, shop: Row, status: str = "FILED", **given: Any) -> Row:
    """A complaint of an order of its own, paid then by that buyer."""
    names = ("paid_at", "buyer_id")
    order = await factories.order(
        database, shop, **{name: given.pop(name) for name in names if name in given}
    )
    ticket = await factories.ticket(database, order, TicketStatus.ESCALATED)
    return await factories.complaint(database, ticket, status, **given)


@pytest.fixture
async def many(world: World, services: Services) -> list[Row]:
    """Complaints of our shop, each status three times; two were filed in the same millisecond."""
    moment = factories.now() - factories.DAY
    found = [
        await complaint(
            services.database, world.ours.shop, status, filed_at=moment + (number * 3 + turn) // 2 * MS
        )
        for number, status in enumerate(ComplaintStatus)
        for turn in range(3)
    ]
    return [*found, world.ours.complaint]


def ids(rows: list[Row]) -> list[str]:
    """Their public ids, the last filed first."""
    ordered = sorted(rows, key=lambda row: (row["filed_at"], row["id"]), reverse=True)
    return [public(IdKind.COMPLAINT, row) for row in ordered]


async def listed(ask: Ask, world: World, size: int = 20, **wanted: Any) -> list[str]:
    """All ids of the filter, page by page; what each page says of itself is checked on the way."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        answer = await ask(world.ours.viewer(STAFF), LIST, filter=wanted, first=size, after=cursor)
        assert answer.errors == []
        page = answer.data["complaints"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] == (cursor is not None)
        assert page["totalCountCapped"] is False
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] == len(found)
            return found
        cursor = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("size", [1, 5, 20])
async def test_the_last_filed_come_first_and_no_page_loses_one(
    ask: Ask, world: World, many: list[Row], size: int
) -> None:
    assert await listed(ask, world, size) == ids(many)


@pytest.mark.parametrize(
    "status", [[], ["FILED"], ["FILED", "FILED"], ["UPHELD", "DISMISSED"], [*ComplaintStatus]]
)
async def test_a_filter_leaves_those_of_its_statuses(
    ask: Ask, world: World, many: list[Row], status: list[str]
) -> None:
    wanted = [row for row in many if row["status"] in status]
    assert await listed(ask, world, 2, status=status) == ids(wanted)


async def test_filed_after_is_included_and_filed_before_is_not(
    ask: Ask, world: World, many: list[Row]
) -> None:
    border = many[4]["filed_at"]
    assert many[5]["filed_at"] == border
    after = [row for row in many if row["filed_at"] >= border]
    before = [row for row in many if row["filed_at"] < border]
    assert await listed(ask, world, filedAfter=border.isoformat()) == ids(after)
    assert await listed(ask, world, filedBefore=border.isoformat()) == ids(before)
    both = {"filedAfter": border.isoformat(), "filedBefore": (border + MS).isoformat()}
    assert await listed(ask, world, **both) == ids(many[4:6])


async def test_shops_are_those_named_and_seen(ask: Ask, world: World, many: list[Row]) -> None:
    ours, theirs = world.ours.ids["Shop"], world.theirs.ids["Shop"]
    assert await listed(ask, world, shopIds=[ours, theirs]) == ids(many)
    assert await listed(ask, world, shopIds=[theirs]) == []
    root = world.ours.viewer(PLATFORM)
    answer = await ask(root, LIST, first=200)
    everyone = [edge["node"]["id"] for edge in answer.data["complaints"]["edges"]]
    assert everyone == ids([*many, world.theirs.complaint])
    answer = await ask(root, LIST, filter={"shopIds": [theirs], "status": ["FILED"]})
    assert [each["node"]["id"] for each in answer.data["complaints"]["edges"]] == [
        world.theirs.ids["Complaint"]
    ]


async def test_a_cursor_fits_only_its_own_list(ask: Ask, world: World, many: list[Row]) -> None:
    viewer = world.ours.viewer(STAFF)
    cursor = (await ask(viewer, LIST, first=2)).data["complaints"]["pageInfo"]["endCursor"]
    assert len(many) > 2
    assert (await ask(viewer, LIST, after=cursor, filter={"status": ["FILED"]})).codes == ["BAD_CURSOR"]
    assert (await ask(viewer, LIST, first=201)).codes == ["LIMIT"]
    assert (await ask(viewer, LIST, filter={"shopIds": ["x"] * 201})).codes == ["LIMIT"]


@pytest.mark.rule("§12.2")
@pytest.mark.parametrize("role", [ActorKind.CONSUMER, ActorKind.INTEGRATION])
async def test_consumers_and_integrations_see_no_complaint(ask: Ask, world: World, role: ActorKind) -> None:
    viewer = world.ours.viewer(role)
    assert (await ask(viewer, ESTIMATE, id=world.ours.ids["Complaint"])).data == {"complaint": None}
    assert (await ask(viewer, LIST)).codes == ["FORBIDDEN"]


async def estimate(ask: Ask, world: World, row: Row) -> str:
    answer = await ask(world.ours.viewer(STAFF), ESTIMATE, id=public(IdKind.COMPLAINT, row))
    assert answer.errors == []
    found: str = answer.data["complaint"]["estimatedCompensation"]
    return found


async def test_what_it_would_cost_now_is_what_the_day_leaves(
    ask: Ask, world: World, services: Services
) -> None:
    """Of the same buyer, shop and payment day in Shanghai, to the millisecond."""
    database, shop = services.database, world.ours.shop
    start, end = payment_day(factories.now() - 3 * factories.DAY)
    hundred: dict[str, Any] = {"estimated_compensation": Decimal("100.00"), "buyer_id": "x"}
    row = await complaint(database, shop, **hundred, paid_at=start)
    assert await estimate(ask, world, row) == "100.00"
    costly: dict[str, Any] = {"compensation": Decimal("450.00"), "buyer_id": "x"}
    for paid_at in (start - MS, end):
        await complaint(database, shop, "UPHELD", **costly, paid_at=paid_at)
    await complaint(database, shop, "UPHELD", **{**costly, "buyer_id": "y"}, paid_at=start)
    await complaint(database, world.theirs.shop, "UPHELD", **costly, paid_at=start)
    assert await estimate(ask, world, row) == "100.00"
    await complaint(database, shop, "SETTLED", **costly, paid_at=end - MS)
    assert await estimate(ask, world, row) == "50.00"
    await complaint(database, shop, "UPHELD", **costly, paid_at=start)
    assert await estimate(ask, world, row) == "0.00"


async def test_what_has_ended_costs_what_it_costs(ask: Ask, world: World, services: Services) -> None:
    """But one that was dismissed: it says what it would have cost."""
    found = {}
    for status in ("SETTLED", "UPHELD", "DISMISSED"):
        given = {"compensation": Decimal("1.00")} if status != "DISMISSED" else {}
        row = await complaint(services.database, world.ours.shop, status, buyer_id="x", **given)
        found[status] = await estimate(ask, world, row)
    assert found == {"SETTLED": "1.00", "UPHELD": "1.00", "DISMISSED": "6.45"}


@pytest.fixture
def do(ask: Ask, world: World) -> Any:
    """Run a mutation on our complaint as somebody of our shop; its payload."""

    async def run(role: ActorKind, name: str, /, **given: Any) -> Any:
        given = {"complaintId": world.ours.ids["Complaint"], **given}
        answer = await ask(world.ours.viewer(role), document(name), **{"in": given})
        assert answer.errors == []
        return answer.data[name]

    return run


async def test_a_complaint_is_stated_on_and_upheld(ask: Ask, do: Any, world: World) -> None:
    stated = await do(STAFF, "stateComplaint", statement="已交快递", proofUrls=["https://example.com/9"])
    assert (stated["__typename"], stated["position"]) == ("ComplaintPayload", 1)
    assert stated["complaint"]["statement"] == "已交快递"
    assert stated["complaint"]["proofUrls"] == ["https://example.com/9"]
    assert stated["complaint"]["ticket"]["version"] == world.ours.ticket["version"] + 1
    given = {"upheld": True, "reason": "单号重复", "violation": "FALSE_WAYBILL", "penaltyPoints": 1}
    ruled = (await do(PLATFORM, "ruleOnComplaint", **given))["complaint"]
    assert (ruled["status"], ruled["violation"], ruled["penaltyPoints"]) == ("UPHELD", "FALSE_WAYBILL", 1)
    assert (ruled["compensation"], ruled["estimatedCompensation"]) == ("38.70", "38.70")
    assert ruled["reason"] == "单号重复"
    assert ruled["ruledAt"] is not None
    records = "query ($id: ID!) { ticket(id: $id) { followUps(last: 2) { edges { node { action note } } } } }"
    answer = await ask(world.ours.viewer(STAFF), records, id=world.ours.ids["Ticket"])
    last = [edge["node"] for edge in answer.data["ticket"]["followUps"]["edges"]]
    assert last == [
        {"action": "COMPLAINT_STATEMENT", "note": "已交快递"},
        {"action": "COMPLAINT_RULED", "note": "单号重复"},
    ]


async def test_a_complaint_is_settled(do: Any) -> None:
    settled = await do(STAFF, "settleComplaint")
    assert (settled["complaint"]["status"], settled["complaint"]["compensation"]) == ("SETTLED", "6.45")
    assert (settled["complaint"]["penaltyPoints"], settled["complaint"]["reason"]) == (0, None)


async def test_a_complaint_is_dismissed(do: Any) -> None:
    ruled = await do(PLATFORM, "ruleOnComplaint", upheld=False, reason="已揽收", penaltyPoints=None)
    assert (ruled["complaint"]["status"], ruled["complaint"]["compensation"]) == ("DISMISSED", "0.00")


async def test_every_refusal_is_its_own_member(do: Any, world: World, services: Services) -> None:
    ruling = {"upheld": True, "reason": "属实"}
    assert (await do(STAFF, "ruleOnComplaint", **ruling))["__typename"] == "Forbidden"
    assert (await do(ActorKind.CONSUMER, "settleComplaint"))["__typename"] == "Forbidden"
    foreign = await do(STAFF, "settleComplaint", complaintId=world.theirs.ids["Complaint"])
    assert (foreign["__typename"], foreign["path"]) == ("NotFound", ["input", "complaintId"])
    invalid = await do(PLATFORM, "ruleOnComplaint", upheld=False, reason="", compensation="1.00")
    assert [each["path"] for each in invalid["problems"]] == [["input", "reason"], ["input", "compensation"]]
    assert await services.database.pool.fetchval("SELECT count(*) FROM event") == 0
    await do(PLATFORM, "ruleOnComplaint", **ruling, idempotencyKey="k")
    conflict = await do(PLATFORM, "ruleOnComplaint", **{**ruling, "reason": "x"}, idempotencyKey="k")
    assert conflict["__typename"] == "IdempotencyConflict"
    for name, given in (("stateComplaint", {"statement": "x"}), ("settleComplaint", {})):
        late = await do(STAFF, name, **given)
        assert (late["__typename"], late["currentStatus"]) == ("IllegalTransition", "UPHELD")
        assert late["currentTicket"]["status"] == "ESCALATED"
    assert await services.database.pool.fetchval("SELECT count(*) FROM event") == 1


async def test_a_page_reads_each_field_of_its_complaints(ask: Ask, world: World, many: list[Row]) -> None:
    answer = await ask(
        world.ours.viewer(STAFF), f"{{ complaints {{ {selection('ComplaintConnection', 2)} }} }}"
    )
    assert answer.errors == []
    assert answer.data["complaints"]["totalCount"] == len(many)
    nodes = [edge["node"] for edge in answer.data["complaints"]["edges"]]
    assert {node["status"] for node in nodes} == set(ComplaintStatus)
    for node in nodes:
        assert (node["ruledAt"] is None) == (node["compensation"] is None) == (node["status"] == "FILED")
