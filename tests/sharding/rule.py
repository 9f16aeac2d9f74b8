"""The rule: each distributed table of a statement is filtered or joined by what it is distributed by.

A column is *bound* when values decide it: it equals a parameter, one of an array of them, or a column that is
bound already. So a shard can be told before the table is read. What is bound on the far side of a LEFT JOIN
says nothing of the near side, and what is bound in a subquery nothing of the query around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlglot
from sqlglot import exp

from db.sharding import DISTRIBUTED, REFERENCE, SHOP
from tests.sharding.sources import COLUMNS, Outputs, Scope, Source, mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LOCAL = frozenset({"alembic_version"})
"""Tables that are no data of the product."""
_KEEPS_OUT = ("distinct", "group", "having", "limit", "offset", "windows")
"""What keeps PostgreSQL from looking into a subquery only for the rows that the query around it wants."""
_JOINED_OUTSIDE = frozenset({"LEFT", "RIGHT", "FULL"})
Query = exp.Select | exp.SetOperation | exp.Subquery | exp.Values


class Judged(NamedTuple):
    """What is wrong with a statement, the words of the marks that it needs, and the tables it names."""

    faults: tuple[str, ...]
    marks: frozenset[str]
    tables: frozenset[str]


def judge(sql: str) -> Judged:
    """Hold the rule against one statement; what cannot be read is a fault."""
    try:
        tree = sqlglot.parse_one(sql, dialect="postgres")
    except sqlglot.errors.SqlglotError as error:
        return Judged((f"cannot be read: {str(error).splitlines()[0]}",), frozenset(), frozenset())
    walker = _Walker()
    walker.statement(tree, None, {})
    return Judged(tuple(dict.fromkeys(walker.faults)), frozenset(walker.marks), frozenset(walker.tables))


class _Walker:
    """Walks a statement once, from the outside in: values come from there."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.marks: set[str] = set()
        self.tables: set[str] = set()

    # --- statements

    def statement(self, tree: exp.Expr, outer: Scope | None, ctes: dict[str, Source]) -> Outputs:
        """Any statement or query; what it gives."""
        ctes = self._with(tree, outer, ctes)
        match tree:
            case exp.Subquery():
                found = self.statement(tree.this, outer, ctes)
            case exp.Select():
                found = self._select(tree, outer, ctes)
            case exp.SetOperation():
                found = self.statement(tree.left, outer, ctes)
                found = found.among(self.statement(tree.right, outer, ctes))
            case exp.Insert():
                found = self._insert(tree, outer, ctes)
            case exp.Update() | exp.Delete():
                found = self._change(tree, outer, ctes)
            case exp.Values():
                found = self._values(tree, Scope(outer, ctes))
            case _:
                self.faults.append(f"cannot be read: {type(tree).__name__}")
                found = Outputs([])
        return found

    def _with(self, tree: exp.Expr, outer: Scope | None, ctes: dict[str, Source]) -> dict[str, Source]:
        found = tree.args.get("with_")
        if found is None:
            return ctes
        ctes = dict(ctes)
        for cte in found.expressions:
            if found.recursive:
                ctes[cte.alias] = Source(frozenset())
            ctes[cte.alias] = self.statement(cte.this, outer, ctes).as_source(cte.alias_column_names)
        return ctes

    def _select(
        self, tree: exp.Select, outer: Scope | None, ctes: dict[str, Source], asked: Iterable[str] = ()
    ) -> Outputs:
        scope = Scope(outer, ctes)
        given = [each.unalias() for each in tree.expressions if each.alias_or_name in asked]
        self._gather(scope, tree, given)
        for table in ("group", "having", "order", "limit", "offset", "qualify", "distinct"):
            self._inside(tree.args.get(table), scope)
        outputs = [self._output(each, scope) for each in tree.expressions]
        self._require(scope)
        every = bool(outputs) and all(each.every for each in outputs)
        return Outputs([column for each in outputs for column in each.columns], every)

    def _insert(self, tree: exp.Insert, outer: Scope | None, ctes: dict[str, Source]) -> Outputs:
        schema = tree.this
        table = schema.this if isinstance(schema, exp.Schema) else schema
        given = self.statement(tree.expression, outer, ctes)
        self.tables.add(table.name)
        key = DISTRIBUTED.get(table.name)
        names = [each.name for each in schema.expressions] if isinstance(schema, exp.Schema) else []
        bound = {name for name, (_, is_bound) in zip(names, given.columns, strict=False) if is_bound}
        if key is not None and key not in bound:
            self._unbound(table, table.name, key, "INSERT does not give")
        scope = Scope(
            outer, ctes, {table.alias_or_name: Source(COLUMNS.get(table.name, frozenset()), None, bound)}
        )
        self._inside(tree.args.get("conflict"), scope)
        return self._returning(tree, scope)

    def _change(self, tree: exp.Update | exp.Delete, outer: Scope | None, ctes: dict[str, Source]) -> Outputs:
        scope = Scope(outer, ctes)
        self._add(scope, tree.this)
        self._gather(scope, tree)
        key = DISTRIBUTED.get(tree.this.name)
        for each in tree.expressions:
            if isinstance(each, exp.EQ) and each.this.name == key and not isinstance(tree, exp.Delete):
                self.faults.append(f"UPDATE moves rows of {tree.this.name}: it sets {key}")
            self._inside(each, scope)
        self._require(scope)
        return self._returning(tree, scope)

    def _returning(self, tree: exp.Expr, scope: Scope) -> Outputs:
        said = tree.args.get("returning")
        outputs = [self._output(each, scope) for each in said.expressions] if said else []
        return Outputs([column for each in outputs for column in each.columns])

    def _values(self, tree: exp.Values, scope: Scope) -> Outputs:
        rows = [[self._is_value(each, scope) for each in row.expressions] for row in tree.expressions]
        return Outputs([("", all(column)) for column in zip(*rows, strict=True)])

    # --- FROM, JOIN, WHERE

    def _gather(self, scope: Scope, tree: exp.Expr, given: Iterable[exp.Expr] = ()) -> None:
        """Take in the FROM items and all that WHERE and ON say of them."""
        items: list[exp.Expr] = []
        conditions: list[tuple[exp.Expr, str | None]] = []
        later: list[exp.Expr] = []
        for key in ("from_", "using"):
            found = tree.args.get(key)
            items += [found.this] if isinstance(found, exp.From) else found or []
        items += tree.args.get("laterals") or []
        joins = [
            *(tree.args.get("joins") or []),
            *(join for item in items for join in item.args.get("joins") or []),
        ]
        for item in [*items, *(join.this for join in joins)]:
            if isinstance(item, exp.Subquery) or isinstance(item.this, exp.Query):
                later.append(item)
            else:
                self._add(scope, item)
        for column in given:
            self._bind_column(scope, column, None)
        for join in joins:
            outside = join.this.alias_or_name if join.side in _JOINED_OUTSIDE else None
            conditions += [(each, outside) for each in _all_of(join.args.get("on"))]
        scope.joins = joins
        where = tree.args.get("where")
        conditions += [(each, None) for each in _all_of(where.this if where else None)]
        self._settle(scope, conditions)
        if self._excuse(scope):
            self._settle(scope, [each for each in conditions if not _is_in_query(each[0])])
        for item in later:
            self._add(scope, item, self._asked_of(scope, item.alias_or_name, conditions))
            self._settle(scope, [each for each in conditions if not _is_in_query(each[0])])
        for condition, _ in conditions:
            if not _is_in_query(condition):
                self._inside(condition, scope)

    def _settle(self, scope: Scope, conditions: list[tuple[exp.Expr, str | None]]) -> None:
        """Bind what the conditions bind, until they bind no more."""
        queries = {
            id(each): self.statement(each.args["query"], scope, scope.ctes)
            for each, _ in conditions
            if _is_in_query(each)
        }
        before = -1
        while before != (now := sum(len(source.bound) for source in scope.sources.values())):
            before = now
            for join in scope.joins:
                self._bind_using(scope, join)
            for condition, outside in conditions:
                self._bind(scope, condition, outside, queries.get(id(condition)))

    def _bind(self, scope: Scope, condition: exp.Expr, outside: str | None, query: Outputs | None) -> None:
        if query is not None:
            targets = (
                condition.this.expressions if isinstance(condition.this, exp.Tuple) else [condition.this]
            )
            for target, (_, is_bound) in zip(targets, query.columns, strict=False):
                if is_bound:
                    self._bind_column(scope, target, outside)
        elif isinstance(condition, exp.In):
            if all(self._is_value(each, scope) for each in condition.expressions):
                self._bind_column(scope, condition.this, outside)
        elif isinstance(condition, exp.EQ):
            for left, right in _pairs(condition):
                if self._is_value(right, scope):
                    self._bind_column(scope, left, outside)
                if self._is_value(left, scope):
                    self._bind_column(scope, right, outside)

    def _bind_column(self, scope: Scope, column: exp.Expr, outside: str | None) -> None:
        if not isinstance(column, exp.Column):
            return
        source, is_own = scope.find(column)
        if source is not None and is_own and (outside is None or source is scope.sources.get(outside)):
            source.bound.add(column.name)

    def _bind_using(self, scope: Scope, join: exp.Join) -> None:
        joined = scope.sources.get(join.this.alias_or_name)
        for name in (each.name for each in join.args.get("using") or []):
            others = [each for each in scope.sources.values() if each is not joined and each.has(name)]
            if joined is None:
                continue
            if any(each.is_bound(name) for each in others):
                joined.bound.add(name)
            if joined.is_bound(name) and join.side not in _JOINED_OUTSIDE:
                for each in others:
                    each.bound.add(name)

    def _asked_of(self, scope: Scope, alias: str, conditions: list[tuple[exp.Expr, str | None]]) -> set[str]:
        """The columns of a subquery that the query around it gives values to."""
        pairs = [pair for each, _ in conditions if isinstance(each, exp.EQ) for pair in _pairs(each)]
        sides = [side for left, right in pairs for side in ((left, right), (right, left))]
        return {
            column.name
            for column, value in sides
            if isinstance(column, exp.Column) and column.table == alias and self._is_value(value, scope)
        }

    def _add(self, scope: Scope, item: exp.Expr, asked: Iterable[str] = ()) -> None:
        alias = item.alias_or_name
        renamed = (
            [each.name for each in item.args["alias"].args.get("columns") or []]
            if item.args.get("alias")
            else []
        )
        if isinstance(item, exp.Lateral | exp.Unnest) or not isinstance(item.this, exp.Identifier):
            scope.sources[alias] = self._made(scope, item, renamed, asked)
        elif item.name in scope.ctes:
            known = scope.ctes[item.name]
            scope.sources[alias] = Source(known.names, None, set(known.bound), known.every)
        else:
            self.tables.add(item.name)
            if item.name not in COLUMNS and item.name not in LOCAL:
                self.faults.append(f"names a table that is not one of db/tables: {item.name}")
            scope.sources[alias] = Source(COLUMNS.get(item.name, frozenset()), item.name, mark=mark_of(item))

    def _made(self, scope: Scope, item: exp.Expr, renamed: list[str], asked: Iterable[str]) -> Source:
        """A subquery's rows, or those a function makes of its arguments."""
        made = item.this
        if isinstance(item, exp.Subquery | exp.Values):
            if isinstance(item.this, exp.Select) and not any(item.this.args.get(each) for each in _KEEPS_OUT):
                return self._select(
                    item.this, scope.outer, self._with(item.this, scope.outer, scope.ctes), asked
                ).as_source(renamed)
            return self.statement(item, scope.outer, scope.ctes).as_source(renamed)
        if isinstance(item, exp.Lateral) and isinstance(made, exp.Query):
            return self.statement(made, scope, scope.ctes).as_source(renamed)
        arguments = (
            item.expressions if isinstance(item, exp.Unnest) else made.args.get("expressions") or [made]
        )
        composite = [
            each.to.sql("postgres").strip('"').lower() for each in arguments if isinstance(each, exp.Cast)
        ]
        names = [*renamed, item.alias_or_name, "ordinality"]
        names += [name for kind in composite for name in COLUMNS.get(kind, ())]
        return Source(frozenset(names), every=all(self._is_value(each, scope) for each in arguments))

    # --- expressions

    def _is_value(self, each: exp.Expr | None, scope: Scope) -> bool:
        """Whether an expression is made of parameters, constants and bound columns."""
        if isinstance(each, exp.Column):
            source, _ = scope.find(each)
            return source is not None and source.is_bound(each.name)
        if isinstance(each, exp.Parameter | exp.Literal | exp.Null | exp.Boolean | exp.Placeholder):
            return True
        if isinstance(each, exp.Query):
            outputs = self.statement(each, scope, scope.ctes)
            return bool(outputs.columns) and all(is_bound for _, is_bound in outputs.columns)
        if isinstance(each, exp.Cast):
            return self._is_value(each.this, scope)
        if isinstance(each, exp.Any | exp.Array | exp.Paren | exp.Coalesce | exp.Tuple | exp.Add | exp.Neg):
            return all(self._is_value(part, scope) for part in each.iter_expressions())
        return False

    def _output(self, each: exp.Expr, scope: Scope) -> Outputs:
        if isinstance(each, exp.Star) or (isinstance(each, exp.Column) and isinstance(each.this, exp.Star)):
            table = each.table if isinstance(each, exp.Column) else ""
            from_ = [source for alias, source in scope.sources.items() if table in {"", alias}]
            columns = [(name, source.is_bound(name)) for source in from_ for name in sorted(source.names)]
            return Outputs(columns, bool(from_) and all(source.every for source in from_))
        inner = each.this if isinstance(each, exp.Alias) else each
        if isinstance(inner, exp.Column | exp.Query):
            is_bound = self._is_value(inner, scope)
        else:
            self._inside(inner, scope)
            is_bound = (
                isinstance(inner, exp.Parameter | exp.Cast | exp.Unnest)
                and not list(_queries(inner))
                and all(self._is_value(part, scope) for part in inner.find_all(exp.Column))
            )
        return Outputs([(each.alias_or_name, is_bound)], is_bound)

    def _inside(self, found: exp.Expr | Iterable[exp.Expr] | None, scope: Scope) -> None:
        """Judge the queries within an expression."""
        for each in [found] if isinstance(found, exp.Expr) else found or []:
            for query in _queries(each):
                self.statement(query, scope, scope.ctes)

    # --- the rule itself

    def _excuse(self, scope: Scope) -> bool:
        """Take what a mark stands beside as given, where it is not; whether there was such a mark."""
        excused = False
        for source in scope.sources.values():
            missing = {key for key in _keys(source) if not source.is_bound(key)}
            if source.mark is not None and missing:
                self.marks.add(source.mark)
                source.bound |= missing
                excused = True
        return excused

    def _require(self, scope: Scope) -> None:
        for alias, source in scope.sources.items():
            key = DISTRIBUTED.get(source.table or "")
            if key is not None and not source.is_bound(key):
                self.faults.append(f"{source.table} {alias}: nothing gives its {key}")

    def _unbound(self, table: exp.Table, name: str, key: str, what: str) -> None:
        mark = mark_of(table)
        if mark is None:
            self.faults.append(f"{name}: {what} {key}")
        else:
            self.marks.add(mark)


