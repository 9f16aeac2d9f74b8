"""The figures of a shop made again from its records, for repair, or for tickets older than figures."""

from __future__ import annotations

import asyncio
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from db import figures
from domain import figures as counting
from domain.complaint import ComplaintStatus
from domain.events import ActorKind, FollowUpAction
from domain.figures import Credit, Happened, Standing, Verdict
from domain.ticket_words import TicketKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection

TICKETS_AT_ONCE = 5_000
_ENDINGS = frozenset({FollowUpAction.COMPLAINT_SETTLED, FollowUpAction.COMPLAINT_RULED})

_UNFILLED = """
SELECT s.id FROM shop /* fleet-wide: refill */ s WHERE EXISTS (SELECT FROM orders o WHERE o.shop_id = s.id)
  AND NOT EXISTS (SELECT FROM paid_day p WHERE p.shop_id = s.id) ORDER BY s.id"""
_LOCK = "SELECT FROM shop_stream WHERE shop_id = $1 FOR UPDATE"
_RECORDS = """
WITH page AS (SELECT t.id, t.kind, t.opened_at, t.assignee_id FROM ticket t
  WHERE t.shop_id = $1 AND t.id > $2 ORDER BY t.id LIMIT $3)
SELECT t.id AS ticket_id, t.kind, t.opened_at, t.assignee_id, r.id, r.position, r.action, r.actor_kind,
  r.occurred_at, r.deadline_after, r.assignee_before_id, r.assignee_after_id, m.id AS member_id,
  c.status, c.compensation, c.penalty_points
FROM page t
JOIN follow_up_record r ON r.shop_id = $1 AND r.ticket_id = t.id
LEFT JOIN staff_member m ON m.shop_id = $1 AND m.subject = r.actor_subject AND r.actor_kind = 'STAFF'
LEFT JOIN complaint c ON c.shop_id = $1 AND c.ticket_id = t.id
  AND r.action IN ('COMPLAINT_SETTLED', 'COMPLAINT_RULED')
ORDER BY t.id, r.position"""
_COLUMNS = (
    *("shop_id", "at", "record_id", "part", "ticket_id", "member_id", "handling_s", "answer_s", "bin"),
    *figures.COUNTS,
    "compensation",
)
_SUMS = f"""
INSERT INTO figure_sum (shop_id, member_id, hours, starts_at, {", ".join(figures.SUMMED)})
SELECT q.shop_id, q.member_id, q.hours, q.starts_at,
  {", ".join(f"q.{name}" for name in figures.SUMMED)} FROM (
  SELECT f.shop_id, w.member_id, u.hours, u.starts_at, {figures.sums("f")}
  FROM figure_fact f {figures.OF_WHOM} {figures.SUM_UNITS}
  WHERE f.shop_id = $1 AND w.member_id IS NOT NULL GROUP BY 1, 2, 3, 4) q
ORDER BY 1, 2, 3, 4"""
_TIMES = f"""
INSERT INTO figure_time (shop_id, member_id, hours, starts_at, bin, handled)
SELECT f.shop_id, w.member_id, u.hours, u.starts_at, f.bin, count(*)
FROM figure_fact f {figures.OF_WHOM} {figures.TIME_UNITS}
WHERE f.shop_id = $1 AND w.member_id IS NOT NULL AND f.bin IS NOT NULL GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5"""
_PAID = f"""
INSERT INTO paid_day (shop_id, starts_at, orders)
SELECT shop_id, {figures.start_of("day", "paid_at")}, count(*) FROM orders WHERE shop_id = $1 GROUP BY 1, 2"""
_NIL = "00000000-0000-0000-0000-000000000000"


async def unfilled(connection: Connection) -> list[UUID]:
    """Shops that have orders of which none was counted: from before there were figures."""
    return [row[0] for row in await connection.fetch(_UNFILLED)]


async def refill(connection: Connection, shop_id: UUID) -> int:
    """Make the shop's figures again, in a transaction of the caller's; how many facts there are.

    The shop's changes wait meanwhile, some two minutes for a million tickets, and so do all imports of
    orders for the moment in which its orders are counted.
    """
    await connection.execute(_LOCK, shop_id)
    await connection.execute("DELETE FROM figure_fact WHERE shop_id = $1", shop_id)
    found, last = 0, _NIL
    while rows := await connection.fetch(_RECORDS, shop_id, last, TICKETS_AT_ONCE):
        last = rows[-1]["ticket_id"]
        facts = [
            fact
            for _, records in groupby(rows, key=itemgetter("ticket_id"))
            for fact in _facts(shop_id, list(records))
        ]
        await connection.copy_records_to_table("figure_fact", records=facts, columns=_COLUMNS)
        found += len(facts)
        await asyncio.sleep(0)
    await sum_up(connection, shop_id)
    return found


async def sum_up(connection: Connection, shop_id: UUID) -> None:
    """Sum up the facts and the paid orders of a shop, by day, in the place of the sums there are."""
    await connection.execute(_LOCK, shop_id)
    for table, statement in (("figure_sum", _SUMS), ("figure_time", _TIMES), ("paid_day", _PAID)):
        if table == "paid_day":
            # Whoever counts an order after this waits, and adds it to what is counted here.
            await connection.execute("LOCK TABLE paid_day IN EXCLUSIVE MODE")
        await connection.execute(f"DELETE FROM {table} WHERE shop_id = $1", shop_id)
        await connection.execute(statement, shop_id)


def _facts(shop_id: UUID, records: Sequence[Any]) -> Iterator[tuple[object, ...]]:
    """The facts of one ticket's records, the oldest first, as rows of `_COLUMNS`."""
    first = records[0]
    assigned = [row for row in records if row["action"] == FollowUpAction.ASSIGNED]
    stands = Standing(
        opened_at=first["opened_at"],
        kind=TicketKind(first["kind"]),
        assignee_id=assigned[0]["assignee_before_id"] if assigned else first["assignee_id"],
    )
    promiser: UUID | None = None
    reminded_at: datetime | None = None
    for row in records:
        action = FollowUpAction(row["action"])
        for part, fact in enumerate(counting.count(stands, _happened(row, action))):
            member_id = fact.member_id
            if fact.credit is Credit.PROMISER:
                member_id = promiser or member_id
            answer_s = None
            if fact.answers and reminded_at is not None:
                answer_s = counting.whole_seconds(fact.at - reminded_at)
            yield (
                *(shop_id, fact.at, row["id"], part, row["ticket_id"], member_id, fact.handling_s, answer_s),
                None if fact.handling_s is None else counting.bin_of(fact.handling_s),
                *(getattr(fact, name) for name in figures.COUNTS),
                fact.compensation,
            )
        if action is FollowUpAction.REMINDED:
            reminded_at = row["occurred_at"]
        elif action is FollowUpAction.REPLIED:
            promiser, reminded_at = row["member_id"], None


def _happened(row: Any, action: FollowUpAction) -> Happened:  # noqa: ANN401 - a record of asyncpg
    system = row["actor_kind"] == ActorKind.SYSTEM
    verdict = None
    if action in _ENDINGS and row["status"] is not None and not system:
        verdict = Verdict(
            status=ComplaintStatus(row["status"]),
            compensation=row["compensation"] or counting.NOTHING,
            points=row["penalty_points"],
        )
    return Happened(
        action=action,
        at=row["occurred_at"],
        member_id=row["member_id"],
        stops_clock=row["deadline_after"] is None,
        assignee_before=row["assignee_before_id"],
        assignee_after=row["assignee_after_id"],
        excuses=system and action is FollowUpAction.COMPLAINT_RULED,
        verdict=verdict,
    )
