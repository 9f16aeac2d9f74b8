"""The short lists: shops, staff, follow-up records, tracking events, and memberships."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from db import tables
from db.tables.row import TableRow
from domain import ids
from domain.ids import IdKind
from resolvers.reads.refusals import TooMuch
from tests.oracle.reads import paging, rows, text
from tests.oracle.reads.paging import Key, Ordering, Page, Source, Window
from tests.oracle.reads.streams import MOST_SHOPS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import asyncpg

    from tests.oracle.reads import reads as reads_
    from tests.oracle.reads.counts import Counts

R = TypeVar("R", bound=TableRow)

_ID = Key("r.id", "uuid")


async def reply_templates(reads: reads_.Reads, public: str) -> list[tables.ReplyTemplate]:
    """The reply templates of a shop, by title."""
    statement = reads.statement()
    shop = statement.bind(ids.decode_as(IdKind.SHOP, public), "uuid")
    found = await reads.database.pool.fetch(
        f"SELECT {rows.columns(tables.ReplyTemplate, 'r')} FROM reply_template r"
        f" WHERE r.shop_id = {shop} AND {statement.scope('reply_template', 'r')} ORDER BY r.title, r.id",
        *statement.values,
    )
    return [rows.row(tables.ReplyTemplate, record) for record in found]


async def page(
    reads: reads_.Reads,
    table: type[R],
    source: Source,
    ordering: Ordering,
    window: Window,
    *,
    default: int,
    cap: int | None = None,
) -> Page[R]:
    """One page of `table`; the total is counted when asked for, up to `cap`."""
    counted = paging.counting(source, cap=cap)
    async with reads.database.pool.acquire() as connection:
        found = await paging.fetch(connection, source, ordering, window, default=default)
    return made(reads, table, found, counted)


def made(
    reads: reads_.Reads,
    table: type[R],
    found: tuple[list[asyncpg.Record], list[str], bool, bool],
    counted: tuple[str, list[object]],
) -> Page[R]:
    """The page of records already fetched."""
    records, cursors, has_next, has_previous = found

    async def count() -> int:
        return int(await reads.database.pool.fetchval(counted[0], *counted[1]))

    return Page([rows.row(table, record) for record in records], cursors, has_next, has_previous, count)


async def shops(reads: reads_.Reads, search: str | None, window: Window) -> Page[tables.Shop]:
    """The viewer's shops whose name begins with `search`, in any case, by name."""
    statement = reads.statement()
    conditions = [statement.scope("shop", "r")]
    if search:
        prefix = statement.bind(text.prefix(search, at_least=1), "text")
        conditions.append(f"lower(r.name) LIKE lower({prefix})")
    source = Source(rows.columns(tables.Shop, "r"), "shop", tuple(conditions), statement)
    ordering = Ordering((Key("lower(r.name)", "text"), _ID), descending=False, about=("shops", search or ""))
    return await page(reads, tables.Shop, source, ordering, window, default=20)


async def exemptions(
    reads: reads_.Reads, active_at: datetime | None, window: Window
) -> Page[tables.Exemption]:
    """Exemptions, the last to begin first; those whose window holds `active_at`."""
    statement = reads.statement()
    conditions = [statement.scope("exemption", "r")]
    if active_at is not None:
        at = statement.bind(active_at, "timestamptz")
        conditions.append(f"{at} BETWEEN r.starts_at AND r.ends_at AND r.ends_at <> {at}")
    source = Source(rows.columns(tables.Exemption, "r"), "exemption", tuple(conditions), statement)
    keys = (Key("r.starts_at", "timestamptz"), _ID)
    ordering = Ordering(keys, descending=True, about=("exemptions", str(active_at)))
    return await page(reads, tables.Exemption, source, ordering, window, default=20)


async def staff(reads: reads_.Reads, shop: tables.Shop, window: Window) -> Page[tables.StaffMember]:
    """The members of a shop, the longest known first."""
    source = _of(reads, tables.StaffMember, shop_id=shop.id)
    ordering = Ordering(
        (Key("r.created_at", "timestamptz"), _ID), descending=False, about=("staff", str(shop.id))
    )
    return await page(reads, tables.StaffMember, source, ordering, window, default=50)


