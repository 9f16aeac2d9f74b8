"""How large a document may be, checked before anything walks it at length."""

from collections import Counter
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
DOCUMENT_TOKENS = 6_000
DEPTH = 20
EXPANDED_FIELDS = 20_000
"""Fields after every fragment is put where it is spread."""
REPEATS = 200
"""Fields of one response name in a document: validation compares each with each."""
NESTED = 100
"""Selections within selections, spreads and inline fragments counted too."""


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
    sizes = _Sizes(fragments)
    if max(_names(document).values(), default=0) > REPEATS:
        return _refusal(f"A document names a field at most {REPEATS} times.")
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            depth, fields = sizes.of(operation.selection_set, 0)
            if depth > DEPTH:
                return _refusal(f"A document is at most {DEPTH} fields deep.")
            if fields > EXPANDED_FIELDS:
                return _refusal(f"A document has at most {EXPANDED_FIELDS} fields.")
    return None


def _names(document: DocumentNode) -> Counter[str]:
    """How often each response name stands in the document, as it is written."""
    found: Counter[str] = Counter()
    waiting: list[SelectionSetNode] = [
        each.selection_set
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode | OperationDefinitionNode)
    ]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                found[(selection.alias or selection.name).value] += 1
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None:
                waiting.append(selection.selection_set)
    return found


class _Sizes:
    """(depth, fields) of selections; each fragment is measured once, a circle counts as nothing."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, tuple[int, int] | None] = {}

    def of(self, selections: SelectionSetNode | None, level: int) -> tuple[int, int]:
        """The size of a selection that stands `level` selections deep; endless beyond `NESTED`."""
        if level > NESTED:
            return NESTED, 0
        deepest, total = 0, 0
        for selection in () if selections is None else selections.selections:
            if isinstance(selection, FieldNode):
                depth, fields = self.of(selection.selection_set, level + 1)
                depth, fields = depth + 1, fields + 1
            elif isinstance(selection, InlineFragmentNode):
                depth, fields = self.of(selection.selection_set, level + 1)
            elif isinstance(selection, FragmentSpreadNode):
                depth, fields = self._spread(selection.name.value, level + 1)
            else:
                continue
            deepest, total = max(deepest, depth), total + fields
        return deepest, total

    def _spread(self, name: str, level: int) -> tuple[int, int]:
        if name not in self._fragments:
            return 0, 0
        if name not in self._known:
            self._known[name] = None
            self._known[name] = self.of(self._fragments[name].selection_set, level)
        return self._known[name] or (0, 0)


def _refusal(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "LIMIT"})
