"""How large a document may be, checked before anything walks it at length."""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.extensions import SchemaExtension

DOCUMENT_CHARACTERS = 100_000
DOCUMENT_TOKENS = 15_000
DEPTH = 20
EXPANDED_FIELDS = 20_000
"""Fields after every fragment is put where it is spread."""


class Limits(SchemaExtension):
    """Refuses documents that are too long, too deep, or explode when fragments are expanded."""

    def on_parse(self) -> Iterator[None]:
        """Stop the parser early."""
        context = self.execution_context
        if context.query is not None and len(context.query) > DOCUMENT_CHARACTERS:
            raise _refusal(f"A document has at most {DOCUMENT_CHARACTERS} characters.")
        context.parse_options["max_tokens"] = DOCUMENT_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        """Measure before validation: some of its rules take long on documents that explode."""
        context = self.execution_context
        if context.graphql_document is not None and context.pre_execution_errors is None:
            problem = check(context.graphql_document)
            if problem is not None:
                context.pre_execution_errors = [problem]
        yield


def check(document: DocumentNode) -> GraphQLError | None:
    """Why a document is refused; None when it is not. Takes time linear in the document."""
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    sizes: dict[str, tuple[int, int] | None] = {}
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            depth, fields = _size(operation.selection_set, fragments, sizes)
            if depth > DEPTH:
                return _refusal(f"A document is at most {DEPTH} fields deep.")
            if fields > EXPANDED_FIELDS:
                return _refusal(f"A document has at most {EXPANDED_FIELDS} fields.")
    return None


def _size(
    selections: SelectionSetNode | None,
    fragments: dict[str, FragmentDefinitionNode],
    sizes: dict[str, tuple[int, int] | None],
) -> tuple[int, int]:
    """(depth, fields) of a selection; each fragment is measured once, a circle counts as nothing."""
    deepest, total = 0, 0
    for selection in () if selections is None else selections.selections:
        if isinstance(selection, FieldNode):
            depth, fields = _size(selection.selection_set, fragments, sizes)
            depth, fields = depth + 1, fields + 1
        elif isinstance(selection, InlineFragmentNode):
            depth, fields = _size(selection.selection_set, fragments, sizes)
        elif isinstance(selection, FragmentSpreadNode):
            depth, fields = _spread(selection, fragments, sizes)
        else:
            continue
        deepest, total = max(deepest, depth), total + fields
    return deepest, total


def _spread(
    spread: FragmentSpreadNode,
    fragments: dict[str, FragmentDefinitionNode],
    sizes: dict[str, tuple[int, int] | None],
) -> tuple[int, int]:
    name = spread.name.value
    if name not in fragments:
        return 0, 0
    if name not in sizes:
        sizes[name] = None
        sizes[name] = _size(fragments[name].selection_set, fragments, sizes)
    return sizes[name] or (0, 0)


def _refusal(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "LIMIT"})
