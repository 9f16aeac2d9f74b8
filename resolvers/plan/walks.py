"""Long lists read range by range: what is merged, and what is looked up instead where a filter leaves little.

A statement is planned once, without its values, so no plan can suit both the filter that leaves ten rows of a
million and the one that leaves half of them. Where a filter is no part of the order's index, the statement
therefore holds both ways and decides for each shop as it runs: it looks into the filter's own index; if that
holds few rows, it sorts them, and otherwise it walks in order, where it soon has a page, as so many rows fit.
Only if they all lie at the far end of the order, it walks through what lies before: at worst the whole shop.

Where other tables tell whether a row fits, asking them for each row walked over costs ten times the walk. So
they are asked for the nearest rows only; when those make no page, the keys of all rows that fit are gathered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolvers.plan.declared import Few, Walk

COUNTED_FEW = 20_000
"""What is few where rows are counted: up to 10,000 of them, so a walk would find its end far later."""
NEAR = 5_000
"""Rows of a range for which other tables are asked one by one."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """The first `limit` rows `r` of a table by `keys`; `named`: with the keys as columns."""

    table: str
    conditions: tuple[str, ...]
    keys: list[str]
    direction: str
    limit: int
    ends: tuple[str, str] | None = None
    """The SQL of values of the first key that none lies below, and none above, where its type has such."""
    named: bool = False

    def text(self, source: str = "", *conditions: str) -> str:
        """The SELECT; `source` stands in the table's place, and `conditions` come first."""
        names = [f'{key} AS "k{n}$"' for n, key in enumerate(self.keys)] if self.named else []
        where = " AND ".join((*conditions, *self.conditions))
        order = ", ".join(key + self.direction for key in self.keys)
        return (
            f"SELECT {', '.join(['r.*', *names])} FROM {source or f'{self.table} r'} WHERE {where}"
            f" ORDER BY {order} LIMIT {self.limit}"
        )

    def merged(self, source: str, row: str = "q", *conditions: str) -> str:
        """The first of all rows that `source` gives, which have their keys as columns."""
        order = ", ".join(f'{row}."k{n}$"{self.direction}' for n in range(len(self.keys)))
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {row}.* FROM {source}{where} ORDER BY {order} LIMIT {self.limit}"


def rows(walk: Walk, ordered: Ordered) -> str:
    """The first rows of the list, with their keys as columns."""
    ordered = replace(ordered, named=True)
    shops = f"unnest({walk.shops}) s(shop_id)"
    ranges, within, among = _split(walk)
    few = walk.few
    if few is None:
        edge, bound = _edge(walk, ordered, f"{shops}{ranges}", within)
        found = ordered.merged(f"{shops}{ranges} CROSS JOIN LATERAL ({ordered.text('', *within, *bound)}) q")
        return edge + found
    looked_up = ordered.text(_found(few, ordered.table), _IS_FEW, few.condition, *among)
    walked = ordered.text("", *within, few.condition)
    if few.straight is None:
        walked = _nearest(few, ordered, within)
    many = ordered.merged(f"{_unless(_IS_FEW)}{ranges} CROSS JOIN LATERAL ({walked}) q")
    either = f"WITH {_keys(few, few.most)} ({looked_up}) UNION ALL ({many})"
    return ordered.merged(f"{shops} CROSS JOIN LATERAL ({either}) q")


