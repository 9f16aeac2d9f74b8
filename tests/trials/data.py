"""Shops and tickets for trials and tests of the worker, many at once, as the API would have left them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from db import keys, rows, tickets
from domain import opening
from domain import ticket as rules
from domain.policy import DEFAULT
from domain.ticket import Ticket
from domain.ticket_words import TicketStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.database import Connection

PAID = Decimal("200.00")
ESTIMATE = Decimal("10.00")
"""5 % of what each order paid."""
CHUNK = 2_000


async def shops(connection: Connection, count: int) -> list[UUID]:
    """New shops with their streams."""
    ids = [keys.new() for _ in range(count)]
    now = datetime.now(UTC)
    made = [
        {
            "id": shop_id,
            "name": f"Shop {number}",
            "market": "TMALL",
            "locale": "en",
            "active": True,
            "created_at": now,
        }
        for number, shop_id in enumerate(ids)
    ]
    await rows.insert(connection, "shop", made)
    await rows.insert(connection, "shop_stream", [{"shop_id": i, "head": 0, "trimmed": 0} for i in ids])
    return ids


def awaiting(shop_id: UUID, deadline_at: datetime, *, reminded: int | None = 15, round_: int = 1) -> Ticket:
    """A ticket that waits for a reply until `deadline_at`; `reminded`: the last reminder it had (minutes)."""
    opened_at = deadline_at - DEFAULT.reply_window
    fresh = opening.open_ticket(
        shop_id=shop_id,
        ticket_id=keys.new(),
        order_id=keys.new(),
        number=keys.ticket_number(opened_at),
        round_=round_,
        money_at_risk=ESTIMATE,
        now=opened_at,
        policy=DEFAULT,
    ).ticket
    ticket = replace(fresh, last_reminder_minutes=reminded)
    return replace(ticket, next_step_at=rules.next_step(ticket, DEFAULT))


def promised(shop_id: UUID, promise_ends_at: datetime, *, round_: int = 1) -> Ticket:
    """A ticket that was replied to, with a promise until `promise_ends_at`."""
    ticket = awaiting(shop_id, promise_ends_at + timedelta(hours=1), round_=round_)
    return replace(
        ticket,
        status=TicketStatus.REPLIED,
        deadline_at=None,
        replied_at=ticket.opened_at,
        promise_ends_at=promise_ends_at,
        next_step_at=promise_ends_at,
    )


async def insert(connection: Connection, new: Sequence[Ticket]) -> None:
    """Write tickets with their orders, parcels and first records."""
    for start in range(0, len(new), CHUNK):
        chunk = new[start : start + CHUNK]
        await rows.insert(connection, "orders", [_order(ticket) for ticket in chunk])
        await rows.insert(connection, "parcel", [_parcel(ticket) for ticket in chunk])
        await rows.insert(connection, "ticket", [tickets.to_row(ticket) for ticket in chunk])
        await rows.insert(connection, "follow_up_record", [_record(ticket) for ticket in chunk])
    await connection.execute("ANALYZE")  # as autovacuum will have done, long before a deadline is due


async def orders(connection: Connection, shop_id: UUID, count: int) -> list[UUID]:
    """New orders of a shop that were shipped and not picked up, each of which its buyer may urge for."""
    opened_at = datetime.now(UTC) - timedelta(hours=1)
    never = [awaiting(shop_id, opened_at + DEFAULT.reply_window) for _ in range(count)]
    await rows.insert(connection, "orders", [{**_order(ticket), "urge_rounds": 0} for ticket in never])
    await rows.insert(connection, "parcel", [_parcel(ticket) for ticket in never])
    return [ticket.order_id for ticket in never]


def _order(ticket: Ticket) -> rows.Row:
    shipped_at = ticket.opened_at - timedelta(hours=1)
    return {
        "shop_id": ticket.shop_id,
        "id": ticket.order_id,
        "number": str(ticket.order_id.int % 10**18),
        "buyer_id": "buyer",
        "buyer_nick": "buyer",
        "item_title": "Tea",
        "quantity": 1,
        "paid_amount": PAID,
        "paid_at": shipped_at - timedelta(hours=1),
        "ship_by": shipped_at,
        "shipped_at": shipped_at,
        "urge_rounds": ticket.round,
        "created_at": shipped_at,
        "updated_at": shipped_at,
    }


def _parcel(ticket: Ticket) -> rows.Row:
    return {
        "shop_id": ticket.shop_id,
        "id": keys.new(),
        "order_id": ticket.order_id,
        "carrier": "YTO",
        "waybill_number": f"YT{ticket.order_id.int % 10**13:013d}",
        "shipped_at": ticket.opened_at - timedelta(hours=1),
        "shipped_at_estimated": False,
        "changes": 0,
        "warnings": [],
        "created_at": ticket.opened_at,
    }


def _record(ticket: Ticket) -> rows.Row:
    return {
        "shop_id": ticket.shop_id,
        "id": keys.new(),
        "ticket_id": ticket.id,
        "position": ticket.record_count,
        "action": "OPENED",
        "actor_kind": "CONSUMER",
        "actor_name": "buyer",
        "occurred_at": ticket.opened_at,
    }
