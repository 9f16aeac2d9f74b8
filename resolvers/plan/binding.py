"""Values on their way into a statement: its text holds a mark for each until the places are numbered."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from resolvers.reads.scope import condition

if TYPE_CHECKING:
    from domain.access import Viewer

MARK = re.compile("\x01([^\x02]*)\x02")
NOW = "date_trunc('milliseconds', now())"
"""PostgreSQL's clock when the statement began: the same moment everywhere in an answer."""
BY_ID = " /* fleet-wide: by-id */"
BY_PERSON = " /* fleet-wide: by-person */"
"""Marks of what does not know the shop (`db.sharding`)."""


class Part(NamedTuple):
    """What one place with arguments brings to a statement: `pieces` are its text, or what decides on it."""

    pieces: tuple[Any, ...]
    values: list[object]


class Place(NamedTuple):
    """Where the value of `$n` is found: the `number`-th value of argument site `site`, or under `name`."""

    site: int
    number: int
    name: str = ""


class Binder:
    """Takes the values of one place with arguments, or of none; knows the viewer all rows are scoped to."""

    def __init__(self, viewer: Viewer, site: int = -1) -> None:
        self.viewer = viewer
        self.values: list[object] = []
        self._site = site

    def bind(self, value: object, kind: str) -> str:
        """Stand for `value`, cast to the PostgreSQL type `kind`; it may differ at each use of the plan."""
        self.values.append(value)
        return f"\x01{self._site}.{len(self.values) - 1}\x02::{kind}"

    def shops(self) -> str:
        """Stand for the shops of the viewer."""
        return named("shops", "uuid[]")

    def subject(self) -> str:
        """Stand for the subject of the viewer's token."""
        return named("subject", "text")

    def scope(self, table: str, alias: str) -> str:
        """The condition under which a row of `table` exists for the viewer."""
        return condition(self.viewer, table, alias, shops=self.shops, buyer=self.subject)


def named(name: str, kind: str) -> str:
    """Stand for a value that is no argument: one of the viewer, or a list of keys."""
    return f"\x01{name}\x02::{kind}"


def numbered(text: str) -> tuple[str, tuple[Place, ...]]:
    """The text with `$1`, `$2` … for its marks, and where the value of each is found."""
    places: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        return f"${places.setdefault(match[1], len(places) + 1)}"

    found = MARK.sub(number, text)
    return found, tuple(_place(mark) for mark in places)


def _place(mark: str) -> Place:
    site, dot, number = mark.partition(".")
    return Place(int(site), int(number)) if dot else Place(-1, -1, mark)


def literal(text: str) -> str:
    """A constant text."""
    return "'" + text.replace("'", "''") + "'::text"


Read = Callable[[Binder, dict[str, Any], str], tuple[Any, ...]]
"""Reads the arguments of a place: binder, arguments, alias of the parent's row -> pieces."""
Names = Sequence[str]
