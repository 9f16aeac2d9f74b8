"""The key that signs development's tokens: made once, kept in ``<data>/jwt.key``."""

import os
import secrets
from pathlib import Path

FILE = "jwt.key"


def kept(data: Path) -> str | None:
    """Give the folder's key, or None where none was made yet."""
    try:
        return (data / FILE).read_text().strip() or None
    except FileNotFoundError:
        return None


def kept_or_made(data: Path) -> str:
    """Give the folder's key, made now where there is none; only its owner can read it."""
    if (key := kept(data)) is not None:
        return key
    made = secrets.token_urlsafe(48)
    with os.fdopen(os.open(data / FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(made)
    return made
