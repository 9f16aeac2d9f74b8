"""What clients send, as SQL takes it: words of a search box as a LIKE pattern, public ids as UUIDs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import ids
from domain.ids import IdKind
from resolvers.reads.refusals import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

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


def shops_named(public: Sequence[str]) -> list[UUID]:
    """The shops of these public ids; one that is none is nobody's, hence left out."""
    found = (ids.decode_as(IdKind.SHOP, each) for each in public)
    return sorted({shop_id for shop_id in found if shop_id is not None})
