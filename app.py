"""The web process: routes, what lives as long as it does, and the pages around the API."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import signal
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from db import database as databases
from db import migrate
from db.database import Database, Patience
from db.rules import Rules
from escalation import index
from exports.routes import Exports
from integrations import kuaidi100, smartlogistics
from integrations.errors import PushError
from live import hints, throttle
from live.hub import Hub
from resolvers import scans
from resolvers.context import Services
from schema.transport import View
from settings import Settings, SettingsError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from integrations.pushes import Parsed
    from resolvers.commands import Recorded

log = logging.getLogger(__name__)

BODY_BYTES = 4_000_000
READY_WITHIN_S = 2.0
PATIENCE = Patience(answer_s=10, idle_s=5)
PROBLEMS_TOLD = 5
HEAD = migrate.head()

WELCOME = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>揽收 Lanshou</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem}</style>
<h1>揽收 Lanshou</h1>
<p>催揽收任务工单：买家催促揽收，卖家在 24 小时内回复，逾期自动投诉。这里是它的 GraphQL 接口。</p>
<p lang="en">Urge-pickup tickets: a buyer urges, the seller has 24 hours to reply, and when nothing happens
a complaint is filed. This is their GraphQL API.</p>
<ul>{links}</ul>
</html>
"""
GRAPHIQL = '<li><a href="/graphql">GraphiQL：试用接口 · <span lang="en">try the API</span></a></li>'
READY = '<li><a href="/readyz">运行状态 · <span lang="en">status</span></a></li>'


def create(settings: Settings | None = None) -> Starlette:
    """The application; without `settings` it reads them from the environment."""
    found = Settings.read() if settings is None else settings
    graphql = Graphql()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with started(found) as services:
            app.state.services = services
            graphql.view = View(services)
            yield

    app = Starlette(
        routes=[
            Route("/graphql", graphql, max_body_size=BODY_BYTES),
            WebSocketRoute("/graphql", graphql),
            Route("/hooks/kuaidi100", kuaidi100_hook, methods=["POST"], max_body_size=BODY_BYTES),
            Route("/hooks/smartlogistics", smartlogistics_hook, methods=["POST"], max_body_size=BODY_BYTES),
            *Exports().routes(),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            Route("/", welcome),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=found.allowed_origins if found.production else ["*"],
                allow_methods=["GET", "POST"],
                allow_headers=["authorization", "content-type"],
                expose_headers=["content-disposition"],
            )
        ],
        exception_handlers={**dict.fromkeys(databases.AWAY, away), ClientDisconnect: gone},
        lifespan=lifespan,
    )
    app.state.settings = found
    return app


