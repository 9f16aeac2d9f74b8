"""One GraphQL operation as a client asked it: document, variables, and who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_named_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values

from resolvers.plan import declared as says
from resolvers.plan.binding import Binder, Part
from resolvers.plan.pages import read as read_page
from resolvers.plan.refs import read_ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import DocumentNode, FieldNode, GraphQLField

    from domain.access import Viewer
    from domain.rulebook import Rulebook

Fields = list[FieldDetails]
"""All places in the document that ask for one field under one key."""
DEFINITION = "strawberry-definition"


class NotPlannable(Exception):
    """A field that a resolver answers: its operation goes through the ordinary executor."""


class Site(NamedTuple):
    """One place in a document where a field with arguments stands. `constant`: they hold no variable."""

    declared: says.Declared
    field: GraphQLField
    node: FieldNode
    parent: str | None
    constant: dict[str, Any] | None


class Operation:
    """An operation with its variables, its viewer, and the rules that it shows."""

    def __init__(  # noqa: PLR0917 - what makes an operation
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        node: OperationDefinitionNode,
        variables: VariableValues,
        viewer: Viewer,
        book: Rulebook,
    ) -> None:
        self.schema = schema
        self.node = node
        self.variables = variables
        self.viewer = viewer
        self.book = book
        self._document = document
        self._fragments: dict[str, FragmentDetails] | None = None

    @property
    def fragments(self) -> dict[str, FragmentDetails]:
        """The fragments of the document, by name."""
        if self._fragments is None:
            self._fragments = {
                each.name.value: FragmentDetails(each)
                for each in self._document.definitions
                if isinstance(each, FragmentDefinitionNode)
            }
        return self._fragments

    def root_fields(self) -> dict[str, Fields]:
        """The fields of the root, merged, in the order of the answer."""
        root = self.schema.get_root_type(self.node.operation)
        if root is None:
            raise TypeError(self.node.operation)
        found = collect_fields(self.schema, self.fragments, self.variables, root, self.node)
        return dict(found.grouped_field_set)

    def fields_below(self, kind: GraphQLObjectType, fields: Fields) -> dict[str, Fields]:
        """The fields that are asked of the object of this type, merged, in the order of the answer."""
        found = collect_subfields(self.schema, self.fragments, self.variables, self.node, kind, fields)
        return dict(found.grouped_field_set)

    def site(self, said: says.Declared, field: GraphQLField, node: FieldNode, parent: str | None) -> Site:
        """The place where this field stands."""
        constant = None if _varies(node) else get_argument_values(field, node)
        return Site(said, field, node, parent, constant)

    def arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """The arguments of a field, with the operation's variables."""
        return get_argument_values(field, node, self.variables)

    def read(self, site: Site, number: int) -> Part:
        """What the arguments of a place bring to the statement; raises `ReadRefused`, `Forbidden`."""
        given = site.constant
        if given is None:
            given = get_argument_values(site.field, site.node, self.variables)
        binder = Binder(self.viewer, number)
        match site.declared:
            case says.Connection() as said:
                pieces: tuple[Any, ...] = read_page(said, binder, given, site.parent)
            case says.ByIds() as said:
                pieces = read_ids(binder, given[said.argument])
            case says.Found() | says.Listed() as said:
                pieces = (said.condition(binder, given),)
            case says.Reckoned() as said:
                pieces = (said.source(binder, given),)
            case said:
                raise TypeError(said)
        return Part(pieces, binder.values)


def declared(field: GraphQLField) -> says.Declared | None:
    """What a field of the schema says of itself; None for one that a resolver answers."""
    definition = field.extensions.get(DEFINITION)
    found = None if definition is None else definition.metadata.get("plan")
    return found if isinstance(found, says.Declared) else None


def rows_of(kind: GraphQLObjectType) -> says.Rows | None:
    """Where the objects of a type come from; None for those that are no rows."""
    definition = kind.extensions.get(DEFINITION)
    found = None if definition is None else getattr(definition.origin, "rows", None)
    return found if isinstance(found, says.Rows) else None


def table_rows(kind: GraphQLObjectType) -> says.Rows:
    """Where the objects of a type come from; raises `NotPlannable` for those that are no rows."""
    rows = rows_of(kind)
    if rows is None:
        raise NotPlannable(f"{kind.name} is no row")
    return rows


def over(sql: str, alias: str) -> str:
    """The SQL of a declaration for the row `alias`."""
    return sql.replace("{t}", alias)


def object_type(field: GraphQLField) -> GraphQLObjectType:
    """The type of the objects that a field gives."""
    kind = get_named_type(field.type)
    if not isinstance(kind, GraphQLObjectType):
        raise TypeError(kind)
    return kind


def _varies(node: FieldNode) -> bool:
    return any(_has_variable(argument.value) for argument in node.arguments or ())


def _has_variable(value: ValueNode) -> bool:
    inside: Iterable[ValueNode] = ()
    if isinstance(value, ListValueNode):
        inside = value.values
    elif isinstance(value, ObjectValueNode):
        inside = (field.value for field in value.fields)
    return isinstance(value, VariableNode) or any(_has_variable(each) for each in inside)
