"""HTTP, server-sent events and WebSocket, against the whole application in one process."""

import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from starlette.types import ASGIApp

import app
from db.database import Database
from domain.events import ActorKind
from resolvers import tokens
from settings import Settings
from tests.schema.conftest import KEY
from tests.schema.sockets import Closed, Socket, connected

SALT = "pepper"
SECRET = "hook-secret"


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        jwt_key=KEY,
        kuaidi100_salt=SALT,
        smartlogistics_token=SECRET,
    )


def token(settings: Settings, ttl: timedelta = timedelta(hours=1)) -> str:
    return tokens.issue(settings, ActorKind.PLATFORM, "root", None, owner=False, ttl=ttl)


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[ASGIApp]:
    """The application, started."""
    made = app.create(settings)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def client(served: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, without a network."""
    transport = httpx.ASGITransport(served)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def bearer(settings: Settings, ttl: timedelta = timedelta(hours=1)) -> dict[str, str]:
    return {"authorization": f"Bearer {token(settings, ttl)}"}


async def test_a_query_is_answered_over_post_and_get(client: httpx.AsyncClient, settings: Settings) -> None:
    query = "{ viewer { subject role } }"
    expected = {"data": {"viewer": {"subject": "root", "role": "PLATFORM"}}}
    posted = await client.post("/graphql", json={"query": query}, headers=bearer(settings))
    assert (posted.status_code, posted.json()) == (200, expected)
    got = await client.get("/graphql", params={"query": query}, headers=bearer(settings))
    assert (got.status_code, got.json()) == (200, expected)


async def test_a_mutation_over_get_is_refused(client: httpx.AsyncClient, settings: Settings) -> None:
    query = 'mutation { saveShop(input: {name: "x"}) { __typename } }'
    answer = await client.get("/graphql", params={"query": query}, headers=bearer(settings))
    assert answer.status_code == 400


BAD_HEADERS = ["", "Bearer", "Bearer x.y.z", "Basic abc", "Bearer " + "x" * 5000, "\x7f"]


@pytest.mark.parametrize("header", BAD_HEADERS)
async def test_a_bad_token_is_nobodys(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.post(
        "/graphql", json={"query": "{ viewer { role } }"}, headers={"authorization": header}
    )
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_an_expired_token_is_nobodys(client: httpx.AsyncClient, settings: Settings) -> None:
    headers = bearer(settings, timedelta(seconds=-1))
    answer = await client.post("/graphql", json={"query": "{ viewer { role } }"}, headers=headers)
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_body_that_is_too_large_or_no_json_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    for path in ("/graphql", "/hooks/kuaidi100", "/hooks/smartlogistics"):
        large = await client.post(path, content=b" " * (app.BODY_BYTES + 1), headers=headers)
        assert large.status_code == 413, path
    assert (await client.post("/graphql", content=b"{", headers=headers)).status_code == 400
    assert (await client.post("/graphql", content=b"\xff", headers=headers)).status_code == 400


async def test_graphiql_is_there_in_development(client: httpx.AsyncClient) -> None:
    assert "graphiql" in (await client.get("/graphql", headers={"accept": "text/html"})).text.lower()
    page = (await client.get("/")).text
    assert "揽收" in page
    assert "/graphql" in page


async def test_an_operation_is_answered_over_server_sent_events(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    headers = {**bearer(settings), "accept": "text/event-stream"}
    answer = await client.post("/graphql", json={"query": "{ viewer { role } }"}, headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = answer.text.splitlines()
    assert lines[:2] == ["event: next", 'data: {"data":{"viewer":{"role":"PLATFORM"}}}']
    assert "event: complete" in lines


async def init(socket: Socket, payload: dict[str, Any] | None) -> None:
    await socket.send({"type": "connection_init", **({} if payload is None else {"payload": payload})})


@pytest.mark.parametrize("name", ["Authorization", "authorization", "token"])
async def test_a_socket_says_who_it_is_in_its_first_message(
    served: ASGIApp, settings: Settings, name: str
) -> None:
    given = token(settings) if name == "token" else f"Bearer {token(settings)}"
    async with connected(served, {}) as socket:
        await init(socket, {name: given})
        assert await socket.receive() == {"type": "connection_ack"}
        await socket.send({"id": "1", "type": "subscribe", "payload": {"query": "{ viewer { role } }"}})
        assert (await socket.receive())["payload"]["data"] == {"viewer": {"role": "PLATFORM"}}
        assert await socket.receive() == {"id": "1", "type": "complete"}


async def test_a_socket_may_say_who_it_is_in_its_header(served: ASGIApp, settings: Settings) -> None:
    async with connected(served, bearer(settings)) as socket:
        await init(socket, None)
        assert await socket.receive() == {"type": "connection_ack"}


@pytest.mark.parametrize("payload", [None, {}, {"Authorization": "Bearer x"}, {"token": 5}])
async def test_a_socket_without_a_valid_token_is_closed(
    served: ASGIApp, payload: dict[str, Any] | None
) -> None:
    async with connected(served, {}) as socket:
        await init(socket, payload)
        with pytest.raises(Closed) as closed:
            await socket.receive()
    assert closed.value.code == 4403


async def test_a_bad_token_in_the_first_message_is_not_made_good_by_the_header(
    served: ASGIApp, settings: Settings
) -> None:
    async with connected(served, bearer(settings)) as socket:
        await init(socket, {"Authorization": "Bearer x"})
        with pytest.raises(Closed) as closed:
            await socket.receive()
    assert closed.value.code == 4403


async def test_a_socket_ends_with_its_token_and_completes_no_stream(
    served: ASGIApp, settings: Settings
) -> None:
    """A completed stream is over for its client; one whose socket closes is resumed."""
    async with connected(served, {}) as socket:
        await init(socket, {"token": token(settings, timedelta(seconds=2))})
        assert await socket.receive() == {"type": "connection_ack"}
        document = "subscription { deadlineUpdates(shopIds: []) { __typename } }"
        await socket.send({"id": "1", "type": "subscribe", "payload": {"query": document}})
        begun = time.monotonic()
        kinds = [(await socket.receive())["type"] for _ in range(2)]
        with pytest.raises(Closed) as closed:
            await socket.receive()
    assert closed.value.code == 4403
    assert kinds == ["next", "next"]
    assert time.monotonic() - begun < 4


async def test_two_operations_on_one_socket_do_not_mix(served: ASGIApp, settings: Settings) -> None:
    async with connected(served, bearer(settings)) as socket:
        await init(socket, None)
        await socket.receive()
        queries = {"1": "{ viewer { role } }", "2": "{ viewer { subject } }"}
        for key, query in queries.items():
            await socket.send({"id": key, "type": "subscribe", "payload": {"query": query}})
        messages = [await socket.receive() for _ in range(4)]
    data = {each["id"]: each["payload"]["data"] for each in messages if each["type"] == "next"}
    assert data == {"1": {"viewer": {"role": "PLATFORM"}}, "2": {"viewer": {"subject": "root"}}}


async def test_the_legacy_protocol_is_not_spoken(served: ASGIApp) -> None:
    async with connected(served, {}, "graphql-ws") as socket:
        with pytest.raises(Closed) as closed:
            await socket.receive()
    assert closed.value.code == 4406


async def test_in_production_a_socket_of_another_origin_is_refused(settings: Settings) -> None:
    production = replace(settings, env="production", demo=False, allowed_origins=("https://seller.example",))
    made = app.create(production)
    async with made.router.lifespan_context(made):
        async with connected(made, {"origin": "https://seller.example"}) as socket:
            await init(socket, {"token": token(settings)})
            assert await socket.receive() == {"type": "connection_ack"}
        with pytest.raises(Closed):
            async with connected(made, {"origin": "https://evil.example"}):
                pass
        transport = httpx.ASGITransport(made)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/graphql", headers={"accept": "text/html"})).status_code == 404


PUSH = (
    '{"status":"polling","lastResult":{"com":"shunfeng","nu":"SF1000000000001","state":"1",'
    '"data":[{"time":"2026-11-20 10:00:00","context":"已揽收","statusCode":"103"}]}}'
)


def signed(param: str, salt: str = SALT) -> str:
    sign = hashlib.md5((param + salt).encode(), usedforsecurity=False).hexdigest().upper()
    return urlencode({"param": param, "sign": sign}, quote_via=quote)


async def kept(settings: Settings) -> int:
    """How many scans are stored, joined or not."""
    database = await Database.connect(settings.database_url or "")
    found = await database.pool.fetchval(
        "SELECT (SELECT count(*) FROM unmatched_scan) + (SELECT count(*) FROM tracking_event)"
    )
    await database.close()
    return int(found)


@pytest.mark.rule("§8.1")
async def test_a_signed_push_is_kept_once(client: httpx.AsyncClient, settings: Settings) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        answer = await client.post("/hooks/kuaidi100", content=signed(PUSH), headers=headers)
        assert answer.json() == {"result": True, "returnCode": "200", "message": "成功"}
    assert await kept(settings) == 1


@pytest.mark.rule("§8.1", "§8.3")
async def test_a_wrong_signature_is_refused_and_nothing_stored(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    for body in (signed(PUSH, "salt"), urlencode({"param": PUSH})):
        answer = await client.post("/hooks/kuaidi100", content=body)
        assert (answer.status_code, answer.json()["result"]) == (403, False)
    row = {
        "cpCode": "SF",
        "mailNo": "SF1000000000001",
        "logisticsStatus": "GOT",
        "logisticsGmtModified": "2026-11-20 10:00:00",
    }
    wrong: list[dict[bytes, bytes]] = [
        {},
        {b"x-lanshou-token": b"wrong"},
        {b"authorization": "Bearer 错".encode()},
    ]
    for given in wrong:
        answer = await client.post("/hooks/smartlogistics", json=[row], headers=given)
        assert answer.status_code == 403
    assert await kept(settings) == 0
    good = {"x-lanshou-token": SECRET}
    assert (await client.post("/hooks/smartlogistics", json=[row], headers=good)).status_code == 200
    good = {"authorization": f"Bearer {SECRET}"}
    assert (await client.post("/hooks/smartlogistics", json=[row], headers=good)).status_code == 200
    assert await kept(settings) == 1


async def test_a_push_that_is_none_is_told_so(client: httpx.AsyncClient) -> None:
    answer = await client.post("/hooks/kuaidi100", content=signed("[]"))
    assert (answer.status_code, answer.json()["result"]) == (400, False)
    answer = await client.post("/hooks/kuaidi100", content=b"\xff")
    assert answer.status_code == 400
    answer = await client.post("/hooks/smartlogistics", content=b"1", headers={"x-lanshou-token": SECRET})
    assert answer.status_code == 400


async def test_a_pushed_scan_that_is_refused_is_told_in_the_log(
    client: httpx.AsyncClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Its sender is not to send it again; without a word it would be gone for nobody knows what reason."""
    row = {"cpCode": "SF", "mailNo": "SF1000000000001", "logisticsStatus": "GOT"}
    rows = [{**row, "logisticsGmtModified": "2099-11-20 10:00:00"}]
    answer = await client.post("/hooks/smartlogistics", json=rows, headers={"x-lanshou-token": SECRET})
    assert answer.json() == {"success": True}
    assert "smartlogistics: 1 scans were refused, the first: occurredAt is more than" in caplog.text
    assert await kept(settings) == 0


@pytest.mark.rule("§8.5")
async def test_a_hook_without_its_secret_is_not_there(database_url: str, redis_url: str) -> None:
    made = app.create(Settings(database_url=database_url, redis_url=redis_url, jwt_key=KEY))
    async with (
        made.router.lifespan_context(made),
        httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://test") as client,
    ):
        assert (await client.post("/hooks/kuaidi100", content=signed(PUSH))).status_code == 404
        assert (await client.post("/hooks/smartlogistics", json=[])).status_code == 404


async def test_a_push_without_the_database_is_answered_so_that_it_comes_again(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    url = urlsplit(settings.database_url or "")
    other = await asyncpg.connect(urlunsplit(url._replace(path="/postgres")))
    name = url.path.strip("/")
    try:
        await other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        assert (await client.post("/hooks/kuaidi100", content=signed(PUSH))).status_code == 503
    finally:
        await other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await other.close()
    assert await kept(settings) == 0


async def test_readiness_follows_database_and_migrations(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert (await client.get("/readyz")).json() == {"status": "ok"}
    told = (await client.get("/metrics")).text
    assert "lanshou_up 1" in told
    assert "lanshou_index_puts_failed_total 0" in told
    database = await Database.connect(settings.database_url or "")
    await database.pool.execute("UPDATE alembic_version SET version_num = 'older'")
    await database.close()
    assert (await client.get("/readyz")).status_code == 503


async def test_on_a_redis_cluster_it_is_ready(database_url: str, cluster_url: str) -> None:
    made = app.create(Settings(database_url=database_url, redis_url=cluster_url, jwt_key=KEY))
    async with (
        made.router.lifespan_context(made),
        httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://test") as client,
    ):
        assert (await client.get("/readyz")).json() == {"status": "ok"}


async def test_without_redis_it_is_degraded_and_still_answers(database_url: str) -> None:
    settings = Settings(database_url=database_url, redis_url="redis://127.0.0.1:1", jwt_key=KEY)
    made = app.create(settings)
    async with (
        made.router.lifespan_context(made),
        httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://test") as client,
    ):
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        query = 'mutation { saveShop(input: {name: "x"}) { __typename } }'
        answer = await client.post("/graphql", json={"query": query}, headers=bearer(settings))
        assert answer.json() == {"data": {"saveShop": {"__typename": "Shop"}}}
