"""Every error has a code, and none tells what is not for clients."""

import logging

import orjson
import pytest
from graphql import GraphQLError, parse

from domain.events import ActorKind
from resolvers.context import Services
from schema import errors, limits
from schema.build import schema
from schema.context import Asked
from tests.schema.conftest import Ask
from tests.schema.world import World


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ node(id: 1.5) { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"),
        ("{ carriers { code " + "} }" * 0 + "}" + " " * limits.DOCUMENT_CHARACTERS + "}", "LIMIT"),
        ("{ " + "carriers { code } " * 8_000 + "}", "LIMIT"),
        ("{ orders { edges { node " + "{ parcels { order " * 10 + "{ id }" + " } }" * 10 + " } } }", "LIMIT"),
    ],
)
async def test_a_document_is_refused_with_its_code(ask: Ask, world: World, document: str, code: str) -> None:
    answer = await ask(world.ours.viewer(ActorKind.STAFF), document)
    assert answer.data is None
    assert answer.codes == [code]


def test_fragments_that_explode_are_measured_without_exploding() -> None:
    """Forty fragments, each spreading the next twice: 2^40 fields."""
    fragments = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40)]
    document = parse(" ".join(["{ ...F0 }", *fragments, "fragment F40 on Query { carriers { code } }"]))
    problem = limits.check(document)
    assert problem is not None
    assert problem.extensions == {"code": "LIMIT"}


def test_fragments_in_a_circle_are_left_to_validation() -> None:
    assert limits.check(parse("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }")) is None


async def test_what_nobody_meant_is_masked_and_logged_without_what_people_wrote(
    ask: Ask, world: World, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    await services.database.pool.execute("ALTER TABLE ticket RENAME COLUMN money_at_risk TO secret_column")
    with caplog.at_level(logging.INFO):
        answer = await ask(
            world.ours.viewer(ActorKind.STAFF), "{ tickets { edges { node { moneyAtRisk } } } }"
        )
    assert answer.codes == ["INTERNAL"]
    assert answer.errors[0].path == ["tickets"]
    assert "money_at_risk" not in answer.errors[0].message
    assert "UndefinedColumnError" in caplog.text
    assert "does not exist" not in caplog.text


async def test_a_database_that_is_away_is_unavailable(ask: Ask, world: World, services: Services) -> None:
    viewer = world.ours.viewer(ActorKind.STAFF)
    await services.database.close()
    answer = await ask(viewer, "{ tickets { totalCount } }")
    assert answer.codes == ["UNAVAILABLE"]


def test_an_error_without_code_gets_one() -> None:
    [finished] = errors.finished([GraphQLError("x", original_error=KeyError("张三"))], None)
    assert finished.extensions == {"code": "INTERNAL"}
    assert "张三" not in finished.message


async def test_operations_that_share_a_context_share_no_loader(services: Services, world: World) -> None:
    """As on a socket: the second sees what was changed after the first."""
    asked = Asked(services, world.ours.viewer(ActorKind.STAFF))
    selected = "... on Shop { name staff { edges { node { shop { name } } } } }"
    document = f'{{ node(id: "{world.ours.ids["Shop"]}") {{ {selected} }} }}'
    await schema.execute(document, context_value=asked)
    await services.database.pool.execute("UPDATE shop SET name = 'new' WHERE id = $1", world.ours.shop["id"])
    result = await schema.execute(document, context_value=asked)
    shop = orjson.loads(orjson.dumps(result.data))["node"]
    assert shop["name"] == "new"
    assert shop["staff"]["edges"][0]["node"]["shop"]["name"] == "new"
