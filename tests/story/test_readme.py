"""The README's tour, line by line: what it tells people to type, and what it says they will see."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.story.copy import ROOT, Copy

TOUR_WITHIN_S = 110
# The one thing that is different here: the tour waits for a deadline, and nobody is reading meanwhile.
WINDOW = "15s"
NEXT = "=== block"
LISTENING = " &\nLISTENER=$!"
PUSHED_WITHIN_S = 15


@dataclass(frozen=True)
class Block:
    """Lines to type, and the lines that must then be seen."""

    typed: str
    seen: tuple[str, ...]


def tour() -> tuple[dict[str, str], list[Block]]:
    """The variables that the tour starts Lanshou with, and its blocks."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## A tour of five minutes\n")[2].partition("\n## ")[0]
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    (_, start), *others = fences
    assert start.endswith(" make run\n"), start
    blocks: list[Block] = []
    for language, lines in others:
        if language == "sh":
            blocks.append(Block(lines, ()))
        else:
            assert language == "text"
            blocks[-1] = Block(blocks[-1].typed, tuple(lines.splitlines()))
    return dict(re.findall(r"(LANSHOU_\w+)=(\S+)", start)), blocks


@pytest.fixture
def toured(copy_folder: Path) -> Iterator[tuple[Copy, list[Block]]]:
    """A copy started as the tour says, and the tour's blocks."""
    if missing := [name for name in ("bash", "curl") if shutil.which(name) is None]:
        pytest.skip(f"no {' and no '.join(missing)} here: the tour is typed into a shell")
    environment, blocks = tour()
    assert environment["LANSHOU_REPLY_WINDOW"] == "60s"
    folder = copy_folder / "readme"
    folder.mkdir(mode=0o711)
    copy = Copy(folder, **{**environment, "LANSHOU_REPLY_WINDOW": WINDOW})
    try:
        copy.start("--no-demo")
        yield copy, blocks
    finally:
        copy.stop()


class Shell:
    """A shell that is typed into, one block after the other. The listener writes to a file of its own, so
    that what it prints never falls into the middle of an answer's line, as it may on a screen."""

    def __init__(self, copy: Copy, pushed: Path) -> None:
        self._pushed = pushed
        self._port = copy.port
        self._process = subprocess.Popen(
            [shutil.which("bash") or "bash"],
            cwd=ROOT,
            env=copy.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        self._limit = threading.Timer(TOUR_WITHIN_S, self._kill)
        self._limit.start()

    def type(self, block: Block) -> list[str]:
        """The lines that the block prints, once its last command has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        typed = block.typed.replace("127.0.0.1:8000", f"127.0.0.1:{self._port}")
        typed = typed.replace(".venv/bin/python", sys.executable)
        typed = typed.replace(LISTENING, f" > '{self._pushed}'{LISTENING}")
        self._process.stdin.write(f"{typed}echo '{NEXT}'\n")
        self._process.stdin.flush()
        printed: list[str] = []
        for line in self._process.stdout:
            if line.rstrip("\n") == NEXT:
                return printed
            printed.append(line.rstrip("\n"))
        raise AssertionError("the shell ended, or the tour took too long:\n" + "\n".join(printed))

    def pushed(self) -> list[str]:
        """What the listener was sent so far."""
        return self._pushed.read_text(encoding="utf-8").splitlines() if self._pushed.exists() else []

    def end(self) -> None:
        """End the shell and whatever it left in the background."""
        self._limit.cancel()
        self._kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_the_tour_can_be_copied_line_by_line(toured: tuple[Copy, list[Block]], tmp_path: Path) -> None:
    """Each block prints what stands below it, in that order; the listener's lines may take a moment."""
    copy, blocks = toured
    assert sum(LISTENING in block.typed for block in blocks) == 1
    shell = Shell(copy, tmp_path / "pushed")
    expected_pushes: list[str] = []
    try:
        for block in blocks:
            answers = shell.type(block)
            pushes = [line for line in block.seen if line.startswith("data: ")]
            missing(answers, [line for line in block.seen if line not in pushes])
            expected_pushes += pushes
            _await(shell, expected_pushes)
    finally:
        shell.end()


def _await(shell: Shell, expected: list[str]) -> None:
    """Wait for the listener's lines: the next block may end it, or count on its having begun."""
    deadline = time.monotonic() + PUSHED_WITHIN_S
    while True:
        try:
            return missing(shell.pushed(), expected)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def missing(lines: list[str], expected: list[str]) -> None:
    """Fail with the first expected line (`…` stands for anything) that is not found after the one before."""
    left = iter(lines)
    for line in expected:
        pattern = ".*".join(re.escape(part) for part in line.split("…"))
        assert any(re.fullmatch(pattern, each) for each in left), f"{line}\nis not among\n" + "\n".join(lines)


def test_every_setting_stands_in_the_readme() -> None:
    """And nothing stands there that is no setting."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Settings\n")[2].partition("\n### ")[0]
    settings = (ROOT / "settings.py").read_text(encoding="utf-8")
    known = set(re.findall(r'source\.\w+\(\s*"([A-Z0-9_]+)"', settings))
    assert set(re.findall(r"`LANSHOU_([A-Z0-9_]+)`", table)) == known


def test_every_command_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Commands\n")[2].partition("\n## ")[0]
    commands = set(re.findall(r"@cli\.command\(\)\ndef (\w+)", (ROOT / "cli.py").read_text(encoding="utf-8")))
    assert commands - set(re.findall(r"`(\w+)", table)) == set()


def test_every_link_of_the_readme_leads_somewhere() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", readme)
    assert [link for link in links if not (ROOT / link).exists()] == []
