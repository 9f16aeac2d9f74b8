"""The peers that npm brings, with the Node that PostGraphile 5 needs: installed at the first run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "peers" / "npm"
INSTALL_WITHIN_S = 600


class NoNode(Exception):
    """The peers of npm cannot run here; the text says why."""


def node() -> str:
    """The path of the pinned Node, with the packages beside it installed.

    Raises:
        NoNode: there is no npm, it could not install them, or has no such Node for this machine.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NoNode("there is no npm here")
    modules = FOLDER / "node_modules"
    done = modules / ".package-lock.json"
    if not done.exists() or done.stat().st_mtime < (FOLDER / "package-lock.json").stat().st_mtime:
        _install(npm)
        done.touch()
    found = modules / ".bin" / "node"
    if not found.exists():
        raise NoNode("npm has no Node of the pinned version for this machine")
    return str(found)


def versions(*names: str) -> list[str]:
    """Packages and the exact versions that package.json asks for."""
    asked = json.loads((FOLDER / "package.json").read_text())
    pinned = {**asked["dependencies"], **asked["optionalDependencies"]}
    return [f"{name} {pinned[name]}" for name in names]


def _install(npm: str) -> None:
    print("installing what benchmarks/peers/npm/package-lock.json lists (once)", file=sys.stderr)
    done = subprocess.run(
        [npm, "ci"], cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_WITHIN_S, check=False
    )
    if done.returncode:
        raise NoNode(f"npm ci failed: {done.stderr.strip()[-500:]}")
