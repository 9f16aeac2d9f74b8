"""Things by their public ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from db import tables
from db.tables.row import TableRow
from domain import ids
from domain.ids import IdKind
from resolvers.reads.refusals import TooMuch
from tests.oracle.reads import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tests.oracle.reads.reads import Reads

R = TypeVar("R", bound=TableRow)

MOST_NODES = 200
TABLES: dict[IdKind, type[TableRow]] = {
    IdKind.SHOP: tables.Shop,
    IdKind.STAFF_MEMBER: tables.StaffMember,
    IdKind.ORDER: tables.Order,
    IdKind.PARCEL: tables.Parcel,
    IdKind.TRACKING_EVENT: tables.TrackingEvent,
    IdKind.TICKET: tables.Ticket,
    IdKind.FOLLOW_UP_RECORD: tables.FollowUpRecord,
    IdKind.CONSUMER_CARD: tables.ConsumerCard,
    IdKind.COMPLAINT: tables.Complaint,
    IdKind.EXEMPTION: tables.Exemption,
    IdKind.REPLY_TEMPLATE: tables.ReplyTemplate,
    IdKind.WEBHOOK: tables.Webhook,
    IdKind.WEBHOOK_DELIVERY: tables.WebhookDelivery,
}
_BY_ID = frozenset(
    {
        IdKind.SHOP,
        IdKind.ORDER,
        IdKind.PARCEL,
        IdKind.TICKET,
        IdKind.COMPLAINT,
        IdKind.EXEMPTION,
        IdKind.REPLY_TEMPLATE,
        IdKind.WEBHOOK,
        IdKind.WEBHOOK_DELIVERY,
    }
)
"""Those with an index on the id alone; the others are looked for shop by shop."""


async def find(reads: Reads, kind: IdKind, public: str) -> TableRow | None:
    """The row of a public id of this kind; None for any other id, and for what the viewer may not see."""
    value = ids.decode_as(kind, public)
    if value is None:
        return None
    return (await _fetch(reads, kind, [value])).get(value)


async def ticket(reads: Reads, public: str) -> tables.Ticket | None:
    """A ticket by its public id."""
    found = await find(reads, IdKind.TICKET, public)
    return found if isinstance(found, tables.Ticket) else None


async def complaint(reads: Reads, public: str) -> tables.Complaint | None:
    """A complaint by its public id."""
    found = await find(reads, IdKind.COMPLAINT, public)
    return found if isinstance(found, tables.Complaint) else None


async def order(reads: Reads, public: str) -> tables.Order | None:
    """An order by its public id."""
    found = await find(reads, IdKind.ORDER, public)
    return found if isinstance(found, tables.Order) else None


async def exemption(reads: Reads, exemption_id: UUID) -> tables.Exemption | None:
    """An exemption by its id."""
    found = (await _fetch(reads, IdKind.EXEMPTION, [exemption_id])).get(exemption_id)
    return found if isinstance(found, tables.Exemption) else None


async def find_all(reads: Reads, public: Sequence[str]) -> list[TableRow | None]:
    """The rows of these public ids, in their order; None where there is nothing to see."""
    if len(public) > MOST_NODES:
        raise TooMuch(f"At most {MOST_NODES} ids.")
    decoded = [ids.decode(each) for each in public]
    wanted: dict[IdKind, list[UUID]] = {}
    for each in decoded:
        if each is not None:
            wanted.setdefault(each[0], []).append(each[1])
    found = {kind: await _fetch(reads, kind, values) for kind, values in wanted.items()}
    return [None if each is None else found[each[0]].get(each[1]) for each in decoded]


async def _fetch(reads: Reads, kind: IdKind, values: Sequence[UUID]) -> dict[UUID, TableRow]:
    table = TABLES[kind]
    name = str(table.__tablename__)
    statement = reads.statement()
    conditions = [f"r.id = ANY({statement.bind(list(values), 'uuid[]')})", statement.scope(name, "r")]
    if kind not in _BY_ID:
        conditions.append(f"r.shop_id IN (SELECT s.id FROM shop s WHERE {statement.scope('shop', 's')})")
    text = f"SELECT {rows.columns(table, 'r')} FROM {name} r WHERE {' AND '.join(conditions)}"
    found = await reads.database.pool.fetch(text, *statement.values)
    return {record["id"]: rows.row(table, record) for record in found}
