"""Inputs are made as Strawberry makes them, and a known mutation answers as at its first sight."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, GraphQLType, Undefined, get_named_type
from graphql.type import is_list_type, is_non_null_type
from graphql.utilities import coerce_input_value
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.arguments import InputContext, convert_argument
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.graphql import OperationType

from domain.events import ActorKind
from resolvers.context import Services
from schema.build import schema
from schema.building import converter
from schema.context import Asked
from schema.planned import DOCUMENTS
from tests.schema.conftest import Ask
from tests.schema.world import World

CORE: Any = schema._schema
CONVERTER: Any = schema.schema_converter
INPUTS = sorted(name for name, kind in CORE.type_map.items() if isinstance(kind, GraphQLInputObjectType))
SCALARS = {
    "ID": "tkt_1", "String": "字", "Int": 3, "Boolean": True, "DateTime": "2026-11-25T08:00:00Z",
    "Money": "12.30",
}  # fmt: skip
LONG = {"String": "字" * 3, "Int": 4, "Boolean": False}


def sample(kind: GraphQLType, scalars: dict[str, Any], *, full: bool, depth: int = 0) -> Any:
    """A value that a client may send: with every field, or with those alone that must be there."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type, scalars, full=full, depth=depth)
    if is_list_type(kind):
        item: Any = kind.of_type
        return [sample(item, scalars, full=each, depth=depth + 1) for each in (full, not full)]
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: sample(field.type, scalars, full=full, depth=depth + 1)
            for name, field in kind.fields.items()
            if full or is_non_null_type(field.type)
        }
    named: Any = get_named_type(kind)
    if hasattr(named, "values"):
        return next(iter(named.values))
    return scalars.get(named.name, SCALARS.get(named.name, "x"))


def samples(name: str) -> Iterator[Any]:
    kind = CORE.type_map[name]
    for scalars in (SCALARS, LONG):
        for full in (True, False):
            sent = sample(kind, scalars, full=full)
            yield sent
            yield {key: None if not is_non_null_type(kind.fields[key].type) else sent[key] for key in sent}


def made(name: str, value: Any) -> Any:
    definition = CONVERTER.type_map[name].definition
    return convert_argument(value, definition.origin, CONVERTER.scalar_registry, schema.config)


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_is_what_strawberry_makes_of_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    coerced = [coerce_input_value(sent, CORE.type_map[name]) for sent in samples(name)]
    assert Undefined not in coerced
    ours = [made(name, copy.deepcopy(value)) for value in coerced]
    for each in CONVERTER.type_map.values():
        definition = getattr(each, "definition", None)
        if isinstance(definition, StrawberryObjectDefinition) and definition.is_input:
            assert definition.from_input is not None
            monkeypatch.setattr(definition, "from_input", None)
    assert ours == [made(name, value) for value in coerced]
    assert {type(each) for each in ours} == {CONVERTER.type_map[name].definition.origin}


def test_a_list_is_never_the_one_that_was_sent() -> None:
    """A default of graphql-core's is the same list for every request."""
    sent = ["https://example.com/proof.jpg"]
    value = made("ReplyToTicketInput", {"ticketId": "t", "scheme": "s", "proofUrls": sent})
    assert value.proof_urls == sent
    assert value.proof_urls is not sent


def test_what_no_builder_knows_is_left_to_strawberry() -> None:
    asked: list[object] = []

    class Noted(InputContext):
        def convert(self, value: object, type_: Any, *keys: str | int) -> object:
            asked.append((value, type_, keys))
            return value

    context = Noted(None, schema.config, CONVERTER.scalar_registry, ())
    convert = converter(object, context)
    assert convert is not None
    assert convert("sent", context) == "sent"
    assert asked == [("sent", object, ())]


NOTE = """mutation Note($input: AddNoteInput!) { addNote(input: $input) {
  __typename ... on TicketPayload { ticket { id version } record { note } }
  ... on UserError { code message path } } }"""


async def test_a_mutation_answers_the_same_at_each_sight_of_its_document(ask: Ask, world: World) -> None:
    """The first two sights go through Strawberry, from the third on the document is known."""
    staff, ticket_id = world.ours.viewer(ActorKind.STAFF), world.ours.ids["Ticket"]
    for wanted in ({"ticketId": ticket_id, "note": "一"}, {"ticketId": "tkt_none", "note": "一"}):
        answers = [await ask(staff, NOTE, input=wanted) for _ in range(4)]
        assert [answer.errors for answer in answers] == [[]] * 4
        assert all(answer.data == answers[0].data for answer in answers)
    assert DOCUMENTS.get(NOTE) is not None


async def test_a_known_mutation_is_refused_as_at_first_sight(ask: Ask, world: World) -> None:
    """Nobody, wrong variables, an operation that is not there: code and place are the same."""
    staff, ticket_id = world.ours.viewer(ActorKind.STAFF), world.ours.ids["Ticket"]
    good = {"ticketId": ticket_id, "note": "一"}

    def told(answer: Any) -> list[tuple[Any, Any, Any]]:
        return [(error.message, error.path, error.extensions["code"]) for error in answer.errors]

    fresh = NOTE.replace("mutation Note", "mutation Fresh")
    cases: list[tuple[Any, Any]] = [(None, good), (staff, {"ticketId": ticket_id}), (staff, None)]
    before = [
        told(await ask(who, fresh.replace("Fresh", f"Fresh{number}"), input=given))
        for number, (who, given) in enumerate(cases)
    ]
    for _ in range(3):
        await ask(staff, NOTE, input=good)
    assert DOCUMENTS.get(NOTE) is not None
    known = [told(await ask(who, NOTE, input=given)) for who, given in cases]
    assert known == before
    assert [codes for ((_, _, codes),) in known] == ["UNAUTHENTICATED", "BAD_USER_INPUT", "BAD_USER_INPUT"]


async def test_a_known_mutation_is_not_run_where_only_queries_are_allowed(
    ask: Ask, world: World, services: Services
) -> None:
    """As over GET."""
    staff, note = world.ours.viewer(ActorKind.STAFF), {"ticketId": world.ours.ids["Ticket"], "note": "一"}
    for _ in range(3):
        await ask(staff, NOTE, input=note)
    count = "SELECT count(*) FROM follow_up_record"
    before = await services.database.pool.fetchval(count)
    with pytest.raises(InvalidOperationTypeError):
        await schema.execute(
            NOTE, {"input": note}, Asked(services, staff), allowed_operation_types=[OperationType.QUERY]
        )
    assert await services.database.pool.fetchval(count) == before
