"""The class of every row of every table, and rows that are only looked at."""

from typing import Any, TypeAlias, TypeVar

from sqlalchemy.orm import configure_mappers
from sqlmodel import SQLModel

TableRow: TypeAlias = SQLModel
R = TypeVar("R", bound=SQLModel)

# Columns can be read from an instance only once the mappers know them; the package has imported every table.
configure_mappers()


def looked_at(table: type[R], values: dict[str, Any]) -> R:
    """A row of `values`, never to be written.

    The constructor would prepare it for that, which takes as long as all the rest of a read.
    """
    made = object.__new__(table)
    object.__setattr__(made, "__dict__", values)
    return made
