"""The schema, put together."""

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError
from strawberry import Schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from schema import building, enums, errors, limits, operations, planned
from schema.mutations import Mutation
from schema.queries import Query
from schema.scalars import SCALARS
from schema.subscriptions import Subscription

__all__ = ["enums", "schema", "sdl"]


class _Schema(Schema):
    async def execute(  # noqa: PLR0917 - Strawberry's
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,  # noqa: ANN401 - Strawberry's
        root_value: Any | None = None,  # noqa: ANN401
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Run a query or mutation; a subscription needs a stream."""
        may_change = OperationType.MUTATION in (allowed_operation_types or OperationType)
        known = await self.known(query, variable_values, context_value, operation_name, may_change=may_change)
        if known is not None:
            return known
        return await super().execute(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            set(allowed_operation_types or OperationType) - {OperationType.SUBSCRIPTION},
            operation_extensions,
        )

    async def known(
        self,
        query: str | None,
        variables: dict[str, Any] | None,
        asked: object,
        operation_name: str | None,
        *,
        may_change: bool,
    ) -> ExecutionResult | None:
        """The result of an operation whose document was good before; None: `execute` it.

        `may_change`: also of a mutation, as is not the case over GET.
        """
        found = await planned.known_answer(
            self._schema, query, asked, variables, operation_name, may_change=may_change
        )
        if found is None:
            return None
        return ExecutionResult(found.data, found.errors and errors.finished(found.errors, asked))

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Nothing: `errors.CodedErrors` logs, without what people wrote."""


schema = _Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(
        scalar_map=SCALARS,
        # A suggestion costs a comparison with every name of the schema for each misspelt one.
        disable_field_suggestions=True,
    ),
    extensions=[
        operations.OneOperation,
        errors.CodedErrors,
        planned.KnownDocuments,
        limits.Limits,
        planned.WholeAnswers,
    ],
    execution_context_class=planned.Executor,
    exception_handlers=errors.HANDLERS,
)
building.speed_up(schema)


def sdl() -> str:
    """The schema as SDL, ending in a newline."""
    return schema.as_str().rstrip() + "\n"
