"""One shop that holds each thing there is, and another that holds somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from db import refill
from domain import ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from domain.ticket_words import TicketStatus
from tests import factories

if TYPE_CHECKING:
    from db.database import Database
    from tests.factories import Row

BUYER = "buyer"
PUBLIC = frozenset({"Exemption"})
"""What belongs to nobody: everybody reads it."""
MINUTE = timedelta(minutes=1)


def public(kind: IdKind, row: Row) -> str:
    """The public id of a row."""
    return ids.encode(kind, row["id"])


@dataclass(frozen=True)
class Held:
    """What one shop holds. The ticket was replied to, broken and escalated: it has one of everything."""

    shop: Row
    owner: Row
    agent: Row
    order: Row
    old_parcel: Row
    parcel: Row
    scan: Row
    ticket: Row
    opened: Row
    replied: Row
    noted: Row
    assigned: Row
    escalated: Row
    card: Row
    complaint: Row
    open_order: Row
    open_parcel: Row
    open_ticket: Row
    exemption: Row
    template: Row
    webhook: Row
    delivery: Row

    @property
    def own(self) -> dict[str, str]:
        """The public ids of what belongs to the shop."""
        return {name: each for name, each in self.ids.items() if name not in PUBLIC}

    @property
    def ids(self) -> dict[str, str]:
        """The public id of one thing of each kind."""
        return {
            "Shop": public(IdKind.SHOP, self.shop),
            "StaffMember": public(IdKind.STAFF_MEMBER, self.agent),
            "Order": public(IdKind.ORDER, self.order),
            "Parcel": public(IdKind.PARCEL, self.parcel),
            "TrackingEvent": public(IdKind.TRACKING_EVENT, self.scan),
            "Ticket": public(IdKind.TICKET, self.ticket),
            "FollowUpRecord": public(IdKind.FOLLOW_UP_RECORD, self.replied),
            "ConsumerCard": public(IdKind.CONSUMER_CARD, self.card),
            "Complaint": public(IdKind.COMPLAINT, self.complaint),
            "Exemption": public(IdKind.EXEMPTION, self.exemption),
            "ReplyTemplate": public(IdKind.REPLY_TEMPLATE, self.template),
            "Webhook": public(IdKind.WEBHOOK, self.webhook),
            "WebhookDelivery": public(IdKind.WEBHOOK_DELIVERY, self.delivery),
        }

    def viewer(self, role: ActorKind) -> Viewer:
        """Somebody of this role who belongs here."""
        shops = frozenset({self.shop["id"]})
        match role:
            case ActorKind.CONSUMER:
                return Viewer(role, self.order["buyer_id"])
            case ActorKind.PLATFORM:
                return Viewer(role, "root")
            case ActorKind.INTEGRATION:
                return Viewer(role, "erp", shops)
            case _:
                return Viewer(role, self.agent["subject"], shops, owner=False)


@dataclass(frozen=True)
class World:
    """Two shops that have nothing to do with each other."""

    ours: Held
    theirs: Held


async def furnished(database: Database) -> World:
    """Both shops."""
    exemption = await factories.exemption(database, market="TAOBAO", region="44")
    return World(await held(database, BUYER, exemption), await held(database, "stranger", exemption))


async def held(database: Database, buyer: str, exemption: Row) -> Held:
    """One shop with everything, and what is everybody's."""
    shop = await factories.shop(database)
    agent = await factories.member(database, shop)
    owner = await factories.member(database, shop, owner=True)
    order = await factories.order(
        database, shop, buyer_id=buyer, buyer_nick=f"nick of {buyer}", urge_rounds=1
    )
    new = await factories.parcel(database, order, warnings=["CARRIER_MISMATCH"])
    old = await factories.parcel(database, order)
    open_order = await factories.order(database, shop, buyer_id=buyer, urge_rounds=1)
    webhook = await factories.webhook(database, shop)
    escalated = await _escalated(database, order, (owner, agent), (old, new))
    await _counted(database, escalated, agent)
    return Held(
        shop=shop,
        owner=owner,
        agent=agent,
        order=order,
        old_parcel=old,
        parcel=new,
        scan=await factories.scan(database, new),
        open_order=open_order,
        exemption=exemption,
        template=await factories.template(database, shop),
        open_parcel=await factories.parcel(database, open_order),
        open_ticket=await factories.ticket(
            database, open_order, deadline_at=factories.now() + 90 * MINUTE, assignee_id=agent["id"]
        ),
        webhook=webhook,
        delivery=await factories.delivery(
            database,
            webhook,
            escalated["replied"],
            status="FAILED",
            due_at=None,
            attempts=9,
            last_attempt_at=factories.now(),
            last_status_code=500,
            last_error="answered 500",
        ),
        **escalated,
    )


async def _counted(database: Database, things: dict[str, Row], agent: Row) -> None:
    """The figures of a reply, a broken promise and a ruling, summed up."""
    counts = {"opened": 1, "on_time": 1, "decided": 1, "promised": 1, "ended": 1, "upheld": 1, "points": 1}
    await factories.fact(
        database,
        things["replied"],
        member_id=agent["id"],
        handling_s=60,
        bin=60,
        answer_s=30,
        compensation=Decimal("6.45"),
        **counts,
    )
    async with database.transaction() as connection:
        await refill.sum_up(connection, things["replied"]["shop_id"])


async def _escalated(
    database: Database, order: Row, members: tuple[Row, Row], parcels: tuple[Row, Row]
) -> dict[str, Row]:
    """A ticket that was replied to, whose promise was broken, and that was escalated."""
    (owner, agent), (old, new) = members, parcels
    broken_at = factories.now() - 2 * factories.HOUR
    ticket = await factories.ticket(
        database,
        order,
        TicketStatus.ESCALATED,
        assignee_id=agent["id"],
        opened_at=factories.now() - factories.DAY,
        replied_at=broken_at - factories.HOUR,
        promised_pickup_at=broken_at,
        promise_ends_at=broken_at,
        promise_broken_at=broken_at,
        record_count=6,
        version=4,
        records=False,
    )
    opened_at = ticket["opened_at"]
    opened = await factories.record(database, ticket, deadline_after=opened_at + factories.DAY)
    replied = await factories.record(database, ticket, "REPLIED", note="明天发", deadline_before=opened_at)
    await factories.reply(database, replied, note="明天发", proof_urls=["https://example.com/1"])
    await factories.waybill_change(database, old, new, record_id=replied["id"], reason="换单")
    noted = await factories.record(database, ticket, "NOTED", note="内部备注")
    assigned = await factories.record(
        database, ticket, "ASSIGNED", assignee_before_id=owner["id"], assignee_after_id=agent["id"]
    )
    await factories.record(database, ticket, "REMINDED", reminder_minutes=60, actor_kind="SYSTEM")
    escalated = await factories.record(
        database, ticket, "ESCALATED", actor_kind="SYSTEM", actor_name="system"
    )
    return {
        "ticket": ticket,
        "opened": opened,
        "replied": replied,
        "noted": noted,
        "assigned": assigned,
        "escalated": escalated,
        "card": await factories.card(database, replied, delivery="DELIVERED", delivered_at=factories.now()),
        "complaint": await factories.complaint(
            database, ticket, statement="已交快递", proof_urls=["https://example.com/2"]
        ),
    }
