"""Rows of a small world, inserted as they are: any valid state, without going through the use cases.

Each function takes a connection or pool, inserts one row with what is given over believable defaults, and
returns it as a dictionary of its columns.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from db import keys, rows
from domain import scans
from domain.ticket_words import TicketStatus

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection, Database

Row = dict[str, Any]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_numbers = itertools.count(1)


def now() -> datetime:
    """This machine's time, to the millisecond: the tests' PostgreSQL runs on it too."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


async def insert(database: Database, table: str, row: Row) -> Row:
    """Insert one row."""
    async with database.pool.acquire() as connection:
        await _insert(connection, table, row)
    return row


async def _insert(connection: Connection, table: str, row: Row) -> None:
    await rows.insert(connection, table, [row])


async def shop(database: Database, **given: Any) -> Row:
    """A shop and the row of its stream."""
    row = {
        "id": keys.new(),
        "name": f"店铺 {next(_numbers)}",
        "market": "TAOBAO",
        "locale": "zh-CN",
        "active": True,
        "created_at": now(),
        **given,
    }
    await insert(database, "shop", row)
    await insert(database, "shop_stream", {"shop_id": row["id"], "head": 0, "trimmed": 0})
    return row


async def member(database: Database, shop: Row, **given: Any) -> Row:
    """A member of a shop."""
    row = {
        "shop_id": shop["id"],
        "id": keys.new(),
        "subject": f"staff-{next(_numbers)}",
        "display_name": "小美",
        "owner": False,
        "active": True,
        "created_at": now(),
        **given,
    }
    return await insert(database, "staff_member", row)


async def template(database: Database, shop: Row, **given: Any) -> Row:
    """A reply template of a shop."""
    row = {
        "shop_id": shop["id"],
        "id": keys.new(),
        "title": "催件",
        "scheme_code": "COURIER_URGED",
        "body": "{{buyer_nick}}，您的包裹 {{waybill}} 已催。",
        "created_at": now(),
        "updated_at": now(),
        **given,
    }
    return await insert(database, "reply_template", row)


async def order(database: Database, shop: Row, **given: Any) -> Row:
    """An order paid three days ago, past its limit and shipped; `status` is the database's."""
    paid_at = given.get("paid_at", now() - 3 * DAY)
    row = {
        "shop_id": shop["id"],
        "id": keys.new(),
        "number": f"{2_000_000_000 + next(_numbers)}",
        "buyer_id": "buyer",
        "buyer_nick": "小波",
        "item_title": "棉服",
        "quantity": 1,
        "paid_amount": Decimal("129.00"),
        "paid_at": paid_at,
        "ship_by": paid_at + 2 * DAY,
        "shipped_at": paid_at + DAY,
        "urge_rounds": 0,
        "created_at": paid_at,
        "updated_at": paid_at,
        **given,
    }
    return await insert(database, "orders", row)


async def parcel(database: Database, order: Row, **given: Any) -> Row:
    """A parcel of an order, known to the waybill directory."""
    row = {
        "shop_id": order["shop_id"],
        "id": keys.new(),
        "order_id": order["id"],
        "carrier": "SF",
        "waybill_number": f"SF1{next(_numbers):012d}",
        "shipped_at": order.get("shipped_at") or now() - 2 * DAY,
        "shipped_at_estimated": False,
        "changes": 0,
        "warnings": [],
        "created_at": now(),
        **given,
    }
    await insert(database, "parcel", row)
    names = ("carrier", "waybill_number", "shop_id")
    entry = {**{name: row[name] for name in names}, "parcel_id": row["id"]}
    await insert(database, "waybill_directory", entry)
    return row


async def scan(database: Database, parcel: Row, **given: Any) -> Row:
    """A scan joined to a parcel."""
    row = {
        "shop_id": parcel["shop_id"],
        "id": keys.new(),
        "parcel_id": parcel["id"],
        "occurred_at": now() - HOUR,
        "received_at": now(),
        "code": "103",
        "description": f"已揽收 {next(_numbers)}",
        "source": scans.KUAIDI100,
        "proves_pickup": True,
        "counted": True,
        **given,
    }
    row["text_hash"] = scans.Scan("", "", row["occurred_at"], "", row["description"], "").text_hash
    return await insert(database, "tracking_event", row)


