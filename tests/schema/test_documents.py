"""Documents seen before are not parsed and validated again, and bad ones are never kept."""

import orjson
import pytest
from graphql import parse

from domain.access import Viewer
from domain.events import ActorKind
from resolvers.context import Services
from resolvers.plan import cache
from resolvers.plan.cache import CHARACTERS, DOCUMENTS, LONGEST, Documents
from schema import planned
from schema.build import schema
from schema.context import Asked


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Documents:
    """The documents of this test alone."""
    documents = Documents()
    monkeypatch.setattr(planned, "DOCUMENTS", documents)
    return documents


async def run(query: str) -> list[str]:
    """The codes of the errors that an anonymous request gets."""
    result = await schema.execute(query)
    return [str((error.extensions or {}).get("code")) for error in result.errors or []]


async def test_a_good_document_is_kept_at_its_second_sight_and_taken_again(known: Documents) -> None:
    query = "{ __typename first: __typename }"
    assert await run(query) == []
    assert known.get(query) is None
    assert await run(query) == []
    kept = known.get(query)
    assert kept is not None
    assert await run(query) == []
    assert known.get(query) is kept


async def test_what_is_kept_is_what_is_executed(known: Documents) -> None:
    query = "{ __typename second: __typename }"
    for _ in range(2):
        assert await run(query) == []
    entry = known.get(query)
    assert entry is not None
    entry.document = parse("{ instead: __typename }")
    result = await schema.execute(query)
    assert result.data == {"instead": "Query"}


async def test_a_refused_document_is_refused_each_time(known: Documents) -> None:
    deep = "{ viewer " + "{ shops { edges { node " * 8 + "{ id }" + " } } }" * 8 + " }"
    for query in ("{ nope }", "{", deep):
        first = await run(query)
        assert first
        for _ in range(2):
            assert await run(query) == first
        assert known.get(query) is None


async def test_a_client_that_never_repeats_itself_fills_nothing(
    known: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SEEN_ONCE", 50)
    for number in range(200):
        assert await run(f"{{ once{number}: __typename }}") == []
    assert len(known) == 0
    assert known.remembered <= 50


async def test_a_long_document_is_not_kept_and_the_least_used_goes_first(known: Documents) -> None:
    long = "{ __typename }" + " " * 30_000
    for _ in range(2):
        assert await run(long) == []
    assert known.get(long) is None
    for number in range(DOCUMENTS + 1):
        for _ in range(2):
            assert await run(f"{{ number{number}: __typename }}") == []
    assert len(known) == DOCUMENTS
    assert known.get("{ number0: __typename }") is None


async def test_documents_together_take_only_so_much_room(known: Documents) -> None:
    """Anybody may send one, token or not."""
    for number in range(CHARACTERS // LONGEST + 2):
        query = f"{{ room{number}: __typename }}".ljust(LONGEST)
        for _ in range(2):
            assert await run(query) == []
        assert known.get(query) is not None
    assert known.characters <= CHARACTERS


async def test_plans_together_take_only_so_much_room(
    known: Documents, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page size is a statement of its own."""
    monkeypatch.setattr(cache, "PLAN_CHARACTERS", 30_000)
    viewer = Viewer(ActorKind.PLATFORM, "root")
    documents = [
        f"query Q($n: Int) {{ orders(first: $n) {{ made{number}: totalCount }} }}" for number in range(9)
    ]
    for size in range(2, 40):
        for document in documents:
            for _ in range(2 if size == 2 else 1):
                result = await schema.execute(
                    document, variable_values={"n": size}, context_value=Asked(services, viewer)
                )
                assert result.errors is None
    entries = [entry for document in documents if (entry := known.get(document)) is not None]
    assert 0 < known.plan_characters <= 30_000
    assert known.plan_characters == sum(entry.plan_characters for entry in entries)
    for entry in entries:
        plans = [plan for frame in entry.frames.values() for plan in frame.plans.values()]
        assert len(plans) <= cache.PLANS
        assert entry.plan_characters == sum(len(plan.sql) for plan in plans)


async def test_what_was_refused_on_a_socket_does_not_slow_what_follows(services: Services) -> None:
    asked = Asked(services, Viewer(ActorKind.PLATFORM, "root"))
    for number in range(3):
        refused = await schema.execute("{ orders(first: 201) { totalCount } }", context_value=asked)
        assert [error.extensions for error in refused.errors or []] == [{"code": "LIMIT"}]
        answer = await schema.execute(f"{{ new{number}: viewer {{ subject }} }}", context_value=asked)
        assert isinstance(answer.data, orjson.Fragment)
