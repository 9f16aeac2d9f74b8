"""Tickets whose clock has something to do: finding them, and locking a batch of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from db import rules, tickets
from domain import complaint
from domain.exemptions import OrderFacts
from domain.shop import Market

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    import asyncpg

    from db.database import Connection
    from domain.complaint import Sale
    from domain.policy import Policy
    from domain.ticket import Ticket

Key = tuple[UUID, UUID]
"""(shop id, ticket id)."""
Correction = tuple[UUID, UUID, "datetime | None"]
"""(shop id, ticket id, when its next step really is)."""

_STEPS = "SELECT shop_id, id, next_step_at FROM ticket /* fleet-wide: due */ WHERE next_step_at IS NOT NULL"
_ORDER = "ORDER BY next_step_at, shop_id, id"
_UNTIL = f"{_STEPS} AND next_step_at <= $1 {_ORDER} LIMIT $2"
_FIRST_PAGE = f"{_STEPS} {_ORDER} LIMIT $1"
_NEXT_PAGE = f"{_STEPS} AND (next_step_at, shop_id, id) > ($2, $3, $4) {_ORDER} LIMIT $1"
# LATERAL … LIMIT 1 fixes the order of the joins, so that a fresh table without statistics, where the
# planner would join tickets and orders by their shop alone, costs no more than an old one.
_LOCK = """
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT k.shop_id, t.order_id FROM unnest($1::uuid[], $2::uuid[]) AS k(shop_id, id)
  CROSS JOIN LATERAL (SELECT order_id FROM ticket WHERE shop_id = k.shop_id AND id = k.id LIMIT 1) t
)
SELECT o.shop_id, o.id FROM wanted w JOIN orders o ON o.shop_id = w.shop_id AND o.id = w.order_id
ORDER BY o.shop_id, o.id FOR NO KEY UPDATE OF o SKIP LOCKED"""
_FIND = """
SELECT shop_id, id, status, deadline_at, promise_ends_at, next_step_at, clock_timestamp() AS now
FROM ticket /* fleet-wide: by-id */ WHERE id = $1"""
_EXTENT = f"SELECT count(*), min(next_step_at) FROM ({_STEPS}) s"
_COLUMNS = ", ".join(tickets.COLUMNS)
_READ = f"""
SELECT t.*, o.*, s.market, {rules.REVISION} AS revision,
  (SELECT date_trunc('milliseconds', clock_timestamp())) AS now
FROM unnest($1::uuid[], $2::uuid[]) AS k(shop_id, id)
CROSS JOIN LATERAL (
  SELECT {_COLUMNS} FROM ticket WHERE shop_id = k.shop_id AND id = k.id LIMIT 1
) t
CROSS JOIN LATERAL (
  SELECT paid_amount, paid_at, ship_by, ship_by_given, origin_region, destination_region
  FROM orders WHERE shop_id = t.shop_id AND id = t.order_id LIMIT 1
) o
CROSS JOIN LATERAL (SELECT market FROM shop WHERE id = t.shop_id LIMIT 1) s"""
_CORRECT = """
UPDATE ticket t SET next_step_at = n.next_step_at
FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS n(shop_id, id, next_step_at)
WHERE t.shop_id = n.shop_id AND t.id = n.id"""


class Step(NamedTuple):
    """When a ticket has to be looked at."""

    shop_id: UUID
    ticket_id: UUID
    at: datetime


class Clock(NamedTuple):
    """What a ticket's clock says, and PostgreSQL's."""

    shop_id: UUID
    ticket_id: UUID
    status: str
    deadline_at: datetime | None
    promise_ends_at: datetime | None
    next_step_at: datetime | None
    now: datetime


class Locked(NamedTuple):
    """A ticket read under its order's lock, what of the order its complaint would be about, and what
    exemptions ask of the order.
    """

    ticket: Ticket
    paid: Decimal
    paid_at: datetime
    ship_by_given: datetime | None
    order: OrderFacts

    def sale(self, policy: Policy) -> Sale:
        """What compensation is reckoned from, under the ticket's policy."""
        presale = complaint.is_presale(self.paid_at, self.ship_by_given, policy.complaints)
        return complaint.Sale(self.paid, presale)


class Batch(NamedTuple):
    """What locking gave: PostgreSQL's `now` after it and the revision of the rules, the tickets, and those
    whose order somebody holds.
    """

    now: datetime | None
    revision: int
    locked: list[Locked]
    held: set[Key]


async def steps_until(connection: Connection, until: datetime, limit: int) -> list[Step]:
    """The steps due by `until`, earliest first."""
    return [Step(*row) for row in await connection.fetch(_UNTIL, until, limit)]


async def open_steps(connection: Connection, after: Step | None, limit: int) -> list[Step]:
    """A page of all next steps, earliest first; `after` is the last of the page before."""
    if after is None:
        return [Step(*row) for row in await connection.fetch(_FIRST_PAGE, limit)]
    rows = await connection.fetch(_NEXT_PAGE, limit, after.at, after.shop_id, after.ticket_id)
    return [Step(*row) for row in rows]


async def find(connection: Connection, ticket_id: UUID) -> Clock | None:
    """The clock of a ticket, whichever shop's it is."""
    row = await connection.fetchrow(_FIND, ticket_id)
    return None if row is None else Clock(*row)


async def extent(connection: Connection) -> tuple[int, datetime | None]:
    """How many tickets have a next step, and the earliest of all steps."""
    [row] = await connection.fetch(_EXTENT)
    return row[0], row[1]


async def lock(connection: Connection, keys: Sequence[Key]) -> Batch:
    """Lock the orders of these tickets, without waiting for any, and read the tickets fresh.

    Two statements: what the second reads was committed before the locks were ours. Tickets in neither list
    do not exist. Orders are locked by (shop, id); the stream rows follow last (`architecture.md §2.3`).
    """
    ids = [shop_id for shop_id, _ in keys], [ticket_id for _, ticket_id in keys]
    ours = {(row[0], row[1]) for row in await connection.fetch(_LOCK, *ids)}
    rows = await connection.fetch(_READ, *ids)
    locked, held = [], set()
    for row in rows:
        if (row["shop_id"], row["order_id"]) in ours:
            locked.append(
                Locked(
                    tickets.from_row(row),
                    row["paid_amount"],
                    row["paid_at"],
                    row["ship_by_given"],
                    order_facts(row, row["market"]),
                )
            )
        else:
            held.add((row["shop_id"], row["id"]))
    now, revision = (rows[0]["now"], rows[0]["revision"]) if rows else (None, 0)
    return Batch(now, revision, locked, held)


def order_facts(order: Mapping[str, Any] | asyncpg.Record, market: str) -> OrderFacts:
    """What exemptions ask of an order, from its row."""
    return OrderFacts(
        market=Market(market),
        origin_region=order["origin_region"],
        destination_region=order["destination_region"],
        paid_at=order["paid_at"],
        ship_by=order["ship_by"],
    )


async def correct(connection: Connection, corrections: Sequence[Correction]) -> None:
    """Write the next steps of locked tickets, and nothing else of them."""
    if corrections:
        await connection.execute(_CORRECT, *(list(column) for column in zip(*corrections, strict=True)))
