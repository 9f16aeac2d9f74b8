"""What runs in a data folder, in its servers.json: how one command finds another's servers."""

import errno
import fcntl
import json
import os
from pathlib import Path
from typing import TypedDict

import psutil

from embedded.errors import EmbeddedError

FILE = "servers.json"


class Entry(TypedDict, total=False):
    """One server: where it answers, and the process that answers (none where it is not ours)."""

    url: str
    pid: int | None
    started: float | None


def read(data: Path) -> dict[str, Entry]:
    """Give every entry of the folder, of live and dead servers alike; none where there is no file."""
    try:
        entries: dict[str, Entry] = json.loads((data / FILE).read_text())
    except (FileNotFoundError, ValueError):
        # A file torn by a full disk is as good as none: it is written anew at every start.
        return {}
    return entries


def record(data: Path, name: str, entry: Entry | None) -> None:
    """Write or, with None, remove the entry `name`, whole or not at all.

    Raises:
        EmbeddedError: the disk is full. An entry that cannot be removed stays: whoever reads it sees
            that its process has ended.
    """
    try:
        _write(data, name, entry)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        if entry is not None:
            raise EmbeddedError(
                f"the disk of {data} is full: make room, or set LANSHOU_DATA to another disk"
            ) from None


def _write(data: Path, name: str, entry: Entry | None) -> None:
    # Several commands may write at once: each reads and replaces under the lock.
    with (data / f"{FILE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = read(data)
        if entry is None:
            entries.pop(name, None)
        else:
            entries[name] = entry
        fresh = data / f"{FILE}.new"
        # It holds passwords: readable by its owner alone, from its first byte.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(entries, file, indent=2)
        fresh.replace(data / FILE)


def live(data: Path) -> dict[str, Entry]:
    """Give the entries whose process runs, and those that are not ours to watch."""
    return {name: entry for name, entry in read(data).items() if entry.get("pid") is None or process(entry)}


def process(entry: Entry) -> psutil.Process | None:
    """Give the process of an entry, or None where it ended or its number went to another one."""
    pid, started = entry.get("pid"), entry.get("started")
    if pid is None or started is None:
        return None
    try:
        found = psutil.Process(pid)
        same = abs(found.create_time() - started) < 1.0 and found.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return found if same else None


def started_at(pid: int) -> float | None:
    """Give when the process began (seconds since the epoch): with its number, its identity."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
