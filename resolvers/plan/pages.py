"""Which rows of a list a page holds: keyset paging on any order, in both directions, over many shops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from resolvers.plan import cursors, walks
from resolvers.reads.refusals import BadInput, TooMuch

if TYPE_CHECKING:
    from resolvers.plan.binding import Binder
    from resolvers.plan.declared import Connection, Key, Walk

MOST_ROWS = 200
COUNTED_TO = 10_000
"""Beyond this many rows `totalCount` is not exact."""
_ENDS = {
    "timestamptz": ("'-infinity'::timestamptz", "'infinity'::timestamptz"),
    "numeric": ("'-Infinity'::numeric", "'Infinity'::numeric"),
}


class Page(NamedTuple):
    """A page as its arguments make it; everything here is, or decides on, the text of the statement."""

    conditions: tuple[str, ...]
    keys: tuple[Key, ...]
    beyond: tuple[str, ...]
    descending: bool
    backward: bool
    size: int
    has_after: bool
    has_before: bool
    mark: str
    walk: Walk | None
    stream: str | None
    owner: str | None
    owners: tuple[str, ...]
    """What must hold for the cursors to be of this row's list."""


def read(declared: Connection, binder: Binder, arguments: dict[str, Any], parent: str | None) -> Page:
    """The page that the arguments ask for; `parent`: alias of the row whose list it is.

    Raises:
        ReadRefused: for a number or a cursor that cannot be, and what the listing refuses.
    """
    size = _size(arguments, declared.size)
    listing = declared.listing(binder, arguments, parent or "")
    beyond, owners = [], []
    mark = binder.bind(cursors.fingerprint(listing), "text")
    for name, upwards in (("after", not listing.descending), ("before", listing.descending)):
        cursor = arguments.get(name)
        if cursor is None:
            continue
        owner, values = cursors.decode(listing, cursor, owned=parent is not None)
        if parent is not None:
            owners.append(f"{parent}.id = {binder.bind(owner, 'uuid')}")
        places = [
            f"{binder.bind(value, 'text')}::{key.kind}"
            for value, key in zip(values, listing.keys, strict=True)
        ]
        keys = ", ".join(key.sql.replace("{t}", "r") for key in listing.keys)
        beyond.append(f"({keys}) {'>' if upwards else '<'} ({', '.join(places)})")
    return Page(
        conditions=listing.conditions,
        keys=listing.keys,
        beyond=tuple(beyond),
        descending=listing.descending,
        backward=arguments.get("last") is not None,
        size=size,
        has_after=arguments.get("after") is not None,
        has_before=arguments.get("before") is not None,
        mark=mark,
        walk=listing.walk,
        stream=listing.stream,
        owner=None if parent is None else f"{parent}.id",
        owners=tuple(owners),
    )


def _size(arguments: dict[str, Any], default: int) -> int:
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise BadInput("Give first or last, not both.")
    for name, number in (("first", first), ("last", last)):
        if number is not None and number < 0:
            raise BadInput(f"{name} must not be negative.")
        if number is not None and number > MOST_ROWS:
            raise TooMuch(f"{name} is at most {MOST_ROWS}.")
    if last is not None:
        return int(last)
    return default if first is None else int(first)


def rows(page: Page, table: str, *, numbered: bool, counted: bool) -> str:
    """The rows of the page, in the order of the answer.

    With `numbered` one more row is read where there is one, and `n$` is a row's number in the order read,
    which is the reverse of the answer's on a backward page; with `counted`, `c$` is how many were read. Both
    cost a pass of their own, so they are left out where nobody asks whether there is more.
    """
    direction = " DESC" if page.descending is not page.backward else ""
    limit = page.size + 1 if numbered else page.size
    again = page.backward and not numbered
    conditions = (*page.conditions, *page.beyond)
    keys = [key.sql.replace("{t}", "r") for key in page.keys]
    ends = _ENDS.get(page.keys[0].kind)
    ordered = walks.Ordered(table, conditions, keys, direction, limit, ends=ends, named=again)
    found = ordered.text() if page.walk is None else walks.rows(page.walk, ordered)
    if again:
        forward = " DESC" if page.descending else ""
        order = ", ".join(f'q."k{n}$"{forward}' for n in range(len(keys)))
        return f"SELECT q.* FROM ({found}) q ORDER BY {order}"
    if not numbered:
        return found
    number = ', count(*) OVER () AS "c$"' if counted else ""
    return f'SELECT q.*, row_number() OVER () AS "n$"{number} FROM ({found}) q'


def count(page: Page, table: str, cap: int | None) -> str:
    """How many rows the list has; with `cap`, at most one more than that are counted."""
    where = " AND ".join(page.conditions)
    if cap is None:
        return f"SELECT count(*) AS total FROM {table} r WHERE {where}"
    if page.walk is not None:
        return f"SELECT count(*) AS total FROM ({walks.ones(page.walk, table, page.conditions, cap + 1)}) c"
    return f"SELECT count(*) AS total FROM (SELECT FROM {table} r WHERE {where} LIMIT {cap + 1}) c"
