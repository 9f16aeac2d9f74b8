"""The rules of docs/domain.md, each with its id: `rules.txt` holds every word of it, in its order.

A line begins with the id of a rule, or with a dot where it tells a story, names a word or gives a reason.
Ids stay what they are: a new rule takes the next number of its section.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

DOMAIN = Path(__file__).parents[2] / "docs" / "domain.md"
RULES = Path(__file__).parent / "rules.txt"
PROSE = "·"
ID = re.compile(r"§\d+\.\d+")


class Line(NamedTuple):
    """A rule with its id, or prose (None)."""

    id: str | None
    text: str


def lines(text: str) -> list[Line]:
    """The lines of a file of rules."""
    found = []
    for line in text.splitlines():
        mark, _, rest = line.partition(" ")
        if mark != PROSE and not ID.fullmatch(mark):
            raise ValueError(f"neither a rule nor prose: {line}")
        found.append(Line(None if mark == PROSE else mark, rest))
    return found


def read() -> dict[str, str]:
    """The rules by id, in their order."""
    return {line.id: line.text for line in lines(RULES.read_text("utf-8")) if line.id is not None}


def words(text: str) -> str:
    """A text without what only lays it out."""
    return re.sub(r"\s", "", text)
