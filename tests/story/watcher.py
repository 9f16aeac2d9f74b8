"""A Node process that watches the queue with graphql-ws or graphql-sse (clients/watch.mjs)."""

import json
import os
import queue
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

CLIENTS = Path(__file__).parent / "clients"
Transport = Literal["ws", "sse"]
Said = dict[str, Any]


class Watcher:
    """One subscriber; what it says is read line by line, in order."""

    def __init__(self, node: str, transport: Transport, url: str, token: str, **variables: object) -> None:
        self.transport = transport
        self._said: queue.Queue[Said] = queue.Queue()
        self._process = subprocess.Popen(
            [node, "watch.mjs", transport, url, json.dumps(variables)],
            cwd=CLIENTS,
            env={**os.environ, "LANSHOU_TOKEN": token},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,))
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def next(self, within_s: float = 5) -> Said:
        """What it says next."""
        try:
            return self._said.get(timeout=within_s)
        except queue.Empty:
            raise AssertionError(f"{self.transport}: nothing in {within_s} s") from None

    def connected(self, *, again: bool = False) -> None:
        """Wait until the package says that it is connected."""
        assert self.next(15) == {"connected": {"again": again}}

    def message(self, within_s: float = 5) -> Said:
        """The next message of the stream, which must be what it says next."""
        said = self.next(within_s)
        assert list(said) == ["message"], said
        message: Said = said["message"]
        return message

    def assert_silent(self, seconds: float) -> None:
        """Fail when it says anything within so many seconds."""
        try:
            said = self._said.get(timeout=seconds)
        except queue.Empty:
            return
        raise AssertionError(f"{self.transport}: {said}")

    def cut(self) -> None:
        """Have it drop its connection, and stay away."""
        self._tell("cut")
        said = self.next()
        while said != {"cut": True}:
            assert list(said) == ["closed"], said
            said = self.next()

    def resume(self) -> None:
        """Let the package connect again."""
        self._tell("resume")

    def _tell(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def _read(self, lines: IO[str] | None) -> None:
        for line in lines or ():
            self._said.put(json.loads(line))
