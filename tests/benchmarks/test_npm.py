"""The peers of npm: pinned, from no named host, and left out with a word where they cannot run."""

import json
import re

import pytest

from benchmarks import contest, npm

PACKAGE = json.loads((npm.FOLDER / "package.json").read_text())
LOCK = (npm.FOLDER / "package-lock.json").read_text()


def test_without_npm_they_are_left_out_and_the_table_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    peers, who = contest.peers()
    assert peers == contest.PYTHON_PEERS
    assert who.endswith("Not measured: Mercurius, jit: 1 and PostGraphile 5, as there is no npm here.")


def test_every_version_is_exact_and_is_the_locked_one() -> None:
    asked = {**PACKAGE["dependencies"], **PACKAGE["optionalDependencies"]}
    locked = json.loads(LOCK)["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in asked} == asked


def test_the_lock_has_hashes_and_names_no_download_address() -> None:
    assert '"resolved"' not in LOCK
    assert not re.search(r"https?://[^\"]*\.tgz", LOCK)
    packages = json.loads(LOCK)["packages"]
    assert [name for name, each in packages.items() if name and "integrity" not in each] == []
