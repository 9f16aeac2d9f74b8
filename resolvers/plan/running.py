"""Running a plan: one statement, its values in their places, JSON passed on as PostgreSQL wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resolvers.plan import python_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from db.database import Connection, Database
    from domain.access import Viewer
    from resolvers.plan.binding import Part, Place
    from resolvers.plan.cache import Made
    from resolvers.plan.operation import Operation


async def run(
    database: Database,
    made: Made,
    operation: Operation,
    *,
    kept: bool,
    keys: Mapping[str, Sequence[object]] | None = None,
) -> list[Any]:
    """The columns of the plan: JSON as bytes, or lists of it.

    Args:
        database: Where to ask.
        made: The plan, and what the request's arguments bring to it.
        operation: The request.
        kept: Whether the same statement will come again: it then stays prepared.
        keys: The lists of keys that the plan names.

    Raises:
        ReadRefused: what could be told only from the rows: too many, or a cursor of another row's list.
    """
    values = _values(made, operation, keys or {})
    if kept:
        record = await database.reads.fetchrow(made.plan.sql, *values)
    else:
        async with database.reads.acquire() as connection:
            # Prepared outside the connection's cache, which a document seen once must not fill.
            statement = await connection.prepare(made.plan.sql)
            record = await statement.fetchrow(*values)
    return _columns(record, made, operation)


async def run_on(connection: Connection, made: Made, operation: Operation) -> list[Any]:
    """The columns of the plan, read in the transaction that `connection` is in; raises what `run` raises."""
    record = await connection.fetchrow(made.plan.sql, *_values(made, operation, {}))
    return _columns(record, made, operation)


def _columns(record: Iterable[Any] | None, made: Made, operation: Operation) -> list[Any]:
    if record is None:
        raise LookupError
    return [_filled(column, made, operation) for column in record]


def _values(made: Made, operation: Operation, keys: Mapping[str, Sequence[object]]) -> list[object]:
    named = {**_of_viewer(operation.viewer), **keys}
    return [_value(place, made.parts, named) for place in made.plan.places]


def _filled(column: Any, made: Made, operation: Operation) -> Any:  # noqa: ANN401 - bytes, or a list of them
    if isinstance(column, list):
        return [_filled(each, made, operation) for each in column]
    if column is None or not made.plan.python:
        return column
    return python_fields.filled_in(made.plan, column, operation)


def _of_viewer(viewer: Viewer) -> dict[str, Any]:
    return {"shops": list(viewer.shop_ids or ()), "subject": viewer.subject}


def _value(place: Place, parts: Sequence[Part], named: Mapping[str, Any]) -> object:
    return parts[place.site].values[place.number] if not place.name else named[place.name]