def _keys(source: Source) -> set[str]:
    """What a mark gives: what the table is distributed by, and the shop that its rows lead to."""
    if source.table == "shop":
        return {"id"}
    found = {DISTRIBUTED.get(source.table or "", ""), SHOP}
    return {key for key in found if source.table is not None and source.has(key)}


def _queries(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The outermost queries within an expression."""
    if isinstance(tree, exp.Query):
        yield tree
        return
    for child in tree.iter_expressions():
        yield from _queries(child)


def _all_of(condition: exp.Expr | None) -> list[exp.Expr]:
    """The parts that must all hold."""
    if condition is None:
        return []
    if isinstance(condition, exp.Paren):
        return _all_of(condition.this)
    if isinstance(condition, exp.And):
        return [*_all_of(condition.left), *_all_of(condition.right)]
    return [condition]


def _pairs(condition: exp.EQ) -> list[tuple[exp.Expr, exp.Expr]]:
    left, right = condition.left, condition.right
    if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
        return list(zip(left.expressions, right.expressions, strict=False))
    return [(left, right)]


def _is_in_query(condition: exp.Expr) -> bool:
    return isinstance(condition, exp.In) and condition.args.get("query") is not None


KNOWN = frozenset({*DISTRIBUTED, *REFERENCE})
"""Every table of the product: each lies somewhere."""
