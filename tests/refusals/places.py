"""Where input fields stand: read from the schema itself, so that a new one is met by itself."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_nullable_type,
)

from tests.schema.documents import TYPES

Path = tuple[str, ...]
ABSENT = object()
"""A field that is left out."""


@dataclass(frozen=True)
class Place:
    """An input field of a mutation, at a path that begins with `input`."""

    mutation: str
    owner: str
    name: str
    type: GraphQLInputType
    path: Path
    optional: bool

    @property
    def names(self) -> tuple[str, str, str]:
        """What the table of rules may name it by."""
        return f"{self.mutation}:{self.owner}.{self.name}", f"{self.owner}.{self.name}", f"*.{self.name}"


def mutations() -> dict[str, GraphQLInputType]:
    """Every mutation, with the type of its input."""
    made = TYPES["Mutation"]
    assert isinstance(made, GraphQLObjectType)
    for name, field in made.fields.items():
        assert set(field.args) == {"input"}, name
    return {name: field.args["input"].type for name, field in made.fields.items()}


def places(mutation: str) -> list[Place]:
    """Every input field of a mutation; rows are met once, at place 0."""
    return list(_within(mutation, mutations()[mutation], ("input",)))


def _within(mutation: str, made: GraphQLInputType, path: Path) -> Iterator[Place]:
    owner: Any = get_nullable_type(made)
    if isinstance(owner, GraphQLList):
        yield from _within(mutation, owner.of_type, (*path, "0"))
    elif isinstance(owner, GraphQLInputObjectType):
        for name, field in owner.fields.items():
            optional = not isinstance(field.type, GraphQLNonNull)
            yield Place(mutation, owner.name, name, field.type, (*path, name), optional)
            yield from _within(mutation, field.type, (*path, name))


def misfits(made: GraphQLInputType) -> Iterator[Any]:
    """Values that a type does not take, whatever the field is about."""
    bare: Any = get_nullable_type(made)
    if isinstance(bare, GraphQLList):
        if isinstance(bare.of_type, GraphQLNonNull):
            yield [None]
        for value in misfits(bare.of_type):
            yield [value]
    elif isinstance(bare, GraphQLInputObjectType):
        yield from ("x", 7, True)
    elif isinstance(bare, GraphQLEnumType):
        yield from ("NONE", "", 7, next(iter(bare.values)).lower(), {})
    else:
        yield from (*WRONG[bare.name], {}, ["x"])


WRONG: dict[str, tuple[Any, ...]] = {
    "String": (7, 1.5, True),
    "ID": (1.5, True),
    "Int": ("1", 1.5, True, 2**31, -(2**31) - 1),
    "Boolean": ("true", 1, 0),
    "DateTime": (
        7,
        "",
        "x",
        "2026-11-22",
        "2026-11-22T08:00:00",
        "2026-11-22 08:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T08:00:00+24:00",
        "1969-12-31T23:59:59Z",
        "3000-01-01T00:00:00Z",
        "2999-12-31T23:59:59-14:00",
        "0000-01-01T00:00:00Z",
        "a\x00b",
    ),
    "Money": (7, 1.5, "", "x", "1.234", "1e3", "NaN", "Infinity", "99999999999", "１", "+1", " 1", "1,000",
              "a\x00b"),
}  # fmt: skip


def at(given: Any, path: Path) -> Any:
    """What stands at a path, which may begin with `input`; `ABSENT` when nothing does."""
    found = given
    for step in path[1:]:
        if isinstance(found, list):
            found = found[int(step)] if int(step) < len(found) else ABSENT
        elif isinstance(found, dict):
            found = found.get(step, ABSENT)
        else:
            return ABSENT
    return found


def spoilt(given: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The input with another value at that path, or, for `ABSENT`, without any."""
    made = copy.deepcopy(given)
    holder = at(made, path[:-1])
    if value is ABSENT:
        holder.pop(path[-1], None)
    else:
        holder[int(path[-1]) if isinstance(holder, list) else path[-1]] = value
    return made
