"""Tickets as rows: locking them by their order, reading them, writing what became of them."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from db import rows
from domain.ticket import Ticket
from domain.ticket_words import TicketKind, TicketOutcome, TicketStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import asyncpg

    from db.database import Connection

COLUMNS = tuple(field.name for field in fields(Ticket))
"""The columns of `ticket` that the domain knows, by the same names."""
KEPT = frozenset({"shop_id", "id", "order_id", "number", "kind", "opened_at"})
"""What a change of a ticket never touches."""
CHANGED = tuple(name for name in COLUMNS if name not in KEPT)

_SELECT = f"SELECT {', '.join(COLUMNS)} FROM ticket"
_ORDER = f"{_SELECT} WHERE shop_id = $1 AND order_id = $2 ORDER BY opened_at, id"
_UPDATE = f"""
UPDATE ticket t SET {", ".join(f"{name} = n.{name}" for name in CHANGED)}
FROM json_populate_recordset(NULL::ticket, $1) WITH ORDINALITY n
WHERE t.shop_id = n.shop_id AND t.id = n.id
  AND t.version = ($2::int[])[n.ordinality]
  AND t.status = ($3::text[])[n.ordinality]::ticket_status
  AND (NOT ($4::bool[])[n.ordinality] OR coalesce(t.deadline_at, t.promise_ends_at) <= clock_timestamp())
RETURNING t.id"""
"""The guards go by place: joined as a second set of rows, every row was compared with every other."""
_WEBHOOKS = """
SELECT id, shop_id, events::text[] FROM webhook
WHERE shop_id = ANY(${place}::uuid[]) AND active AND deleted_at IS NULL"""


class Landed(NamedTuple):
    """The ids of the tickets that were written, and `id`, `shop_id` and `events` of webhooks asked for."""

    ids: set[UUID]
    webhooks: list[asyncpg.Record]


def from_row(row: asyncpg.Record | Mapping[str, Any]) -> Ticket:
    """The domain's ticket of a row that has at least `COLUMNS`."""
    values = {name: row[name] for name in COLUMNS}
    values["deadline_steps"] = tuple(values["deadline_steps"])
    values["moved_by"] = tuple(values["moved_by"])
    values["kind"] = TicketKind(values["kind"])
    values["status"] = TicketStatus(values["status"])
    values["outcome"] = None if values["outcome"] is None else TicketOutcome(values["outcome"])
    return Ticket(**values)


def to_row(ticket: Ticket) -> dict[str, Any]:
    """The columns of `COLUMNS`."""
    return {name: getattr(ticket, name) for name in COLUMNS}


async def of_order(connection: Connection, shop_id: UUID, order_id: UUID) -> list[Ticket]:
    """All tickets of an order, oldest first. Lock the order before if they are to be changed."""
    return [from_row(row) for row in await connection.fetch(_ORDER, shop_id, order_id)]


async def write(
    connection: Connection,
    changes: Sequence[tuple[Ticket, Ticket, bool]],
    hanging: Mapping[str, Sequence[rows.Row]],
    telling: Sequence[UUID] = (),
) -> Landed:
    """Write (before, after, by the clock) each, if the row still stands as `before` and, when the clock
    is the reason, PostgreSQL's says so too (`architecture.md §2.4`).

    The rows of the tables in `hanging` are inserted by the same statement, unless a ticket is not written:
    whoever misses one rolls back. It also reads the webhooks of the shops in `telling`.
    """
    values: list[object] = []
    if changes:
        values += [
            [to_row(after) for _, after, _ in changes],
            [before.version for before, _, _ in changes],
            [before.status.value for before, _, _ in changes],
            [by_clock for _, _, by_clock in changes],
        ]
    inserted = {table: each for table, each in hanging.items() if each}
    values += [rows.parameter(each) for each in inserted.values()]
    shapes = tuple((table, tuple(each[0])) for table, each in inserted.items())
    statement = _statement(shapes, changes=bool(changes), telling=bool(telling))
    found = await connection.fetch(statement, *values, *([list(telling)] if telling else []))
    return Landed(
        {row["id"] for row in found if row["events"] is None},
        sorted(
            (row for row in found if row["events"] is not None), key=lambda row: (row["shop_id"], row["id"])
        ),
    )


@cache
def _statement(shapes: tuple[tuple[str, tuple[str, ...]], ...], *, changes: bool, telling: bool) -> str:
    """Each statement costs a round trip; PostgreSQL looks at the foreign keys when all of it is written."""
    first = 5 if changes else 1
    parts = [f"changed AS ({_UPDATE})"] if changes else []
    # Not by a rolled back insertion shall a sleeper learn that it slept, but by the guards of its tickets.
    guard = " WHERE (SELECT count(*) FROM changed) = cardinality($2::int[])" if changes else ""
    parts += [
        f"new_{table} AS ({rows.insertion(table, columns, first + number)}{guard})"
        for number, (table, columns) in enumerate(shapes)
    ]
    nothing = "NULL::uuid AS shop_id, NULL::text[] AS events"
    found = (
        f"SELECT id, {nothing} FROM changed" if changes else f"SELECT NULL::uuid AS id, {nothing} WHERE false"
    )
    if telling:
        found += f" UNION ALL {_WEBHOOKS.format(place=first + len(shapes))}"
    return f"WITH {', '.join(parts)} {found}"
