"""One private server as a child process: started, watched for readiness, stopped."""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import psutil

from embedded import state
from embedded.account import Account
from embedded.errors import EmbeddedError

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 5.0
PORT_TRIES = 5
ROOM_NEEDED_BYTES = 256 * 1024 * 1024
# Nothing of ours leaks into the servers, and macOS's PostgreSQL insists on a plain locale.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


@dataclass(slots=True)
class Server:
    """A running private server; `stop` ends it and frees its folder for the next start."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    data: Path
    claim: IO[str]
    stop_signal: signal.Signals

    @property
    def pid(self) -> int:
        """The number of the server's main process."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def __enter__(self) -> Self:
        """Give the server itself; leaving the block stops it."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Stop the server."""
        self.stop()

    def stop(self) -> None:
        """End the server in order, or by force after five seconds; a second call does nothing."""
        if self.claim.closed:
            return
        if self.alive:
            end(psutil.Process(self.pid), self.stop_signal)
        self.process.wait()
        state.record(self.data, self.name, None)
        self.claim.close()


@dataclass(frozen=True, slots=True)
class Launch:
    """What it takes to start one kind of server, and to know its misfortunes by its log."""

    name: str
    command: Sequence[str]
    url: str
    home: Path
    data: Path
    account: Account | None
    stop_signal: signal.Signals
    is_ready: Callable[[subprocess.Popen[bytes]], bool]
    stdin: bytes = b""


class PortTakenError(EmbeddedError):
    """Another program took the port between our choice and the server's start."""


def claim(data: Path, name: str) -> IO[str]:
    """Take the folder's only right to run `name`; the system frees it when its holder ends, even by kill -9.

    Raises:
        EmbeddedError: another process holds it.
    """
    file = (data / f"{name}.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise EmbeddedError(
            f"{data} is in use by another Lanshou{f' (process {holder})' if holder else ''}: "
            "stop that one, or set LANSHOU_DATA and LANSHOU_PORT for a copy beside it"
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def check_room(folder: Path) -> None:
    """Refuse to start on a disk that is about to be full."""
    status = os.statvfs(folder)
    if (free := status.f_bavail * status.f_frsize) < ROOM_NEEDED_BYTES:
        raise EmbeddedError(
            f"the disk of {folder} has {free // 2**20} MB left and a start needs "
            f"{ROOM_NEEDED_BYTES // 2**20}: make room, or set LANSHOU_DATA to a folder on another disk"
        )


def launch(plan: Launch, held: IO[str]) -> Server:
    """Start the server and wait until it answers, at most a minute.

    Raises:
        PortTakenError: the port is no longer free; try another.
        EmbeddedError: it ended or did not become ready; the line has its last word and its log.
    """
    log = plan.data / f"{plan.name}.log"
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        process = spawn(plan.command, plan.home, plan.account, stdout=out, stderr=out, stdin=subprocess.PIPE)
    server = Server(plan.name, plan.url, process, plan.data, held, plan.stop_signal)
    # Recorded before it is ready: who is killed now leaves a trace for the next start.
    state.record(
        plan.data, plan.name, {"url": plan.url, "pid": process.pid, "started": state.started_at(process.pid)}
    )
    if process.stdin is not None:
        with suppress(BrokenPipeError):  # It ended already; its log says why.
            process.stdin.write(plan.stdin)
            process.stdin.close()
    try:
        _wait(server, plan)
    except BaseException:  # Ctrl-C too: nothing half-started stays behind.
        if server.alive:
            end(psutil.Process(process.pid), plan.stop_signal)
        process.wait()
        state.record(plan.data, plan.name, None)
        raise
    return server


def _wait(server: Server, plan: Launch) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not (server.alive and plan.is_ready(server.process)):
        if not server.alive or time.monotonic() > deadline:
            log = plan.data / f"{plan.name}.log"
            raise misfortune(plan.name, log.read_text(errors="replace"), plan.home)
        time.sleep(0.02)


def spawn(
    command: Sequence[str],
    folder: Path,
    account: Account | None,
    *,
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | int,
    stdin: int,
) -> subprocess.Popen[bytes]:
    """Start `command` in `folder` as `account`, in a session of its own so that Ctrl-C is ours to handle."""
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=ENVIRONMENT,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=() if account else None,
        )
    except OSError as error:
        raise EmbeddedError(
            f"{command[0]} cannot be started here ({error}): set LANSHOU_DATABASE_URL and LANSHOU_REDIS_URL"
        ) from None


def end(process: psutil.Process, how: signal.Signals) -> None:
    """Ask a process to end with `how`, and after five seconds end it and its children by force."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(how)
        if not wait([process], STOP_WITHIN_S):
            return
        family = [process, *process.children(recursive=True)]
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        wait(family, STOP_WITHIN_S)


def wait(processes: Sequence[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    """Wait for the end of all `processes`, at most `timeout_s`; give those that still run.

    One that is over but not yet collected by its parent has ended: in a container the first
    process may take seconds to do that.
    """
    deadline = time.monotonic() + timeout_s
    while (left := [each for each in processes if runs(each)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def runs(process: psutil.Process) -> bool:
    """Tell whether a process has not ended."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def any_free_port() -> int:
    """Give a port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def free_port(home: Path) -> int:
    """Give a free port of 127.0.0.1: the server's last one, kept beside its data, where nobody took it."""
    path = home / "port"
    last = path.read_text() if path.exists() else ""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(last) if last.isdecimal() else 0))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    path.write_text(str(port))
    return port


def password(home: Path, account: Account | None) -> Path:
    """Give the file with the password, kept beside the server's data and made at the first start."""
    path = home / "password"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
        if account is not None:
            os.chown(path, account.uid, account.gid)
    return path


def misfortune(name: str, said: str, folder: Path) -> EmbeddedError:
    """Turn the last words of a server of `folder` into the line that says what to do."""
    if "Address already in use" in said:
        return PortTakenError(f"the port of the private {name} was taken by another program: start again")
    if "No space left on device" in said:
        return EmbeddedError(f"the disk of {folder} is full: make room, or set LANSHOU_DATA to another disk")
    if "RDB format version" in said:
        return EmbeddedError(
            f"{folder} was written by a newer Redis: install that one, or remove the folder "
            "(it is only an index)"
        )
    lines = [line for line in said.splitlines() if line.strip()]
    return EmbeddedError(f"the private {name} did not start: {lines[-1] if lines else 'it said nothing'}")
