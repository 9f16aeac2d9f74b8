"""One running copy for the story, and Node with the npm packages that its clients are built on."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.copy import Copy
from tests.story.watcher import CLIENTS

SALT = "story-salt"
NODE_SINCE = 20
INSTALL_WITHIN_S = 180


@pytest.fixture(scope="session")
def copy_folder() -> Iterator[Path]:
    """A folder that the private servers' account can enter, which pytest's own would not be."""
    folder = Path(tempfile.mkdtemp(prefix="lanshou-story-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def lanshou(copy_folder: Path) -> Iterator[Copy]:
    """A copy without demo shops whose deadlines come after six seconds."""
    copy = Copy(copy_folder, LANSHOU_REPLY_WINDOW="6s", LANSHOU_KUAIDI100_SALT=SALT)
    try:
        copy.start("--no-demo")
        yield copy
    finally:
        copy.stop()


@pytest.fixture(scope="session")
def node() -> str:
    """Node's path, with the clients' packages installed; skips where there is no Node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no Node here: the clients of the npm packages cannot run")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").split(".")[0]) < NODE_SINCE:
        pytest.skip(f"Node is {version.strip()}: the npm packages need {NODE_SINCE} or newer")
    _install(npm)
    return node


def _install(npm: str) -> None:
    """Install what package-lock.json lists, unless it is there already."""
    done = CLIENTS / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= (CLIENTS / "package-lock.json").stat().st_mtime:
        return
    installed = subprocess.run(
        [npm, "ci"], cwd=CLIENTS, capture_output=True, text=True, timeout=INSTALL_WITHIN_S, check=False
    )
    assert installed.returncode == 0, f"npm ci failed:\n{installed.stdout}{installed.stderr}"
