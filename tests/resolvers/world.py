"""A small world to try the use cases in: a shop, its people, and a look at all that is stored."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from db import keys
from db.rules import Rules
from domain import ids
from domain.access import Viewer
from domain.errors import DomainError
from domain.events import ActorKind
from domain.ids import IdKind
from domain.order import OrderRow
from escalation import index, steps
from resolvers import commands, orders, scans, shipments, shops, staff, tickets, urges, waybills
from resolvers.context import Context, Services

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from uuid import UUID

    from db.database import Database
    from domain.policy import Policy
    from live.nodes import Client

E = TypeVar("E", bound=DomainError)
BUYER = "bob"
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TABLES = (
    "calendar_change",
    "complaint",
    "consumer_card",
    "event",
    "exemption",
    "figure_fact",
    "figure_sum",
    "figure_time",
    "follow_up_record",
    "idempotency_key",
    "orders",
    "paid_day",
    "parcel",
    "policy",
    "reply",
    "reply_template",
    "shop",
    "shop_stream",
    "staff_member",
    "ticket",
    "tracking_event",
    "unmatched_scan",
    "waybill_change",
    "waybill_directory",
    "webhook",
    "webhook_delivery",
)
_DUMP = " UNION ALL ".join(f"SELECT '{name}', to_jsonb(t)::text FROM {name} t" for name in TABLES)
_END = """
UPDATE ticket SET next_step_at = $2::timestamptz, clock_started_at = $2 - interval '1 day',
  last_reminder_minutes = 0,
  deadline_at = CASE WHEN deadline_at IS NOT NULL THEN $2 END,
  promise_ends_at = CASE WHEN deadline_at IS NULL THEN $2 ELSE promise_ends_at END
WHERE id = $1"""
_counter = itertools.count(1)


def now() -> datetime:
    """This machine's time, to the millisecond: the tests' PostgreSQL runs on it too."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def number_of(prefix: str = "SF1") -> str:
    """A waybill number nobody has yet, in the look of 顺丰."""
    return f"{prefix}{next(_counter):012d}"


def sf(place: int) -> str:
    """The same number for the same index."""
    return f"SF9{place:012d}"


@dataclass(frozen=True)
class Placed:
    """An order as the tests hold it."""

    id: str
    key: UUID
    number: str


