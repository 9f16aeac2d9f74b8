"""Real Redis servers in several processes for the tests: a Cluster, a master and replica with Sentinels.

They run as whoever runs the tests, without the private server's account and folder: what matters here is that
single ones can be killed, stopped and brought back on their ports.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis

from embedded import redis as private

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PASSWORD = "in tests: only"
QUOTED = "in%20tests%3A%20only"
SERVICE = "lanshou"
SLOTS = 16_384
READY_WITHIN_S = 20.0
NODE_TIMEOUT_MS = 1_000
"""How long a node of a Cluster may be silent before the others call it dead; some seconds in production."""
SENTINEL_TIMEOUT_MS = 1_000
_BUS = 10_000
"""A Cluster's nodes speak to each other on a port that is so much higher."""


class Node:
    """One server process on a port of its own."""

    def __init__(self, folder: Path, settings: Mapping[str, object], *, sentinel: str = "") -> None:
        self.port = _free_port()
        self._folder = folder / str(self.port)
        self._folder.mkdir()
        self._sentinel = bool(sentinel)
        self._file = self._folder / "server.conf"
        lines = {"port": self.port, "bind": "127.0.0.1", "dir": self._folder, **settings}
        text = "".join(f"{name} {value}\n" for name, value in lines.items())
        self._file.write_text(text + sentinel)
        self.start()

    def start(self) -> None:
        """Start it, on the same port and with what it kept."""
        command = [str(private.program()), str(self._file), *(["--sentinel"] if self._sentinel else [])]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        _until(self._answers, f"the server of {self._folder}")

    def ask(self, *command: object) -> Any:
        """The answer to a command, sent to this very server."""
        password = None if self._sentinel else PASSWORD
        with redis.Redis(port=self.port, password=password, socket_timeout=5) as client:
            return client.execute_command(*command)

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """Let it hang: its connections stay open."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError, OSError):
            return bool(self.ask("PING"))
        return False


class Cluster:
    """Three masters, each with a replica if wanted."""

    def __init__(self, folder: Path, *, replicas: bool) -> None:
        settings = {
            "requirepass": f'"{PASSWORD}"',
            "masterauth": f'"{PASSWORD}"',
            "save": '""',
            "cluster-enabled": "yes",
            "cluster-node-timeout": NODE_TIMEOUT_MS,
            "cluster-require-full-coverage": "no",
            "repl-diskless-sync-delay": 0,
        }
        self.nodes: list[Node] = []
        try:
            for _ in range(6 if replicas else 3):
                self.nodes.append(Node(folder, settings))
            self._join()
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        """Its address: two of the nodes are named, the others have to be found."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:2])
        return f"redis+cluster://:{QUOTED}@{hosts}"

    def masters(self) -> list[Node]:
        """Those that have slots now, as a living node sees it."""
        by_port = {node.port: node for node in self.nodes}
        living = next(node for node in self.nodes if node.process.poll() is None)
        return [by_port[int(part[2][1])] for part in living.ask("CLUSTER", "SLOTS")]

    def flush(self) -> None:
        """FLUSHALL on every master."""
        for node in self.masters():
            with contextlib.suppress(redis.RedisError, OSError):
                node.ask("FLUSHALL")

    def stop(self) -> None:
        """End all of it."""
        for node in self.nodes:
            node.kill()

    def _join(self) -> None:
        first, *others = self.nodes
        for epoch, node in enumerate(self.nodes, 1):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", epoch)
        for node in others:
            node.ask("CLUSTER", "MEET", "127.0.0.1", first.port)
        for number, node in enumerate(self.nodes[:3]):
            node.ask("CLUSTER", "ADDSLOTS", *range(SLOTS * number // 3, SLOTS * (number + 1) // 3))
        _until(lambda: all(_known(node) == len(self.nodes) for node in self.nodes), "the Cluster's nodes")
        for master, replica in zip(self.nodes, self.nodes[3:], strict=False):
            replica.ask("CLUSTER", "REPLICATE", master.ask("CLUSTER", "MYID"))
        _until(lambda: all(_healthy(node) for node in self.nodes), "the Cluster")
        if len(self.nodes) > 3:
            _until(lambda: all(_followed(node) for node in self.nodes[:3]), "the replicas")


class Watched:
    """A master, a replica, and three Sentinels that put the one in the other's place."""

    def __init__(self, folder: Path) -> None:
        settings = {
            "requirepass": f'"{PASSWORD}"',
            "masterauth": f'"{PASSWORD}"',
            "save": '""',
            "repl-diskless-sync-delay": 0,
        }
        self.nodes: list[Node] = []
        self.sentinels: list[Node] = []
        try:
            self.nodes.append(Node(folder, settings))
            master = self.nodes[0].port
            self.nodes.append(Node(folder, {**settings, "replicaof": f"127.0.0.1 {master}"}))
            watch = (
                f"sentinel monitor {SERVICE} 127.0.0.1 {master} 2\n"
                f'sentinel auth-pass {SERVICE} "{PASSWORD}"\n'
                f"sentinel down-after-milliseconds {SERVICE} {SENTINEL_TIMEOUT_MS}\n"
                f"sentinel failover-timeout {SERVICE} 5000\n"
            )
            for _ in range(3):
                self.sentinels.append(Node(folder, {}, sentinel=watch))
            _until(lambda: _followed(self.nodes[0]), "the replica")
            _until(lambda: all(_watches(each) for each in self.sentinels), "the Sentinels")
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        """Its address: the Sentinels and the name under which they watch."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.sentinels)
        return f"redis+sentinel://:{QUOTED}@{hosts}/{SERVICE}"

    def master(self) -> Node:
        """Whom the Sentinels name."""
        _, port = self.sentinels[0].ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return next(node for node in self.nodes if node.port == int(port))

    def stop(self) -> None:
        """End all of it."""
        for node in (*self.sentinels, *self.nodes):
            node.kill()


@contextlib.contextmanager
def cluster(*, replicas: bool) -> Iterator[Cluster]:
    """A Cluster of three, started and ended."""
    with _folder() as folder:
        made = Cluster(folder, replicas=replicas)
        try:
            yield made
        finally:
            made.stop()


@contextlib.contextmanager
def watched() -> Iterator[Watched]:
    """A master with a replica and Sentinels, started and ended."""
    with _folder() as folder:
        made = Watched(folder)
        try:
            yield made
        finally:
            made.stop()


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lanshou-nodes-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _info(node: Node, section: str) -> Mapping[str, Any]:
    found = node.ask("INFO", section)
    assert isinstance(found, dict)
    return found


def _known(node: Node) -> int:
    return int(_cluster_info(node)["cluster_known_nodes"])


def _healthy(node: Node) -> bool:
    return _cluster_info(node)["cluster_state"] == "ok"


def _cluster_info(node: Node) -> Mapping[str, str]:
    lines = node.ask("CLUSTER", "INFO").decode().splitlines()
    return dict(line.split(":", 1) for line in lines)


def _followed(node: Node) -> bool:
    about = _info(node, "replication")
    return bool(about["connected_slaves"]) and about["slave0"]["state"] == "online"


def _watches(node: Node) -> bool:
    about = _info(node, "sentinel").get("master0", {})
    return (about.get("status"), about.get("slaves"), about.get("sentinels")) == ("ok", 1, 3)


def _free_port() -> int:
    """A port that is free, and the one for its Cluster's bus too."""
    while True:
        port = random.randrange(20_000, 50_000)
        with contextlib.suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + _BUS))
            return port


def _until(true: Any, what: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not become ready")
        time.sleep(0.02)