def _ending(status: TicketStatus, at: datetime) -> Row:
    """The columns that a status asks for (`db.tables.tickets`)."""
    closed: Row = {"next_step_at": None, "money_at_risk": Decimal("0.00"), "deadline_at": None}
    match status:
        case TicketStatus.REPLIED:
            return {
                "deadline_at": None,
                "replied_at": at,
                "promise_ends_at": at + DAY,
                "next_step_at": at + DAY,
            }
        case TicketStatus.COMPLETED:
            return {**closed, "outcome": "PICKED_UP", "completed_at": at}
        case TicketStatus.WITHDRAWN:
            return {**closed, "outcome": "WITHDRAWN", "completed_at": at}
        case TicketStatus.ESCALATED:
            ending = {"outcome": "COMPLAINT_FILED", "escalated_at": at, "deadline_at": at - HOUR}
            return {**closed, **ending}
        case _:
            return {}


async def ticket(
    database: Database, order: Row, status: TicketStatus = TicketStatus.AWAITING_REPLY, **given: Any
) -> Row:
    """A ticket of an order in any valid state, with the record of its opening unless `records` is False."""
    opened_at = given.get("opened_at", now())
    with_record = given.pop("records", True)
    deadline_at = given.get("deadline_at", opened_at + DAY)
    row = {
        "shop_id": order["shop_id"],
        "id": keys.new(),
        "order_id": order["id"],
        "number": f"T261122-{next(_numbers):010d}",
        "kind": "URGE_SHIPMENT" if status is TicketStatus.AWAITING_PICKUP else "URGE_PICKUP",
        "status": status.value,
        "outcome": None,
        "version": 1,
        "round": 1,
        "policy_version": 1,
        "calendar_revision": 0,
        "assignee_id": None,
        "opened_at": opened_at,
        "updated_at": opened_at,
        "clock_started_at": opened_at,
        "deadline_at": deadline_at,
        "deadline_steps": [],
        "moved_by": [],
        "next_step_at": deadline_at,
        "money_at_risk": Decimal("6.45"),
        "record_count": 1,
        "shipped_at": opened_at if status is TicketStatus.AWAITING_PICKUP else None,
        **_ending(status, opened_at + HOUR),
        **given,
    }
    await insert(database, "ticket", row)
    if with_record:
        await record(database, row)
    return row


async def record(database: Database, ticket: Row, action: str = "OPENED", **given: Any) -> Row:
    """A follow-up record; its position is the next one unless given."""
    position = await database.pool.fetchval(
        "SELECT coalesce(max(position), 0) + 1 FROM follow_up_record WHERE shop_id = $1 AND ticket_id = $2",
        ticket["shop_id"],
        ticket["id"],
    )
    row = {
        "shop_id": ticket["shop_id"],
        "id": keys.new(),
        "ticket_id": ticket["id"],
        "position": position,
        "action": action,
        "actor_kind": "CONSUMER" if action in {"OPENED", "WITHDRAWN"} else "STAFF",
        "actor_name": "小波" if action in {"OPENED", "WITHDRAWN"} else "小美",
        "occurred_at": now(),
        **given,
    }
    return await insert(database, "follow_up_record", row)


async def reply(database: Database, record: Row, **given: Any) -> Row:
    """What a REPLIED record holds."""
    row = {
        "shop_id": record["shop_id"],
        "id": keys.new(),
        "record_id": record["id"],
        "scheme_code": "PROMISE_PICKUP",
        "promised_at": now() + DAY,
        "promise_ends_at": now() + DAY,
        "proof_urls": [],
        **given,
    }
    return await insert(database, "reply", row)


