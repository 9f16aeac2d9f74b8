"""Documents seen before: parsed and validated once, since both cost more than many an answer."""

from collections import OrderedDict
from collections.abc import Iterator

from graphql import DocumentNode
from strawberry.extensions import SchemaExtension

KEPT = 500
LONGEST = 20_000
"""Characters of a document worth keeping."""
KEPT_CHARACTERS = 1_000_000
"""Of all documents together: a parsed one takes some 60 bytes for each, and anybody can send them."""


class Documents(SchemaExtension):
    """Keeps documents that passed every limit and rule, by their text; the least used goes first.

    Put it before the extensions that check: they see what it found and need not check again.
    """

    known: OrderedDict[str, DocumentNode] = OrderedDict()  # noqa: RUF012 - one for the process, on purpose

    def on_parse(self) -> Iterator[None]:
        """Take the document as it was parsed before."""
        context = self.execution_context
        found = self.known.get(context.query or "")
        if found is not None:
            self.known.move_to_end(context.query or "")
            context.graphql_document = found
            context.pre_execution_errors = []
        yield

    def on_validate(self) -> Iterator[None]:
        """Keep the document once it is known to be good."""
        yield
        context = self.execution_context
        if context.query is None or context.graphql_document is None or context.pre_execution_errors:
            return
        if len(context.query) <= LONGEST and context.query not in self.known:
            self.known[context.query] = context.graphql_document
            while len(self.known) > KEPT or sum(map(len, self.known)) > KEPT_CHARACTERS:
                self.known.popitem(last=False)
