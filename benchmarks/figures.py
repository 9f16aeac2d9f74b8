"""What `shopFigures` costs for a shop of a million tickets, and what making them again does."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg
import orjson
import uvloop

from benchmarks import filling, load, mass, rounds, servers
from benchmarks.rounds import Contestant
from benchmarks.stage import Stage, stage, token
from benchmarks.table import table
from db import refill
from domain import ids
from domain.ids import IdKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from benchmarks.rounds import Result
    from settings import Settings

MEMBERS = 20
DAYS = 90
REACH_MS = 100
SET = """{ opened handled meanHandlingSeconds p50HandlingSeconds p90HandlingSeconds
  meanReminderToReplySeconds onTime { numerator denominator value }
  promiseKept { numerator denominator value }
  escalated { numerator denominator value } platformLiability { numerator denominator value }
  compensation penaltyPoints }"""
FIGURES = f"""
query Figures($shop: ID!, $from: DateTime!, $to: DateTime!, $bucket: Bucket) {{
  shopFigures(shopId: $shop, from: $from, to: $to, bucket: $bucket) {{
    total {SET} byBucket {{ from to figures {SET} }}
    byStaff {{ staff {{ id displayName }} figures {SET} }} }} }}"""
PROOF = b'"byStaff":[{'

_MEMBERS = """
INSERT INTO staff_member (shop_id, id, subject, display_name, owner, active, created_at)
SELECT $1, uuidv7(), 'figures-' || n, '客服 ' || n, false, true, now() FROM generate_series(2, $2) AS n"""
_DICE = "(hashint8extended(n, {salt}) & 65535) / 65536.0"
_MADE = f"""
CREATE TEMP TABLE made AS
SELECT n, uuidv7() AS order_id, uuidv7() AS ticket_id, n % 5 < 4 AS urged, d.member,
  d.at AS opened_at, d.fate,
  d.at + make_interval(secs => round(300 * power(270, d.dice)::numeric, 3)::float8) AS handled_at
FROM generate_series(0, $1::int - 1) AS n, LATERAL (SELECT
  date_trunc('milliseconds', now() - n::float8 / $1 * $2 * interval '1 day') AS at,
  {_DICE.format(salt=1)} AS dice, {_DICE.format(salt=2)} AS fate,
  1 + floor({_DICE.format(salt=3)} * {MEMBERS})::int AS member) d"""
_ORDERS = """
INSERT INTO orders (shop_id, id, number, buyer_id, buyer_nick, item_title, quantity, paid_amount, paid_at,
  ship_by, urge_rounds, created_at, updated_at)
SELECT $1, order_id, n::text, 'b' || n % 9999, 'n' || n % 9999, '四件套', 1, 100, opened_at,
  opened_at, 1, opened_at, opened_at FROM made"""
_TICKETS = """
INSERT INTO ticket (shop_id, id, order_id, number, kind, status, outcome, version, round, policy_version,
  opened_at, updated_at, clock_started_at, deadline_at, replied_at, completed_at, escalated_at,
  money_at_risk, record_count, assignee_id)
SELECT $1, ticket_id, order_id, n::text, 'URGE_PICKUP',
  (CASE WHEN fate < 0.05 THEN 'ESCALATED' ELSE 'COMPLETED' END)::ticket_status,
  (CASE WHEN fate < 0.05 THEN 'COMPLAINT_FILED' ELSE 'PICKED_UP' END)::ticket_outcome, 1, 1, 1,
  opened_at, opened_at, opened_at, CASE WHEN fate < 0.05 THEN opened_at + interval '1 day' END,
  CASE WHEN fate >= 0.05 THEN handled_at END,
  CASE WHEN fate >= 0.05 THEN handled_at + interval '3 hours' END,
  CASE WHEN fate < 0.05 THEN opened_at + interval '1 day' END, 0, 3, p.id
FROM made JOIN places p USING (member) WHERE urged"""
_PLACES = """
CREATE TEMP TABLE places AS SELECT row_number() OVER (ORDER BY id) AS member, id, subject
FROM staff_member WHERE shop_id = $1"""
_RECORDS = """
INSERT INTO follow_up_record (shop_id, id, ticket_id, position, action, actor_kind, actor_name,
  actor_subject, occurred_at, deadline_after)
SELECT $1, uuidv7(), ticket_id, e.position, e.action::follow_up_action, e.kind::actor_kind, e.kind,
  CASE WHEN e.kind = 'STAFF' THEN p.subject END, e.at, e.until
