"""Inputs as Strawberry makes them of what a client sent, but that each type's fields are looked up once.

Strawberry asks for name, type and scalar of every field of every row again: of 500 orders, more than all else
that a call of `recordOrders` costs in Python.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, NamedTuple

from strawberry import Schema
from strawberry.scalars import is_scalar
from strawberry.types.arguments import InputContext
from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition

Convert = Callable[[Any, InputContext], Any]


class _Part(NamedTuple):
    """A field: its names in GraphQL and in Python, and what makes its value (None: it is one already)."""

    name: str
    python_name: str
    convert: Convert | None


class Builder:
    """Makes one input type's values: Strawberry's `from_input`."""

    def __init__(self, definition: StrawberryObjectDefinition) -> None:
        self._definition = definition
        self._parts: list[_Part] | None = None
        self._absent: dict[str, None] = {}

    def __call__(self, kind: type, value: Mapping[str, Any], context: InputContext) -> object:
        """The value of `kind` that stands for what was sent."""
        parts = self._parts if self._parts is not None else self._look(context)
        given: dict[str, Any] = dict(self._absent)
        for name, python_name, convert in parts:
            if name in value:
                sent = value[name]
                given[python_name] = sent if convert is None or sent is None else convert(sent, context)
        return kind(**given)

    def _look(self, context: InputContext) -> list[_Part]:
        fields = self._definition.fields
        self._absent = {
            field.python_name: None
            for field in fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }
        self._parts = [
            _Part(
                context.config.name_converter.from_field(field),
                field.python_name,
                converter(field.resolve_type(type_definition=self._definition), context),
            )
            for field in fields
        ]
        return self._parts


def converter(kind: Any, context: InputContext) -> Convert | None:  # noqa: ANN401 - whatever a field is
    """What makes a value of this type of what was sent; None where that is the value."""
    if isinstance(kind, StrawberryOptional):
        return converter(kind.of_type, context)
    if isinstance(kind, StrawberryList):
        return _list(converter(kind.of_type, context))
    if is_scalar(kind, context.scalar_registry) or isinstance(kind, StrawberryEnumDefinition):
        return None
    if has_object_definition(kind):
        return _nested(kind, kind.__strawberry_definition__)
    return lambda sent, now: now.convert(sent, kind)


def _nested(kind: type, definition: StrawberryObjectDefinition) -> Convert:
    def convert(sent: Mapping[str, Any], context: InputContext) -> object:
        build = definition.from_input
        assert build is not None  # noqa: S101 - every input type has one
        return build(kind, sent, context)

    return convert


def _list(item: Convert | None) -> Convert:
    if item is None:
        return lambda sent, _: list(sent)
    return lambda sent, context: [None if each is None else item(each, context) for each in sent]


def speed_up(schema: Schema) -> None:
    """Have every input type of the schema made by a `Builder`."""
    for each in schema.schema_converter.type_map.values():
        definition = each.definition
        if isinstance(definition, StrawberryObjectDefinition) and definition.is_input:
            definition.from_input = Builder(definition)
