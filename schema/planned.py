"""Answers by plan at three levels: the whole operation, a root field, an object that a resolver names."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationType,
    execute,
    is_non_null_type,
)
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from domain.errors import DomainError
from resolvers.plan import running
from resolvers.plan.cache import Documents, Entry, Read, operation_in, request_key
from resolvers.plan.compiler import Compiler
from resolvers.plan.operation import NotPlannable, Operation
from resolvers.plan.refs import Key, Ref
from resolvers.reads.refusals import AWAY, ReadRefused
from schema.context import Asked

DOCUMENTS = Documents()
"""One for the process, on purpose."""
REFUSED = (NotPlannable, ReadRefused, DomainError, GraphQLError)
"""What one field is refused for, while the others are answered."""


IS_AWAITABLE: Any = optimized_is_awaitable


class _Planned:
    """What the method of a declared root field gives: its answer is read by plan."""


PLANNED: Any = _Planned()


class KnownDocuments(SchemaExtension):
    """Parses and validates a document once, from its second sight on.

    Put it before the extensions that check: they see what it found and need not check again.
    """

    def on_parse(self) -> Iterator[None]:
        """Take the document as it was parsed before."""
        context = self.execution_context
        entry = DOCUMENTS.get(context.query or "")
        if entry is not None:
            context.graphql_document = entry.document
            context.pre_execution_errors = []
            _remember(context.context, entry)
        yield

    def on_validate(self) -> Iterator[None]:
        """Note the document once it is known to be good."""
        yield
        context = self.execution_context
        if context.query is None or context.graphql_document is None or context.pre_execution_errors:
            return
        if DOCUMENTS.get(context.query) is None:
            _remember(context.context, DOCUMENTS.add(context.query, context.graphql_document))


def _remember(context: object, entry: Entry) -> None:
    if isinstance(context, Asked):
        context.entry = entry


class WholeAnswers(SchemaExtension):
    """Answers a query of declared fields by one statement, at the first sights of its document."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Answer before the executor would."""
        context = self.execution_context
        asked = context.context
        if isinstance(asked, Asked) and not asked.refused_whole and asked.entry is not None:
            context.result = await _whole(
                context.schema._schema,  # noqa: SLF001 - graphql-core's, which Strawberry wraps
                asked.entry,
                asked,
                context.variables,
                context._provided_operation_name,  # noqa: SLF001 - no guess
            )
        yield


async def known_answer(
    schema: GraphQLSchema,
    query: str | None,
    asked: object,
    variables: dict[str, Any] | None,
    name: str | None,
    *,
    may_change: bool,
) -> ExecutionResult | None:
    """The answer to a document that passed every limit and rule before: a query's by one statement, and a
    mutation's, where one may be asked for, straight from the executor.

    None for a document that is new, for a query that holds what only a resolver answers, and for one that is
    refused: that is for the ordinary way, which knows where the fault stands.
    """
    entry = DOCUMENTS.get(query or "")
    if not isinstance(asked, Asked):
        return None
    asked.refused_whole = False  # a socket has one context for all its operations
    if entry is None:
        return None
    if may_change and entry.changes(name):
        return await _changed(schema, entry, asked, variables, name)
    return await _whole(schema, entry, asked, variables, name)


async def _changed(
    schema: GraphQLSchema, entry: Entry, asked: Asked, given: dict[str, Any] | None, name: str | None
) -> ExecutionResult:
    """What Strawberry does for a document that is known, without its hooks: none has anything to do."""
    own = asked.renewed()
    own.entry = entry
    answer = execute(
        schema,
        entry.document,
        context_value=own,
        variable_values=given,
        operation_name=name,
        executor_class=Executor,
        is_awaitable=IS_AWAITABLE,
    )
    return answer if isinstance(answer, ExecutionResult) else await answer


async def _whole(
    schema: GraphQLSchema, entry: Entry, asked: Asked, given: dict[str, Any] | None, name: str | None
) -> ExecutionResult | None:
    if asked.viewer is None:
        return None
    try:
        found = _found(schema, entry, asked, given, name)
        if found is None:
            return None
        (data,) = await running.run(asked.services.database, found.made, found.operation, kept=entry.kept)
    except AWAY as error:
        # The executor would only wait for the same server again.
        return ExecutionResult(None, [GraphQLError("", original_error=error)])
    except Exception:  # noqa: BLE001 - the executor meets it again, and says where
        asked.refused_whole = True
        return None
    answer: Any = orjson.Fragment(data)
    return ExecutionResult(answer, None)


def _found(
    schema: GraphQLSchema, entry: Entry, asked: Asked, given: dict[str, Any] | None, name: str | None
) -> Read | None:
    """The operation and its plan; None for what is no query, or has variables that are wrong."""
    services, viewer = asked.services, asked.context.viewer
    key = request_key(viewer, given, name)
    before = entry.read_before(key)
    if before is not None and before.operation.book is services.rules.book:
        return before
    node = operation_in(entry.document, name)
    if node is None or node.operation is not OperationType.QUERY:
        return None
    variables = get_variable_values(schema, node.variable_definitions or (), given or {})
    if not isinstance(variables, VariableValues):
        return None
    operation = Operation(schema, entry.document, node, variables, viewer, services.rules.book)
    found = Read(operation, DOCUMENTS.find(entry, "query", operation, lambda compiler: [compiler.root()]))
    entry.remember(key, found)
    return found


