"""The schema, put together."""

from typing import Any

from graphql import GraphQLError
from strawberry import Schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from schema import enums, errors, limits, operations, planned
from schema.mutations import Mutation
from schema.queries import Query
from schema.scalars import SCALARS
from schema.subscriptions import Subscription

__all__ = ["enums", "schema", "sdl"]


class _Schema(Schema):
    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:  # noqa: ANN401 - handed on
        """Run a query or mutation; a subscription needs a stream."""
        asked = kwargs.pop("allowed_operation_types", None) or OperationType
        kwargs["allowed_operation_types"] = set(asked) - {OperationType.SUBSCRIPTION}
        return await super().execute(*args, **kwargs)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Nothing: `errors.CodedErrors` logs, without what people wrote."""


schema: Schema = _Schema(
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


def sdl() -> str:
    """The schema as SDL, ending in a newline."""
    return schema.as_str().rstrip() + "\n"
