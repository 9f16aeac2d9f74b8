"""Facts and sums that shops' figures are made of, as SQL (`domain.md §11`).

Facts are written by the statement that appends the events: under the lock of the stream row, so that nobody
else adds to the same sums, and without a round trip of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import figures

if TYPE_CHECKING:
    from uuid import UUID

    from db import rows
    from domain.figures import Fact

WHOLE_SHOP = "'00000000-0000-0000-0000-000000000000'::uuid"
COUNTS = ("opened", "on_time", "decided", "kept", "promised", "escalated", "ended", "upheld", "points")
"""What a fact and a sum hold under the same name; `compensation` too."""
SUMMED = (*COUNTS, "compensation", "handled", "handling_s", "answered", "answer_s")
"""Every column of a sum."""


def start_of(unit: str, instant: str) -> str:
    """The SQL of when the `hour`, `day` or `week` of an instant began in Shanghai; see `domain.periods`."""
    local = f"({instant} AT TIME ZONE 'UTC') + interval '8 hours'"
    return f"((date_trunc('{unit}', {local}) - interval '8 hours') AT TIME ZONE 'UTC')"


def sums(alias: str) -> str:
    """The SQL of every column of `SUMMED` over facts."""
    named = [f"sum({alias}.{name}) AS {name}" for name in (*COUNTS, "compensation")]
    named += [
        f"count({alias}.handling_s) AS handled",
        f"coalesce(sum({alias}.handling_s), 0) AS handling_s",
        f"count({alias}.answer_s) AS answered",
        f"coalesce(sum({alias}.answer_s), 0) AS answer_s",
    ]
    return ", ".join(named)


_PROMISER = """(SELECT m.id FROM follow_up_record r
    JOIN staff_member m ON m.shop_id = r.shop_id AND m.subject = r.actor_subject
    WHERE r.shop_id = n.shop_id AND r.ticket_id = n.ticket_id AND r.position <= n.position
      AND r.action = 'REPLIED' AND r.actor_kind = 'STAFF'
      AND NOT EXISTS (SELECT FROM follow_up_record l WHERE l.shop_id = n.shop_id
        AND l.ticket_id = n.ticket_id AND l.action = 'REPLIED' AND l.position > r.position))"""
_FILING = """(SELECT f.member_id FROM figure_fact f
    WHERE f.shop_id = n.shop_id AND f.at = n.at AND f.ticket_id = n.ticket_id AND f.escalated > 0)"""
_ANSWER_S = """(SELECT CASE r.action WHEN 'REMINDED' THEN round(extract(epoch FROM n.at - r.occurred_at)) END
    FROM follow_up_record r WHERE r.shop_id = n.shop_id AND r.ticket_id = n.ticket_id
      AND r.position < n.position AND r.action IN ('REMINDED', 'REPLIED')
    ORDER BY r.position DESC LIMIT 1)"""
_COLUMNS = ("shop_id", "at", "record_id", "part", "ticket_id", "handling_s", "bin", *COUNTS, "compensation")
_TYPES = (
    "shop_id uuid, at timestamptz, record_id uuid, part int, ticket_id uuid, handling_s int, bin int,"
    f" {', '.join(f'{name} int' for name in COUNTS)}, compensation numeric,"
    " member_id uuid, credit text, answers bool, position int"
)
_ADD = ", ".join(f"{name} = s.{name} + excluded.{name}" for name in SUMMED)
OF_WHOM = f"CROSS JOIN LATERAL (VALUES ({WHOLE_SHOP}), (f.member_id)) w(member_id)"
"""The shop and the member of a fact `f`; null for no member."""
SUM_UNITS = (
    f"CROSS JOIN LATERAL (VALUES (1, {start_of('hour', 'f.at')}), (24, {start_of('day', 'f.at')}))"
    " u(hours, starts_at)"
)
"""The hour and the day of a fact `f`."""
TIME_UNITS = (
    f"CROSS JOIN LATERAL (VALUES (24, {start_of('day', 'f.at')}), (168, {start_of('week', 'f.at')}))"
    " u(hours, starts_at)"
)
"""The day and the week of a fact `f`."""
FACTS = f"""fact AS (
  INSERT INTO figure_fact ({", ".join(_COLUMNS)}, member_id, answer_s)
  SELECT {", ".join(f"n.{name}" for name in _COLUMNS)},
    CASE n.credit WHEN 'PROMISER' THEN coalesce({_PROMISER}, n.member_id) WHEN 'FILING' THEN {_FILING}
      ELSE n.member_id END,
    CASE WHEN n.answers THEN {_ANSWER_S} END
  FROM json_to_recordset($2) AS n({_TYPES}) JOIN advanced a USING (shop_id)
  RETURNING *
), summed AS (
  INSERT INTO figure_sum AS s (shop_id, member_id, hours, starts_at, {", ".join(SUMMED)})
  SELECT q.shop_id, q.member_id, q.hours, q.starts_at, {", ".join(f"q.{name}" for name in SUMMED)}
  FROM (SELECT f.shop_id, w.member_id, u.hours, u.starts_at, {sums("f")}
    FROM fact f {OF_WHOM} {SUM_UNITS} WHERE w.member_id IS NOT NULL GROUP BY 1, 2, 3, 4) q
  ON CONFLICT (shop_id, member_id, hours, starts_at) DO UPDATE SET {_ADD}
), timed AS (
  INSERT INTO figure_time AS s (shop_id, member_id, hours, starts_at, bin, handled)
  SELECT f.shop_id, w.member_id, u.hours, u.starts_at, f.bin, count(*)
  FROM fact f {OF_WHOM} {TIME_UNITS} WHERE w.member_id IS NOT NULL AND f.bin IS NOT NULL
  GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT (shop_id, member_id, hours, starts_at, bin) DO UPDATE SET handled = s.handled + excluded.handled
)"""
"""Parts of a statement that has locked the stream rows as `advanced`; `$2`: facts as `row` gives them."""


def row(ticket: tuple[UUID, UUID], record_id: UUID, position: int, part: int, fact: Fact) -> rows.Row:
    """A fact of the record at `position` of its ticket (shop id, ticket id), as `FACTS` takes it."""
    return {
        "shop_id": ticket[0],
        "at": fact.at,
        "record_id": record_id,
        "part": part,
        "ticket_id": ticket[1],
        "handling_s": fact.handling_s,
        "bin": None if fact.handling_s is None else figures.bin_of(fact.handling_s),
        **{name: getattr(fact, name) for name in COUNTS},
        "compensation": fact.compensation,
        "member_id": fact.member_id,
        "credit": fact.credit,
        "answers": fact.answers,
        "position": position,
    }
