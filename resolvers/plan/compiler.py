"""From the fields of an operation to the text of one statement: `Compiler.source` is the only way to rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import GraphQLAbstractType, GraphQLObjectType, get_named_type, is_abstract_type

from resolvers.plan import binding, cursors, json_text, pages, python_fields
from resolvers.plan import declared as says
from resolvers.plan.binding import Binder, literal
from resolvers.plan.operation import DEFINITION, declared, object_type, rows_of
from resolvers.reads.refusals import BadCursor, TooMuch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLField

    from resolvers.plan.binding import Part, Place
    from resolvers.plan.json_text import Pair
    from resolvers.plan.operation import Fields, Operation, Site
    from resolvers.plan.pages import Page
    from resolvers.plan.python_fields import PythonField

INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'


class NotPlannable(Exception):
    """A field that a resolver answers: its operation goes through the ordinary executor."""


class Plan(NamedTuple):
    """A statement as text, where its values are found, and what Python fills in."""

    sql: str
    places: tuple[Place, ...]
    python: tuple[PythonField, ...]


class Compiler:
    """Makes one statement. `sites` and `parts`: every place with arguments, and what it brings."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.viewer = operation.viewer
        self.sites: list[Site] = []
        self.parts: list[Part] = []
        self._python: list[PythonField] = []
        self._binder = Binder(operation.viewer)
        self._aliases = 0

    def plan(self, items: Sequence[str]) -> Plan:
        """The statement whose columns are `items`."""
        columns = ", ".join(f"{item} AS c{number}" for number, item in enumerate(items))
        sql, places = binding.numbered(f"SELECT {columns}")
        return Plan(sql, places, tuple(self._python))

    # --- where rows come from

    def source(self, rows: says.Rows, alias: str) -> tuple[str, str]:
        """FROM item and scope of the rows of a type: nothing is read without the viewer's scope."""
        item = f"{rows.table} {alias}" if rows.source is None else f"({rows.source}) {alias}"
        return item, self._binder.scope(rows.table, alias)

    def alias(self) -> str:
        """A name for a row that no other has."""
        self._aliases += 1
        return f"t{self._aliases}"

    # --- objects

    def root(self) -> str:
        """The whole answer of a query; raises `NotPlannable` when a resolver has a part in it."""
        kind = self.operation.schema.query_type
        if kind is None:
            raise NotPlannable
        return json_text.one(self.pairs(kind, self.operation.root_fields(), None))

    def by_keys(self, kind: GraphQLObjectType, fields: Fields, name: str) -> str:
        """The objects of the keys in the lists `name`.shops and `name`.ids, as an array with nulls."""
        rows = _rows(kind)
        lists = f"{binding.named(f'{name}_shops', 'uuid[]')}, {binding.named(f'{name}_ids', 'uuid[]')}"
        found = self._row_by(kind, fields, rows, "k", with_shop=True)
        keys = f"unnest({lists}) WITH ORDINALITY k(shop_id, id, place)"
        return f"ARRAY(SELECT {found} FROM {keys} ORDER BY k.place)"

    def _row_by(
        self, kind: GraphQLObjectType, fields: Fields, rows: says.Rows, key: str, *, with_shop: bool
    ) -> str:
        alias = self.alias()
        item, scope = self.source(rows, alias)
        conditions = [f"{alias}.id = {key}.id", scope]
        if with_shop:
            conditions.append(f"{alias}.{rows.shop_key} = {key}.shop_id")
        elif not rows.indexed_by_id:
            shops = self._binder.scope("shop", "s")
            conditions.append(f"{alias}.{rows.shop_key} IN (SELECT s.id FROM shop s WHERE {shops})")
        tail = f" FROM {item} WHERE {' AND '.join(conditions)}"
        return json_text.one(self._below(kind, fields, alias), tail)

    def _below(self, kind: GraphQLObjectType, fields: Fields, alias: str | None) -> list[Pair]:
        return self.pairs(kind, self.operation.fields_below(kind, fields), alias)

    def pairs(self, kind: GraphQLObjectType, groups: dict[str, Fields], alias: str | None) -> list[Pair]:
        """Key and SQL of each field that is asked of the row `alias`."""
        return [(key, self.field(kind, fields, alias)) for key, fields in groups.items()]

    def field(self, kind: GraphQLObjectType, fields: Fields, alias: str | None) -> str:
        """The SQL of one field; raises `NotPlannable`."""
        name = fields[0].node.name.value
        if name == "__typename":
            return literal(kind.name)
        field = kind.fields.get(name)
        said = None if field is None else declared(field)
        if field is None or said is None:
            raise NotPlannable(f"{kind.name}.{name}")
        if said.seen_by and self.viewer.role not in said.seen_by:
            return said.hidden
        if isinstance(said, says.PublicId):
            return f"'{_rows(kind).kind}_' || replace({alias}.id::text, '-', '')"
        return _WRITERS[type(said)](self, said, field, fields, alias)

    # --- kinds of field

    def column(self, said: says.Column, field: GraphQLField, fields: Fields, alias: str) -> str:
        """A column."""
        del fields
        return _shown(f"{alias}.{said.name or field.extensions[DEFINITION].python_name}", field)

    def expression(self, said: says.Expression, field: GraphQLField, fields: Fields, alias: str) -> str:
        """An expression."""
        del fields
        sql = said.sql
        if said.consumer is not None and self.viewer.buyer_id is not None:
            sql = said.consumer
        return _shown(f"({_over(sql, alias)})", field)

    def given(self, said: says.Given, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """A value of the viewer."""
        del field, fields, alias
        return said.sql(self._binder)

    def embedded(self, said: says.Embedded, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """An object of the same row."""
        del said
        return json_text.one(self._below(object_type(field), fields, alias))

    def one(self, said: says.One, field: GraphQLField, fields: Fields, alias: str) -> str:
        """A row that the row leads to."""
        kind, own = object_type(field), self.alias()
        tail = self._joined(_rows(kind), own, said.on, alias)
        if said.last is not None:
            tail += f" ORDER BY {own}.{said.last} DESC LIMIT 1"
        found = json_text.one(self._below(kind, fields, own), tail)
        return found if said.when is None else f"CASE WHEN {_over(said.when, alias)} THEN {found} END"

    def many(self, said: says.Many, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """All rows that the row leads to."""
        kind, own = object_type(field), self.alias()
        tail = self._joined(_rows(kind), own, said.on, alias)
        tail += " ORDER BY " + said.order.replace("{r}", own)
        return json_text.array(self._below(kind, fields, own), tail)

    def _joined(self, rows: says.Rows, own: str, on: dict[str, str], alias: str | None) -> str:
        item, scope = self.source(rows, own)
        conditions = [f"{own}.{name} = {self._value(sql, alias)}" for name, sql in on.items()]
        return f" FROM {item} WHERE {' AND '.join([*conditions, scope])}"

    def _value(self, sql: str, alias: str | None) -> str:
        return self._binder.subject() if sql == says.SUBJECT else _over(sql, alias or "")

    def found(self, said: says.Found, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """A row found by arguments."""
        condition = self._place(said, field, fields, alias)[0]
        kind, own = object_type(field), self.alias()
        item, scope = self.source(_rows(kind), "r")
        tail = f" FROM (SELECT r.* FROM {item} WHERE {condition} AND {scope}) {own}"
        return json_text.one(self._below(kind, fields, own), tail)

    def listed(self, said: says.Listed, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """Rows found by arguments."""
        condition = self._place(said, field, fields, alias)[0]
        kind, own = object_type(field), self.alias()
        item, scope = self.source(_rows(kind), "r")
        where = f"FROM {item} WHERE {condition} AND {scope}"
        rows = f" FROM (SELECT r.* {where} ORDER BY {said.order}) {own}"
        number = f"(SELECT count(*) FROM (SELECT {where} LIMIT {said.most + 1}) c)"
        refusal = self._refusal(TooMuch(said.refusal))
        array = json_text.array(self._below(kind, fields, own), rows)
        return f"CASE WHEN {number} > {said.most} THEN {refusal} ELSE {array} END"

    def by_ids(self, said: says.ByIds, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """Rows of any type by their public ids."""
        ids, kinds = self._place(said, field, fields, alias)
        abstract = get_named_type(field.type)
        if not is_abstract_type(abstract):
            raise TypeError(abstract)
        found = " ".join(
            f"WHEN '{rows.kind}' THEN {self._row_by(kind, fields, rows, 'u', with_shop=False)}"
            for kind, rows in self._possible(abstract)
        )
        choice = f"CASE u.kind {found} END"
        source = f"FROM unnest({ids}, {kinds}) WITH ORDINALITY u(id, kind, place)"
        if said.many:
            return f"(SELECT coalesce(json_agg({choice} ORDER BY u.place), '[]'::json) {source})"
        return f"(SELECT {choice} {source})"

    def _possible(self, abstract: GraphQLAbstractType) -> list[tuple[GraphQLObjectType, says.Rows]]:
        kinds = self.operation.schema.get_possible_types(abstract)
        return [
            (kind, rows) for kind in kinds if (rows := rows_of(kind)) is not None and rows.kind is not None
        ]

    def python(self, said: says.Python, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """A field that Python answers."""
        inputs = [_over(sql, alias or "") for sql in said.inputs]
        shape = python_fields.shape(self, field.type, fields, alias, inputs)
        return self._marked(said.function, inputs, len(said.inputs), shape)

    def choices(self, said: says.Among, kind: GraphQLObjectType, fields: Fields, alias: str) -> str:
        """The rows among which a Python field chooses, by their ids."""
        own = self.alias()
        tail = self._joined(_rows(kind), own, said.on, alias)
        found = json_text.one(self._below(kind, fields, own))
        return f"(SELECT coalesce(json_object_agg({own}.id, {found}), '{{}}'::json){tail})"

    def _marked(
        self,
        function: Callable[..., object],
        inputs: Sequence[str],
        taken: int,
        shape: python_fields.Shape | None = None,
    ) -> str:
        self._python.append(python_fields.PythonField(function, taken, shape))
        return python_fields.mark(len(self._python) - 1, inputs)

    def _refusal(self, reason: Exception) -> str:
        def refuse(_: object) -> object:
            raise reason

        return self._marked(refuse, [], 0)

    # --- places with arguments

    def _place(
        self, said: says.Declared, field: GraphQLField, fields: Fields, alias: str | None
    ) -> tuple[Any, ...]:
        site = self.operation.site(said, field, fields[0].node, alias)
        part = self.operation.read(site, len(self.sites))
        self.sites.append(site)
        self.parts.append(part)
        return part.pieces

    def connection(
        self, said: says.Connection, field: GraphQLField, fields: Fields, alias: str | None
    ) -> str:
        """A list read by pages."""
        page = pages.Page(*self._place(said, field, fields, alias))
        found = self._page(said, object_type(field), fields, page)
        if not page.owners:
            return found
        refusal = self._refusal(BadCursor("This cursor is of the list of something else."))
        return f"CASE WHEN {' AND '.join(page.owners)} THEN {found} ELSE {refusal} END"

    def _page(self, said: says.Connection, kind: GraphQLObjectType, fields: Fields, page: Page) -> str:
        nodes = object_type(object_type(kind.fields["edges"]).fields["node"])
        rows, own = _rows(nodes), self.alias()
        _, scope = self.source(rows, "r")
        page = page._replace(conditions=(*page.conditions, scope))
        gathered: list[str] = []
        pairs: list[Pair] = []
        counted = False
        for key, below in self.operation.fields_below(kind, fields).items():
            match below[0].node.name.value:
                case "__typename":
                    value = literal(kind.name)
                case "edges":
                    gathered.append(self._edges(kind, below, page, own))
                    value = f"g.a{len(gathered) - 1}"
                case "pageInfo":
                    gathered.append(self._page_info(kind, below, page, own))
                    value = f"g.a{len(gathered) - 1}"
                case "totalCount":
                    counted, value = True, "c.total" if said.cap is None else f"least(c.total, {said.cap})"
                case "totalCountCapped":
                    counted, value = True, f"c.total > {said.cap}"
                case "streamCursor":
                    value = self._marked(python_fields.stream_cursor, [_stands(page.stream or "false")], 1)
                case name:
                    raise NotPlannable(f"{kind.name}.{name}")
            pairs.append((key, value))
        sources = []
        if gathered:
            columns = ", ".join(f"{sql} AS a{number}" for number, sql in enumerate(gathered))
            sources.append(f"(SELECT {columns} FROM ({pages.rows(page, rows.table)}) {own} HAVING true) g")
        if counted:
            sources.append(f"({pages.count(page, rows.table, said.cap)}) c")
        return json_text.one(pairs, f" FROM {', '.join(sources)}" if sources else "")

    def _edges(self, kind: GraphQLObjectType, fields: Fields, page: Page, own: str) -> str:
        edge = object_type(kind.fields["edges"])
        pairs: list[Pair] = []
        for key, below in self.operation.fields_below(edge, fields).items():
            match below[0].node.name.value:
                case "__typename":
                    value = literal(edge.name)
                case "cursor":
                    value = _cursor(page, own)
                case "node":
                    value = json_text.one(self._below(object_type(edge.fields["node"]), below, own))
                case name:
                    raise NotPlannable(f"{edge.name}.{name}")
            pairs.append((key, value))
        order = f'{own}."n$"{" DESC" if page.backward else ""}'
        inside = f'FILTER (WHERE {own}."n$" <= {page.size})'
        return f"coalesce(json_agg({json_text.one(pairs)} ORDER BY {order}) {inside}, '[]'::json)"

    def _page_info(self, kind: GraphQLObjectType, fields: Fields, page: Page, own: str) -> str:
        info = object_type(kind.fields["pageInfo"])
        more = f"count(*) > {page.size}"
        nearest = f'{own}."n$" = 1 AND {own}."n$" <= {page.size}'
        farthest = f'{own}."n$" = least({own}."c$", {page.size})'
        first, last = (farthest, nearest) if page.backward else (nearest, farthest)
        values = {
            "__typename": literal(info.name),
            "hasNextPage": "true" if page.has_before else "false" if page.backward else more,
            "hasPreviousPage": "true" if page.has_after else more if page.backward else "false",
            "startCursor": f"max({_cursor(page, own)}) FILTER (WHERE {first})",
            "endCursor": f"max({_cursor(page, own)}) FILTER (WHERE {last})",
        }
        groups = self.operation.fields_below(info, fields)
        return json_text.aggregated(
            [(key, values[below[0].node.name.value]) for key, below in groups.items()]
        )


_WRITERS: dict[type[says.Declared], Callable[..., str]] = {
    says.Column: Compiler.column,
    says.Expression: Compiler.expression,
    says.Given: Compiler.given,
    says.Embedded: Compiler.embedded,
    says.One: Compiler.one,
    says.Many: Compiler.many,
    says.Found: Compiler.found,
    says.Listed: Compiler.listed,
    says.ByIds: Compiler.by_ids,
    says.Python: Compiler.python,
    says.Connection: Compiler.connection,
}


def _rows(kind: GraphQLObjectType) -> says.Rows:
    rows = rows_of(kind)
    if rows is None:
        raise NotPlannable(f"{kind.name} is no row")
    return rows


def _over(sql: str, alias: str) -> str:
    return sql.replace("{t}", alias)


def _shown(sql: str, field: GraphQLField) -> str:
    """What JSON says of a value of the field's type."""
    match get_named_type(field.type).name:
        case "DateTime":
            return f"to_char({sql} AT TIME ZONE 'UTC', '{INSTANT}')"
        case "Money":
            return f"{sql}::text"
        case _:
            return sql


def _cursor(page: Page, own: str) -> str:
    return cursors.sql(page.mark, page.owner, [_over(key.sql, own) for key in page.keys])


def _stands(condition: str) -> str:
    """Where the streams of these shops stand, one more than there can be: [[shop id, position], …]."""
    most = python_fields.MOST_SHOPS + 1
    return (
        "(SELECT coalesce(json_agg(json_build_array(w.id, coalesce(h.head, 0))), '[]'::json)"
        f" FROM (SELECT s.id FROM shop s WHERE {condition} LIMIT {most}) w"
        " LEFT JOIN shop_stream h ON h.shop_id = w.id)"
    )
