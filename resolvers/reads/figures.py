"""What a shop's figures are read from: sums of whole hours, days and weeks, and facts of the rest.

`{t}` is the row that `asked` makes: the shop and the period. Everything else here hangs on it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from db.figures import COUNTS, SUMMED, WHOLE_SHOP
from domain import access, figures, ids, periods
from domain.access import Action
from domain.ids import IdKind
from domain.periods import Bucket, TooManyBuckets
from resolvers.reads.refusals import BadInput, TooMuch

if TYPE_CHECKING:
    from domain.periods import Period
    from resolvers.plan.binding import Binder
    from resolvers.plan.declared import Arguments


def asked(binder: Binder, given: Arguments) -> str:
    """The row of the shop and period that the arguments name, if there is such a shop.

    Raises `Forbidden`, `BadInput` for a period without length, and `TooMuch` for too many buckets.
    """
    access.require(binder.viewer, Action.WATCH_QUEUE)
    since, until, bucket = given["from"], given["to"], given.get("bucket") or Bucket.DAY
    if since >= until:
        raise BadInput("from must be before to.")
    try:
        period = periods.period(since, until, bucket)
    except TooManyBuckets as error:
        most = periods.MOST_BUCKETS
        raise TooMuch(f"At most {most} buckets: ask for less time, or for longer buckets.") from error
    columns: dict[str, tuple[object, str]] = {
        **_ranges(period, "", Bucket.WEEK),
        **_ranges(period, "bucket_", bucket),
        "borders": (list(period.borders), "timestamptz[]"),
        "shown": (list(figures.SHOWN), "int[]"),
    }
    named = ", ".join(f"{binder.bind(*value)} AS {name}" for name, value in columns.items())
    shop_id = binder.bind(ids.decode_as(IdKind.SHOP, given["shopId"]), "uuid")
    return f"SELECT s.id, s.id AS shop_id, {named} FROM shop s WHERE s.id = {shop_id}"


_UNITS = {"sums": (Bucket.DAY, Bucket.HOUR), "times": (Bucket.WEEK, Bucket.DAY), "paid": (Bucket.DAY,)}
"""What each kind of sum is kept by; what is shorter is read from facts, and from the orders."""


_HOURS = {unit: int(length / timedelta(hours=1)) for unit, length in periods.LENGTHS.items()}
"""What the sums of a unit are marked with."""


def _ranges(period: Period, of: str, longest: Bucket) -> dict[str, tuple[object, str]]:
    """The columns that say which ranges of which unit are read: `of` + kind + unit, two ranges each.

    A bucket is no sum of longer units than itself.
    """
    found = {}
    for kind, units in _UNITS.items():
        used = [unit for unit in units if periods.LENGTHS[unit] <= periods.LENGTHS[longest]]
        pieces = period.pieces(*used)
        none = ((period.until, period.until), (period.until, period.until))
        for unit in units:
            found[f"{of}{kind}_{unit.lower()}"] = pieces.pop(0) if unit in used else none
        found[f"{of}{kind}_rest"] = pieces[0]
    return {name: ([*one, *other], "timestamptz[]") for name, (one, other) in found.items()}


_FACT = {
    **{name: f"f.{name}" for name in (*COUNTS, "compensation")},
    "handled": "(f.bin IS NOT NULL)::int",
    "handling_s": "coalesce(f.handling_s, 0)",
    "answered": "(f.answer_s IS NOT NULL)::int",
    "answer_s": "coalesce(f.answer_s, 0)",
}
_FACTS = ", ".join(f"{_FACT[name]} AS {name}" for name in SUMMED)
_SUM = ", ".join(f"d.{name}" for name in SUMMED)
_SUMS = ", ".join(f"sum(c.{name}) AS {name}" for name in SUMMED)
_ANYTHING = " OR ".join(f"sum(c.{name}) <> 0" for name in SUMMED)
_OF_SHOP = f" AND d.member_id = {WHOLE_SHOP}"
_OF_MEMBER = " AND d.member_id = m.id"
_HANDLED = " AND f.bin IS NOT NULL"
_SOMEBODYS = " AND f.member_id IS NOT NULL"


def _within(select: str, table: str, at: str, ranges: str, where: str = "") -> str:
    """Rows of a table whose instant `at` lies in the two ranges of a column of `{t}`."""
    shop = f"{at.partition('.')[0]}.shop_id = {{t}}.shop_id"
    return " UNION ALL ".join(
        f"SELECT {select} FROM {table} WHERE {shop}{where}"
        f" AND {at} >= {{t}}.{ranges}[{place}] AND {at} < {{t}}.{ranges}[{place + 1}]"
        for place in (1, 3)
    )


def _kept(select: str, table: str, ranges: str, whose: str) -> str:
    """Rows `d` of sums of a kind, by every unit they are kept by; `ranges`: what the columns begin with."""
    kind = ranges.rpartition("_")[2]
    return " UNION ALL ".join(
        _within(select, table, "d.starts_at", f"{ranges}_{unit.lower()}", f"{whose} AND d.hours = {hours}")
        for unit, hours in _HOURS.items()
        if unit in _UNITS[kind]
    )


def _percentiles(cells: str) -> str:
    """The bins of the median and of the 90th percentile of each `key`, of cells (key, bin, n)."""
    return f"""
