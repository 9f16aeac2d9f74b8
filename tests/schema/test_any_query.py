"""Queries that nobody thought of: none is our fault, and none reaches what is foreign."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from domain.events import ActorKind
from schema.build import sdl
from tests.schema.conftest import Ask
from tests.schema.world import World

SCALARS: dict[str, Any] = {
    "DateTime": st.sampled_from(["2026-11-22T08:00:00Z", "2026-11-22"]).map(nodes.String),
    "Money": st.just("1.00").map(nodes.String),
}
DOCUMENTS = 40


@cache
def some_documents() -> list[str]:
    """The same documents each time."""
    found: list[str] = []

    @seed(1)
    @settings(
        max_examples=DOCUMENTS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(queries(sdl(), custom_scalars=SCALARS))
    def collect(document: str) -> None:
        found.append(document)

    collect()
    return found


@pytest.mark.parametrize("role", [ActorKind.STAFF, ActorKind.CONSUMER, ActorKind.INTEGRATION])
async def test_any_query_is_answered_or_refused(ask: Ask, world: World, role: ActorKind) -> None:
    foreign = {*world.theirs.own.values(), world.theirs.shop["name"], world.theirs.order["number"]}
    for document in some_documents():
        answer = await ask(world.ours.viewer(role), document)
        assert "INTERNAL" not in answer.codes, document
        assert "UNAVAILABLE" not in answer.codes, document
        text = json.dumps(answer.data, ensure_ascii=False)
        assert not [each for each in foreign if each in text], document