class Graphql:
    """The GraphQL view, which is there once the servers are connected."""

    view: View

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand everything on."""
        await self.view(scope, receive, send)


@contextlib.asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[Services]:
    """Everything the process needs, connected; closed afterwards, subscribers first."""
    if settings.database_url is None or settings.redis_url is None:
        raise SettingsError(
            "LANSHOU_DATABASE_URL and LANSHOU_REDIS_URL are needed; `cli.py up` brings its own"
        )
    database = await Database.connect(settings.database_url, patience=PATIENCE)
    for_index, for_hints = index.connect(settings.redis_url), hints.connect(settings.redis_url)
    told = hints.Hints(for_hints)
    hub = Hub(database, told)
    rules = Rules.with_windows(reply=settings.reply_window, pickup=settings.pickup_window)
    following = asyncio.create_task(rules.follow(database))
    ending: list[asyncio.Task[None]] = []
    # Granian drops its connections before it tells the app: `running.serving` says it earlier.
    with contextlib.suppress(RuntimeError, ValueError):  # only a process's main thread can be told
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGUSR1, lambda: ending.append(asyncio.create_task(hub.stop()))
        )
    try:
        await hub.start()
        yield Services(settings, database, index.DeadlineIndex(for_index), told, rules, hub)
    finally:
        following.cancel()
        await hub.stop()
        await for_hints.aclose()
        await for_index.aclose()
        await database.close()


async def kuaidi100_hook(request: Request) -> Response:
    """Take a Kuaidi100 push (`domain.md §8`); 404 while no salt is set, 403 for a wrong signature."""
    services: Services = request.app.state.services
    salt = services.settings.kuaidi100_salt
    if salt is None:
        return PlainTextResponse("Not Found", status_code=404)
    try:
        param, sign = kuaidi100.parse_form(await request.body())
        if not kuaidi100.verify(param, sign, salt):
            return JSONResponse(kuaidi100.refused("wrong sign", code="403"), status_code=403)
        parsed = kuaidi100.parse(param)
    except PushError as error:
        return JSONResponse(kuaidi100.refused(error.message, code="400"), status_code=400)
    _tell_problems("kuaidi100", parsed)
    _tell_refused("kuaidi100", await scans.record_pushed(services, parsed.scans))
    return JSONResponse(dict(kuaidi100.ACCEPTED))


async def smartlogistics_hook(request: Request) -> Response:
    """Take a smart-logistics push (`domain.md §8`); 404 while no token is set, 403 for a wrong one."""
    services: Services = request.app.state.services
    token = services.settings.smartlogistics_token
    if token is None:
        return PlainTextResponse("Not Found", status_code=404)
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    given = request.headers.get("x-lanshou-token", bearer)
    if not hmac.compare_digest(given.encode("latin-1"), token.encode()):
        return JSONResponse({"success": False, "errorMsg": "wrong token"}, status_code=403)
    try:
        parsed = smartlogistics.parse(await request.body())
    except PushError as error:
        return JSONResponse({"success": False, "errorMsg": error.message}, status_code=400)
    _tell_problems("smartlogistics", parsed)
    _tell_refused("smartlogistics", await scans.record_pushed(services, parsed.scans))
    return JSONResponse({"success": True})


def _tell_problems(sender: str, parsed: Parsed) -> None:
    for problem in parsed.problems[:PROBLEMS_TOLD]:
        log.warning("%s: row %d was left out: %s", sender, problem.index, problem.message)
    if len(parsed.problems) > PROBLEMS_TOLD:
        log.warning("%s: %d rows were left out", sender, len(parsed.problems))


def _tell_refused(sender: str, recorded: Recorded) -> None:
    """The sender is answered as if all were well: sending the same again would mend nothing."""
    errors = [row.error for row in recorded.rows if row.error is not None]
    if errors:
        log.warning("%s: %d scans were refused, the first: %s", sender, len(errors), errors[0])


async def away(request: Request, error: Exception) -> Response:
    """A hook while PostgreSQL is away: its sender tries again."""
    throttle.POSTGRES.warning(f"{request.url.path} answers 503", error)
    return PlainTextResponse("Service Unavailable", status_code=503)


async def gone(request: Request, error: Exception) -> Response:
    """Whoever asked went away in the middle of the request: nobody reads this, and no log tells of it."""
    del request, error
    return Response(status_code=400)


async def healthz(request: Request) -> Response:
    """The process lives."""
    del request
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether requests can be answered: 503 without a migrated database, `degraded` without Redis."""
    services: Services = request.app.state.services
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            revision = await services.database.pool.fetchval("SELECT version_num FROM alembic_version")
    except Exception as error:  # noqa: BLE001 - whatever it is, the database does not answer
        throttle.POSTGRES.warning("not ready: the database does not answer", error, message=False)
        return JSONResponse({"status": "unavailable", "database": "away"}, status_code=503)
    if revision != HEAD:
        body = {"status": "unavailable", "database": f"at migration {revision}, needs {HEAD}"}
        return JSONResponse(body, status_code=503)
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            await services.index.counts()
    except Exception:  # noqa: BLE001 - Redis is an index: without it the API still answers
        return JSONResponse({"status": "degraded", "redis": "away"})
    return JSONResponse({"status": "ok"})


async def metrics(request: Request) -> Response:
    """A few figures as Prometheus text."""
    pool = request.app.state.services.database.pool
    figures = {
        "lanshou_up": ("Whether the process answers.", 1),
        "lanshou_database_connections": ("Connections to PostgreSQL.", pool.get_size()),
        "lanshou_database_connections_idle": ("Of these, unused.", pool.get_idle_size()),
        "process_cpu_seconds_total": ("Processor time used.", time.process_time()),
    }
    lines = []
    for name, (text, value) in figures.items():
        kind = "counter" if name.endswith("total") else "gauge"
        lines.append(f"# HELP {name} {text}\n# TYPE {name} {kind}\n{name} {value}\n")
    return PlainTextResponse("".join(lines), media_type="text/plain; version=0.0.4")


async def welcome(request: Request) -> Response:
    """What this is, until the console stands here."""
    settings: Settings = request.app.state.settings
    links = READY if settings.production else GRAPHIQL + READY
    return HTMLResponse(WELCOME.replace("{links}", links))
