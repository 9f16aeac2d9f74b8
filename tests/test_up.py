"""`cli.py up` on real processes: it starts, mends itself, and leaves nothing behind."""

import http.client
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jwt
import psutil
import pytest

from embedded import server as servers
from embedded import state
from running import child
from running.child import Child
from running.printer import Printer
from settings import Settings

ROOT = Path(__file__).parents[1]
READY = "Lanshou is ready"


class Up:
    """One `up` in a folder and on ports of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.data = folder / "data"
        self.port = servers.any_free_port()
        self.worker_port = servers.any_free_port()
        self._log = folder / "up.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LANSHOU_")},
            "LANSHOU_DATA": str(self.data),
            "LANSHOU_PORT": str(self.port),
            "LANSHOU_WORKER_PORT": str(self.worker_port),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *words: str) -> "Up":
        """Start it without the demo, in the background."""
        with self._log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "cli.py"), "up", "--no-demo", *words],
                env=self._environment,
                stdout=out,
                stderr=out,
            )
        return self

    def ready(self) -> "Up":
        """Wait until it says so."""
        until(lambda: READY in self.said() or self.ended(), 60)
        assert READY in self.said(), self.said()
        return self

    def said(self) -> str:
        return self._log.read_text()

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def end(self, how: signal.Signals) -> int:
        """End it, and give its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(15)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command with the data folder and the port only."""
        return subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), *words],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def pid(self, name: str) -> int:
        return state.read(self.data)[name]["pid"] or 0

    def processes(self) -> list[psutil.Process]:
        """Everything of this copy that runs, the private servers too."""
        ours = [each for each in psutil.process_iter() if child.is_of(each, self.data)]
        live = [state.process(entry) for entry in state.read(self.data).values()]
        return ours + [each for each in live if each is not None and each not in ours]


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until something holds, and fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.05)


def status(port: int, path: str) -> int | None:
    """The status that a page answers with; None when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that the private servers can enter; whatever still runs there is ended."""
    made = Path(tempfile.mkdtemp(prefix="lanshou-up-"))
    made.chmod(0o711)
    yield made
    for data in made.glob("*/data"):
        child.end_leftovers(data)
        for entry in state.live(data).values():
            if found := state.process(entry):
                servers.end(found, signal.SIGINT)
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def copy(folder: Path) -> Iterator[Up]:
    """A copy that runs while the tests of this file look at it."""
    (folder / "shared").mkdir(mode=0o711)
    running = Up(folder / "shared").start().ready()
    yield running
    if not running.ended():
        running.end(signal.SIGTERM)


@pytest.fixture
def fresh(folder: Path, request: pytest.FixtureRequest) -> Iterator[Up]:
    """A copy of this test's own, not started yet."""
    own = folder / request.node.name
    own.mkdir(mode=0o711)
    made = Up(own)
    yield made
    if not made.ended():
        made.end(signal.SIGKILL)


def test_it_prints_addresses_and_a_token_that_its_key_signed(copy: Up) -> None:
    assert f"http://127.0.0.1:{copy.port}/graphql" in copy.said()
    token = next(line.split()[-1] for line in copy.said().splitlines() if " platform " in line)
    key = (copy.data / "jwt.key").read_text()
    assert jwt.decode(token, key, ["HS256"], audience="lanshou")["role"] == "platform"
    assert (copy.data / "jwt.key").stat().st_mode & 0o077 == 0


def test_its_pages_answer(copy: Up) -> None:
    assert status(copy.port, "/readyz") == 200
    assert status(copy.worker_port, "/healthz") == 200


def test_doctor_finds_it_by_its_folder_and_nothing_wrong(copy: Up) -> None:
    looked = copy.run("doctor")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert f"runs on http://127.0.0.1:{copy.port}" in looked.stdout


def test_no_secret_is_on_any_command_line(copy: Up) -> None:
    key = (copy.data / "jwt.key").read_text()
    lines = " ".join(" ".join(each.cmdline()) for each in copy.processes())
    assert "serve" in lines
    assert key not in lines
    assert "postgresql://" not in lines


