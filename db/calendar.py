"""Revisions of the calendar: making one, and finding the open tickets that it concerns (`domain.md §5`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from db.due import Step
from domain.shop import Market

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection
    from domain.ticket import Ticket

SETTLED_AFTER_S = 35
"""A transaction that began before a change cannot time a ticket by the rules of before any more: longer
than any statement runs (`database.STATEMENT_TIMEOUT_MS`)."""

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('calendar', 7163))"
_BEGIN = """
INSERT INTO calendar_change (revision, exemption_id, market, policy_version, changed_at, finished_at)
SELECT coalesce(max(revision), 0) + 1, $1, $2, $3, $4, $5 FROM calendar_change RETURNING revision"""
_REGION = """
  (x.region IS NULL
   OR (x."end" <> 'DESTINATION' AND starts_with(o.origin_region, x.region))
   OR (x."end" <> 'ORIGIN' AND starts_with(o.destination_region, x.region)))"""
_IN_WINDOW = "{0} >= x.starts_at AND {0} < x.ends_at"
# An exemption moves what stands in its window, or stood there on its way, and is not later already. A policy
# asks for no revision: who timed the ticket by a later exemption has not put it under that policy.
_CONCERNED = f"""
FROM ticket /* fleet-wide: retiming */ t
JOIN shop s ON s.id = t.shop_id
JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id
CROSS JOIN (SELECT revision, exemption_id, market, policy_version FROM calendar_change WHERE revision = $1) c
LEFT JOIN exemption x ON x.id = c.exemption_id
WHERE t.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP') AND t.next_step_at IS NOT NULL
  AND CASE WHEN c.exemption_id IS NULL
    THEN s.market = c.market AND t.policy_version < c.policy_version
    ELSE t.calendar_revision < c.revision AND (c.exemption_id = ANY (t.moved_by) OR (
      t.deadline_at < x.latest_at AND (x.market IS NULL OR x.market = s.market) AND {_REGION}
      AND CASE x.basis
        WHEN 'PAID_AT' THEN {_IN_WINDOW.format("o.paid_at")}
        WHEN 'SHIP_BY' THEN {_IN_WINDOW.format("o.ship_by")}
        ELSE ({_IN_WINDOW.format("t.deadline_at")})
          OR EXISTS (SELECT FROM unnest(t.deadline_steps) d WHERE {_IN_WINDOW.format("d")})
      END))
  END"""
_COUNT = f"UPDATE calendar_change SET affected_tickets = (SELECT count(*) {_CONCERNED}) WHERE revision = $1"
_FIRST_PAGE = f"SELECT t.shop_id, t.id, t.next_step_at {_CONCERNED}"
_ORDER = "ORDER BY t.next_step_at, t.shop_id, t.id LIMIT $2"
_NEXT_PAGE = f"{_FIRST_PAGE} AND (t.next_step_at, t.shop_id, t.id) > ($3, $4, $5) {_ORDER}"
_UNFINISHED = "SELECT revision FROM calendar_change WHERE finished_at IS NULL ORDER BY revision"
_TAKE = """
SELECT market, policy_version, changed_at, clock_timestamp() - changed_at > $2 * interval '1 s' AS settled
FROM calendar_change WHERE revision = $1 AND finished_at IS NULL FOR UPDATE SKIP LOCKED"""
_ADVANCE = """
UPDATE calendar_change SET retimed_tickets = retimed_tickets + $2,
  affected_tickets = greatest(affected_tickets, retimed_tickets + $2) WHERE revision = $1"""
# What was replied to or filed before its turn needs no new time any more.
_FINISH = """
UPDATE calendar_change SET affected_tickets = retimed_tickets,
  finished_at = CASE WHEN $2 THEN clock_timestamp() END WHERE revision = $1"""
_RETIME = """
UPDATE ticket t SET calendar_revision = n.calendar_revision, policy_version = n.policy_version,
  next_step_at = n.next_step_at, deadline_steps = n.deadline_steps, moved_by = n.moved_by,
  money_at_risk = n.money_at_risk
FROM json_populate_recordset(NULL::ticket, $1) n WHERE t.shop_id = n.shop_id AND t.id = n.id"""


class Change(NamedTuple):
    """A change whose tickets are being timed anew. `settled`: no transaction from before it can be left."""

    market: Market | None
    policy_version: int | None
    changed_at: datetime
    settled: bool


async def one_at_a_time(connection: Connection) -> None:
    """Let nobody else change the rules until the transaction ends, so that revisions commit in order."""
    await connection.execute(_ONE_AT_A_TIME)


async def exemption_changed(connection: Connection, exemption_id: UUID, now: datetime) -> int:
    """A new revision for a saved or deleted exemption, with the number of open tickets it concerns."""
    revision: int = await connection.fetchval(_BEGIN, exemption_id, None, None, now, None)
    await connection.execute(_COUNT, revision)
    return revision


async def policy_changed(
    connection: Connection, market: Market, version: int, now: datetime, *, retime: bool
) -> int:
    """A new revision for a saved policy; without `retime` it concerns no ticket that is there."""
    finished_at = None if retime else now
    revision: int = await connection.fetchval(_BEGIN, None, market, version, now, finished_at)
    if retime:
        await connection.execute(_COUNT, revision)
    return revision


async def unfinished(connection: Connection) -> list[int]:
    """The revisions that open tickets may still have to be timed to, oldest first."""
    return [row[0] for row in await connection.fetch(_UNFINISHED)]


async def take(connection: Connection, revision: int) -> Change | None:
    """An unfinished change, for this transaction alone; None when somebody else has it or finished it."""
    row = await connection.fetchrow(_TAKE, revision, SETTLED_AFTER_S)
    if row is None:
        return None
    market = None if row["market"] is None else Market(row["market"])
    return Change(market, row["policy_version"], row["changed_at"], row["settled"])


async def concerned(connection: Connection, revision: int, after: Step | None, limit: int) -> list[Step]:
    """A page of the open tickets that a change concerns and that are not timed by it yet."""
    if after is None:
        found = await connection.fetch(f"{_FIRST_PAGE} {_ORDER}", revision, limit)
    else:
        found = await connection.fetch(_NEXT_PAGE, revision, limit, after.at, after.shop_id, after.ticket_id)
    return [Step(*row) for row in found]


async def advance(connection: Connection, revision: int, count: int) -> None:
    """So many more tickets were timed anew."""
    await connection.execute(_ADVANCE, revision, count)


async def come_through(connection: Connection, revision: int, *, finished: bool) -> None:
    """None is left; `finished`: none can come any more."""
    await connection.execute(_FINISH, revision, finished)


async def retime_silently(connection: Connection, tickets: Sequence[Ticket]) -> None:
    """Locked tickets whose deadline stays: what it was found by, and the next step."""
    if tickets:
        await connection.execute(_RETIME, [_row(ticket) for ticket in tickets])


def _row(ticket: Ticket) -> dict[str, object]:
    return {
        "shop_id": ticket.shop_id,
        "id": ticket.id,
        "calendar_revision": ticket.calendar_revision,
        "policy_version": ticket.policy_version,
        "next_step_at": ticket.next_step_at,
        "deadline_steps": ticket.deadline_steps,
        "moved_by": ticket.moved_by,
        "money_at_risk": ticket.money_at_risk,
    }
