"""Where cases run: the real endpoint on a fresh copy of the ground, and a look at all that is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import httpx
import orjson
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType, get_named_type, is_leaf_type

from db.database import Database
from db.rules import Rules
from escalation import index
from live import hints
from live.nodes import Client
from resolvers.context import Services
from schema.transport import View
from settings import Settings
from tests.refusals import actors
from tests.refusals.actors import Actor
from tests.refusals.cases import Case
from tests.refusals.ground import Ground
from tests.refusals.places import mutations
from tests.refusals.undone import Undone
from tests.refusals.verdicts import Answer, error_types
from tests.resolvers.world import World
from tests.schema.documents import TYPES, selection

KEY = "k" * 40


def document(mutation: str) -> str:
    """Everything that is told of what a mutation came to."""
    made = TYPES["Mutation"]
    assert isinstance(made, GraphQLObjectType)
    payload = get_named_type(made.fields[mutation].type)
    given = f"$in: {mutations()[mutation]}"
    return f"mutation ({given}) {{ {mutation}(input: $in) {{ {_chosen(payload.name)} }} }}"


def _chosen(name: str) -> str:
    made = TYPES[name]
    if isinstance(made, GraphQLUnionType):
        members = [f"... on {each.name} {{ {_chosen(each.name)} }}" for each in made.types]
        return " ".join(["__typename", *members])
    if isinstance(made, GraphQLInterfaceType):
        told = sorted(error_types())
        return " ".join(["__typename", *(f"... on {each} {{ {_chosen(each)} }}" for each in told)])
    if not name.startswith(("Bulk", "Record")):
        return selection(name, 1)
    assert isinstance(made, GraphQLObjectType)
    parts = ["__typename"]
    for field, each in made.fields.items():
        inner = get_named_type(each.type)
        leaf = is_leaf_type(inner)
        own = "id version status" if inner.name == "Ticket" else None
        parts.append(field if leaf else f"{field} {{ {own or _chosen(inner.name)} }}")
    return " ".join(parts)


@dataclass(frozen=True)
class Stage:
    """One copy of the ground, and the endpoint on it."""

    ground: Ground
    services: Services
    redis: Client
    client: httpx.AsyncClient
    tokens: dict[Actor, str | None]

    async def ask(self, case: Case) -> Answer:
        """Make the call."""
        return await self.send(case.mutation, case.by, case.given)

    async def send(self, mutation: str, by: Actor, given: Any) -> Answer:
        """Call a mutation as somebody."""
        token = self.tokens[by]
        headers = {"content-type": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        body = orjson.dumps({"query": document(mutation), "variables": {"in": given}})
        response = await self.client.post("/graphql", content=body, headers=headers)
        return Answer(response.status_code, response.json())

    async def work(self, ticket_id: str) -> None:
        """What a worker does with a ticket now."""
        await self._world.work(ticket_id)

    @property
    def _world(self) -> World:
        return World(self.services, self.redis, self.ground.ours.shop, self.ground.theirs.shop)

    async def snapshot(self) -> dict[str, Any]:
        """Every row of every table, everything Redis holds, and how often anything was published."""
        stats = await self.redis.info("commandstats")
        keys = sorted([key async for key in self.redis.scan_iter("*")])
        return {
            **await self._world.stored(),
            "redis": [(key, await self.redis.dump(key)) for key in keys],
            "published": stats.get("cmdstat_publish", {}).get("calls", 0),
        }


@asynccontextmanager
async def on_stage(url: str, redis_url: str, ground: Ground) -> AsyncIterator[Stage]:
    """The endpoint on a database that holds the ground."""
    settings = Settings(database_url=url, redis_url=redis_url, jwt_key=KEY)
    database = await Database.connect(url, max_connections=4)
    client, listening = index.connect(redis_url), hints.connect(redis_url)
    services = Services(settings, database, index.DeadlineIndex(client), hints.Hints(listening), Rules())
    tokens = {actor: actors.token(settings, ground, actor) for actor in Actor}
    try:
        async with _client(services) as http:
            yield Stage(ground, services, client, http, tokens)
    finally:
        await client.aclose()
        await listening.aclose()
        await database.close()


@asynccontextmanager
async def undone(stage: Stage) -> AsyncIterator[Stage]:
    """The same stage, on which whatever is written is undone at the end of the block."""
    async with Undone.begin(stage.services.database) as database:
        services = replace(stage.services, database=cast("Database", database))
        async with _client(services) as http:
            yield replace(stage, services=services, client=http)


def _client(services: Services) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(View(services))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@dataclass(frozen=True)
class Fault:
    """A case, and what is wrong with what came of it."""

    case: Case
    what: str

    def __str__(self) -> str:
        return f"{self.case}: {self.what}"


async def answer_faults(stage: Stage, cases: Sequence[Case]) -> list[Fault]:
    """Make the calls; which of the answers are not what they must be."""
    found = []
    for case in cases:
        answer = await stage.ask(case)
        wrong = [f"status {answer.status}"] if answer.status >= 500 else []
        wrong += [
            "it is called INTERNAL"
            for error in answer.errors
            if error.get("extensions", {}).get("code") == "INTERNAL"
        ]
        found += [Fault(case, each) for each in (*wrong, *case.verdict.faults(answer, case.mutation))]
    return found
