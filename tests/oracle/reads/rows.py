"""Records of asyncpg as the typed rows of `db.tables`."""

from __future__ import annotations

import enum
import typing
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from db.tables.row import TableRow, looked_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    import asyncpg

R = TypeVar("R", bound=TableRow)


@cache
def columns(table: type[TableRow], alias: str) -> str:
    """Every column of `table`, for a SELECT."""
    return ", ".join(f"{alias}.{name}" for name in table.model_fields)


def row(table: type[R], record: asyncpg.Record | Mapping[str, Any]) -> R:
    """The row of a record that has every column of `table`, to be looked at only; words become enums."""
    values: dict[str, Any] = {name: record[name] for name in table.model_fields}
    for name, word in _words(table).items():
        if values[name] is not None:
            values[name] = word(values[name])
    return looked_at(table, values)


@cache
def _words(table: type[TableRow]) -> dict[str, type[enum.Enum]]:
    found = {}
    for name, field in table.model_fields.items():
        if typing.get_origin(field.annotation) is list:
            continue
        for kind in typing.get_args(field.annotation) or (field.annotation,):
            if isinstance(kind, type) and issubclass(kind, enum.Enum):
                found[name] = kind
    return found
