"""Keyset paging: any order, both directions, cursors that fit only the list they came from."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

import orjson

from resolvers.reads.refusals import BadCursor, BadInput, TooMuch

if TYPE_CHECKING:
    import asyncpg

    from db.database import Connection
    from tests.oracle.reads.scope import Statement

R = TypeVar("R")

MOST_ROWS = 200
COUNTED_TO = 10_000
"""Beyond this many rows `totalCount` is not exact."""
CURSOR_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list: `first` after `after`, or `last` before `before`."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def size(self, default: int) -> int:
        """How many rows; raises `ReadRefused` for a number that cannot be."""
        if self.first is not None and self.last is not None:
            raise BadInput("Give first or last, not both.")
        for name, number in (("first", self.first), ("last", self.last)):
            if number is not None and number < 0:
                raise BadInput(f"{name} must not be negative.")
            if number is not None and number > MOST_ROWS:
                raise TooMuch(f"{name} is at most {MOST_ROWS}.")
        if self.last is not None:
            return self.last
        return default if self.first is None else self.first


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key: an SQL expression and its PostgreSQL type. The last key of an order is unique."""

    expression: str
    kind: str


@dataclass(frozen=True, slots=True)
class Ordering:
    """An order; `about` names the list, its filter and its order, so that cursors fit no other."""

    keys: tuple[Key, ...]
    descending: bool
    about: tuple[object, ...]

    @property
    def fingerprint(self) -> str:
        """What a cursor of this list begins with."""
        text = repr((self.about, self.keys, self.descending))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: `select` columns FROM `table` r WHERE `conditions`, bound in `statement`.

    With `shops` named, each shop is one index range, and the ranges are merged: that costs a page a shop,
    where `shop_id = ANY (…)` would sort everything they have.
    """

    select: str
    table: str
    conditions: tuple[str, ...]
    statement: Statement
    shops: tuple[UUID, ...] | None = None


@dataclass(slots=True)
class Page(Generic[R]):
    """Rows with their cursors; `count` reads the total when somebody asks."""

    rows: Sequence[R]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]] = field(repr=False)
    extra: Any = None


async def fetch(
    connection: Connection, source: Source, ordering: Ordering, window: Window, *, default: int
) -> tuple[list[asyncpg.Record], list[str], bool, bool]:
    """The records of the page in the list's order, their cursors, and whether there is more either way."""
    size = window.size(default)
    backward = window.last is not None
    descending = ordering.descending is not backward
    text = _statement(source, ordering, window, descending=descending, limit=size + 1)
    found = await connection.fetch(text, *source.statement.values)
    more = len(found) > size
    records = list(found[:size])
    if backward:
        records.reverse()
    names = [f"key_{index}" for index in range(len(ordering.keys))]
    cursors = [encode(ordering, [record[name] for name in names]) for record in records]
    has_next = window.before is not None if backward else more or window.before is not None
    has_previous = more or window.after is not None if backward else window.after is not None
    return records, cursors, has_next, has_previous


def counting(source: Source, *, cap: int | None = None) -> tuple[str, list[object]]:
    """The statement that counts the rows, at most `cap` + 1 of them; made before paging binds its cursor."""
    where = " AND ".join(source.conditions)
    values = list(source.statement.values)
    if cap is None:
        return f"SELECT count(*) FROM {source.table} r WHERE {where}", values
    inner = f"SELECT FROM {source.table} r WHERE {where} LIMIT {cap + 1}"
    return f"SELECT count(*) FROM ({inner}) c", values


def _statement(source: Source, ordering: Ordering, window: Window, *, descending: bool, limit: int) -> str:
    keys = [key.expression for key in ordering.keys]
    conditions = [*source.conditions, *_beyond(source.statement, ordering, window)]
    direction = " DESC" if descending else ""
    shown = ", ".join(
        f"{key} AS sort_{index}, ({key})::text AS key_{index}" for index, key in enumerate(keys)
    )
    page = (
        f"SELECT {source.select}, {shown} FROM {source.table} r WHERE {{conditions}}"
        f" ORDER BY {', '.join(key + direction for key in keys)} LIMIT {limit}"
    )
    if source.shops is None:
        return page.format(conditions=" AND ".join(conditions))
    shops = source.statement.bind(list(source.shops), "uuid[]")
    inner = page.format(conditions=" AND ".join(["r.shop_id = s.shop_id", *conditions]))
    outer = ", ".join(f"q.sort_{index}{direction}" for index in range(len(keys)))
    return (
        f"SELECT q.* FROM unnest({shops}) s(shop_id) CROSS JOIN LATERAL ({inner}) q"
        f" ORDER BY {outer} LIMIT {limit}"
    )


def _beyond(statement: Statement, ordering: Ordering, window: Window) -> list[str]:
    """What leaves only the rows after `window.after` and before `window.before`."""
    keys = ", ".join(key.expression for key in ordering.keys)
    conditions = []
    for cursor, upwards in ((window.after, not ordering.descending), (window.before, ordering.descending)):
        if cursor is not None:
            places = [
                f"{statement.bind(value, 'text')}::{key.kind}"
                for value, key in zip(decode(ordering, cursor), ordering.keys, strict=True)
            ]
            conditions.append(f"({keys}) {'>' if upwards else '<'} ({', '.join(places)})")
    return conditions


def encode(ordering: Ordering, values: Sequence[str]) -> str:
    """The opaque cursor of a row."""
    text = orjson.dumps([ordering.fingerprint, *values])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def decode(ordering: Ordering, cursor: str) -> list[str]:
    """The key values of a cursor, as text; raises `BadCursor` unless it is one of this very list."""
    refusal = BadCursor("This cursor is not one of this list, in this order, with this filter.")
    if len(cursor) > CURSOR_CHARACTERS:
        raise refusal
    try:
        parts = orjson.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
    except (ValueError, binascii.Error):
        raise refusal from None
    if (
        not isinstance(parts, list)
        or len(parts) != len(ordering.keys) + 1
        or parts[0] != ordering.fingerprint
    ):
        raise refusal
    for value, key in zip(parts[1:], ordering.keys, strict=True):
        if not isinstance(value, str) or not _fits(value, key.kind):
            raise refusal
    return parts[1:]


_INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,10}(\.\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)


def _fits(value: str, kind: str) -> bool:
    """Whether PostgreSQL will read `value` as a `kind`: a forged cursor is refused, not an error of ours."""
    if kind == "timestamptz":
        return value == "infinity" or (_INSTANT.fullmatch(value) is not None and _is_instant(value))
    if kind == "numeric":
        return _DECIMAL.fullmatch(value) is not None
    if kind == "int":
        return _WHOLE.fullmatch(value) is not None
    if kind == "uuid":
        return _is_uuid(value)
    return "\x00" not in value


def _is_instant(value: str) -> bool:
    try:
        datetime.fromisoformat(value + ":00")
    except ValueError:
        return False
    return True


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