def test_a_second_up_in_the_same_folder_is_refused(copy: Up) -> None:
    refused = copy.run("up", "--no-demo")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{copy.data} is in use by another Lanshou (process ")
    assert status(copy.port, "/readyz") == 200


def test_a_taken_port_is_one_line_that_names_who_has_it(copy: Up, fresh: Up) -> None:
    refused = Up(fresh.data.parent, LANSHOU_PORT=str(copy.port))
    ended = refused.run("up", "--no-demo")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"port {copy.port} is in use by ")
    assert "LANSHOU_DATA=" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert refused.processes() == []


@pytest.mark.parametrize(("name", "page"), [("web", "/readyz"), ("worker", "/healthz")])
def test_a_killed_process_is_started_again(copy: Up, name: str, page: str) -> None:
    port = copy.port if name == "web" else copy.worker_port
    os.kill(copy.pid(name), signal.SIGKILL)
    until(lambda: f"{name} was ended by SIGKILL" in copy.said(), 5)
    until(lambda: status(port, page) == 200, 15)


@pytest.mark.parametrize("name", ["redis", "postgres"])
def test_a_killed_private_server_is_started_again_where_it_was(copy: Up, name: str) -> None:
    before = state.read(copy.data)[name]
    os.kill(copy.pid(name), signal.SIGKILL)
    until(lambda: copy.said().count(f"private {name} is ready") == 2, 15)
    after = state.read(copy.data)[name]
    assert (after["url"], after["pid"] != before["pid"]) == (before["url"], True)
    until(lambda: status(copy.port, "/readyz") == 200, 15)


def test_a_signal_ends_everything_in_ten_seconds(copy: Up) -> None:
    """Last with the shared copy: it ends it."""
    before = copy.processes()
    assert len(before) >= 5
    began = time.monotonic()
    assert copy.end(signal.SIGINT) == 0
    assert time.monotonic() - began < 10
    assert [each for each in before if servers.runs(each)] == []
    assert state.read(copy.data) == {}


@pytest.mark.slow
def test_after_kill_9_the_next_start_clears_up_and_is_quick(fresh: Up) -> None:
    fresh.start().ready()
    fresh.end(signal.SIGKILL)
    left = fresh.processes()
    assert len(left) >= 4
    began = time.monotonic()
    fresh.start().ready()
    assert time.monotonic() - began < 16  # 8 on a machine with nothing else to do
    assert [each for each in left if servers.runs(each)] == []
    assert fresh.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("name", ["LANSHOU_DATABASE_URL", "LANSHOU_REDIS_URL"])
def test_a_server_that_does_not_answer_is_one_line(fresh: Up, name: str) -> None:
    url = "postgresql://a:s3cret@127.0.0.1:1/b" if "DATABASE" in name else "redis://:s3cret@127.0.0.1:1/0"
    ended = Up(fresh.data.parent, **{name: url}).run("up", "--no-demo")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{name}: ")
    assert "s3cret" not in ended.stderr + ended.stdout
    assert ended.stderr.count("\n") == 1
    assert fresh.processes() == []


def test_given_servers_are_used_and_found_by_the_other_commands(
    fresh: Up, database_url: str, redis_url: str
) -> None:
    given = Up(fresh.data.parent, LANSHOU_DATABASE_URL=database_url, LANSHOU_REDIS_URL=redis_url)
    try:
        given.start().ready()
        assert "private" not in given.said()
        fresh.port = given.port
        found = fresh.run("doctor")
        assert "PostgreSQL 18" in found.stdout
        assert "tables: up to date" in found.stdout
    finally:
        given.end(signal.SIGTERM)


def test_a_process_that_keeps_dying_is_started_ever_more_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "FIRST_PAUSE_S", 0.05)
    settings = Settings(data=tmp_path)
    printed = io.StringIO()
    dying = Child("worker", "no-such-command", Printer(printed))
    dying.start(settings)
    deadline = time.monotonic() + 30
    while "starts again in 0.2 s" not in printed.getvalue() and time.monotonic() < deadline:
        dying.revive(settings)
        time.sleep(0.01)
    dying.end(time.monotonic())
    pauses = re.findall(r"exit code 2; it starts again in ([\d.]+) s", printed.getvalue())
    assert pauses == ["0.05", "0.1", "0.2"]