def _edge(walk: Walk, ordered: Ordered, ranges: str, within: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """A first look that finds a key beyond which the page cannot reach, and the condition that it sets.

    A page over 50 shops has a row or two of each. The first of each range, twice the page in all, tell where
    the page ends at the latest; without that a whole page of every range would be read and sorted. One range
    alone is not looked into twice.
    """
    if ordered.ends is None or walk.lean:
        return "", ()
    lowest, highest = ordered.ends
    count = " * ".join(f"cardinality({array})" for array in (walk.shops, *(each for _, each in walk.split)))
    few = f"CASE WHEN {count} > 1 THEN 2 + 2 * {ordered.limit} / ({count}) ELSE 0 END"
    order = ", ".join(key + ordered.direction for key in ordered.keys)
    where = " AND ".join((*within, *ordered.conditions))
    first = (
        f"SELECT {ordered.keys[0]} AS key FROM {ordered.table} r WHERE {where} ORDER BY {order} LIMIT {few}"
    )
    edge = (
        f"WITH e AS MATERIALIZED (SELECT q.key FROM {ranges} CROSS JOIN LATERAL ({first}) q"
        f" ORDER BY q.key{ordered.direction} OFFSET {max(ordered.limit - 1, 0)} LIMIT 1) "
    )
    side, end = (">=", lowest) if ordered.direction else ("<=", highest)
    return edge, (f"{ordered.keys[0]} {side} coalesce((SELECT e.key FROM e), {end})",)


def ones(walk: Walk, table: str, conditions: tuple[str, ...], most: int) -> str:
    """A row without columns for each row of the list, `most` at most."""
    few = walk.few
    shops = f"unnest({walk.shops}) s(shop_id)"
    ranges, within, among = _split(walk)
    if few is not None:
        conditions = (*conditions, few.straight or few.condition)
    if few is None or few.straight is not None:
        walked = f"SELECT FROM {table} r WHERE {' AND '.join((*within, *conditions))} LIMIT {most}"
        return f"SELECT FROM {shops}{ranges} CROSS JOIN LATERAL ({walked}) q LIMIT {most}"
    walked = f"SELECT FROM {table} r WHERE {' AND '.join((*within, _has_key(few), *conditions))} LIMIT {most}"
    # With more keys than are looked up, those looked up may yet be rows enough.
    looked_up = (
        f"f AS MATERIALIZED (SELECT 1 AS one FROM {_found(few, table)}"
        f" WHERE {' AND '.join((*among, *conditions))} LIMIT {most})"
    )
    enough = f"e AS MATERIALIZED (SELECT {_IS_FEW} OR (SELECT count(*) FROM f) = {most} AS enough)"
    either = (
        f"WITH {_keys(few, COUNTED_FEW)}, {looked_up}, {enough} SELECT FROM f WHERE {_IS_ENOUGH} UNION ALL"
        f" (SELECT FROM {_unless(_IS_ENOUGH)}{ranges} CROSS JOIN LATERAL ({walked}) w LIMIT {most})"
    )
    return f"SELECT FROM {shops} CROSS JOIN LATERAL ({either}) q LIMIT {most}"


_IS_FEW = "(SELECT few FROM n)"
_IS_ENOUGH = "(SELECT enough FROM e)"


def _nearest(few: Few, ordered: Ordered, within: tuple[str, ...]) -> str:
    """The first rows of a range, where other tables are asked: of the nearest rows, or by all keys."""
    near = replace(ordered, limit=NEAR).text("", *within)
    found = ordered.merged(f"({near}) r", "r", few.condition)
    passed = " AND ".join((*within, *ordered.conditions))
    beyond = f"SELECT FROM {ordered.table} r WHERE {passed} OFFSET {NEAR} LIMIT 1"
    enough = f"(SELECT count(*) FROM p) = {ordered.limit} OR NOT EXISTS ({beyond})"
    far = ordered.text("", f"NOT {_IS_ENOUGH}", *within, _has_key(few), few.condition)
    return (
        f"WITH p AS MATERIALIZED ({found}), e AS MATERIALIZED (SELECT {enough} AS enough)"
        f" SELECT p.* FROM p WHERE {_IS_ENOUGH} UNION ALL ({far})"
    )


def _has_key(few: Few) -> str:
    """Whether a row has one of the keys, which are gathered once: joined, the order would be lost."""
    return f"(r.{few.column} IN (SELECT u.key FROM ({few.sql}) u)) IS TRUE"


def _unless(condition: str) -> str:
    return f"(SELECT WHERE NOT {condition}) m"


def _split(walk: Walk) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """What a range has beside its shop, what ties a row to its range, and the same without ranges."""
    ranges = "".join(f" CROSS JOIN unnest({array}) v{n}(value)" for n, (_, array) in enumerate(walk.split))
    within = tuple(f"r.{column} = v{n}.value" for n, (column, _) in enumerate(walk.split))
    among = tuple(f"r.{column} = ANY({array})" for column, array in walk.split)
    return ranges, ("r.shop_id = s.shop_id", *within), among


def _keys(few: Few, most: int) -> str:
    """The keys of a shop, one more than `most` where there are more, and whether there are."""
    return (
        f"k AS MATERIALIZED (SELECT u.key FROM ({few.sql}) u LIMIT {most + 1}),"
        f" n AS MATERIALIZED (SELECT count(*) <= {most} AS few FROM k)"
    )


def _found(few: Few, table: str) -> str:
    """The rows `r` that have one of the keys, each once, looked up one by one whatever a plan expects."""
    one = f"SELECT a.* FROM {table} a WHERE a.shop_id = s.shop_id AND a.{few.column} = d.key OFFSET 0"
    return f"(SELECT DISTINCT k.key FROM k) d CROSS JOIN LATERAL ({one}) r"
