"""The schema as clients are promised it."""

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    parse,
    validate,
)

from schema.build import schema, sdl
from tests.schema.documents import TYPES, selection

OURS = {name: made for name, made in TYPES.items() if not name.startswith("__")}
UNIONS = [name for name, made in OURS.items() if isinstance(made, GraphQLUnionType)]


def test_the_exported_sdl_is_the_schema() -> None:
    assert Path("frontend-contract/schema.graphql").read_text() == sdl()


def test_the_sdl_builds_again() -> None:
    assert set(build_schema(sdl()).type_map) >= set(OURS)


def test_everything_is_described() -> None:
    bare = []
    for name, made in OURS.items():
        if name in {"Boolean", "Int", "String", "ID"}:
            continue
        bare += [] if made.description else [name]
        if isinstance(made, GraphQLEnumType):
            bare += [f"{name}.{value}" for value, each in made.values.items() if not each.description]
        if isinstance(made, GraphQLInputObjectType):
            bare += [f"{name}.{field}" for field, each in made.fields.items() if not each.description]
        if isinstance(made, GraphQLObjectType | GraphQLInterfaceType):
            bare += [f"{name}.{field}" for field, each in made.fields.items() if not each.description]
            bare += [
                f"{name}.{field}({argument})"
                for field, each in made.fields.items()
                for argument, its in each.args.items()
                if not its.description
            ]
    assert bare == []


@pytest.mark.parametrize("union", UNIONS)
def test_one_document_selects_every_field_of_every_member(union: str) -> None:
    """No two members have a field of one name with different types."""
    field = next(
        (root, name, each)
        for root in ("query", "mutation", "subscription")
        for name, each in getattr(schema._schema, f"{root}_type").fields.items()
        if str(each.type).strip("!") == union
    )
    root, name, each = field
    arguments = ", ".join(f"{argument}: $in" for argument in each.args if argument == "input")
    variables = f"($in: {each.args['input'].type})" if arguments else ""
    call = f"{name}({arguments})" if arguments else name
    document = f"{root} All{variables} {{ {call} {{ {selection(union, 1)} }} }}"
    assert validate(schema._schema, parse(document)) == []


def test_there_are_unions_to_look_at() -> None:
    assert len(UNIONS) == 14
