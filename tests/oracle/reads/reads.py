"""Everything one operation reads: its viewer, one `now`, and a loader for each way of reaching a row."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from db import tables
from db import tickets as ticket_rows
from db.tables.row import TableRow
from tests.oracle.reads import counts, rows
from tests.oracle.reads.loader import Loader
from tests.oracle.reads.scope import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import asyncpg

    from db.database import Database
    from domain import ticket
    from domain.access import Viewer
    from domain.rulebook import Rulebook
    from tests.oracle.context import Context

Key = tuple[UUID, UUID]
"""(shop id, id): the primary key of a row of a shop."""
R = TypeVar("R", bound=TableRow)


class Reads:
    """The reads of one operation, or of one event of a subscription: nothing stale outlives it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._now: asyncio.Task[datetime] | None = None
        self.shop: Loader[UUID, tables.Shop | None] = Loader(self._shops, missing=_none)
        self.counts: Loader[UUID, counts.Counts | None] = Loader(self._counts, missing=_none)
        self.staff_member = self._by_key(tables.StaffMember)
        self.order = self._by_key(tables.Order)
        self.parcel = self._by_key(tables.Parcel)
        self.ticket = self._by_key(tables.Ticket)
        self.record = self._by_key(tables.FollowUpRecord)
        self.card = self._by_key(tables.ConsumerCard)
        self.reply = self._one(tables.Reply, "record_id")
        self.waybill_change = self._one(tables.WaybillChange, "record_id")
        self.complaint = self._one(tables.Complaint, "ticket_id", order="r.round")
        self.parcels = self._many(tables.Parcel, "order_id", order="r.shipped_at, r.id")
        self.cards = self._many(tables.ConsumerCard, "ticket_id", order="r.created_at, r.id")
        self.last_change = self._one(
            tables.FollowUpRecord,
            "ticket_id",
            order="r.position",
            condition="r.action NOT IN ('REMINDED', 'NOTED')",
        )
        self.open_tickets: Loader[Key, int] = Loader(self._open_tickets, missing=int)
        self.urged: Loader[Key, list[ticket.Ticket]] = Loader(self._urged, missing=list)

    @property
    def viewer(self) -> Viewer:
        """Who asks."""
        return self.context.viewer

    @property
    def database(self) -> Database:
        """Where the rows are."""
        found: Database = self.context.database
        return found

    @property
    def book(self) -> Rulebook:
        """The rules that are data."""
        return self.context.book

    async def times_of_exemption(self, exemption_id: UUID) -> tuple[int, int]:
        """How many tickets the last change of an exemption concerns, and how many were timed anew."""
        row = await self.database.pool.fetchrow(
            "SELECT affected_tickets, retimed_tickets FROM calendar_change WHERE revision ="
            " (SELECT max(revision) FROM calendar_change WHERE exemption_id = $1)",
            exemption_id,
        )
        return (0, 0) if row is None else (row["affected_tickets"], row["retimed_tickets"])

    def statement(self) -> Statement:
        """A statement scoped to the viewer."""
        return Statement(self.viewer)

    async def now(self) -> datetime:
        """PostgreSQL's clock, read once an operation, so that everything in one answer agrees."""
        if self._now is None:
            self._now = asyncio.create_task(self._read_now())
        return await asyncio.shield(self._now)

    async def _read_now(self) -> datetime:
        # The transaction's clock, which the product's statements see in the same transaction.
        moment: datetime = await self.database.pool.fetchval("SELECT date_trunc('milliseconds', now())")
        return moment

    async def _shops(self, ids: Sequence[UUID]) -> dict[UUID, tables.Shop | None]:
        statement = self.statement()
        text = (
            f"SELECT {rows.columns(tables.Shop, 'r')} FROM shop r"
            f" WHERE r.id = ANY({statement.bind(list(ids), 'uuid[]')}) AND {statement.scope('shop', 'r')}"
        )
        found = await self.database.pool.fetch(text, *statement.values)
        return {record["id"]: rows.row(tables.Shop, record) for record in found}

    async def _counts(self, ids: Sequence[UUID]) -> dict[UUID, counts.Counts | None]:
        return dict(await counts.of_shops(self.database, self.statement(), ids, await self.now()))

    def _by_key(self, table: type[R]) -> Loader[Key, R | None]:
        async def fetch(keys: Sequence[Key]) -> dict[Key, R | None]:
            found = await self._related(table, "id", keys)
            return {(record["shop_id"], record["id"]): rows.row(table, record) for record in found}

        return Loader(fetch, missing=_none)

    def _one(
        self, table: type[R], column: str, *, order: str = "", condition: str = "true"
    ) -> Loader[Key, R | None]:
        """The row whose `column` is the key's id; the last one in `order`."""

        async def fetch(keys: Sequence[Key]) -> dict[Key, R | None]:
            found = await self._related(table, column, keys, order=order, condition=condition)
            return {(record["shop_id"], record[column]): rows.row(table, record) for record in found}

        return Loader(fetch, missing=_none)

    def _many(self, table: type[R], column: str, *, order: str) -> Loader[Key, list[R]]:
        """All rows whose `column` is the key's id, in `order`."""

        async def fetch(keys: Sequence[Key]) -> dict[Key, list[R]]:
            groups: dict[Key, list[R]] = {}
            for record in await self._related(table, column, keys, order=order):
                groups.setdefault((record["shop_id"], record[column]), []).append(rows.row(table, record))
            return groups

        return Loader(fetch, missing=list)

    async def _related(
        self, table: type[R], column: str, keys: Sequence[Key], *, order: str = "", condition: str = "true"
    ) -> list[asyncpg.Record]:
        name = str(table.__tablename__)
        statement = self.statement()
        shops = statement.bind([shop_id for shop_id, _ in keys], "uuid[]")
        ids = statement.bind([each for _, each in keys], "uuid[]")
        text = (
            f"SELECT {rows.columns(table, 'r')} FROM {name} r"
            f" JOIN unnest({shops}, {ids}) k(shop_id, id) ON r.shop_id = k.shop_id AND r.{column} = k.id"
            f" WHERE {condition} AND {statement.scope(name, 'r')}"
        )
        return await self.database.pool.fetch(
            text + (f" ORDER BY {order}" if order else ""), *statement.values
        )

    async def _open_tickets(self, keys: Sequence[Key]) -> dict[Key, int]:
        """How many unclosed tickets each member has."""
        statement = self.statement()
        shops = statement.bind([shop_id for shop_id, _ in keys], "uuid[]")
        ids = statement.bind([each for _, each in keys], "uuid[]")
        text = (
            "SELECT t.shop_id, t.assignee_id, count(*) AS number FROM ticket t"
            f" JOIN unnest({shops}, {ids}) k(shop_id, id) ON t.shop_id = k.shop_id AND t.assignee_id = k.id"
            " WHERE t.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED')"
            f" AND {statement.scope('ticket', 't')}"
            " GROUP BY 1, 2"
        )
        found = await self.database.pool.fetch(text, *statement.values)
        return {(record["shop_id"], record["assignee_id"]): record["number"] for record in found}

    async def _urged(self, keys: Sequence[Key]) -> dict[Key, list[ticket.Ticket]]:
        """All tickets of each order that the viewer sees, as the domain knows them, oldest first."""
        statement = self.statement()
        shops = statement.bind([shop_id for shop_id, _ in keys], "uuid[]")
        ids = statement.bind([each for _, each in keys], "uuid[]")
        names = ", ".join(f"t.{name}" for name in ticket_rows.COLUMNS)
        # Scoped by the order, not by the ticket: an integration sees whether the buyer may urge, no ticket.
        text = (
            f"SELECT {names} FROM ticket t"
            f" JOIN unnest({shops}, {ids}) k(shop_id, id) ON t.shop_id = k.shop_id AND t.order_id = k.id"
            " JOIN orders o ON o.shop_id = t.shop_id AND o.id = t.order_id"
            f" WHERE {statement.scope('orders', 'o')} ORDER BY t.opened_at, t.id"
        )
        groups: dict[Key, list[ticket.Ticket]] = {}
        for record in await self.database.pool.fetch(text, *statement.values):
            found = ticket_rows.from_row(record)
            groups.setdefault((found.shop_id, found.order_id), []).append(found)
        return groups


def _none() -> None:
    return None
