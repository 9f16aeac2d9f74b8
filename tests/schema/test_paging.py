"""Pages against an oracle in plain Python: every order, both directions, ties and nulls."""

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from domain.ticket_words import OPEN, TicketStatus
from live import cursor as live_cursor
from resolvers.context import Services
from tests import factories
from tests.factories import Row
from tests.schema.conftest import Ask
from tests.schema.world import World, public

MINUTE = timedelta(minutes=1)
PAGE = """
query ($filter: TicketFilter, $order: TicketOrder, $first: Int, $after: String, $last: Int, $before: String) {
  tickets(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    totalCount totalCountCapped
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id } }
  }
}"""
COLUMN = {"OPENED_AT": "opened_at", "UPDATED_AT": "updated_at", "MONEY_AT_RISK": "money_at_risk"}
STATES = [*TicketStatus]


async def crowd(services: Services, shops: list[Row], count: int) -> list[Row]:
    """Tickets in every state, many of them alike in what they are ordered by."""
    chance = random.Random(7)
    start = factories.now()
    made = []
    for index in range(count):
        order = await factories.order(services.database, shops[index % len(shops)])
        status = chance.choice(STATES)
        given: Row = {"opened_at": start - chance.randrange(4) * MINUTE, "records": False}
        if status in OPEN:
            given["deadline_at"] = start + chance.choice([-30, 30, 30, 90, 300]) * MINUTE
            given["money_at_risk"] = Decimal(chance.choice(["5.00", "6.45"]))
        made.append(await factories.ticket(services.database, order, status, **given))
    return made


def key(ticket: Row, field: str) -> tuple[Any, ...]:
    """What a ticket is ordered by."""
    if field != "DEADLINE_AT":
        return ticket[COLUMN[field]], ticket["id"]
    running = TicketStatus(ticket["status"]) in OPEN
    return not running, ticket["deadline_at"] if running else ticket["id"], ticket["id"]


def public_id(ticket: Row) -> str:
    return public(IdKind.TICKET, ticket)


@pytest.fixture
def staff(shops: list[Row]) -> Viewer:
    return Viewer(ActorKind.STAFF, "amy", frozenset(shop["id"] for shop in shops))


@pytest.fixture
async def shops(services: Services) -> list[Row]:
    return [await factories.shop(services.database) for _ in range(3)]


@pytest.mark.rule("§13.1")
@pytest.mark.parametrize("field", ["DEADLINE_AT", *COLUMN])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_walking_either_way_meets_each_ticket_once_in_order(
    ask: Ask, services: Services, shops: list[Row], staff: Viewer, field: str, direction: str
) -> None:
    tickets = await crowd(services, shops, 23)
    statuses = ["AWAITING_REPLY", "ESCALATED", "REPLIED", "AWAITING_PICKUP"]
    wanted = [each for each in tickets if each["status"] in statuses]
    expected = [public_id(each) for each in sorted(wanted, key=lambda each: key(each, field))]
    if direction == "DESC":
        expected.reverse()
    given = {"filter": {"status": statuses}, "order": {"field": field, "direction": direction}}
    for size in (1, 4, 50):
        assert await walk(ask, staff, given, size, forward=True) == expected
        assert await walk(ask, staff, given, size, forward=False) == expected