@dataclass(frozen=True)
class World:
    """Servers, one shop of a thousand, and people of every role."""

    services: Services
    redis: Client
    shop: UUID
    other_shop: UUID
    _orders: itertools.count[int] = field(default_factory=lambda: itertools.count(10_001))

    @property
    def database(self) -> Database:
        """Where the truth is."""
        return self.services.database

    @property
    def shop_id(self) -> str:
        """The shop's public id."""
        return ids.encode(IdKind.SHOP, self.shop)

    @property
    def other_shop_id(self) -> str:
        """Another shop's public id."""
        return ids.encode(IdKind.SHOP, self.other_shop)

    def under(self, policy: Policy) -> World:
        """The same world under other rules."""
        rules = Rules(lambda saved: replace(policy, version=saved.version))
        return replace(self, services=replace(self.services, rules=rules))

    def as_(
        self, role: ActorKind, subject: str, shops_: Sequence[UUID] | None = None, *, owner: bool = False
    ) -> Context:
        """Somebody with a token."""
        shop_ids = None if shops_ is None else frozenset(shops_)
        return Context(self.services, Viewer(role, subject, shop_ids, owner))

    @property
    def platform(self) -> Context:
        """Who may do everything."""
        return self.as_(ActorKind.PLATFORM, "root")

    @property
    def integration(self) -> Context:
        """The shop's integration."""
        return self.as_(ActorKind.INTEGRATION, "erp", [self.shop])

    @property
    def staff(self) -> Context:
        """Amy, an agent of the shop."""
        return self.as_(ActorKind.STAFF, "amy", [self.shop])

    @property
    def owner(self) -> Context:
        """The shop's owner."""
        return self.as_(ActorKind.STAFF, "olga", [self.shop], owner=True)

    @property
    def stranger(self) -> Context:
        """An agent of another shop."""
        return self.as_(ActorKind.STAFF, "zoe", [self.other_shop])

    @property
    def buyer(self) -> Context:
        """The buyer of every order made here."""
        return self.as_(ActorKind.CONSUMER, BUYER)

    def row(self, **changes: Any) -> OrderRow:
        """An order past its shipping limit, paid three days ago."""
        given = {
            "number": str(next(self._orders)),
            "buyer_id": BUYER,
            "buyer_nick": "小波",
            "item_title": "棉服",
            "quantity": 1,
            "paid_amount": Decimal("129.00"),
            "paid_at": now() - 3 * DAY,
        }
        return OrderRow(**{**given, **changes})

    async def order(self, **changes: Any) -> Placed:
        """Record an order."""
        row = self.row(**changes)
        [placed] = await self.orders([row])
        return placed

    async def orders(self, rows: Sequence[OrderRow]) -> list[Placed]:
        """Record orders."""
        command = commands.RecordOrders(shop_id=self.shop_id, orders=tuple(rows))
        done = await orders.record_orders(self.integration, command)
        return [
            Placed(result.id or "", ids.decode_as(IdKind.ORDER, result.id or "") or keys.new(), row.number)
            for row, result in zip(rows, done.rows, strict=True)
        ]

    async def ship(self, order: Placed, number: str | None = None, **changes: Any) -> str:
        """Record a parcel of the order; its public id."""
        given = {
            "order_number": order.number,
            "carrier": "SF",
            "waybill_number": number or number_of(),
            "shipped_at": now() - 2 * DAY,
        }
        result = await self.record_shipment(commands.ShipmentRow(**{**given, **changes}))
        assert result.error is None, result.error
        return result.id or ""

    async def record_shipment(self, row: commands.ShipmentRow) -> commands.RowResult:
        """Record one shipment as it is given."""
        return (await self.ship_all([row])).rows[0]

    async def ship_all(self, rows: Sequence[commands.ShipmentRow], **more: Any) -> commands.Recorded:
        """Record shipments as they are given."""
        command = commands.RecordShipments(shop_id=self.shop_id, shipments=tuple(rows), **more)
        return await shipments.record_shipments(self.integration, command)

    async def shipped(self, number: str | None = None, **changes: Any) -> Placed:
        """An order with one parcel that nobody has scanned."""
        order = await self.order(**changes)
        await self.ship(order, number)
        return order

    async def urge(self, order: Placed, **more: Any) -> commands.TicketChanged:
        """The buyer urges."""
        return await urges.urge_pickup(self.buyer, commands.UrgePickup(order_id=order.id, **more))

    async def urge_shipment(self, order: Placed, **more: Any) -> commands.TicketChanged:
        """The buyer urges an order that was not shipped."""
        return await urges.urge_shipment(self.buyer, commands.UrgeShipment(order_id=order.id, **more))

    async def shipment_urged(self, **changes: Any) -> tuple[Placed, str]:
        """An unshipped order, and the public id of the ticket its buyer opened."""
        order = await self.order(**changes)
        return order, (await self.urge_shipment(order)).ticket_id

    async def urged(self, number: str | None = None, **changes: Any) -> tuple[Placed, str]:
        """A shipped order, and the public id of the ticket its buyer opened."""
        order = await self.shipped(number, **changes)
        return order, (await self.urge(order)).ticket_id

    async def reply(
        self, ticket_id: str, scheme: str = "COURIER_URGED", **more: Any
    ) -> commands.TicketChanged:
        """Amy replies."""
        command = commands.ReplyToTicket(ticket_id=ticket_id, scheme=scheme, **more)
        return await tickets.reply(self.staff, command)

    async def withdraw(self, ticket_id: str, **more: Any) -> commands.TicketChanged:
        """The buyer takes the urge back."""
        return await urges.withdraw(self.buyer, commands.WithdrawUrge(ticket_id=ticket_id, **more))

    async def change(
        self, parcel_id: str, number: str, carrier: str = "SF", **more: Any
    ) -> commands.WaybillChanged:
        """Amy changes a waybill beside any reply."""
        waybill = commands.Waybill(carrier, number)
        command = commands.ChangeWaybill(parcel_id=parcel_id, waybill=waybill, **more)
        return await waybills.change(self.staff, command)

    async def scan(
        self,
        number: str,
        code: str = "103",
        at: datetime | None = None,
        by: Context | None = None,
        **more: Any,
    ) -> commands.RowResult:
        """A carrier scans a parcel; told by an integration."""
        given = {
            "carrier": "SF",
            "waybill_number": number,
            "occurred_at": at or now(),
            "code": code,
            "description": f"scan {code}",
        }
        events = (commands.TrackingEventRow(**{**given, **more}),)
        command = commands.RecordTrackingEvents(events=events)
        return (await scans.record_tracking_events(by or self.integration, command)).rows[0]

    async def refund(
        self, order: Placed, at: datetime | None = None, *, whole: bool = True
    ) -> commands.RowResult:
        """The platform refunds the order."""
        row = commands.RefundRow(order_number=order.number, refunded_at=at or now(), closes_order=whole)
        command = commands.RecordRefunds(shop_id=self.shop_id, refunds=(row,))
        return (await orders.record_refunds(self.integration, command)).rows[0]

    async def run_out(self, ticket_id: str, ago: timedelta = HOUR) -> datetime:
        """Let the ticket's clock, or its promise, have ended `ago`; when that was."""
        return await self.end_at(ticket_id, now() - ago)

    async def end_at(self, ticket_id: str, end: datetime) -> datetime:
        """Let the ticket's clock, or its promise, end then; that no reminder is left, it began long ago."""
        await self.database.pool.execute(_END, uuid_of(ticket_id), end)
        return end

    async def work(self, *ticket_ids: str) -> None:
        """What a worker does with these tickets now."""
        named = [(self.shop, uuid_of(ticket_id)) for ticket_id in ticket_ids]
        taken = await steps.take(self.database, named, self.services.rules)
        entries = [index.Entry(*outcome.key, outcome.next_step_at) for outcome in taken.outcomes]
        await self.services.index.put(entries)

    async def fetch(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of any question."""
        return [dict(row) for row in await self.database.pool.fetch(statement, *values)]

    async def one(self, table: str, public_id: str) -> dict[str, Any]:
        """The row behind a public id."""
        [row] = await self.fetch(f"SELECT * FROM {table} WHERE id = $1", uuid_of(public_id))
        return row

    async def ticket(self, ticket_id: str) -> dict[str, Any]:
        """The ticket's row."""
        return await self.one("ticket", ticket_id)

    async def actions(self, ticket_id: str) -> list[str]:
        """The ticket's follow-up records; their positions have no gap and its count is theirs."""
        records = await self.fetch(
            "SELECT position, action FROM follow_up_record WHERE ticket_id = $1 ORDER BY position",
            uuid_of(ticket_id),
        )
        assert [record["position"] for record in records] == list(range(1, len(records) + 1))
        assert (await self.ticket(ticket_id))["record_count"] == len(records)
        return [str(record["action"]) for record in records]

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(await self.database.pool.fetchval(f"SELECT count(*) FROM {table}"))

    async def deadlocks(self) -> int:
        """How many PostgreSQL has broken in this database; each connection tells of its own when asked."""
        pool = self.database.pool
        held = [await pool.acquire() for _ in range(pool.get_size())]
        for connection in held:
            await connection.execute("SELECT pg_stat_force_next_flush()")
            await pool.release(connection)
        await asyncio.sleep(0.1)
        statement = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return int(await pool.fetchval(statement))

    async def stored(self) -> dict[str, list[str]]:
        """Every row of every table."""
        found: dict[str, list[str]] = {name: [] for name in TABLES}
        for name, row in await self.database.pool.fetch(_DUMP):
            found[name].append(row)
        return {name: sorted(rows) for name, rows in found.items()}

    async def dump(self) -> dict[str, Any]:
        """All that is stored, scheduled and published so far."""
        stats = await self.redis.info("commandstats")
        published = stats.get("cmdstat_publish", {}).get("calls", 0)
        return {**await self.stored(), "published": published, "scheduled": await self.scheduled()}

    async def scheduled(self) -> dict[str, float]:
        """Every ticket that the deadline index holds, with its time."""
        found: dict[str, float] = {}
        async for key in self.redis.scan_iter("lanshou:*"):
            if await self.redis.type(key) == b"zset":
                members: list[Any] = await self.redis.zrange(key, 0, -1, withscores=True)
                found.update({member[-16:].hex(): score for member, score in members})
        return found

    async def refused(self, kind: type[E], asked: Awaitable[object]) -> E:
        """The refusal, which is shown to have changed nothing at all."""
        before = await self.dump()
        with pytest.raises(kind) as caught:
            await asked
        assert await self.dump() == before
        assert type(caught.value) is kind
        return caught.value


def uuid_of(public_id: str) -> UUID:
    """The UUID of any public id."""
    found = ids.decode(public_id)
    assert found is not None, public_id
    return found[1]


def problems(error: Exception | None) -> set[tuple[str, str]]:
    """(code, path joined by dots) of every problem of an InvalidInput."""
    return {(each.code, ".".join(each.path)) for each in getattr(error, "problems", ())}


async def settle_in(services: Services, client: Client) -> World:
    """A world with two shops, and Amy of the first."""
    root = Context(services, Viewer(ActorKind.PLATFORM, "root"))
    made = [await shops.save(root, commands.SaveShop(name=name)) for name in ("兰寿旗舰店", "别家店")]
    first, second = (uuid_of(each.id) for each in made)
    amy = commands.SaveStaffMember(shop_id=made[0].id, subject="amy", display_name="Amy")
    await staff.save(root, amy)
    return World(services, client, first, second)
