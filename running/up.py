"""The whole copy in the foreground: `python cli.py up`, which `make run` calls."""

import asyncio
import http.client
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

import asyncpg

import embedded
from embedded import account as accounts
from embedded import server as servers
from embedded import state
from live import nodes
from live.nodes import Command
from running import child, keys, ports, tokens
from running.child import Child
from running.errors import StartError
from running.printer import Printer
from settings import Settings

READY_WITHIN_S = 90.0
CHILDREN_END_WITHIN_S = 4.5
LOOK_EVERY_S = 0.1
SEEDED = "demo.seeded"


class Stopped(BaseException):
    """SIGINT or SIGTERM came: everything started so far is ended in order."""


def up(settings: Settings, printer: Printer) -> int:
    """Run a whole copy until SIGINT or SIGTERM; give the exit code.

    Private servers stand in for each URL that is not set. Whatever an earlier, killed copy of the
    same folder left running is ended first.

    Raises:
        StartError, EmbeddedError: it cannot run here; nothing is left running.
    """
    accounts.make(settings.data)
    with servers.claim(settings.data, "up"):
        copy = Copy(settings, printer)
        with _signals():
            try:
                copy.start()
                copy.watch()
            except Stopped:
                printer.line("lanshou", "stopping")
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                copy.stop()
    return 0


