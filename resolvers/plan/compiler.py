"""From the fields of an operation to the text of one statement: `Compiler.source` is the only way to rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import GraphQLAbstractType, GraphQLObjectType, get_named_type, is_abstract_type

from resolvers.plan import binding, json_text, pages, python_fields
from resolvers.plan import declared as says
from resolvers.plan.binding import Binder, literal
from resolvers.plan.connections import ConnectionWriter
from resolvers.plan.operation import (
    DEFINITION,
    NotPlannable,
    declared,
    object_type,
    over,
    rows_of,
    table_rows,
)
from resolvers.reads.refusals import BadCursor, TooMuch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLField

    from resolvers.plan.binding import Part, Place
    from resolvers.plan.json_text import Pair
    from resolvers.plan.operation import Fields, Operation, Site
    from resolvers.plan.python_fields import PythonField

INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'


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

    def source(self, rows: says.Rows, alias: str, mark: str = "") -> tuple[str, str]:
        """FROM item and scope of the rows of a type: nothing is read without the viewer's scope.

        `mark` says why the rows of every shop are asked, where their shop is not known (`db.sharding`).
        """
        item = f"{rows.table}{mark} {alias}" if rows.source is None else f"({rows.source}) {alias}"
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
        rows = table_rows(kind)
        lists = f"{binding.named(f'{name}_shops', 'uuid[]')}, {binding.named(f'{name}_ids', 'uuid[]')}"
        found = self._row_by(kind, fields, rows, "k", with_shop=True)
        keys = f"unnest({lists}) WITH ORDINALITY k(shop_id, id, place)"
        return f"ARRAY(SELECT {found} FROM {keys} ORDER BY k.place)"

    def _row_by(
        self, kind: GraphQLObjectType, fields: Fields, rows: says.Rows, key: str, *, with_shop: bool
    ) -> str:
        alias = self.alias()
        item, scope = self.source(rows, alias, "" if with_shop else binding.BY_ID)
        conditions = [f"{alias}.id = {key}.id", scope]
        if with_shop:
            conditions.append(f"{alias}.{rows.shop_key} = {key}.shop_id")
        elif not rows.indexed_by_id:
            shops = self._binder.scope("shop", "s")
            conditions.append(f"{alias}.{rows.shop_key} IN (SELECT s.id FROM shop s WHERE {shops})")
        tail = f" FROM {item} WHERE {' AND '.join(conditions)}"
        return json_text.one(self.below(kind, fields, alias), tail)

    def below(self, kind: GraphQLObjectType, fields: Fields, alias: str | None) -> list[Pair]:
        """Key and SQL of each field that is asked of an object of this type."""
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
            return f"'{table_rows(kind).kind}_' || encode(uuid_send({alias}.id), 'hex')"
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
        return _shown(f"({over(sql, alias)})", field)

    def given(self, said: says.Given, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """A value of the viewer."""
        del field, fields, alias
        return said.sql(self._binder)

    def embedded(self, said: says.Embedded, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """An object of the same row."""
        if not said.columns:
            return json_text.one(self.below(object_type(field), fields, alias))
        own = self.alias()
        columns = ", ".join(f"{over(sql, alias or '')} AS {name}" for name, sql in said.columns.items())
        return json_text.one(self.below(object_type(field), fields, own), f" FROM (SELECT {columns}) {own}")

    def one(self, said: says.One, field: GraphQLField, fields: Fields, alias: str) -> str:
        """A row that the row leads to."""
        kind, own = object_type(field), self.alias()
        tail = self._joined(table_rows(kind), own, said.on, alias)
        if said.last is not None:
            tail += f" ORDER BY {own}.{said.last} DESC LIMIT 1"
        found = json_text.one(self.below(kind, fields, own), tail)
        return found if said.when is None else f"CASE WHEN {over(said.when, alias)} THEN {found} END"

    def many(self, said: says.Many, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """All rows that the row leads to."""
        kind, own = object_type(field), self.alias()
        tail = self._joined(table_rows(kind), own, said.on, alias)
        tail += " ORDER BY " + said.order.replace("{r}", own)
        return json_text.array(self.below(kind, fields, own), tail)

    def _joined(self, rows: says.Rows, own: str, on: dict[str, str], alias: str | None) -> str:
        item, scope = self.source(rows, own, binding.BY_PERSON if says.SUBJECT in on.values() else "")
        conditions = [f"{own}.{name} = {self._value(sql, alias)}" for name, sql in on.items()]
        return f" FROM {item} WHERE {' AND '.join([*conditions, scope])}"

    def _value(self, sql: str, alias: str | None) -> str:
        return self._binder.subject() if sql == says.SUBJECT else over(sql, alias or "")

    def found(self, said: says.Found, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """A row found by arguments."""
        condition = self._place(said, field, fields, alias)[0]
        kind, own = object_type(field), self.alias()
        item, scope = self.source(table_rows(kind), "r", binding.BY_ID)
        tail = f" FROM (SELECT r.* FROM {item} WHERE {condition} AND {scope}) {own}"
        return json_text.one(self.below(kind, fields, own), tail)

    def reckoned(self, said: says.Reckoned, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """A row made of arguments."""
        source = self._place(said, field, fields, alias)[0]
        own = self.alias()
        item, scope = self.source(says.Rows(said.table, source=source), own)
        return json_text.one(self.below(object_type(field), fields, own), f" FROM {item} WHERE {scope}")

    def derived(self, said: says.Derived, field: GraphQLField, fields: Fields, alias: str) -> str:
        """Rows that the row makes."""
        kind, own = object_type(field), self.alias()
        item, scope = self.source(says.Rows(said.table, source=over(said.select, alias)), own)
        tail = f" FROM {item} WHERE {scope}"
        pairs = self.below(kind, fields, own)
        if not said.order:
            return json_text.one(pairs, tail)
        return json_text.array(pairs, f"{tail} ORDER BY {said.order.replace('{r}', own)}")

    def listed(self, said: says.Listed, field: GraphQLField, fields: Fields, alias: str | None) -> str:
        """Rows found by arguments."""
        condition = self._place(said, field, fields, alias)[0]
        kind, own = object_type(field), self.alias()
        item, scope = self.source(table_rows(kind), "r")
        where = f"FROM {item} WHERE {condition} AND {scope}"
        rows = f" FROM (SELECT r.* {where} ORDER BY {said.order}) {own}"
        number = f"(SELECT count(*) FROM (SELECT {where} LIMIT {said.most + 1}) c)"
        refusal = self._refusal(TooMuch(said.refusal))
        array = json_text.array(self.below(kind, fields, own), rows)
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
        inputs = [over(sql, alias or "") for sql in said.inputs]
        shape = python_fields.shape(self, field.type, fields, alias, inputs)
        return self.marked(said.function, inputs, len(said.inputs), shape)

    def choices(self, said: says.Among, kind: GraphQLObjectType, fields: Fields, alias: str) -> str:
        """The rows among which a Python field chooses, by their ids."""
        own = self.alias()
        tail = self._joined(table_rows(kind), own, said.on, alias)
        tail += f" AND {over(said.where, alias).replace('{r}', own)}"
        found = json_text.one(self.below(kind, fields, own))
        return f"(SELECT coalesce(json_object_agg({own}.id, {found}), '{{}}'::json){tail})"

    def marked(
        self,
        function: Callable[..., object],
        inputs: Sequence[str],
        taken: int,
        shape: python_fields.Shape | None = None,
    ) -> str:
        """The SQL of a value that `function` makes of the first `taken` inputs."""
        self._python.append(python_fields.PythonField(function, taken, shape))
        return python_fields.mark(len(self._python) - 1, inputs)

    def _refusal(self, reason: Exception) -> str:
        def refuse(_: object) -> object:
            raise reason

        return self.marked(refuse, [], 0)

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
        found = ConnectionWriter(self, said, object_type(field), page).write(fields)
        if not page.owners:
            return found
        refusal = self._refusal(BadCursor("This cursor is of the list of something else."))
        return f"CASE WHEN {' AND '.join(page.owners)} THEN {found} ELSE {refusal} END"


_WRITERS: dict[type[says.Declared], Callable[..., str]] = {
    says.Column: Compiler.column,
    says.Expression: Compiler.expression,
    says.Given: Compiler.given,
    says.Embedded: Compiler.embedded,
    says.One: Compiler.one,
    says.Many: Compiler.many,
    says.Found: Compiler.found,
    says.Reckoned: Compiler.reckoned,
    says.Derived: Compiler.derived,
    says.Listed: Compiler.listed,
    says.ByIds: Compiler.by_ids,
    says.Python: Compiler.python,
    says.Connection: Compiler.connection,
}


def _shown(sql: str, field: GraphQLField) -> str:
    """What JSON says of a value of the field's type."""
    match get_named_type(field.type).name:
        case "DateTime":
            return f"to_char({sql} AT TIME ZONE 'UTC', '{INSTANT}')"
        case "Money":
            return f"{sql}::text"
        case _:
            return sql
