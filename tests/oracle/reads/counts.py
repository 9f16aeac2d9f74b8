"""The counts of a shop's queue, as of one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from db.keys import SHANGHAI
from domain.ticket import CRITICAL_UNDER, WARNING_UNDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.database import Database
    from tests.oracle.reads.scope import Statement

_OPEN = "t.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')"
_UNCLOSED = "t.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED')"


@dataclass(frozen=True, slots=True)
class Counts:
    """How a shop's queue stands. Money in yuan; `escalated_today` counts from midnight in Shanghai."""

    shop_id: UUID
    awaiting_reply: int
    replied: int
    awaiting_pickup: int
    warning: int
    critical: int
    overdue: int
    escalated_today: int
    unassigned: int
    money_at_risk: Decimal
    as_of: datetime


async def of_shops(
    database: Database, statement: Statement, shop_ids: Sequence[UUID], now: datetime
) -> dict[UUID, Counts]:
    """The counts of each of these shops that the viewer sees."""
    text = _text(statement, shop_ids, now)
    found = await database.pool.fetch(text, *statement.values)
    return {record["shop_id"]: Counts(**dict(record), as_of=now) for record in found}


def _text(statement: Statement, shop_ids: Sequence[UUID], now: datetime) -> str:
    ids = statement.bind(list(shop_ids), "uuid[]")
    at = statement.bind(now, "timestamptz")
    critical = statement.bind(now + CRITICAL_UNDER, "timestamptz")
    warning = statement.bind(now + WARNING_UNDER, "timestamptz")
    midnight = statement.bind(_midnight(now), "timestamptz")
    return f"""
SELECT s.id AS shop_id, q.*, e.escalated_today FROM shop s
CROSS JOIN LATERAL (SELECT
  count(*) FILTER (WHERE t.status = 'AWAITING_REPLY') AS awaiting_reply,
  count(*) FILTER (WHERE t.status = 'REPLIED') AS replied,
  count(*) FILTER (WHERE t.status = 'AWAITING_PICKUP') AS awaiting_pickup,
  count(*) FILTER (WHERE {_OPEN} AND t.deadline_at >= {critical} AND t.deadline_at < {warning}) AS warning,
  count(*) FILTER (WHERE {_OPEN} AND t.deadline_at > {at} AND t.deadline_at < {critical}) AS critical,
  count(*) FILTER (WHERE {_OPEN} AND t.deadline_at <= {at}) AS overdue,
  count(*) FILTER (WHERE t.assignee_id IS NULL) AS unassigned,
  coalesce(sum(t.money_at_risk), 0.00) AS money_at_risk
  FROM ticket t WHERE t.shop_id = s.id AND {_UNCLOSED}) q
CROSS JOIN LATERAL (SELECT count(*) AS escalated_today FROM ticket t
  WHERE t.shop_id = s.id AND t.escalated_at >= {midnight}) e
WHERE s.id = ANY({ids}) AND {statement.scope("shop", "s")}"""


def _midnight(now: datetime) -> datetime:
    return now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)


def urgency_bounds(now: datetime) -> dict[str, tuple[datetime | None, datetime | None]]:
    """For each urgency of a running clock, the deadlines it has: from (included) to (excluded)."""
    instant = timedelta(microseconds=1)
    return {
        "OVERDUE": (None, now + instant),
        "CRITICAL": (now + instant, now + CRITICAL_UNDER),
        "WARNING": (now + CRITICAL_UNDER, now + WARNING_UNDER),
        "NORMAL": (now + WARNING_UNDER, None),
    }
