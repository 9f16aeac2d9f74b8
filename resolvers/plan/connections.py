"""Lists read by pages as SQL: edges, where the page stands, how many there are, where the stream stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from live import cursor as live_cursor
from resolvers.plan import binding, cursors, json_text, pages, python_fields
from resolvers.plan.binding import literal
from resolvers.plan.operation import NotPlannable, object_type, over, table_rows

if TYPE_CHECKING:
    from graphql import GraphQLObjectType

    from resolvers.plan import declared as says
    from resolvers.plan.compiler import Compiler
    from resolvers.plan.json_text import Pair
    from resolvers.plan.operation import Fields
    from resolvers.plan.pages import Page


class _Gathered:
    """The columns that are gathered over the rows of one page, called `g`."""

    def __init__(self) -> None:
        self.columns: list[str] = []

    def add(self, sql: str) -> str:
        """How the rest of the statement reads a new column."""
        self.columns.append(sql)
        return f"g.a{len(self.columns) - 1}"

    @property
    def select(self) -> str:
        """SELECT and the columns."""
        return "SELECT " + ", ".join(f"{sql} AS a{number}" for number, sql in enumerate(self.columns))


class ConnectionWriter:
    """Writes one connection. `own`: what the statement calls a row of the page."""

    def __init__(
        self, compiler: Compiler, said: says.Connection, kind: GraphQLObjectType, page: Page
    ) -> None:
        self.compiler = compiler
        self.said = said
        self.kind = kind
        nodes = object_type(object_type(kind.fields["edges"]).fields["node"])
        self.rows, self.own = table_rows(nodes), compiler.alias()
        _, scope = compiler.source(self.rows, "r")
        is_buyers = page.owner is None and page.walk is None and compiler.viewer.buyer_id is not None
        self.table = self.rows.table + (binding.BY_PERSON if is_buyers else "")
        self.page = page._replace(conditions=(*page.conditions, scope))
        self.gathered = _Gathered()
        self.numbered = self.counted = True

    def write(self, fields: Fields) -> str:
        """The connection as an object; raises `NotPlannable` for a field that is none of a connection's."""
        groups = self.compiler.operation.fields_below(self.kind, fields)
        self._look_ahead(groups)
        pairs = [(key, self._field(below)) for key, below in groups.items()]
        sources = []
        if self.gathered.columns:
            rows = pages.rows(self.page, self.table, numbered=self.numbered, counted=self.counted)
            sources.append(f"({self.gathered.select} FROM ({rows}) {self.own} HAVING true) g")
        if any(each[0].node.name.value in {"totalCount", "totalCountCapped"} for each in groups.values()):
            sources.append(f"({pages.count(self.page, self.table, self.said.cap)}) c")
        return json_text.one(pairs, f" FROM {', '.join(sources)}" if sources else "")

    def _look_ahead(self, groups: dict[str, Fields]) -> None:
        """What the rows of the page must tell: nothing about more rows where `pageInfo` does not ask."""
        info = object_type(self.kind.fields["pageInfo"])
        asked = {
            each[0].node.name.value
            for below in groups.values()
            if below[0].node.name.value == "pageInfo"
            for each in self.compiler.operation.fields_below(info, below).values()
        }
        self.numbered = bool(asked - {"__typename"})
        self.counted = bool(asked & {"startCursor", "endCursor"})

    def _field(self, fields: Fields) -> str:
        cap = self.said.cap
        match fields[0].node.name.value:
            case "__typename":
                return literal(self.kind.name)
            case "edges":
                return self.gathered.add(self.edges(fields))
            case "pageInfo":
                return self.page_info(fields)
            case "totalCount":
                return "c.total" if cap is None else f"least(c.total, {cap})"
            case "totalCountCapped":
                return f"c.total > {cap}"
            case "streamCursor":
                stands = _stands(self.page.stream or "false")
                return self.compiler.marked(python_fields.stream_cursor, [stands], 1)
            case name:
                raise NotPlannable(f"{self.kind.name}.{name}")

    def edges(self, fields: Fields) -> str:
        """The edges of the page, as an array."""
        edge = object_type(self.kind.fields["edges"])
        pairs: list[Pair] = []
        for key, below in self.compiler.operation.fields_below(edge, fields).items():
            match below[0].node.name.value:
                case "__typename":
                    value = literal(edge.name)
                case "cursor":
                    value = self._cursor()
                case "node":
                    value = json_text.one(
                        self.compiler.below(object_type(edge.fields["node"]), below, self.own)
                    )
                case name:
                    raise NotPlannable(f"{edge.name}.{name}")
            pairs.append((key, value))
        edges = f"json_agg({json_text.one(pairs)}"
        if self.numbered:
            order = f'{self.own}."n$"{" DESC" if self.page.backward else ""}'
            edges += f' ORDER BY {order}) FILTER (WHERE {self.own}."n$" <= {self.page.size}'
        return f"coalesce({edges}), '[]'::json)"

    def page_info(self, fields: Fields) -> str:
        """Where the page stands in its list."""
        info = object_type(self.kind.fields["pageInfo"])
        more = f"count(*) > {self.page.size}"
        nearest = f'{self.own}."n$" = 1 AND {self.own}."n$" <= {self.page.size}'
        farthest = f'{self.own}."n$" = least({self.own}."c$", {self.page.size})'
        first, last = (farthest, nearest) if self.page.backward else (nearest, farthest)
        values = {
            "__typename": literal(info.name),
            "hasNextPage": "true" if self.page.has_before else "false" if self.page.backward else more,
            "hasPreviousPage": "true" if self.page.has_after else more if self.page.backward else "false",
            "startCursor": f"max({self._cursor()}) FILTER (WHERE {first})",
            "endCursor": f"max({self._cursor()}) FILTER (WHERE {last})",
        }
        groups = self.compiler.operation.fields_below(info, fields)
        return json_text.one(
            [(key, self.gathered.add(values[below[0].node.name.value])) for key, below in groups.items()]
        )

    def _cursor(self) -> str:
        page = self.page
        keys = [replace(key, sql=over(key.sql, self.own)) for key in page.keys]
        return cursors.sql(page.mark, page.owner, keys)


def _stands(condition: str) -> str:
    """Where the streams of these shops stand, one more than there can be, packed as a cursor holds them."""
    most = live_cursor.MAX_SHOPS + 1
    return (
        "(SELECT coalesce(encode(string_agg("
        "uuid_send(w.id) || int8send(coalesce(h.head, 0)), ''::bytea ORDER BY w.id), 'hex'), '')"
        f" FROM (SELECT s.id FROM shop /* fleet-wide: platform */ s WHERE {condition} LIMIT {most}) w"
        " LEFT JOIN shop_stream h ON h.shop_id = w.id)"
    )