SELECT h.key, min(h.bin) FILTER (WHERE h.upto * 2 >= h.total) AS p50,
  min(h.bin) FILTER (WHERE h.upto * 10 >= h.total * 9) AS p90
FROM (SELECT x.key, x.bin, sum(x.n) OVER (PARTITION BY x.key ORDER BY x.bin) AS upto,
    sum(x.n) OVER (PARTITION BY x.key) AS total
  FROM (SELECT c.key, c.bin, sum(c.n)::int AS n FROM ({cells}) c GROUP BY 1, 2) x) h GROUP BY h.key"""


def _set(sums: str, percentiles: str, paid: str) -> str:
    """The columns of a set of figures, of rows with sums, of bins, and of the number of paid orders."""
    named = [f"coalesce({sums}.{name}, 0) AS {name}" for name in SUMMED if name != "compensation"]
    named += [
        f"coalesce({sums}.compensation, 0.00) AS compensation",
        f"round({sums}.handling_s / nullif({sums}.handled, 0))::int AS mean_handling_s",
        f"round({sums}.answer_s / nullif({sums}.answered, 0))::int AS mean_answer_s",
        f"{{t}}.shown[{percentiles}.p50 + 1] AS p50_handling_s",
        f"{{t}}.shown[{percentiles}.p90 + 1] AS p90_handling_s",
        f"coalesce({paid}.orders, 0) AS paid",
    ]
    return ", ".join(named)


def _of_shop(key: str, of: str) -> str:
    """The sets of the whole shop by a key, SQL over the instant `{at}`; `of`: what ranges begin with."""
    whole, fact, order = (key.replace("{at}", at) for at in ("d.starts_at", "f.at", "f.paid_at"))
    sums = (
        _kept(f"{whole} AS key, {_SUM}", "figure_sum d", f"{of}sums", _OF_SHOP),
        _within(f"{fact} AS key, {_FACTS}", "figure_fact f", "f.at", f"{of}sums_rest"),
    )
    times = (
        _kept(f"{whole} AS key, d.bin, d.handled AS n", "figure_time d", f"{of}times", _OF_SHOP),
        _within(f"{fact} AS key, f.bin, 1 AS n", "figure_fact f", "f.at", f"{of}times_rest", _HANDLED),
    )
    paid = (
        _within(f"{whole} AS key, d.orders", "paid_day d", "d.starts_at", f"{of}paid_day"),
        _within(f"{order} AS key, 1 AS orders", "orders f", "f.paid_at", f"{of}paid_rest"),
    )
    return f"""
LEFT JOIN (SELECT c.key, {_SUMS} FROM ({" UNION ALL ".join(sums)}) c GROUP BY 1) q USING (key)
LEFT JOIN ({_percentiles(" UNION ALL ".join(times))}) h USING (key)
LEFT JOIN (SELECT c.key, sum(c.orders) AS orders FROM ({" UNION ALL ".join(paid)}) c GROUP BY 1) p
  USING (key)"""


def _by_member(kept: str, rest: str) -> str:
    """Rows of each member: their sums are index ranges; what is no whole unit is read once for all."""
    return (
        f"SELECT m.id AS key, d.* FROM (SELECT m.id FROM staff_member m WHERE m.shop_id = {{t}}.shop_id) m"
        f" CROSS JOIN LATERAL ({kept}) d UNION ALL {rest}"
    )


TOTAL = f"""
SELECT {{t}}.shop_id, {_set("q", "h", "p")} FROM (SELECT 1 AS key) k
{_of_shop("1", "")}"""
"""The figures of the whole period."""
BY_BUCKET = f"""
SELECT {{t}}.shop_id, k.key, {{t}}.borders[k.key] AS since, {{t}}.borders[k.key + 1] AS until,
  {_set("q", "h", "p")} FROM generate_series(1, cardinality({{t}}.borders) - 1) AS k(key)
{_of_shop("width_bucket({at}, {t}.borders)", "bucket_")}"""
"""The figures of each bucket, numbered from 1 as `key`."""
_MEMBER_SUMS = _by_member(
    _kept(_SUM, "figure_sum d", "sums", _OF_MEMBER),
    _within(f"f.member_id AS key, {_FACTS}", "figure_fact f", "f.at", "sums_rest", _SOMEBODYS),
)
_MEMBER_TIMES = _by_member(
    _kept("d.bin, d.handled AS n", "figure_time d", "times", _OF_MEMBER),
    _within(
        "f.member_id AS key, f.bin, 1 AS n", "figure_fact f", "f.at", "times_rest", _SOMEBODYS + _HANDLED
    ),
)
_PAID = " UNION ALL ".join(
    (
        _within("d.orders", "paid_day d", "d.starts_at", "paid_day"),
        _within("1 AS orders", "orders f", "f.paid_at", "paid_rest"),
    )
)
BY_STAFF = f"""
SELECT {{t}}.shop_id, m.id AS member_id, m.created_at, {_set("q", "h", "p")}
FROM (SELECT c.key, {_SUMS} FROM ({_MEMBER_SUMS}) c GROUP BY 1 HAVING {_ANYTHING}) q
JOIN staff_member m ON m.shop_id = {{t}}.shop_id AND m.id = q.key
LEFT JOIN ({_percentiles(_MEMBER_TIMES)}) h ON h.key = q.key
CROSS JOIN (SELECT sum(c.orders) AS orders FROM ({_PAID}) c) p"""
"""The figures of each member for whom anything was counted."""