async def follow_ups(
    reads: reads_.Reads, ticket: tables.Ticket, window: Window
) -> Page[tables.FollowUpRecord]:
    """What happened to a ticket, the first first."""
    source = _of(reads, tables.FollowUpRecord, shop_id=ticket.shop_id, ticket_id=ticket.id)
    ordering = Ordering((Key("r.position", "int"),), descending=False, about=("records", str(ticket.id)))
    return await page(reads, tables.FollowUpRecord, source, ordering, window, default=50)


async def tracking_events(
    reads: reads_.Reads, parcel: tables.Parcel, window: Window
) -> Page[tables.TrackingEvent]:
    """A parcel's scans, the newest first."""
    source = _of(reads, tables.TrackingEvent, shop_id=parcel.shop_id, parcel_id=parcel.id)
    ordering = Ordering(
        (Key("r.occurred_at", "timestamptz"), _ID), descending=True, about=("scans", str(parcel.id))
    )
    return await page(reads, tables.TrackingEvent, source, ordering, window, default=20)


async def deliveries(
    reads: reads_.Reads, webhook: tables.Webhook, window: Window
) -> Page[tables.WebhookDelivery]:
    """What a webhook was told, the newest first."""
    source = _of(reads, tables.WebhookDelivery, shop_id=webhook.shop_id, webhook_id=webhook.id)
    keys = (Key("r.created_at", "timestamptz"), _ID)
    ordering = Ordering(keys, descending=True, about=("deliveries", str(webhook.id)))
    return await page(reads, tables.WebhookDelivery, source, ordering, window, default=20)


async def webhooks(reads: reads_.Reads, shop_id: UUID | None) -> list[tables.Webhook]:
    """The webhooks of a shop, the oldest first."""
    statement = reads.statement()
    query = (
        f"SELECT {rows.columns(tables.Webhook, 'r')} FROM webhook r"
        f" WHERE r.shop_id = {statement.bind(shop_id, 'uuid')} AND {statement.scope('webhook', 'r')}"
        " ORDER BY r.created_at, r.id"
    )
    found = await reads.database.pool.fetch(query, *statement.values)
    return [rows.row(tables.Webhook, record) for record in found]


async def memberships(reads: reads_.Reads) -> list[tables.StaffMember]:
    """The shops' members that are the viewer, by shop."""
    statement = reads.statement()
    query = (
        f"SELECT {rows.columns(tables.StaffMember, 'r')} FROM staff_member r"
        f" WHERE r.subject = {statement.bind(reads.viewer.subject, 'text')}"
        f" AND {statement.scope('staff_member', 'r')} ORDER BY r.shop_id, r.id"
    )
    found = await reads.database.pool.fetch(query, *statement.values)
    return [rows.row(tables.StaffMember, record) for record in found]


async def shop_ids(reads: reads_.Reads, public: Sequence[str] | None) -> list[UUID]:
    """The shops of these public ids that the viewer sees (None: all of theirs), by name.

    Raises `TooMuch` for more than a stream holds.
    """
    statement = reads.statement()
    conditions = [statement.scope("shop", "r")]
    if public is not None:
        conditions.append(f"r.id = ANY({statement.bind(decoded(public), 'uuid[]')})")
    query = (
        f"SELECT r.id FROM shop r WHERE {' AND '.join(conditions)}"
        f" ORDER BY lower(r.name), r.id LIMIT {MOST_SHOPS + 1}"
    )
    found = await reads.database.pool.fetch(query, *statement.values)
    if len(found) > MOST_SHOPS:
        raise TooMuch(f"At most {MOST_SHOPS} shops: name them in shopIds.")
    return [record["id"] for record in found]


async def queue_counts(reads: reads_.Reads, public: Sequence[str] | None) -> list[Counts]:
    """The counts of these shops' queues, by the shops' names."""
    found = await asyncio.gather(*(reads.counts.load(each) for each in await shop_ids(reads, public)))
    return [each for each in found if each is not None]


def decoded(public: Sequence[str]) -> list[UUID]:
    """The shops of these public ids; one that is none is nobody's, hence left out."""
    found = (ids.decode_as(IdKind.SHOP, each) for each in public)
    return [shop_id for shop_id in found if shop_id is not None]


def _of(reads: reads_.Reads, table: type[R], **parents: object) -> Source:
    name = str(table.__tablename__)
    statement = reads.statement()
    conditions = [f"r.{column} = {statement.bind(value, 'uuid')}" for column, value in parents.items()]
    conditions.append(statement.scope(name, "r"))
    return Source(rows.columns(table, "r"), name, tuple(conditions), statement)
