"""Documents made from the schema itself, so that nothing new stays unread."""

from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from schema.build import schema

TYPES = schema._schema.type_map


def selection(name: str, depth: int = 2) -> str:
    """Every field of a type without required arguments, objects `depth` levels deep."""
    made = TYPES[name]
    if isinstance(made, GraphQLUnionType):
        return " ".join(
            [
                "__typename",
                *(f"... on {each.name} {{ {selection(each.name, depth)} }}" for each in made.types),
            ]
        )
    if isinstance(made, GraphQLInterfaceType):
        return " ".join(["__typename", *made.fields]) if name == "Node" else "__typename code message path"
    assert isinstance(made, GraphQLObjectType)
    return " ".join(["__typename", *fields(made, depth)])


def fields(made: GraphQLObjectType, depth: int) -> list[str]:
    """The fields of a type, each with a selection of its own."""
    found = []
    for name, field in made.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        leads_to: GraphQLNamedType = get_named_type(field.type)
        if is_leaf_type(leads_to):
            found.append(name)
        elif depth > 0:
            found.append(f"{name} {{ {selection(leads_to.name, depth - 1)} }}")
    return found


def implementers(interface: str) -> list[str]:
    """The objects of an interface."""
    return sorted(
        name
        for name, made in TYPES.items()
        if isinstance(made, GraphQLObjectType) and any(each.name == interface for each in made.interfaces)
    )


def reached(root: str) -> dict[str, set[str]]:
    """The fields without required arguments of every object that is reached from `root`."""
    found: dict[str, set[str]] = {}
    waiting = [root, *implementers("Node")]
    while waiting:
        name = waiting.pop()
        made = TYPES[name]
        if name in found or not isinstance(made, GraphQLObjectType) or name.startswith("__"):
            continue
        found[name] = {
            field
            for field, each in made.fields.items()
            if not any(is_required_argument(argument) for argument in each.args.values())
        }
        waiting.extend(get_named_type(each.type).name for each in made.fields.values())
    found.pop(root)
    return found
