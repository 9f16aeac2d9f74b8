"""Orders and their parcels as rows: locking, reading and writing many at once."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from db import rows, tickets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection
    from domain.ticket import Ticket

ORDER_COLUMNS = (
    "shop_id",
    "id",
    "number",
    "buyer_id",
    "buyer_nick",
    "item_title",
    "quantity",
    "paid_amount",
    "paid_at",
    "ship_by",
    "ship_by_given",
    "shipped_at",
    "picked_up_at",
    "signed_at",
    "refunded_at",
    "partly_refunded_at",
    "closed_at",
    "origin_region",
    "destination_region",
    "address_key",
    "urge_rounds",
    "created_at",
    "updated_at",
)
PARCEL_COLUMNS = (
    "shop_id",
    "id",
    "order_id",
    "carrier",
    "waybill_number",
    "shipped_at",
    "shipped_at_estimated",
    "picked_up_at",
    "signed_at",
    "replaced_by_id",
    "replaced_at",
    "changes",
    "warnings",
    "created_at",
)
_ORDERS = f"SELECT {', '.join(ORDER_COLUMNS)} FROM orders"
_LOCK = f"{_ORDERS} WHERE shop_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_LOCK_BY_NUMBER = f"{_ORDERS} WHERE shop_id = $1 AND number = ANY($2::text[]) ORDER BY id FOR NO KEY UPDATE"
_PARCELS = f"""
SELECT {", ".join(PARCEL_COLUMNS)} FROM parcel
WHERE shop_id = $1 AND order_id = ANY($2::uuid[]) ORDER BY created_at, id"""
_TICKETS = f"""
SELECT {", ".join(tickets.COLUMNS)} FROM ticket
WHERE shop_id = $1 AND order_id = ANY($2::uuid[]) ORDER BY opened_at, id"""
_IN_USE = """
SELECT EXISTS (
  SELECT FROM parcel p JOIN orders o ON o.shop_id = p.shop_id AND o.id = p.order_id
  WHERE p.shop_id = $1 AND p.waybill_number = $2 AND p.replaced_at IS NULL AND o.id <> $3
    AND o.refunded_at IS NULL AND o.closed_at IS NULL AND o.signed_at IS NULL
    AND NOT (o.buyer_id = $4 AND o.address_key IS NOT NULL AND o.address_key IS NOT DISTINCT FROM $5)
)"""


async def lock(connection: Connection, shop_id: UUID, order_ids: Sequence[UUID]) -> list[rows.Row]:
    """Lock these orders of one shop, in the order of their ids (`architecture.md §2.3`), and read them."""
    return [dict(row) for row in await connection.fetch(_LOCK, shop_id, list(order_ids))]


async def lock_by_number(connection: Connection, shop_id: UUID, numbers: Sequence[str]) -> list[rows.Row]:
    """`lock`, by order numbers; those that do not exist are left out."""
    return [dict(row) for row in await connection.fetch(_LOCK_BY_NUMBER, shop_id, list(numbers))]


async def parcels(
    connection: Connection, shop_id: UUID, order_ids: Sequence[UUID]
) -> dict[UUID, list[rows.Row]]:
    """The parcels of these orders, replaced ones too, oldest first, by order."""
    found: dict[UUID, list[rows.Row]] = defaultdict(list)
    for row in await connection.fetch(_PARCELS, shop_id, list(order_ids)):
        found[row["order_id"]].append(dict(row))
    return found


async def tickets_of(
    connection: Connection, shop_id: UUID, order_ids: Sequence[UUID]
) -> dict[UUID, list[Ticket]]:
    """The tickets of these orders, oldest first, by order."""
    found: dict[UUID, list[Ticket]] = defaultdict(list)
    for row in await connection.fetch(_TICKETS, shop_id, list(order_ids)):
        found[row["order_id"]].append(tickets.from_row(row))
    return found


async def shop_and_member(
    connection: Connection, shop_id: UUID, subject: str
) -> tuple[dict[str, Any], datetime]:
    """The shop's name and locale, the display name of `subject` there, and PostgreSQL's time now.

    Ask after the locks: the time is then that of the change (`domain.md §5`, whose clock).
    """
    row = await connection.fetchrow(_SHOP_AND_MEMBER, shop_id, subject)
    assert row is not None  # noqa: S101 - orders reference their shop
    return dict(row), row["moment"]


_SHOP_AND_MEMBER = """
SELECT s.name, s.locale, s.market, m.id AS member_id, m.display_name,
  date_trunc('milliseconds', clock_timestamp()) AS moment
FROM shop s LEFT JOIN staff_member m ON m.shop_id = s.id AND m.subject = $2 AND m.active
WHERE s.id = $1"""


async def number_in_use(connection: Connection, order: rows.Row, waybill_number: str) -> bool:
    """Whether the number serves another open order of this shop that is not a merged parcel (§7)."""
    found: bool = await connection.fetchval(
        _IN_USE, order["shop_id"], waybill_number, order["id"], order["buyer_id"], order["address_key"]
    )
    return found


async def waybills_by_order(
    connection: Connection, shop_id: UUID, numbers: Sequence[str]
) -> dict[str, list[tuple[str, bool]]]:
    """(waybill number, still current) of each parcel, by order number, oldest first."""
    found: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for row in await connection.fetch(_WAYBILLS, shop_id, list(numbers)):
        found[row["number"]].append((row["waybill_number"], row["current"]))
    return found


_WAYBILLS = """
SELECT o.number, p.waybill_number, p.replaced_at IS NULL AS current
FROM orders o JOIN parcel p ON p.shop_id = o.shop_id AND p.order_id = o.id
WHERE o.shop_id = $1 AND o.number = ANY($2::text[]) ORDER BY p.created_at, p.id"""


async def closed_by_number(
    connection: Connection, shop_id: UUID, numbers: Sequence[str]
) -> dict[str, datetime]:
    """When each of these orders was closed; those that are open, or unknown, are left out."""
    rows_ = await connection.fetch(_CLOSED, shop_id, list(numbers))
    return {row["number"]: row["closed_at"] for row in rows_}


_CLOSED = """
SELECT number, closed_at FROM orders
WHERE shop_id = $1 AND number = ANY($2::text[]) AND closed_at IS NOT NULL"""


async def insert_new(connection: Connection, new: Sequence[rows.Row]) -> set[str]:
    """Insert orders unless their number exists; the numbers that landed."""
    return set(await rows.insert_new(connection, "orders", new, "number"))


async def update(connection: Connection, changed: Sequence[rows.Row]) -> None:
    """Write whole orders back."""
    await rows.update(connection, "orders", changed)