class Copy:
    """One copy's private servers and processes, from start to stop."""

    def __init__(self, settings: Settings, printer: Printer) -> None:
        self.settings = settings
        self._printer = printer
        self._servers: dict[str, embedded.Server] = {}
        self._web = Child("web", "serve", printer)
        self._worker = Child("worker", "worker", printer)
        self._story = Child("story", "story", printer)
        self._began = time.monotonic()

    def start(self) -> None:
        """Bring everything up in order, and say where it is."""
        if left := child.end_leftovers(self.settings.data):
            self._say(f"ended {left} processes that an earlier start left behind")
        ports.check(self.settings)
        self._choose_worker_port()
        if not self.settings.production:
            self._take_keys()
        self._start_servers()
        self._migrate()
        if self.settings.demo:
            self._seed()
        for process in (self._web, self._worker):
            process.start(self.settings)
        self._until_ready()
        self._record()
        self._greet()
        if self.settings.demo:
            self._story.start(self.settings)

    def watch(self) -> None:
        """Start again whatever dies, until a signal comes."""
        while True:
            time.sleep(LOOK_EVERY_S)
            for name in [name for name, server in self._servers.items() if not server.alive]:
                self._revive(name)
            before = (self._web.pid, self._worker.pid)
            for process in (self._web, self._worker, self._story):
                process.revive(self.settings)
            if (self._web.pid, self._worker.pid) != before:
                self._record()

    def stop(self) -> None:
        """End the processes, then the servers they use: ten seconds at most."""
        deadline = time.monotonic() + CHILDREN_END_WITHIN_S
        processes = (self._story, self._web, self._worker)
        for process in processes:
            process.ask_to_end()
        for process in processes:
            process.end(deadline)
        # Side by side, for each may take its five seconds.
        enders = [threading.Thread(target=server.stop) for server in self._servers.values()]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()
        for name in ("web", "worker", "postgres", "redis"):
            state.record(self.settings.data, name, None)

    def _say(self, text: str) -> None:
        self._printer.line("lanshou", text)

    def _take_keys(self) -> None:
        data, given = self.settings.data, self.settings
        self.settings = replace(
            given,
            jwt_key=given.jwt_key or keys.TOKENS.kept_or_made(data),
            evidence_key=given.evidence_key or keys.EVIDENCE.kept_or_made(data),
        )

    def _choose_worker_port(self) -> None:
        wanted = self.settings.worker_port
        if not ports.is_free(self.settings.host, wanted):
            chosen = servers.any_free_port()
            self._say(
                f"port {wanted} is in use{ports.holder(wanted)}: the worker's page is on {chosen} instead"
            )
            self.settings = replace(self.settings, worker_port=chosen)

    def _start_servers(self) -> None:
        if self.settings.database_url is None:
            self._begin("postgres", embedded.start_postgres)
        if self.settings.redis_url is None:
            self._begin("redis", embedded.start_redis)
        self._check_servers()
        for name, url in (("postgres", self.settings.database_url), ("redis", self.settings.redis_url)):
            if name not in self._servers:
                state.record(self.settings.data, name, {"url": url or "", "pid": None})

    def _begin(self, name: str, start: Callable[..., embedded.Server]) -> None:
        began = time.monotonic()
        server = start(self.settings.data)
        self._servers[name] = server
        if name == "postgres":
            self.settings = replace(self.settings, database_url=server.url)
        else:
            self.settings = replace(self.settings, redis_url=server.url)
        self._say(f"private {name} is ready ({time.monotonic() - began:.1f} s)")

    def _check_servers(self) -> None:
        """Ask the given servers once, so that a wrong URL is one line and no traceback."""
        if "postgres" not in self._servers:
            try:
                asyncio.run(_ask(self.settings.database_url or ""))
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
                raise StartError(
                    f"LANSHOU_DATABASE_URL: PostgreSQL does not answer ({_one_line(error)})"
                ) from None
        if "redis" not in self._servers:
            try:
                asyncio.run(_ask_redis(self.settings.redis_url or ""))
            except (*nodes.AWAY, ValueError) as error:
                raise StartError(f"LANSHOU_REDIS_URL: Redis does not answer ({_one_line(error)})") from None

    def _migrate(self) -> None:
        from db import migrate  # noqa: PLC0415  (half a second of SQLAlchemy, not wanted by --help)

        url = self.settings.database_url or ""
        before, head = migrate.current(url), migrate.head()
        if before == head:
            self._say(f"the tables are up to date ({head})")
            return
        migrate.upgrade(url)
        self._say(f"the tables were brought from {before or 'nothing'} to {head}")

    def _seed(self) -> None:
        marker = self.settings.data / SEEDED
        if marker.exists():
            return
        import demo  # noqa: PLC0415  (only a first start needs it)

        self._say("making the demo shops (once; `make run ARGS=--no-demo` starts without)")
        asyncio.run(demo.seed(self.settings))
        marker.touch()

    def _until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        pages = [
            (self._web, self.settings.port, "/readyz"),
            (self._worker, self.settings.worker_port, "/healthz"),
        ]
        while pages:
            for process, _, _ in pages:
                if not process.alive:
                    raise StartError(
                        f"{process.name} {process.ended()} before it was ready: its last lines say why"
                    )
            if time.monotonic() > deadline:
                names = " and ".join(process.name for process, _, _ in pages)
                raise StartError(
                    f"{names} did not become ready in {READY_WITHIN_S:g} s: the lines above say why"
                )
            pages = [page for page in pages if not _answers(self.settings.host, *page[1:])]
            time.sleep(LOOK_EVERY_S)

    def _record(self) -> None:
        for process, port in ((self._web, self.settings.port), (self._worker, self.settings.worker_port)):
            pid = process.pid
            url = f"http://{_shown(self.settings.host)}:{port}"
            started = state.started_at(pid) if pid else None
            state.record(self.settings.data, process.name, {"url": url, "pid": pid, "started": started})

    def _greet(self) -> None:
        web = f"http://{_shown(self.settings.host)}:{self.settings.port}"
        worker = f"http://{_shown(self.settings.host)}:{self.settings.worker_port}"
        lines = [f"Lanshou is ready ({time.monotonic() - self._began:.1f} s). Ctrl-C ends it; its data stay."]
        lines += [
            f"  console      {web}/",
            f"  GraphiQL     {web}/graphql",
            f"  worker       {worker}/metrics",
        ]
        lines += [f"  data         {self.settings.data}"]
        if not self.settings.production:
            lines += ["one token a role, good for 12 hours (others: python cli.py token --help):"]
            lines += [f"  {name:<13}{token}" for name, token in asyncio.run(tokens.samples(self.settings))]
        for line in lines:
            self._say(line)

    def _revive(self, name: str) -> None:
        """Start a private server that died again; the others keep running and find it where it was."""
        self._say(
            f"the private {name} {child.said_of(self._servers[name].process.returncode)}: it is started again"
        )
        self._servers[name].stop()
        before = self.settings
        try:
            self._begin(name, embedded.start_postgres if name == "postgres" else embedded.start_redis)
        except embedded.EmbeddedError as error:
            self._say(f"{error}; another try in a second")
            time.sleep(1)
            return
        if self.settings != before:
            # Its old port was taken meanwhile, so the others must learn the new one.
            for process in (self._web, self._worker, self._story):
                process.ask_to_end()


@contextmanager
def _signals() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into `Stopped` while the block runs."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _ask(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    await connection.close()


async def _ask_redis(url: str) -> None:
    client = nodes.connect(url, connect_timeout_s=10, read_timeout_s=10)
    try:
        for answer in await nodes.send(client, [Command(None, ("PING",))], None):
            if isinstance(answer, Exception):
                raise answer
    finally:
        await client.aclose()


def _answers(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(_shown(host).strip("[]"), port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _shown(host: str) -> str:
    """Give the address under which one reaches a server that listens on `host`."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  (what an operator may have set)
    return everywhere.get(host, f"[{host}]" if ":" in host else host)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
