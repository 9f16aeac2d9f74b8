"""What a statement reads from, and which columns of it are known to be given by values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlmodel import SQLModel

import db.tables  # noqa: F401 - importing the tables fills SQLModel.metadata

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlglot import exp

MARK = re.compile(r"fleet-wide: ?([a-z-]+)")
COLUMNS = {
    table.name: frozenset(column.name for column in table.columns)
    for table in SQLModel.metadata.tables.values()
}
"""The columns of each table."""


@dataclass
class Source:
    """A FROM item. `bound` are the columns that values decide; `every`: all of them.

    `table` is None for what is no table: a subquery, a CTE, rows made of parameters.
    """

    names: frozenset[str]
    table: str | None = None
    bound: set[str] = field(default_factory=set)
    every: bool = False
    mark: str | None = None

    def has(self, column: str) -> bool:
        """Whether it has a column of that name."""
        return column in self.names

    def is_bound(self, column: str) -> bool:
        """Whether values decide the column."""
        return self.every or column in self.bound


@dataclass
class Outputs:
    """What a query gives, column by column in its order; `every`: all of it is made of values."""

    columns: list[tuple[str, bool]]
    every: bool = False

    def as_source(self, renamed: Iterable[str] = ()) -> Source:
        """As a FROM item whose first columns are `renamed`."""
        new = list(renamed)
        names = [*new, *(name for name, _ in self.columns[len(new) :])]
        pairs = zip(names, self.columns, strict=False)
        return Source(
            frozenset(names), bound={name for name, (_, is_bound) in pairs if is_bound}, every=self.every
        )

    def among(self, other: Outputs) -> Outputs:
        """What both branches of a UNION give."""
        pairs = zip(self.columns, other.columns, strict=False)
        both = [(name, ours and theirs) for (name, ours), (_, theirs) in pairs]
        return Outputs(both, self.every and other.every)


@dataclass
class Scope:
    """The FROM items of a query by their aliases; `outer` is the query around it."""

    outer: Scope | None
    ctes: dict[str, Source]
    sources: dict[str, Source] = field(default_factory=dict)
    joins: list[exp.Join] = field(default_factory=list)

    def find(self, column: exp.Column) -> tuple[Source | None, bool]:
        """What a column belongs to, and whether that is an item of this query itself."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.own(column)
            if found is not None:
                return found, scope is self
            scope = scope.outer
        return None, False

    def own(self, column: exp.Column) -> Source | None:
        """The item of this query that a column belongs to."""
        if column.table:
            return self.sources.get(column.table)
        having = [source for source in self.sources.values() if source.has(column.name)]
        return having[0] if len(having) == 1 else None


def mark_of(table: exp.Expr) -> str | None:
    """The word of the mark that stands beside a table."""
    alias = table.args.get("alias")
    comments = [*(table.comments or ()), *((alias.comments or ()) if alias else ())]
    found = [match[1] for comment in comments if (match := MARK.search(comment))]
    return found[0] if found else None