async def waybill_change(
    database: Database, old: Row, new: Row, *, record_id: UUID | None = None, **given: Any
) -> Row:
    """`new` takes the place of `old`, also in the parcel's own row."""
    await database.pool.execute(
        "UPDATE parcel SET replaced_by_id = $3, replaced_at = $4 WHERE shop_id = $1 AND id = $2",
        old["shop_id"],
        old["id"],
        new["id"],
        now(),
    )
    row = {
        "shop_id": old["shop_id"],
        "id": keys.new(),
        "order_id": old["order_id"],
        "record_id": record_id,
        "from_parcel_id": old["id"],
        "to_parcel_id": new["id"],
        "outside": False,
        "changed_at": now(),
        **given,
    }
    return await insert(database, "waybill_change", row)


async def fact(database: Database, record: Row, **given: Any) -> Row:
    """Something of a record that counts; `refill.sum_up` adds it to the sums of its day."""
    row = {
        "shop_id": record["shop_id"],
        "at": record["occurred_at"],
        "record_id": record["id"],
        "part": 0,
        "ticket_id": record["ticket_id"],
        "opened": 0,
        "on_time": 0,
        "decided": 0,
        "kept": 0,
        "promised": 0,
        "escalated": 0,
        "ended": 0,
        "upheld": 0,
        "points": 0,
        "compensation": Decimal("0.00"),
        **given,
    }
    return await insert(database, "figure_fact", row)


async def card(database: Database, record: Row, **given: Any) -> Row:
    """The card of a record."""
    row = {
        "shop_id": record["shop_id"],
        "id": keys.new(),
        "ticket_id": record["ticket_id"],
        "record_id": record["id"],
        "kind": "REPLY",
        "title": "店铺回复了您的催揽收",
        "body": "承诺揽收时间。",
        "created_at": now(),
        "delivery": "PENDING",
        **given,
    }
    return await insert(database, "consumer_card", row)


async def webhook(database: Database, shop: Row, **given: Any) -> Row:
    """A webhook of a shop that is told of cards."""
    row = {
        "shop_id": shop["id"],
        "id": keys.new(),
        "url": "https://seller.example/hooks",
        "events": ["CARD_REPLY", "CARD_PICKED_UP"],
        "active": True,
        "secret": b"s" * 32,
        "failures": 0,
        "created_at": now(),
        **given,
    }
    return await insert(database, "webhook", row)


async def delivery(database: Database, webhook: Row, record: Row, **given: Any) -> Row:
    """What a webhook is to be told of a record, due now."""
    row = {
        "shop_id": webhook["shop_id"],
        "id": keys.new(),
        "webhook_id": webhook["id"],
        "record_id": record["id"],
        "event": "CARD_REPLY",
        "status": "PENDING",
        "attempts": 0,
        "failures": 0,
        "created_at": now(),
        "queued_at": now(),
        "due_at": now(),
        **given,
    }
    return await insert(database, "webhook_delivery", row)


async def exemption(database: Database, **given: Any) -> Row:
    """An exemption of the coming days, everywhere."""
    row = {
        "id": keys.new(),
        "title": "春节放假",
        "market": None,
        "region": None,
        "end": "EITHER",
        "basis": "DEADLINE",
        "starts_at": now(),
        "ends_at": now() + 7 * DAY,
        "latest_at": now() + 8 * DAY,
        "created_at": now(),
        **given,
    }
    return await insert(database, "exemption", row)


async def complaint(database: Database, ticket: Row, status: str = "FILED", **given: Any) -> Row:
    """The complaint of a ticket's round, in any valid state."""
    ended: Row = {} if status == "FILED" else {"ruled_at": now(), "compensation": Decimal("0.00")}
    if status in {"SETTLED", "UPHELD"}:
        ended["compensation"] = Decimal("6.45")
    if status in {"UPHELD", "DISMISSED"}:
        ended["reason"] = "核实属实"
    row = {
        "shop_id": ticket["shop_id"],
        "id": keys.new(),
        "ticket_id": ticket["id"],
        "round": ticket["round"],
        "status": status,
        "violation": "NO_PICKUP",
        "filed_at": now(),
        "proof_urls": [],
        "estimated_compensation": Decimal("6.45"),
        "penalty_points": 0,
        **ended,
        **given,
    }
    return await insert(database, "complaint", row)
