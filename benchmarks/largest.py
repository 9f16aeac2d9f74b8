"""The largest operations that the contract lets one write, made from the schema itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    parse,
)

from resolvers.plan.operation import declared
from schema import limits
from schema.build import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

GRAPHQL = schema._schema  # noqa: SLF001 - graphql-core's, which Strawberry wraps
ID = f'"tkt_{"0" * 32}"'
GIVEN = {"from": '"2026-11-01T00:00:00Z"', "to": '"2026-11-25T00:00:00Z"'}
"""What is no id."""
CONTRACT_LEVELS = 4
ANY_LEVELS = 20
"""Deeper than any path that meets no type twice."""


def ticket(name: str = "ticket") -> str:
    """A ticket with all there is, on every path that meets no type twice."""
    return f"query All {{ {name}: ticket(id: {ID}) {{ {_below(_type('Ticket'), (), ANY_LEVELS)} }} }}"


def contract() -> str:
    """Every root field that is read by plan, with all on every path of up to `CONTRACT_LEVELS` objects."""
    root = GRAPHQL.query_type
    if root is None:
        raise TypeError(root)
    asked = [
        f"{name}{_arguments(field)} {{ {_below(get_named_type(field.type), (), CONTRACT_LEVELS)} }}"
        for name, field in root.fields.items()
        if declared(field) is not None
    ]
    return f"query Contract {{ {' '.join(asked)} }}"


def allowed() -> str:
    """As many fields as the limits let through: all of a ticket in one fragment, spread again and again."""
    fragment = f"fragment All on Ticket {{ {_below(_type('Ticket'), (), ANY_LEVELS)} }}"
    each = fields(parse(f"{{ ticket {{ ...All }} }} {fragment}"))
    spread = (f"t{number}: ticket(id: {ID}) {{ ...All }}" for number in range(limits.EXPANDED_FIELDS // each))
    return f"query Allowed {{ {' '.join(spread)} }} {fragment}"


def fields(document: DocumentNode) -> int:
    """How many fields the operation of a document has, fragments put where they are spread."""
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }

    def count(selections: SelectionSetNode | None) -> int:
        found = 0
        for each in () if selections is None else selections.selections:
            if isinstance(each, FragmentSpreadNode):
                found += count(fragments[each.name.value].selection_set)
            elif isinstance(each, FieldNode | InlineFragmentNode):
                found += isinstance(each, FieldNode) + count(each.selection_set)
        return found

    operations = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    return sum(count(each.selection_set) for each in operations)


def _type(name: str) -> GraphQLNamedType:
    found = GRAPHQL.get_type(name)
    if found is None:
        raise LookupError(name)
    return found


def _below(kind: GraphQLNamedType, path: tuple[str, ...], levels: int) -> str:
    if is_abstract_type(kind):
        return " ".join(_on_each(kind, path, levels))
    return " ".join(_fields(kind, (*path, kind.name), levels)) if isinstance(kind, GraphQLObjectType) else ""


def _on_each(kind: GraphQLAbstractType, path: tuple[str, ...], levels: int) -> Iterator[str]:
    for each in GRAPHQL.get_possible_types(kind):
        # Under one name, fields of different types would contradict each other.
        below = " ".join(f"{each.name}_{field}" for field in _aliased(each, (*path, each.name), levels))
        yield f"... on {each.name} {{ {below} }}"


def _aliased(kind: GraphQLObjectType, path: tuple[str, ...], levels: int) -> Iterator[str]:
    for field in _fields(kind, path, levels):
        name = field.partition(" ")[0]
        yield f"{name}: {field}"


def _fields(kind: GraphQLObjectType, path: tuple[str, ...], levels: int) -> Iterator[str]:
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            yield name
        elif inner.name not in path and len(path) < levels and (below := _below(inner, path, levels)):
            yield f"{name} {{ {below} }}"


def _arguments(field: GraphQLField) -> str:
    """Those that must be given, and the id where one may be; nearly all of them ids here."""
    given = []
    for name, argument in field.args.items():
        if is_required_argument(argument) or name == "id":
            kind = argument.type.of_type if is_non_null_type(argument.type) else argument.type
            value = GIVEN.get(name, ID)
            given.append(f"{name}: [{value}]" if is_list_type(kind) else f"{name}: {value}")
    return f"({', '.join(given)})" if given else ""
