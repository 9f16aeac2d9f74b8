"""Texts of others, made fit to keep."""

from __future__ import annotations

import re

# NUL and half surrogates are legal in JSON, and no database takes them as text.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str, *, max_chars: int) -> str:
    """The text without spaces around it and without what PostgreSQL cannot hold, cut to `max_chars`."""
    return _UNSTORABLE.sub("", text).strip()[:max_chars].rstrip()
