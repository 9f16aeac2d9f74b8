"""Orders and their parcels as rows: locking, reading and writing many at once."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from db import figures, rows, rules, tickets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
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
_LOCK_NEW = """
SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 7161))
WHERE (SELECT count(*) FROM orders WHERE shop_id = $1::uuid AND number = ANY($2::text[])) < $3"""
_AROUND = f"""
SELECT s.id, s.name, s.locale, s.market, {rules.REVISION} AS revision, m.id AS member_id,
  CASE WHEN m.active THEN m.display_name END AS display_name,
  date_trunc('milliseconds', clock_timestamp()) AS moment,
  ARRAY(SELECT p FROM parcel p WHERE p.shop_id = $1 AND p.order_id = ANY($2::uuid[])
        ORDER BY p.created_at, p.id) AS parcels,
  ARRAY(SELECT t FROM ticket t WHERE t.shop_id = $1 AND t.order_id = ANY($2::uuid[])
        ORDER BY t.opened_at, t.id) AS tickets
FROM shop s LEFT JOIN staff_member m ON m.shop_id = s.id AND m.subject = $3
WHERE s.id = $1"""
_AROUND_ONE = _AROUND.replace("= ANY($2::uuid[])", "= ($2::uuid[])[1]")
"""Of one order, which is most often asked: PostgreSQL keeps its plan. Of a list it takes ten elements for
granted, finds that dear, and plans anew each time."""
_IN_USE = """
SELECT EXISTS (
  SELECT FROM parcel p JOIN orders o ON o.shop_id = p.shop_id AND o.id = p.order_id
  WHERE p.shop_id = $1 AND p.waybill_number = $2 AND p.replaced_at IS NULL AND o.id <> $3
    AND o.refunded_at IS NULL AND o.closed_at IS NULL
    AND NOT (o.buyer_id = $4 AND o.address_key IS NOT NULL AND o.address_key IS NOT DISTINCT FROM $5)
)"""


async def lock_new(connection: Connection, shop_id: UUID, numbers: Collection[str]) -> None:
    """Unless all these numbers exist, let nobody else make orders of the shop until the transaction ends.

    Call it before the orders are locked: who waits here then holds no order that another one waits for.
    """
    await connection.execute(_LOCK_NEW, shop_id, _possible(numbers), len(numbers))


async def lock(connection: Connection, shop_id: UUID, order_ids: Sequence[UUID]) -> list[rows.Row]:
    """Lock these orders of one shop, in the order of their ids (`architecture.md §2.3`), and read them."""
    return [dict(row) for row in await connection.fetch(_LOCK, shop_id, list(order_ids))]


async def lock_by_number(connection: Connection, shop_id: UUID, numbers: Sequence[str]) -> list[rows.Row]:
    """`lock`, by order numbers; those that do not exist are left out."""
    return [dict(row) for row in await connection.fetch(_LOCK_BY_NUMBER, shop_id, _possible(numbers))]


def _possible(numbers: Iterable[str]) -> list[str]:
    """Those that an order can have: no text in PostgreSQL holds a zero character."""
    return [number for number in numbers if "\x00" not in number]


class Around(NamedTuple):
    """What hangs on locked orders, by order, oldest first; their shop, the time, and the rules' revision."""

    shop: rows.Row
    now: datetime
    revision: int
    parcels: dict[UUID, list[rows.Row]]
    tickets: dict[UUID, list[Ticket]]


async def around(connection: Connection, shop_id: UUID, order_ids: Sequence[UUID], subject: str) -> Around:
    """Parcels and tickets of orders, the shop with the display name `subject` has there, and the time.

    Ask after the locks: the time is then that of the change (`domain.md §5`, whose clock). One statement,
    since each costs a round trip.
    """
    statement = _AROUND_ONE if len(order_ids) == 1 else _AROUND
    row = await connection.fetchrow(statement, shop_id, list(order_ids), subject)
    assert row is not None  # noqa: S101 - orders reference their shop
    shop = dict(row)
    parcels: dict[UUID, list[rows.Row]] = defaultdict(list)
    for parcel in shop.pop("parcels"):
        parcels[parcel["order_id"]].append({name: parcel[name] for name in PARCEL_COLUMNS})
    found: dict[UUID, list[Ticket]] = defaultdict(list)
    for ticket in shop.pop("tickets"):
        found[ticket["order_id"]].append(tickets.from_row(ticket))
    return Around(shop, shop.pop("moment"), shop.pop("revision"), parcels, found)


async def number_in_use(connection: Connection, order: rows.Row, waybill_number: str) -> bool:
    """Whether the number serves another open order of this shop that is not a merged parcel (§7).

    Open is what was neither refunded nor closed: the number of a signed parcel is no other order's either.
    """
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


class Known(NamedTuple):
    """What an export does not say of an order, and what is known already."""

    buyer_id: str
    closed_at: datetime | None


async def known_by_number(connection: Connection, shop_id: UUID, numbers: Sequence[str]) -> dict[str, Known]:
    """Buyer and closing time of each of these orders; unknown numbers are left out."""
    found = await connection.fetch(_KNOWN, shop_id, list(numbers))
    return {row["number"]: Known(row["buyer_id"], row["closed_at"]) for row in found}


_KNOWN = "SELECT number, buyer_id, closed_at FROM orders WHERE shop_id = $1 AND number = ANY($2::text[])"


_COUNTED = f"""
INSERT INTO paid_day AS p (shop_id, starts_at, orders)
SELECT n.shop_id, {figures.start_of("day", "n.paid_at")}, sum(n.orders) FROM new n GROUP BY 1, 2
HAVING sum(n.orders) <> 0 ORDER BY 1, 2
ON CONFLICT (shop_id, starts_at) DO UPDATE SET orders = p.orders + excluded.orders"""
_MOVED = f"""
WITH new AS (
  SELECT $1::uuid AS shop_id, m.paid_at, m.orders
  FROM unnest($2::timestamptz[], $3::int[]) AS m(paid_at, orders)
) {_COUNTED}"""


async def insert(connection: Connection, new: Sequence[rows.Row]) -> None:
    """Insert orders, and count them on the days of their payment; `lock_new` came first."""
    if new:
        made = rows.insertion("orders", tuple(new[0]))
        text = f"WITH new AS ({made} RETURNING shop_id, paid_at, 1 AS orders) {_COUNTED}"
        await connection.execute(text, rows.parameter(new))


async def move_paid(
    connection: Connection, shop_id: UUID, moves: Sequence[tuple[datetime, datetime]]
) -> None:
    """Count orders whose payment is corrected, (from, to) each, on the day it is corrected to."""
    if moves:
        moments = [moment for move in moves for moment in move]
        await connection.execute(_MOVED, shop_id, moments, [-1, 1] * len(moves))


async def update(connection: Connection, changed: Sequence[rows.Row]) -> None:
    """Write whole orders back."""
    await rows.update(connection, "orders", changed)
