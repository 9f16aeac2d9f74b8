"""What clients send, as SQL takes it: words of a search box as a range or pattern, public ids as UUIDs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain import ids
from domain.ids import IdKind
from resolvers.reads.refusals import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from resolvers.plan.binding import Binder

SEARCH_CHARACTERS = 100


def prefix(search: str, *, at_least: int) -> str:
    """The pattern of everything that begins with `search`, its wildcards taken literally."""
    checked(search, at_least=at_least)
    escaped = search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"{escaped}%"


@dataclass(frozen=True, slots=True)
class Prefix:
    """The SQL of the texts between which all lie that begin alike: the first, and what follows the last."""

    start: str
    end: str | None

    def of(self, column: str) -> str:
        """The condition that the column, of collation C, begins so."""
        return f"{column} >= {self.start}" + ("" if self.end is None else f" AND {column} < {self.end}")


def begins(binder: Binder, search: str) -> Prefix:
    """Everything that begins with `search`, as a range: LIKE without its pattern leads to no index."""
    end = _follower(search)
    return Prefix(binder.bind(search, "text"), None if end is None else binder.bind(end, "text"))


def _follower(prefix: str) -> str | None:
    """The first text, by code points, after all that begin with `prefix`; None when there is none."""
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return None
    code = ord(kept[-1]) + 1
    # No text of PostgreSQL holds a surrogate.
    return kept[:-1] + chr(0xE000 if code == 0xD800 else code)  # noqa: PLR2004


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
