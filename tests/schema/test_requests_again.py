"""A request that came before is answered by a shorter way: the same bytes, and nobody else's."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

import app
from domain.access import Viewer
from domain.events import ActorKind
from resolvers import tokens
from resolvers.plan.cache import REPEATED_BYTES, REPEATS, Documents, request_key
from schema import planned
from schema.transport import View
from settings import Settings
from tests.schema.conftest import KEY
from tests.schema.world import World

PAGE = (
    "query Page($first: Int, $after: String) {"
    " tickets(first: $first, after: $after) { edges { node { id version } } pageInfo { endCursor } } }"
)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Documents:
    """The documents of this test alone."""
    documents = Documents()
    monkeypatch.setattr(planned, "DOCUMENTS", documents)
    return documents


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(database_url=database_url, redis_url=redis_url, jwt_key=KEY)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, without a network."""
    made = app.create(settings)
    async with made.router.lifespan_context(made):
        transport = httpx.ASGITransport(made)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client


def staff_of(settings: Settings, shop_id: UUID) -> dict[str, str]:
    """The header of a member of that shop."""
    said = tokens.issue(settings, ActorKind.STAFF, "mei", [shop_id], owner=False, ttl=timedelta(hours=1))
    return {"authorization": f"Bearer {said}"}


async def post(client: httpx.AsyncClient, headers: dict[str, str], **variables: Any) -> httpx.Response:
    """Ask for a page."""
    return await client.post("/graphql", json={"query": PAGE, "variables": variables}, headers=headers)


async def refuse(*given: object) -> None:
    """Stands for the ordinary way, to show that it was not gone."""
    raise AssertionError(given)


async def test_the_short_way_gives_the_same_bytes(
    client: httpx.AsyncClient, settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = staff_of(settings, world.ours.shop["id"])
    first, second = [await post(client, headers, first=1) for _ in range(2)]
    assert first.json()["data"]["tickets"]["edges"]
    monkeypatch.setattr(View, "run", refuse)
    for _ in range(2):
        again = await post(client, headers, first=1)
        assert (again.status_code, again.headers, again.content) == (
            second.status_code,
            second.headers,
            first.content,
        )


async def test_other_variables_are_other_requests(
    client: httpx.AsyncClient, settings: Settings, world: World
) -> None:
    headers = staff_of(settings, world.ours.shop["id"])
    for _ in range(3):
        pages = [(await post(client, headers, first=size)).json()["data"]["tickets"] for size in (1, 2)]
        assert [len(page["edges"]) for page in pages] == [1, 2]
        after = pages[0]["pageInfo"]["endCursor"]
        beyond = (await post(client, headers, first=1, after=after)).json()["data"]["tickets"]
        assert beyond["edges"] == pages[1]["edges"][1:]


async def test_nobody_is_given_what_somebody_else_asked_for(
    client: httpx.AsyncClient, settings: Settings, world: World
) -> None:
    ours, theirs = (staff_of(settings, each.shop["id"]) for each in (world.ours, world.theirs))
    nobody = staff_of(settings, uuid4())
    seen = [[(await post(client, each, first=5)).json() for each in (ours, theirs, nobody)] for _ in range(4)]
    first = seen[0]
    assert first[0] != first[1]
    assert first[2]["data"]["tickets"]["edges"] == []
    assert all(each == first for each in seen)
    without = (await post(client, {}, first=5)).json()
    assert without["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_what_is_refused_is_refused_alike_each_time(
    client: httpx.AsyncClient, settings: Settings, world: World
) -> None:
    headers = staff_of(settings, world.ours.shop["id"])
    await post(client, headers, first=1)
    await post(client, headers, first=1)
    for variables, code in (({"first": 201}, "LIMIT"), ({"first": 1, "after": "no"}, "BAD_CURSOR")):
        answers = [await post(client, headers, **variables) for _ in range(3)]
        assert [each.json()["errors"][0]["extensions"]["code"] for each in answers] == [code] * 3
        assert {each.content for each in answers} == {answers[0].content}
    wrong = [await post(client, headers, first="one") for _ in range(2)]
    assert wrong[0].json()["errors"]
    assert wrong[0].content == wrong[1].content


async def test_a_stream_of_a_known_document_is_a_stream(
    client: httpx.AsyncClient, settings: Settings, world: World
) -> None:
    headers = staff_of(settings, world.ours.shop["id"])
    for _ in range(3):
        await post(client, headers, first=1)
    answer = await post(client, {**headers, "accept": "text/event-stream"}, first=1)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: complete" in answer.text


async def test_only_so_many_requests_of_a_document_are_remembered(
    client: httpx.AsyncClient, settings: Settings, world: World, known: Documents
) -> None:
    everybody = [
        tokens.issue(
            settings,
            ActorKind.STAFF,
            f"staff {number}",
            [world.ours.shop["id"]],
            owner=False,
            ttl=timedelta(hours=1),
        )
        for number in range(2 * REPEATS)
    ]
    for _ in range(2):
        for each in everybody:
            await post(client, {"authorization": f"Bearer {each}"}, first=1)
    entry = known.get(PAGE)
    assert entry is not None
    keys = [request_key(tokens.read(settings, each), {"first": 1}, None) for each in everybody]
    assert sum(entry.read_before(key) is not None for key in keys) == REPEATS


def test_what_is_long_or_no_json_is_not_remembered() -> None:
    viewer = Viewer(ActorKind.STAFF, "mei", frozenset())
    assert request_key(viewer, {"after": "a" * REPEATED_BYTES}, None) is None
    assert request_key(viewer, {"after": "\ud800"}, None) is None
    assert request_key(viewer, {"after": "a"}, None) is not None
