"""Who a private server runs as, and where that account can reach its files.

PostgreSQL refuses to run as root, and an ordinary account cannot enter root's folders. So a
server that root starts runs as `nobody`, and what lies where `nobody` cannot reach (a clone
under /root, a data folder of mode 0700) lives under /var/lib/lanshou instead, with a link from
the data folder.
"""

import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import EmbeddedError

ELSEWHERE = Path("/var/lib/lanshou")


@dataclass(frozen=True, slots=True)
class Account:
    """An account that root drops to."""

    uid: int
    gid: int

    def reaches(self, path: Path) -> bool:
        """Tell whether the account may enter `path` and every folder above it."""
        resolved = path.resolve()
        return all(self._enters(folder.stat()) for folder in (resolved, *resolved.parents))

    def _enters(self, folder: os.stat_result) -> bool:
        if folder.st_uid == self.uid:
            return bool(folder.st_mode & stat.S_IXUSR)
        if folder.st_gid == self.gid:
            return bool(folder.st_mode & stat.S_IXGRP)
        return bool(folder.st_mode & stat.S_IXOTH)


def make(data: Path) -> None:
    """Make the data folder: nobody else may look into it, and root's servers may pass through it."""
    data.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)


def home(data: Path, name: str) -> tuple[Path, Account | None]:
    """Give the folder of the server `name`, made if need be, and the account to run it as.

    The account is None for everybody but root, and else the folder's owner: `nobody` at first.

    Raises:
        EmbeddedError: there is no such account, or it cannot enter the folder.
    """
    make(data)
    folder = data / name
    if folder.is_symlink() and not folder.exists():
        raise EmbeddedError(
            f"{folder} leads to {folder.readlink()}, which is gone: remove the link to start anew"
        )
    if os.geteuid() != 0:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise EmbeddedError(
                f"{folder} belongs to another account: start as that one, or set LANSHOU_DATA"
            )
        return folder.resolve(), None
    owner = folder.stat().st_uid if folder.exists() else 0
    account = _of(owner) if owner else _nobody()
    if not folder.exists():
        if account.reaches(data):
            folder.mkdir(mode=0o700)
        else:
            folder.symlink_to(_elsewhere(name), target_is_directory=True)
        os.chown(folder, account.uid, account.gid)
    if not account.reaches(folder):
        raise EmbeddedError(
            f"root's private servers run as account {account.uid}, which cannot enter {folder}: "
            "open the way (chmod o+x on the folders above), or set LANSHOU_DATA to another folder"
        )
    return folder.resolve(), account


def _of(uid: int) -> Account:
    try:
        return Account(uid, pwd.getpwuid(uid).pw_gid)
    except KeyError:
        raise EmbeddedError(
            f"the data belongs to account {uid}, which this machine does not have: chown it"
        ) from None


def _nobody() -> Account:
    try:
        found = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root and this machine has no account `nobody`: "
            "run as an ordinary user, or set LANSHOU_DATABASE_URL and LANSHOU_REDIS_URL"
        ) from None
    return Account(found.pw_uid, found.pw_gid)


def _elsewhere(name: str) -> Path:
    # A fresh name each time: a folder is never taken over from a data folder that was moved.
    ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=ELSEWHERE))


def programs(folder: Path, version: str, account: Account | None) -> Path:
    """Give a folder with the programs of `folder` that `account` can run: itself, or a copy."""
    if account is None or account.reaches(folder):
        return folder
    copy = ELSEWHERE / "programs" / f"{folder.name}-{version}"
    if not copy.exists():
        copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=copy.parent))
        half.chmod(0o755)
        # The libraries that auditwheel put beside a package are found by their relative path.
        for part in (folder, folder.with_name(f"{folder.name}.libs")):
            if part.exists():
                shutil.copytree(part, half / part.name, symlinks=True)
        try:
            half.rename(copy)
        except OSError:  # Another start was faster.
            shutil.rmtree(half)
    return copy / folder.name