FROM made JOIN places p USING (member) CROSS JOIN LATERAL (
  SELECT 1, 'OPENED', 'CONSUMER', opened_at, opened_at + interval '1 day'
  UNION ALL SELECT 2, 'ESCALATED', 'SYSTEM', opened_at + interval '1 day', opened_at + interval '1 day'
    WHERE fate < 0.05
  UNION ALL SELECT 3, 'COMPLAINT_RULED', 'PLATFORM', opened_at + interval '2 days', NULL WHERE fate < 0.05
  UNION ALL SELECT 2, 'REMINDED', 'SYSTEM', handled_at - interval '9 minutes', NULL
    WHERE fate BETWEEN 0.05 AND 0.4
  UNION ALL SELECT 3, 'REPLIED', 'STAFF', handled_at, NULL WHERE fate BETWEEN 0.05 AND 0.9
  UNION ALL SELECT 4, 'PICKED_UP', 'INTEGRATION', handled_at + interval '3 hours', NULL WHERE fate >= 0.05
) AS e(position, action, kind, at, until) WHERE urged"""
_COMPLAINTS = """
INSERT INTO complaint (shop_id, id, ticket_id, round, status, violation, filed_at, ruled_at,
  estimated_compensation, compensation, penalty_points, reason)
SELECT $1, uuidv7(), ticket_id, 1,
  (ARRAY['UPHELD', 'UPHELD', 'DISMISSED', 'UPHELD'])[1 + n / 5 % 4]::complaint_status,
  'NO_PICKUP', opened_at + interval '1 day', opened_at + interval '2 days', 5, 5, 0, 'seen'
FROM made WHERE urged AND fate < 0.05"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Tickets of the shop, and how often and long (seconds) to measure."""

    tickets: int
    rounds: int
    seconds: float


FULL = Sizes(1_000_000, 5, 3.0)
QUICK = Sizes(50_000, 3, 1.0)


def measure(*, quick: bool) -> list[str]:
    """A table, as lines."""
    sizes = QUICK if quick else FULL
    with stage(mass.SETTINGS) as made:
        return uvloop.run(_measure(made, made.database("figures"), sizes))


async def _measure(made: Stage, url: str, sizes: Sizes) -> list[str]:
    shop_id, took_s = await fill(url, sizes.tickets)
    settings = made.settings(url)
    async with servers.ours(settings, made.folder / "web.log"):
        results = await rounds.measure(
            _contestants(settings, shop_id), rounds=sizes.rounds, seconds=sizes.seconds, connections=1
        )
    rows = [_row(result, sizes.tickets) for result in results]
    again = ("made again from the records", f"{took_s:.0f} s", "", "")
    return table(("shopFigures, one request at a time", "p50", "p99", "to reach"), [*rows, again])


async def fill(url: str, tickets: int) -> tuple[UUID, float]:
    """One shop with so many tickets of the last 90 days; its id, and the seconds its figures took to make."""
    connection = await asyncpg.connect(url)
    stripped = await mass.strip(connection)
    await connection.execute("SET session_replication_role = replica")
    (shop_id,) = await filling.add_shops(connection, 1)
    await connection.execute(_MEMBERS, shop_id, MEMBERS)
    await connection.execute(_MADE, tickets * 5 // 4, DAYS)
    await connection.execute(_PLACES, shop_id)
    for statement in (_ORDERS, _TICKETS, _RECORDS, _COMPLAINTS):
        await connection.execute(statement, shop_id)
    for statement in stripped.keys:
        await connection.execute(statement)
    await connection.execute(f"VACUUM (ANALYZE) {filling.TABLES}, complaint")
    print(f"{tickets:,} tickets written", file=sys.stderr)
    started = time.monotonic()
    async with connection.transaction():
        await refill.refill(connection, shop_id)
    took_s = time.monotonic() - started
    await connection.execute("VACUUM (ANALYZE) figure_fact, figure_sum, figure_time, paid_day")
    await connection.close()
    print(f"figures made in {took_s:.0f} s", file=sys.stderr)
    return shop_id, took_s


def _contestants(settings: Settings, shop_id: UUID) -> list[Contestant]:
    now = datetime.now(UTC)
    bearer = token(settings, [shop_id])

    def asked(name: str, days: float, bucket: str, until: datetime) -> Contestant:
        variables = {
            "shop": ids.encode(IdKind.SHOP, shop_id),
            "from": (until - timedelta(days=days)).isoformat(),
            "to": until.isoformat(),
            "bucket": bucket,
        }
        body = orjson.dumps({"query": FIGURES, "variables": variables})
        return Contestant(name, settings.port, [load.request(settings.port, bearer, body)], PROOF)

    return [
        asked("90 days, by day", DAYS, "DAY", now),
        asked("90 days, by week", DAYS, "WEEK", now),
        asked("7 days, by hour", 7, "HOUR", now),
        asked("400 hours, by hour", 399 / 24, "HOUR", now),
    ]


def _row(result: Result, tickets: int) -> Sequence[str]:
    # The figure to reach is one of ninety days; hours are made of facts alone.
    reach = f"≤ {REACH_MS} ms" if result.name.startswith("90") else ""
    return (
        f"{result.name}, {tickets:,} tickets",
        f"{result.percentile_ms(50):.1f} ms",
        f"{result.percentile_ms(99):.1f} ms",
        reach,
    )