async def walk(ask: Ask, viewer: Viewer, given: dict[str, Any], size: int, *, forward: bool) -> list[str]:
    """All ids, page by page; what each page says about itself is checked on the way."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        where = {"first": size, "after": cursor} if forward else {"last": size, "before": cursor}
        answer = await ask(viewer, PAGE, **given, **where)
        assert answer.errors == []
        page = answer.data["tickets"]
        ids = [edge["node"]["id"] for edge in page["edges"]]
        found = found + ids if forward else ids + found
        info = page["pageInfo"]
        more, less = ("hasNextPage", "hasPreviousPage") if forward else ("hasPreviousPage", "hasNextPage")
        assert info[less] == (cursor is not None)
        assert info["startCursor"] == page["edges"][0]["cursor"]
        if not info[more]:
            assert page["totalCount"] == len(found)
            assert page["totalCountCapped"] is False
            return found
        cursor = info["endCursor"] if forward else info["startCursor"]


def fits(ticket: Row, wanted: dict[str, Any], now: Any, shops: list[Row]) -> bool:
    """The filter in plain Python."""
    running = TicketStatus(ticket["status"]) in OPEN
    left = ticket["deadline_at"] - now if running else None
    urgency = (
        "NONE"
        if left is None
        else "OVERDUE"
        if left <= timedelta(0)
        else "CRITICAL"
        if left < 60 * MINUTE
        else "WARNING"
        if left < 240 * MINUTE
        else "NORMAL"
    )
    tests: dict[str, Callable[[Any], bool]] = {
        "shopIds": lambda value: any(
            public(IdKind.SHOP, shop) in value for shop in shops if shop["id"] == ticket["shop_id"]
        ),
        "status": lambda value: ticket["status"] in value,
        "kind": lambda value: ticket["kind"] in value,
        "urgency": lambda value: urgency in value,
        "unassigned": lambda value: value is True,
        "openedAfter": lambda value: ticket["opened_at"] >= value,
        "openedBefore": lambda value: ticket["opened_at"] < value,
        "deadlineBefore": lambda value: ticket["deadline_at"] is not None and ticket["deadline_at"] < value,
        "deadlineAfter": lambda value: ticket["deadline_at"] is not None and ticket["deadline_at"] >= value,
    }
    return all(tests[name](value) for name, value in wanted.items())


async def test_filters_choose_what_the_oracle_chooses(
    ask: Ask, services: Services, shops: list[Row], staff: Viewer
) -> None:
    tickets = await crowd(services, shops, 40)
    now = factories.now()
    chance = random.Random(11)
    choices: dict[str, Any] = {
        "shopIds": lambda: [public(IdKind.SHOP, shop) for shop in chance.sample(shops, 2)],
        "status": lambda: chance.sample([status.value for status in STATES], 3),
        "kind": lambda: ["URGE_PICKUP"],
        "urgency": lambda: chance.sample(["NONE", "NORMAL", "WARNING", "CRITICAL", "OVERDUE"], 2),
        "unassigned": lambda: chance.choice([True, False]),
        "openedAfter": lambda: now - 2 * MINUTE,
        "openedBefore": lambda: now - MINUTE,
        "deadlineBefore": lambda: now + 60 * MINUTE,
        "deadlineAfter": lambda: now,
    }
    for _ in range(40):
        names = chance.sample(sorted(choices), chance.randrange(1, 4))
        wanted = {name: choices[name]() for name in names}
        sent = {
            name: value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in wanted.items()
        }
        expected = sorted(
            (each for each in tickets if fits(each, wanted, now, shops)),
            key=lambda each: key(each, "DEADLINE_AT"),
        )
        answer = await ask(staff, PAGE, filter=sent, first=200)
        assert answer.errors == []
        found = [edge["node"]["id"] for edge in answer.data["tickets"]["edges"]]
        assert found == [public_id(each) for each in expected], wanted


@pytest.mark.rule("§13.8")
async def test_search_takes_prefixes_and_no_wildcards(ask: Ask, world: World) -> None:
    viewer = world.ours.viewer(ActorKind.STAFF)
    held = world.ours

    async def found(text: str) -> list[str]:
        answer = await ask(viewer, PAGE, filter={"search": text})
        assert answer.errors == []
        return [edge["node"]["id"] for edge in answer.data["tickets"]["edges"]]

    whole = held.ids["Ticket"]
    for text in (
        held.ticket["number"],
        held.ticket["number"].lower(),
        held.order["number"],
        held.old_parcel["waybill_number"],
        f" {held.parcel['waybill_number'].lower()} ",
        held.order["buyer_nick"],
    ):
        assert whole in await found(text)
    for text in ("%%", "__", "\\\\", world.theirs.ticket["number"], world.theirs.order["number"]):
        assert await found(text) == []
    assert (await ask(viewer, PAGE, filter={"search": "x"})).codes == ["BAD_USER_INPUT"]
    assert (await ask(viewer, PAGE, filter={"search": "x\x00y"})).codes == ["BAD_USER_INPUT"]


async def test_assignment_and_carrier_narrow(ask: Ask, services: Services, world: World) -> None:
    held = world.ours
    viewer = held.viewer(ActorKind.STAFF)

    async def count(**wanted: Any) -> int:
        answer = await ask(viewer, PAGE, filter=wanted)
        assert answer.errors == []
        return int(answer.data["tickets"]["totalCount"])

    assert await count(assignedToMe=True) == 2
    assert await count(assignedToMe=False) == 0
    stranger = held.viewer(ActorKind.PLATFORM)
    for mine, number in ((True, 0), (False, 4)):
        answer = await ask(stranger, PAGE, filter={"assignedToMe": mine})
        assert answer.data["tickets"]["totalCount"] == number
    assert await count(assigneeId=held.ids["StaffMember"]) == 2
    assert await count(assigneeId=world.theirs.ids["StaffMember"]) == 0
    assert await count(unassigned=True) == 0
    assert await count(carrier=["顺丰"]) == 2
    assert await count(carrier=["ZTO"]) == 0
    assert await count(shopIds=[world.theirs.ids["Shop"]]) == 0
    assert await count(shopIds=[]) == 0
    await factories.ticket(services.database, held.order, TicketStatus.COMPLETED)
    assert await count(unassigned=True) == await count(assignedToMe=False) == 1
    assert await count(unassigned=False) == await count(assignedToMe=True) == 2
    assert await count(assigneeId=ids.encode(IdKind.STAFF_MEMBER, UUID(int=0))) == 0


async def test_orders_page_by_payment_newest_first(
    ask: Ask, services: Services, shops: list[Row], staff: Viewer
) -> None:
    start = factories.now()
    orders = [
        await factories.order(services.database, shops[0], paid_at=start - (index % 3) * factories.DAY)
        for index in range(7)
    ]
    expected = [
        public(IdKind.ORDER, each)
        for each in sorted(orders, key=lambda each: (each["paid_at"], each["id"]), reverse=True)
    ]
    document = (
        "query ($after: String) {"
        " orders(first: 3, after: $after) { totalCount edges { cursor node { id } } } }"
    )
    found: list[str] = []
    cursor = None
    while len(found) < 7:
        page = (await ask(staff, document, after=cursor)).data["orders"]
        assert page["totalCount"] == 7
        found += [edge["node"]["id"] for edge in page["edges"]]
        cursor = page["edges"][-1]["cursor"]
    assert found == expected
    narrow = (
        "{ a: orders(filter: {awaitingPickup: true}) { totalCount }"
        " b: orders(filter: {awaitingPickup: false}) { totalCount }"
        " c: orders(filter: {status: [PAID]}) { totalCount } }"
    )
    assert (await ask(staff, narrow)).data == {
        "a": {"totalCount": 7},
        "b": {"totalCount": 0},
        "c": {"totalCount": 0},
    }


BAD_WINDOWS = [
    ("first: 201", "LIMIT"),
    ("last: 201", "LIMIT"),
    ("first: -1", "BAD_USER_INPUT"),
    ("last: -1", "BAD_USER_INPUT"),
    ("first: 1, last: 1", "BAD_USER_INPUT"),
    ('after: "nonsense"', "BAD_CURSOR"),
    ('after: ""', "BAD_CURSOR"),
    ('before: "é"', "BAD_CURSOR"),
]


@pytest.mark.parametrize(("window", "code"), BAD_WINDOWS)
async def test_a_page_that_cannot_be_is_refused_even_if_only_counted(
    ask: Ask, staff: Viewer, window: str, code: str
) -> None:
    answer = await ask(staff, f"{{ tickets({window}) {{ totalCount }} }}")
    assert answer.codes == [code]


async def test_a_cursor_fits_only_its_own_list(
    ask: Ask, services: Services, shops: list[Row], staff: Viewer
) -> None:
    await crowd(services, shops, 4)
    page = (await ask(staff, PAGE, first=1)).data["tickets"]
    cursor = page["pageInfo"]["endCursor"]
    others: list[dict[str, Any]] = [
        {"filter": {"unassigned": True}},
        {"order": {"field": "OPENED_AT", "direction": "ASC"}},
        {"order": {"field": "DEADLINE_AT", "direction": "DESC"}},
    ]
    for other in others:
        assert (await ask(staff, PAGE, after=cursor, **other)).codes == ["BAD_CURSOR"]
    assert (await ask(staff, f'{{ orders(after: "{cursor}") {{ totalCount }} }}')).codes == ["BAD_CURSOR"]
    mark, instant, ticket_id = cursor[:16], cursor[16:32], cursor[32:]
    assert (await ask(staff, PAGE, after=mark + instant + ticket_id)).codes == []
    for forged in (
        mark + "7ffffffffffffffe" + ticket_id,  # no instant that a calendar has
        mark + "8000000000000000" + ticket_id,
        mark + instant,
        mark + instant + ticket_id[:-2],
        cursor + "00",
        cursor[:-1] + "g",
        mark + instant + " " + ticket_id,
        (mark + instant).upper() + ticket_id.upper(),
        "",
        mark,
    ):
        assert (await ask(staff, PAGE, after=forged)).codes == ["BAD_CURSOR"], forged


async def test_the_stream_cursor_stands_where_the_shops_stand(
    ask: Ask, world: World, services: Services
) -> None:
    await services.database.pool.execute(
        "UPDATE shop_stream SET head = 7 WHERE shop_id = $1", world.ours.shop["id"]
    )
    answer = await ask(
        world.ours.viewer(ActorKind.STAFF),
        "{ tickets { ...C } } fragment C on TicketConnection { streamCursor }",
    )
    assert live_cursor.decode(answer.data["tickets"]["streamCursor"]) == {world.ours.shop["id"]: 7}


async def test_who_may_not_watch_a_shop_learns_no_position_of_it(
    ask: Ask, world: World, services: Services
) -> None:
    await services.database.pool.execute(
        "UPDATE shop_stream SET head = 7 WHERE shop_id = $1", world.ours.shop["id"]
    )
    for role in (ActorKind.CONSUMER, ActorKind.INTEGRATION):
        answer = await ask(
            world.ours.viewer(role), "{ orders { edges { node { tickets { streamCursor } } } } }"
        )
        pages = [edge["node"]["tickets"] for edge in answer.data["orders"]["edges"]]
        assert pages
        assert [live_cursor.decode(page["streamCursor"]) for page in pages] == [{}] * len(pages)


async def test_shops_are_found_by_prefix_in_any_case(ask: Ask, services: Services, platform: Viewer) -> None:
    for name in ("Bear", "beast", "100%", "1000"):
        await factories.shop(services.database, name=name)
    document = "query ($search: String) { shops(search: $search) { totalCount edges { node { name } } } }"

    async def names(search: str) -> list[str]:
        answer = await ask(platform, document, search=search)
        return [edge["node"]["name"] for edge in answer.data["shops"]["edges"]]

    assert await names("BEA") == ["Bear", "beast"]
    assert await names("100%") == ["100%"]
    assert await names("ear") == []


async def test_more_shops_than_a_stream_holds_have_no_stream_cursor(
    ask: Ask, services: Services, platform: Viewer
) -> None:
    await services.database.pool.execute(
        "INSERT INTO shop (id, name, market, locale, created_at)"
        " SELECT gen_random_uuid(), 'n', 'TMALL', 'en', now() FROM generate_series(1, 201)"
    )
    answer = await ask(platform, "{ tickets { totalCount streamCursor } }")
    assert answer.codes == ["LIMIT"]
    assert (await ask(platform, "{ tickets { totalCount } }")).data == {"tickets": {"totalCount": 0}}
    assert (await ask(platform, "{ queueCounts { replied } }")).codes == ["LIMIT"]


async def test_a_total_is_exact_up_to_ten_thousand(ask: Ask, world: World, services: Services) -> None:
    document = "{ orders(first: 1) { totalCount totalCountCapped } }"
    viewer = world.ours.viewer(ActorKind.STAFF)
    more = (
        "INSERT INTO orders (shop_id, id, number, buyer_id, buyer_nick, item_title, quantity, paid_amount,"
        " paid_at, ship_by, created_at, updated_at)"
        " SELECT $1, gen_random_uuid(), 'more ' || $2 || n, 'b', 'b', 'b', 1, 1, now(), now(), now(), now()"
        " FROM generate_series(1, $3::int) n"
    )
    shop_id = world.ours.shop["id"]
    await services.database.pool.execute(more, shop_id, "a", 9_998)
    answer = await ask(viewer, document)
    assert answer.data == {"orders": {"totalCount": 10_000, "totalCountCapped": False}}
    await services.database.pool.execute(more, shop_id, "b", 2)
    answer = await ask(viewer, document)
    assert answer.data == {"orders": {"totalCount": 10_000, "totalCountCapped": True}}


async def test_an_empty_page_has_no_cursors(ask: Ask, staff: Viewer) -> None:
    document = "{ tickets { totalCount edges { cursor } pageInfo { startCursor endCursor hasNextPage } } }"
    info = {"startCursor": None, "endCursor": None, "hasNextPage": False}
    assert (await ask(staff, document)).data["tickets"] == {"totalCount": 0, "edges": [], "pageInfo": info}
