"""The keys of development: made once, each kept in a file of the data folder."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Key:
    """A key of development: the file that it is kept in, and how one is made."""

    file: str
    make: Callable[[], str]

    def kept(self, data: Path) -> str | None:
        """Give the folder's key, or None where none was made yet."""
        try:
            return (data / self.file).read_text().strip() or None
        except FileNotFoundError:
            return None

    def kept_or_made(self, data: Path) -> str:
        """Give the folder's key, made now where there is none; only its owner can read it."""
        if (key := self.kept(data)) is not None:
            return key
        made = self.make()
        with os.fdopen(os.open(data / self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(made)
        return made


TOKENS = Key("jwt.key", lambda: secrets.token_urlsafe(48))
"""Signs tokens."""
EVIDENCE = Key("evidence.key", lambda: secrets.token_hex(32))
"""Signs evidence packs."""
