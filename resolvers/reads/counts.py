"""The counts of a shop's queue, as of one moment."""

from __future__ import annotations

from domain.ticket import CRITICAL_UNDER, WARNING_UNDER
from resolvers.plan.binding import NOW

_OPEN = "t.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')"
_UNCLOSED = "t.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED')"
_CRITICAL = f"{NOW} + interval '{CRITICAL_UNDER.total_seconds():.0f} s'"
_WARNING = f"{NOW} + interval '{WARNING_UNDER.total_seconds():.0f} s'"
_MIDNIGHT = "date_trunc('day', now(), 'Asia/Shanghai')"

SOURCE = f"""
SELECT s.id, s.id AS shop_id, lower(s.name) AS name, {NOW} AS as_of, q.*, e.escalated_today
FROM shop /* fleet-wide: platform */ s
CROSS JOIN LATERAL (SELECT
  count(*) FILTER (WHERE t.status = 'AWAITING_REPLY') AS awaiting_reply,
  count(*) FILTER (WHERE t.status = 'REPLIED') AS replied,
  count(*) FILTER (WHERE t.status = 'AWAITING_PICKUP') AS awaiting_pickup,
  count(*) FILTER (WHERE {_OPEN} AND t.deadline_at >= {_CRITICAL} AND t.deadline_at < {_WARNING}) AS warning,
  count(*) FILTER (WHERE {_OPEN} AND t.deadline_at > {NOW} AND t.deadline_at < {_CRITICAL}) AS critical,
  count(*) FILTER (WHERE {_OPEN} AND t.deadline_at <= {NOW}) AS overdue,
  count(*) FILTER (WHERE t.assignee_id IS NULL) AS unassigned,
  coalesce(sum(t.money_at_risk), 0.00) AS money_at_risk
  FROM ticket t WHERE t.shop_id = s.id AND {_UNCLOSED}) q
CROSS JOIN LATERAL (SELECT count(*) AS escalated_today FROM ticket t
  WHERE t.shop_id = s.id AND t.escalated_at >= {_MIDNIGHT}) e"""
"""How each shop's queue stands. `escalated_today` counts from midnight in Shanghai."""
