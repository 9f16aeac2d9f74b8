"""Queries of our own, read page after page in one view of the database: what clients may ask, no more."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLInputObjectType, get_named_type, get_nullable_type, is_list_type, parse, validate
from graphql.execution.values import VariableValues, get_variable_values

from resolvers.plan import running
from resolvers.plan.cache import Entry, operation_in
from resolvers.plan.operation import Operation
from resolvers.reads.refusals import BadInput
from schema.build import schema

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from datetime import datetime

    from graphql import GraphQLInputType

    from db.database import Connection
    from domain.access import Viewer
    from domain.rulebook import Rulebook
    from resolvers.context import Context

_CORE = schema._schema  # noqa: SLF001 - graphql-core's, which Strawberry wraps
_WORDS = {"true": True, "false": False}


class Query:
    """A query of our own, which one statement answers: parsed and validated once, its plans kept with it."""

    def __init__(self, text: str) -> None:
        document = parse(text)
        node = operation_in(document, None)
        problems = validate(_CORE, document)
        if problems or node is None:
            raise ValueError(problems)
        self.node = node
        self.entry = Entry(text, document, kept=True)


class Snapshot:
    """What one viewer sees at one moment, `at`, by PostgreSQL's clock and the rules of then."""

    def __init__(self, connection: Connection, viewer: Viewer, book: Rulebook, at: datetime) -> None:
        self.at = at
        self._connection = connection
        self._viewer = viewer
        self._book = book

    async def read(self, query: Query, variables: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """The data of the answer.

        Raises:
            GraphQLError, ReadRefused: a variable cannot be used.
            Forbidden: the viewer's role may not ask for it.
        """
        given = get_variable_values(_CORE, query.node.variable_definitions or (), variables)
        if not isinstance(given, VariableValues):
            raise given[0]
        operation = Operation(_CORE, query.entry.document, query.node, given, self._viewer, self._book)
        made = query.entry.find("query", operation, lambda compiler: [compiler.root()])
        (data,) = await running.run_on(self._connection, made, operation)
        return orjson.loads(data)


@asynccontextmanager
async def taken(context: Context) -> AsyncIterator[Snapshot]:
    """A view of the database as of one moment, for as long as the block lasts."""
    async with context.database.snapshot(planned_once=True) as connection:
        at = await connection.fetchval("SELECT date_trunc('milliseconds', now())")
        yield Snapshot(connection, context.viewer, await context.rules.now(connection), at)


def input_of(name: str, parameters: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The parameters of an address as a value of the input type `name`, whose fields they are named like.

    A field that is a list is named once for each of its entries.

    Raises:
        BadInput: one is no field of the type, or is named twice and is no list.
    """
    kind = _CORE.get_type(name)
    if not isinstance(kind, GraphQLInputObjectType):
        raise TypeError(name)
    found: dict[str, Any] = {}
    for key, text in parameters:
        field = kind.fields.get(key)
        if field is None:
            raise BadInput(f"There is no parameter {key[:40]!r}: there are {', '.join(kind.fields)}.")
        if is_list_type(get_nullable_type(field.type)):
            found.setdefault(key, []).append(text)
        elif key in found:
            raise BadInput(f"{key} can be given once.")
        else:
            found[key] = _value(field.type, text)
    return found


def _value(kind: GraphQLInputType, text: str) -> object:
    if get_named_type(kind).name != "Boolean":
        return text
    if text not in _WORDS:
        raise BadInput(f"A yes or no is true or false, not {text[:40]!r}.")
    return _WORDS[text]
