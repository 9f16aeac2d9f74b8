"""Each operation has a context of its own, also where many share a socket."""

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension

from schema.context import Asked


class OneOperation(SchemaExtension):
    """Gives the operation a request id and a document of its own."""

    def on_operation(self) -> Iterator[None]:
        """Begin an operation."""
        context = self.execution_context
        if isinstance(context.context, Asked):
            context.context = context.context.renewed()
        yield
