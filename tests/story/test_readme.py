"""The README's tour, line by line: what it tells people to type, and what it says they will see."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.story.copy import ROOT, Copy

TOUR_WITHIN_S = 110
# The one thing that is different here: the tour waits for a deadline, and nobody is reading meanwhile.
WINDOW = "15s"
NEXT = "=== block"


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


@pytest.mark.slow
def test_the_tour_can_be_copied_line_by_line(toured: tuple[Copy, list[Block]]) -> None:
    """Each block prints what stands below it, in that order; the listener's lines may come later."""
    copy, blocks = toured
    script = "".join(f"echo '{NEXT}'\n{block.typed}" for block in blocks)
    script = script.replace("127.0.0.1:8000", f"127.0.0.1:{copy.port}")
    script = script.replace(".venv/bin/python", sys.executable)
    typed = subprocess.run(
        [shutil.which("bash") or "bash", "-c", script],
        cwd=ROOT,
        env=copy.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=TOUR_WITHIN_S,
        check=False,
    )
    assert typed.returncode == 0, typed.stdout
    _, *printed = typed.stdout.split(f"{NEXT}\n")
    assert len(printed) == len(blocks)
    for number, block in enumerate(blocks):
        answers = [line for line in printed[number].splitlines() if not line.startswith("data: ")]
        pushed = [
            line for part in printed[number:] for line in part.splitlines() if line.startswith("data: ")
        ]
        expected_pushes = [line for line in block.seen if line.startswith("data: ")]
        missing(answers, [line for line in block.seen if line not in expected_pushes])
        missing(pushed, expected_pushes)


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
