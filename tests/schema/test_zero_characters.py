"""PostgreSQL holds no zero character: wherever a text may come in, one is refused or finds nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    is_leaf_type,
)

from domain.events import ActorKind
from domain.ids import IdKind
from tests.schema.conftest import Ask
from tests.schema.documents import TYPES
from tests.schema.test_mutations import document
from tests.schema.world import World, public

ZERO = "a\x00b"
GOOD = {
    "DateTime": "2026-11-20T08:00:00Z",
    "Money": "1.00",
    "Int": 1,
    "Boolean": True,
    "Market": "TMALL",
    "WebhookEvent": "CARD_REPLY",
    "ExemptionEnd": "EITHER",
    "ExemptionBasis": "DEADLINE",
}


def value(made: GraphQLInputType, name: str, ids: dict[str, str], spoilt: str, path: str) -> Any:
    """A good value of an input type, but for the text at the path `spoilt`."""
    if isinstance(made, GraphQLNonNull):
        return value(made.of_type, name, ids, spoilt, path)
    if isinstance(made, GraphQLList):
        return [value(made.of_type, name, ids, spoilt, path)]
    if isinstance(made, GraphQLInputObjectType):
        return {
            each: value(field.type, each, ids, spoilt, f"{path}.{each}")
            for each, field in made.fields.items()
        }
    if path == spoilt:
        return ZERO
    return ids.get(name, GOOD.get(str(made), "COURIER_URGED" if name == "scheme" else "x1"))


def texts(made: GraphQLInputType, path: str) -> Iterator[str]:
    """The paths of the texts of an input."""
    if isinstance(made, GraphQLNonNull | GraphQLList):
        yield from texts(made.of_type, path)
    elif isinstance(made, GraphQLInputObjectType):
        for name, field in made.fields.items():
            yield from texts(field.type, f"{path}.{name}")
    elif is_leaf_type(made) and str(made) in {"String", "ID"}:
        yield path


MUTATIONS = TYPES["Mutation"]
assert isinstance(MUTATIONS, GraphQLObjectType)
CASES = sorted(MUTATIONS.fields)


@pytest.mark.parametrize("name", CASES)
async def test_a_mutation_refuses_a_zero_character_wherever_it_stands(
    ask: Ask, world: World, name: str
) -> None:
    held = world.ours
    ids = {
        "ticketId": public(IdKind.TICKET, held.open_ticket),
        "parcelId": public(IdKind.PARCEL, held.open_parcel),
        "orderId": public(IdKind.ORDER, held.open_order),
        "shopId": held.ids["Shop"],
        "orderNumber": held.open_order["number"],
    }
    assert isinstance(MUTATIONS, GraphQLObjectType)
    given = MUTATIONS.fields[name].args["input"].type
    for spoilt in texts(given, ""):
        sent = value(given, "input", ids, spoilt, "")
        answer = await ask(held.viewer(ActorKind.PLATFORM), document(name, 1), **{"in": sent})
        assert answer.codes == [], f"{name}{spoilt}"


async def test_a_query_finds_nothing_by_a_zero_character(ask: Ask, world: World) -> None:
    zero = '"a\\u0000b"'
    queries = {
        f"node(id: {zero}) {{ id }}": [],
        f'order(shopId: "{world.ours.ids["Shop"]}", number: {zero}) {{ id }}': [],
        f"tickets(filter: {{carrier: [{zero}]}}) {{ totalCount }}": [],
        f"tickets(filter: {{assigneeId: {zero}, shopIds: [{zero}]}}) {{ totalCount }}": [],
        f"tickets(after: {zero}) {{ totalCount }}": ["BAD_CURSOR"],
        f"shops(search: {zero}) {{ totalCount }}": ["BAD_USER_INPUT"],
        f"orders(filter: {{search: {zero}}}) {{ totalCount }}": ["BAD_USER_INPUT"],
        f"queueCounts(shopIds: [{zero}]) {{ replied }}": [],
    }
    for query, codes in queries.items():
        answer = await ask(world.ours.viewer(ActorKind.STAFF), f"{{ {query} }}")
        assert answer.codes == codes, query
