"""What a trial found out about deadlines, read from the database afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from db.database import Connection

LATE_S = 2.0

_COUNTS = """
WITH filed AS (
  SELECT t.shop_id, t.id, t.deadline_at, count(c.id) AS complaints, min(c.filed_at) AS filed_at
  FROM ticket t LEFT JOIN complaint c ON c.shop_id = t.shop_id AND c.ticket_id = t.id
  GROUP BY t.shop_id, t.id
), lateness AS (
  SELECT extract(epoch FROM filed_at - deadline_at)::float8 AS s FROM filed WHERE filed_at IS NOT NULL
)
SELECT count(*) AS tickets,
  count(*) FILTER (WHERE complaints = 0 AND deadline_at <= clock_timestamp()) AS lost,
  count(*) FILTER (WHERE complaints > 1) AS twice,
  count(*) FILTER (WHERE filed_at < deadline_at) AS early,
  (SELECT count(*) FROM shop_stream s WHERE s.head <> (
    SELECT count(*) FROM event e WHERE e.shop_id = s.shop_id)) AS gaps,
  (SELECT count(*) FROM ticket t WHERE t.record_count <> (
    SELECT count(*) FROM follow_up_record r WHERE r.shop_id = t.shop_id AND r.ticket_id = t.id)) AS torn,
  coalesce((SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY s) FROM lateness), 0) AS p99_late_s,
  coalesce((SELECT max(s) FROM lateness), 0) AS max_late_s
FROM filed"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Counts of tickets: due without a complaint, with several, filed before their time; streams with gaps;
    tickets whose records are not those they count. Lateness in seconds, filed - due.
    """

    tickets: int
    lost: int
    twice: int
    early: int
    gaps: int
    torn: int
    p99_late_s: float
    max_late_s: float

    @property
    def whole(self) -> bool:
        """Everything once, never early, nothing half done."""
        return self.lost + self.twice + self.early + self.gaps + self.torn == 0

    @property
    def passed(self) -> bool:
        """Whole, and in time."""
        return self.whole and self.p99_late_s <= LATE_S

    def __str__(self) -> str:
        """One line of figures."""
        return (
            f"{self.tickets} tickets, {self.lost} lost, {self.twice} twice, {self.early} early, "
            f"{self.gaps} gaps, {self.torn} torn, p99 {self.p99_late_s:.2f} s late, "
            f"at most {self.max_late_s:.2f} s"
        )


async def read(connection: Connection) -> Verdict:
    """The verdict over every ticket in the database."""
    row = await connection.fetchrow(_COUNTS)
    assert row is not None
    return Verdict(**dict(row))