class _Group:
    """Everything in an answer that asks for the same fields: of one declared field, or of rows by key."""

    def __init__(self, kind: GraphQLObjectType, fields: Any, keys: list[Key] | None) -> None:  # noqa: ANN401
        self.kind = kind
        self.fields = fields
        self.by_key = keys is not None
        self.keys: dict[Key, None] = dict.fromkeys(keys or ())
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def write(self, compiler: Compiler, number: int) -> str:
        """The SQL of its column; raises `NotPlannable`."""
        if not self.by_key:
            return compiler.field(self.kind, self.fields, None)
        return compiler.by_keys(self.kind, self.fields, f"k{number}")

    def bound(self, number: int) -> dict[str, list[Any]]:
        """The keys as values of the statement."""
        keys = list(self.keys)
        return {
            f"k{number}_shops": [shop_id for shop_id, _ in keys],
            f"k{number}_ids": [each for _, each in keys],
        }

    def take(self, column: Any) -> None:  # noqa: ANN401 - bytes, or a list of them
        """Answer with what the statement gave."""
        if not self.answer.done():
            self.answer.set_result(
                dict(zip(self.keys, column, strict=True)) if self.by_key else {None: column}
            )

    def fail(self, error: BaseException) -> None:
        """Answer everybody who waits with an error."""
        if not self.answer.done():
            self.answer.set_exception(error)
            # Whoever waited may be gone.
            self.answer.exception()


class Executor(StrawberryGraphQLCoreExecutionContext):
    """The ordinary executor, but that PostgreSQL writes declared root fields and what `Ref`s name.

    All that is asked for in one tick is read by one statement.
    """

    def complete_value(self, *given: Any) -> Any:  # noqa: ANN401 - graphql-core's, here and below
        """The value of a field."""
        kind, fields, info, _, result, _ = given
        if result is not PLANNED:
            return super().complete_value(*given)
        key = ("field", info.parent_type.name, *(id(each.node) for each in fields))
        group = self._groups.get(key)
        if group is None:
            group = self._begin(key, _Group(info.parent_type, fields, None))
        return _answered(group, None, info if is_non_null_type(kind) else None)

    def complete_abstract_value(self, *given: Any) -> Any:  # noqa: ANN401
        """The value of a field of an interface or union."""
        _, *others = given
        result = given[4]
        if not isinstance(result, Ref):
            return super().complete_abstract_value(*given)
        return self.complete_object_value(self.schema.get_type(result.kind), *others)

    def complete_object_value(self, *given: Any) -> Any:  # noqa: ANN401
        """The value of a field of an object type."""
        kind, fields, info, _, result, _ = given
        if not isinstance(result, Ref):
            return super().complete_object_value(*given)
        key = ("row", kind.name, *(id(each.node) for each in fields))
        groups = self._groups if result.batch is None else result.batch.answers
        group = groups.get(key)
        if group is None:
            keys = [] if result.batch is None else result.batch.keys[result.kind]
            groups[key] = group = self._begin(key, _Group(kind, fields, keys))
        if result.batch is None:
            group.keys[result.key] = None
        return _answered(group, result.key, info)

    @property
    def _groups(self) -> dict[Any, _Group]:
        found: dict[Any, _Group] = self.__dict__.setdefault("waiting_groups", {})
        return found

    def _begin(self, key: Any, group: _Group) -> _Group:  # noqa: ANN401 - hashable
        if not self._groups:
            asyncio.get_running_loop().call_soon(self._start)
        self._groups[key] = group
        return group

    def _start(self) -> None:
        groups = dict(self._groups)
        self._groups.clear()
        task = asyncio.get_running_loop().create_task(self._read(groups))
        running_reads.add(task)
        task.add_done_callback(running_reads.discard)

    async def _read(self, groups: dict[Any, _Group]) -> None:
        """Answer all groups by one statement; one that is refused must not take the others with it."""
        try:
            await self._read_together(groups)
        except REFUSED as error:
            if len(groups) == 1:
                next(iter(groups.values())).fail(error)
                return
            for key, group in groups.items():
                await self._read({key: group})
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits
            for group in groups.values():
                group.fail(error)

    async def _read_together(self, groups: dict[Any, _Group]) -> None:
        asked: Asked = self.context_value
        context, entry = asked.context, asked.entry
        if entry is None:
            raise LookupError
        operation = Operation(
            self.schema,
            entry.document,
            self.operation,
            self.variable_values,
            context.viewer,
            context.rules.book,
        )
        found = list(groups.values())
        made = DOCUMENTS.find(
            entry,
            tuple(groups),
            operation,
            lambda compiler: [group.write(compiler, number) for number, group in enumerate(found)],
        )
        keys = {name: ids for number, group in enumerate(found) for name, ids in group.bound(number).items()}
        # A subscription asks the same again at each event.
        kept = entry.kept or self.operation.operation is OperationType.SUBSCRIPTION
        columns = await running.run(context.database, made, operation, kept=kept, keys=keys)
        for group, column in zip(found, columns, strict=True):
            group.take(column)


running_reads: set[asyncio.Task[None]] = set()
"""Held, so that no task is collected before its end."""


async def _answered(group: _Group, key: Key | None, info: GraphQLResolveInfo[Asked] | None) -> Any:  # noqa: ANN401
    """The answer of one who waits; `info`: of a field that may not be null."""
    # Shielded: one reader that is cancelled must not take the answer from the others.
    data = (await asyncio.shield(group.answer)).get(key)
    if data is not None:
        return orjson.Fragment(data)
    if info is not None and is_non_null_type(info.return_type):
        raise TypeError(f"Cannot return null for non-nullable field {info.parent_type}.{info.field_name}.")
    return None
