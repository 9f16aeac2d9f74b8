"""Long work shows a bar to a person at a terminal, and nothing to a program."""

import os
import pty
import subprocess
import sys

from tests.test_cli import ROOT, SHOP, installation, make_shop, run

__all__ = ["installation"]
WORDS = ["import", "orders", "examples/data/export_order_list.sample.csv", "--shop", SHOP]


def shown_at_a_terminal(words: list[str], environment: dict[str, str]) -> tuple[str, str]:
    """What a command writes to a terminal as its standard error, and to a pipe as its standard output."""
    ours, theirs = pty.openpty()
    others = {name: value for name, value in os.environ.items() if not name.startswith("LANSHOU_")}
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), *words],
        env={**others, "COLUMNS": "120", "TERM": "xterm-256color", **environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            read = os.read(ours, 4096)
        except OSError:  # what Linux says when the other side is closed
            break
        if not read:
            break
        shown += read
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, shown.decode()
    return shown.decode(), out


async def test_an_import_shows_how_far_it_is(installation: dict[str, str]) -> None:
    await make_shop(installation)
    shown, report = shown_at_a_terminal(WORDS, installation)
    assert "export_order_list.sample.csv" in shown
    assert "100%" in shown
    assert "━" in shown
    assert "created" in report


async def test_a_program_that_imports_reads_no_bar(installation: dict[str, str]) -> None:
    await make_shop(installation)
    done = run(*WORDS, **installation)
    assert done.returncode == 0
    assert done.stderr == ""
