"""Fields that Python answers inside rows that PostgreSQL writes.

The statement writes a mark with the inputs in place of the value; one pass over the finished JSON fills them
in. A mark is a string that begins with a zero character, which no text of PostgreSQL can hold, so no data can
forge one; the tab before it is the only one in the JSON, as those of texts are escaped, and quickly found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_list_type, is_non_null_type

from live import cursor as live_cursor
from resolvers.plan import declared as says
from resolvers.plan.operation import DEFINITION, declared, object_type
from resolvers.reads.refusals import TooMuch

if TYPE_CHECKING:
    from graphql import FieldNode, GraphQLField, GraphQLOutputType

    from resolvers.plan.compiler import Compiler, Plan
    from resolvers.plan.operation import Fields, Operation

_BEFORE = b"\t"
_MARK = re.compile(rb'"\\u0000(\d+):([0-9a-f]*)"')


class Shape(NamedTuple):
    """What is asked of a value: its type, and for objects the fields."""

    kind: GraphQLOutputType
    fields: tuple[ShapeField, ...] | None


class ShapeField(NamedTuple):
    """One field asked of an object; without `field` it is `__typename`, whose `key` holds the `text`.

    `choice`: which of the inputs holds the rows among which the object names one.
    """

    key: str
    text: str = ""
    field: GraphQLField | None = None
    node: FieldNode | None = None
    below: Shape | None = None
    choice: int | None = None


class PythonField(NamedTuple):
    """A function of the first `taken` inputs, and what is asked of its value; None for a value as it is."""

    function: Callable[..., Any]
    taken: int
    shape: Shape | None


def mark(number: int, inputs: Sequence[str]) -> str:
    """The SQL of the mark of the `number`-th Python field of a statement."""
    given = f"encode(convert_to(json_build_array({', '.join(inputs)})::text, 'UTF8'), 'hex')"
    return f"(E'\\t\"\\\\u0000{number}:' || {given} || '\"')::json"


def shape(
    compiler: Compiler, kind: GraphQLOutputType, fields: Fields, alias: str | None, inputs: list[str]
) -> Shape:
    """What the document asks of a Python field; rows it leads back to are added to `inputs`."""
    inner = get_named_type(kind)
    if not isinstance(inner, GraphQLObjectType):
        return Shape(kind, None)
    found = []
    for key, below in compiler.operation.fields_below(inner, fields).items():
        node = below[0].node
        if node.name.value == "__typename":
            found.append(ShapeField(key, inner.name))
            continue
        field = inner.fields[node.name.value]
        said = declared(field)
        if isinstance(said, says.Among):
            inputs.append(compiler.choices(said, object_type(field), below, alias or ""))
            found.append(ShapeField(key, field=field, node=node, choice=len(inputs) - 1))
        else:
            found.append(
                ShapeField(
                    key, field=field, node=node, below=shape(compiler, field.type, below, alias, inputs)
                )
            )
    return Shape(kind, tuple(found))


def filled_in(plan: Plan, data: bytes, operation: Operation) -> bytes:
    """The JSON with the value of every Python field; raises what their functions raise."""
    pieces: list[bytes] = []
    place, done = data.find(_BEFORE), 0
    while place >= 0:
        found = _MARK.match(data, place + len(_BEFORE))
        if found is None:
            raise ValueError("a mark is broken")
        pieces += (data[done:place], _written(plan, found, operation))
        done = found.end()
        place = data.find(_BEFORE, done)
    pieces.append(data[done:])
    return b"".join(pieces)


def _written(plan: Plan, found: re.Match[bytes], operation: Operation) -> bytes:
    python = plan.python[int(found[1])]
    inputs = orjson.loads(bytes.fromhex(found[2].decode()))
    value = python.function(operation, *inputs[: python.taken])
    if python.shape is not None:
        value = _shaped(python.shape, value, inputs, operation)
    # Rows that the value leads back to may hold marks of their own, whose tabs are gone by now.
    return _MARK.sub(lambda inner: _written(plan, inner, operation), orjson.dumps(value))


def stream_cursor(asked: object, stands: str) -> str:
    """The cursor of the streams that stand so; raises `TooMuch`."""
    del asked
    try:
        return live_cursor.encode_packed(bytes.fromhex(stands))
    except live_cursor.TooManyShops as error:
        most = live_cursor.MAX_SHOPS
        raise TooMuch(f"A stream holds at most {most} shops: name them in filter.shopIds.") from error


def _shaped(shape: Shape, value: Any, inputs: list[Any], operation: Operation) -> Any:  # noqa: ANN401 - JSON
    kind = shape.kind.of_type if is_non_null_type(shape.kind) else shape.kind
    if value is None:
        return None
    if is_list_type(kind):
        each = Shape(kind.of_type, shape.fields)
        return [_shaped(each, one, inputs, operation) for one in value]
    if shape.fields is None:
        return kind.serialize(value) if is_leaf_type(kind) else None
    return {asked.key: _value(asked, value, inputs, operation) for asked in shape.fields}


def _value(asked: ShapeField, value: Any, inputs: list[Any], operation: Operation) -> Any:  # noqa: ANN401
    if asked.field is None or asked.node is None:
        return asked.text
    definition = asked.field.extensions[DEFINITION]
    said = declared(asked.field)
    if isinstance(said, says.Among) and asked.choice is not None:
        chosen = getattr(value, said.by)
        return None if chosen is None else inputs[asked.choice].get(str(chosen))
    if definition.base_resolver is None:
        found = getattr(value, definition.python_name)
    else:
        given = operation.arguments(asked.field, asked.node)
        found = definition.base_resolver.wrapped_func(value, **given)
    return None if asked.below is None else _shaped(asked.below, found, inputs, operation)
