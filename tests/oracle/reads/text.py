"""What people type into a search box, as a LIKE pattern."""

from __future__ import annotations

from resolvers.reads.refusals import BadInput

SEARCH_CHARACTERS = 100


def prefix(search: str, *, at_least: int) -> str:
    """The pattern of everything that begins with `search`, its wildcards taken literally."""
    checked(search, at_least=at_least)
    escaped = search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"{escaped}%"


def checked(search: str, *, at_least: int) -> str:
    """`search` without the spaces around it; raises `BadInput` when it cannot be searched for."""
    trimmed = search.strip()
    if len(trimmed) < at_least:
        raise BadInput(f"Search for at least {at_least} characters.")
    if len(trimmed) > SEARCH_CHARACTERS:
        raise BadInput(f"Search for at most {SEARCH_CHARACTERS} characters.")
    if "\x00" in trimmed:
        raise BadInput("A search holds no zero character.")
    return trimmed
