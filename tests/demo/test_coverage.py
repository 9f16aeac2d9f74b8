"""The month of history shows every word of the contract that data can hold, and keeps every promise."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
import pytest

from demo import shops
from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from domain.replies import BY_CODE
from schema.build import schema
from schema.context import Asked
from settings import Settings

if TYPE_CHECKING:
    from db.database import Connection

# Where a word of the contract stands in the data: a statement that gives all that occur.
STORED = {
    "ActorKind": "SELECT DISTINCT actor_kind FROM follow_up_record",
    "CardKind": "SELECT DISTINCT kind FROM consumer_card",
    "ComplaintStatus": "SELECT DISTINCT status FROM complaint",
    "DeliveryStatus": "SELECT DISTINCT status FROM webhook_delivery",
    "ExemptionBasis": "SELECT DISTINCT basis FROM exemption",
    "ExemptionEnd": 'SELECT DISTINCT "end" FROM exemption',
    "FollowUpAction": "SELECT DISTINCT action FROM follow_up_record",
    "Market": "SELECT DISTINCT market FROM shop",
    "OrderStatus": "SELECT DISTINCT status FROM orders",
    "TicketKind": "SELECT DISTINCT kind FROM ticket",
    "TicketOutcome": "SELECT DISTINCT outcome FROM ticket WHERE outcome IS NOT NULL",
    "TicketStatus": "SELECT DISTINCT status FROM ticket",
    "WebhookEvent": "SELECT DISTINCT event FROM webhook_delivery",
}
# Words that are reckoned when somebody asks: fields of orders and tickets that hold them.
RECKONED = {"UrgeRefusal", "Urgency", "ReplyRequirement"}
# Words that no data hold: what somebody asks for, or what a call comes to.
ELSEWHERE = {
    "Bucket": "an argument",
    "Direction": "an argument",
    "TicketOrderField": "an argument",
    "RecordOutcome": "what became of a row of a call",
    "WaybillRefusal": "why a call was refused",
}
# Words that cannot be seen here, and why.
UNSEEN = {
    ("Urgency", "OVERDUE"): "the worker is faster than who looks",
}
WATCHED = """
query ($after: String) { orders(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor }
  edges { node {
    urgeDecision { pickup { refusal } shipment { refusal } }
    tickets(first: 3) { edges { node { urgency availableReplies { requires } } } }
  } }
} }"""


def enums() -> dict[str, set[str]]:
    """Every enum of the contract, with its words."""
    found = {}
    for name, body in re.findall(r"^enum (\w+) \{\n(.*?)^\}", schema.as_str(), re.MULTILINE | re.DOTALL):
        found[name] = set(
            re.findall(r"^  (\w+)$", re.sub(r'""".*?"""', "", body, flags=re.DOTALL), re.MULTILINE)
        )
    return found


def test_every_enum_has_its_place() -> None:
    assert set(enums()) == {*STORED, *RECKONED, *ELSEWHERE}
    assert all(enums().values())
    assert [each for each in UNSEEN if each[1] not in enums()[each[0]]] == []


@pytest.mark.parametrize("name", sorted(STORED))
async def test_every_stored_word_occurs(name: str, history: Connection) -> None:
    found = {str(row[0]) for row in await history.fetch(STORED[name])}
    assert {word for word in enums()[name] - found if (name, word) not in UNSEEN} == set()


async def test_every_reckoned_word_can_be_seen(made: str, redis_url: str) -> None:
    """Why an order cannot be urged, how urgent a ticket is, what a reply asks for."""
    seen: dict[str, set[str]] = {name: set() for name in RECKONED}
    settings = Settings(database_url=made, redis_url=redis_url)
    async with shops.services(settings) as held:
        asked = Asked(held, Viewer(ActorKind.PLATFORM, "demo-platform"))
        after = None
        while True:
            result = await schema.execute(WATCHED, variable_values={"after": after}, context_value=asked)
            assert not result.errors
            page = orjson.loads(orjson.dumps(result.data))["orders"]
            for edge in page["edges"]:
                node = edge["node"]
                seen["UrgeRefusal"] |= {
                    node["urgeDecision"][kind]["refusal"] for kind in ("pickup", "shipment")
                }
                tickets = [each["node"] for each in node["tickets"]["edges"]]
                seen["Urgency"] |= {ticket["urgency"] for ticket in tickets}
                seen["ReplyRequirement"] |= {
                    need
                    for ticket in tickets
                    for reply in ticket["availableReplies"]
                    for need in reply["requires"]
                }
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
    for name in RECKONED:
        assert {word for word in enums()[name] - seen[name] if (name, word) not in UNSEEN} == set(), name


async def test_every_way_of_replying_occurs_for_every_kind_it_serves(history: Connection) -> None:
    rows = await history.fetch(
        "SELECT DISTINCT r.scheme_code, t.kind FROM reply r JOIN follow_up_record f"
        " ON f.shop_id = r.shop_id AND f.id = r.record_id"
        " JOIN ticket t ON t.shop_id = f.shop_id AND t.id = f.ticket_id"
    )
    assert {(row["scheme_code"], row["kind"]) for row in rows} == {
        (scheme.code, kind.value) for scheme in BY_CODE.values() for kind in scheme.kinds
    }


# What else a newcomer should find: a statement that counts it over all shops.
SIGHTS = {
    "two parcels of one order": "SELECT count(*) FROM (SELECT FROM parcel WHERE replaced_at IS NULL"
    " GROUP BY shop_id, order_id HAVING count(*) > 1) p",
    "a merged parcel": "SELECT count(*) FROM (SELECT FROM parcel WHERE replaced_at IS NULL"
    " GROUP BY shop_id, waybill_number HAVING count(DISTINCT order_id) > 1) p",
    "a complaint dismissed by the system": "SELECT count(*) FROM follow_up_record WHERE"
    " action = 'COMPLAINT_RULED' AND actor_kind = 'SYSTEM'",
    "a statement with proofs": "SELECT count(*) FROM complaint WHERE statement IS NOT NULL"
    " AND cardinality(proof_urls) > 0",
    "a serious complaint": "SELECT count(*) FROM complaint WHERE penalty_points > 0",
    "a reply by template": "SELECT count(*) FROM reply WHERE note LIKE '%——木棉里手作小铺'",
    "an assigned ticket": "SELECT count(*) FROM ticket WHERE assignee_id IS NOT NULL",
    "a ticket let go": "SELECT count(*) FROM follow_up_record WHERE action = 'ASSIGNED'"
    " AND assignee_after_id IS NULL",
    "a delivery that failed and then arrived": "SELECT count(*) FROM webhook_delivery"
    " WHERE status = 'DELIVERED' AND attempts > 1",
    "an exemption taken back": "SELECT count(*) FROM calendar_change c WHERE c.exemption_id IS NOT NULL"
    " AND NOT EXISTS (SELECT FROM exemption x WHERE x.id = c.exemption_id)",
    "an open ticket that an exemption moved": "SELECT count(*) FROM ticket WHERE status = 'AWAITING_REPLY'"
    " AND moved_by <> '{}'",
    "a version that is yet to come": "SELECT count(*) FROM policy WHERE active_from > clock_timestamp()",
    "tickets under two versions": "SELECT count(*) FROM (SELECT FROM ticket GROUP BY shop_id"
    " HAVING count(DISTINCT policy_version) > 1) t",
    "minutes left": "SELECT count(*) FROM ticket WHERE status = 'AWAITING_REPLY'"
    " AND deadline_at < clock_timestamp() + interval '10 minutes'",
}


@pytest.mark.parametrize("what", SIGHTS)
async def test_what_else_there_is_to_see(what: str, history: Connection) -> None:
    assert await history.fetchval(SIGHTS[what]) > 0


# What must hold of any data: a statement that finds whatever breaks it.
PROMISES = {
    "positions have no gap": "SELECT shop_id FROM event GROUP BY shop_id"
    " HAVING count(*) <> max(position) OR min(position) <> 1",
    "the head is the last position": "SELECT s.shop_id FROM shop_stream s WHERE s.head <>"
    " (SELECT max(position) FROM event e WHERE e.shop_id = s.shop_id)",
    "times rise with positions": "SELECT a.shop_id FROM event a JOIN event b ON b.shop_id = a.shop_id"
    " AND b.position = a.position + 1 WHERE b.occurred_at < a.occurred_at",
    "a ticket counts its records": "SELECT t.id FROM ticket t WHERE t.record_count <>"
    " (SELECT count(*) FROM follow_up_record r WHERE r.shop_id = t.shop_id AND r.ticket_id = t.id)",
    "each record is told once": "SELECT r.id FROM follow_up_record r WHERE 1 <>"
    " (SELECT count(*) FROM event e WHERE e.shop_id = r.shop_id AND e.record_id = r.id)",
    "each round is filed once": "SELECT shop_id FROM complaint GROUP BY shop_id, ticket_id, round"
    " HAVING count(*) > 1",
    "nothing is in the future": "SELECT id FROM follow_up_record WHERE occurred_at > clock_timestamp()",
    "nothing was filed early": "SELECT t.id FROM ticket t WHERE t.status = 'ESCALATED'"
    " AND t.deadline_at > t.escalated_at",
    "nobody has more than six points": "SELECT shop_id FROM complaint GROUP BY shop_id"
    " HAVING sum(penalty_points) > 6",
    "money is at risk while it is unclosed": "SELECT id FROM ticket WHERE (money_at_risk > 0)"
    " <> (status IN ('AWAITING_REPLY', 'REPLIED', 'AWAITING_PICKUP'))",
    "each card has its record's shop and ticket": "SELECT c.id FROM consumer_card c JOIN follow_up_record r"
    " ON r.shop_id = c.shop_id AND r.id = c.record_id WHERE r.ticket_id <> c.ticket_id",
}


@pytest.mark.parametrize("promise", PROMISES)
async def test_every_promise_holds(promise: str, history: Connection) -> None:
    assert await history.fetch(PROMISES[promise]) == []


AT_NIGHT = "extract(hour FROM {} AT TIME ZONE 'Asia/Shanghai') BETWEEN 2 AND 5"
# What a shop's figures look like: least and most of a rate over all shops, as in real ones.
RATES = {
    "urged orders": (
        "SELECT count(DISTINCT t.order_id)::float / (SELECT count(*) FROM orders) FROM ticket t",
        0.08,
        0.35,
    ),
    "escalated tickets": (
        "SELECT avg((status = 'ESCALATED')::int)::float FROM ticket",
        0.05,
        0.25,
    ),
    "upheld complaints of paid orders": (
        "SELECT count(*)::float / (SELECT count(*) FROM orders) FROM complaint WHERE status = 'UPHELD'",
        0.002,
        0.03,
    ),
    "urges at night": (
        (
            f"SELECT avg(({AT_NIGHT.format('opened_at')})::int)::float FROM ticket"
            " WHERE opened_at < clock_timestamp() - interval '4 days'"
        ),
        0.0,
        0.03,
    ),
    "orders at night": (
        (
            f"SELECT avg(({AT_NIGHT.format('paid_at')})::int)::float FROM orders"
            " WHERE paid_at < clock_timestamp() - interval '8 days'"
        ),
        0.0,
        0.09,
    ),
}


@pytest.mark.parametrize("rate", RATES)
async def test_rates_are_those_of_real_shops(rate: str, history: Connection) -> None:
    statement, least, most = RATES[rate]
    assert least <= await history.fetchval(statement) <= most


async def test_it_covers_a_month_day_by_day(history: Connection) -> None:
    days = "SELECT count(DISTINCT date_trunc('day', paid_at, 'Asia/Shanghai')) FROM orders WHERE shop_id = $1"
    for row in await history.fetch("SELECT id FROM shop"):
        assert await history.fetchval(days, row["id"]) >= 30


FIGURES = """
query ($shop: ID!, $from: DateTime!, $to: DateTime!) {
  shopFigures(shopId: $shop, from: $from, to: $to, bucket: DAY) {
    total { opened meanHandlingSeconds p90HandlingSeconds onTime { value } promiseKept { value }
      platformLiability { value } compensation penaltyPoints }
    byBucket { figures { opened } }
    byStaff { staff { displayName } figures { handled } }
  }
}"""


async def test_a_shops_figures_look_like_a_real_ones(made: str, redis_url: str, history: Connection) -> None:
    """Of the last four weeks: most is handled in hours and in time, most promises are kept, some days have
    nothing, several of the staff did something."""
    midnight = await history.fetchval("SELECT date_trunc('day', clock_timestamp(), 'Asia/Shanghai')")
    settings = Settings(database_url=made, redis_url=redis_url)
    async with shops.services(settings) as held:
        asked = Asked(held, Viewer(ActorKind.PLATFORM, "demo-platform"))
        for row in await history.fetch("SELECT id FROM shop"):
            variables = {
                "shop": ids.encode(IdKind.SHOP, row["id"]),
                "from": (midnight - timedelta(days=28)).isoformat(),
                "to": midnight.isoformat(),
            }
            result = await schema.execute(FIGURES, variable_values=variables, context_value=asked)
            assert not result.errors
            figures = orjson.loads(orjson.dumps(result.data))["shopFigures"]
            total = figures["total"]
            assert 30 < total["opened"] < 200
            assert 1_800 < total["meanHandlingSeconds"] < 12 * 3_600
            assert 0.6 < total["onTime"]["value"] < 0.98
            assert 0.4 < total["promiseKept"]["value"] < 0.95
            assert 0 < total["platformLiability"]["value"] < 0.06
            assert float(total["compensation"]) > 0
            assert 0 < total["penaltyPoints"] <= 6
            assert sum(bucket["figures"]["opened"] for bucket in figures["byBucket"]) == total["opened"]
            assert sum(each["figures"]["handled"] > 0 for each in figures["byStaff"]) >= 3
