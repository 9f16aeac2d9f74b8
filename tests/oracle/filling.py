"""Random shops with everything in them, odd texts included; the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from db import refill
from domain import figures, ids
from domain.access import Viewer
from domain.events import ActorKind
from domain.ids import IdKind
from domain.ticket_words import UNCLOSED, TicketStatus
from tests import factories

if TYPE_CHECKING:
    from db.database import Database
    from tests.factories import Row

ODD = (
    "",
    "plain",
    'say "hello"',
    r"back\slash \u0000 \n",
    "line\nbreak\ttab\r",
    "揽收 催一下",
    "🚚📦",
    "\u2028\u2029",
    "\x01\x1f\x7f",
    "'; DROP TABLE ticket; --",
    "{t} $1 %s",
    "x" * 3_000,
)
"""Texts that break what is careless about quoting or JSON."""
SCHEMES = ("PROMISE_PICKUP", "COURIER_URGED", "NEW_WAYBILL")
ACTIONS = ("REMINDED", "NOTED", "ASSIGNED", "REPLIED", "WAYBILL_CHANGED", "REOPENED")
HOUR = timedelta(hours=1)


@dataclass
class Filled:
    """What there is: viewers of every kind, and public ids by kind."""

    viewers: list[Viewer] = field(default_factory=list)
    ids: dict[IdKind, list[str]] = field(default_factory=dict)
    numbers: list[tuple[str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def note(self, kind: IdKind, row: Row) -> None:
        """Remember a row's public id."""
        self.ids.setdefault(kind, []).append(ids.encode(kind, row["id"]))


class _Filler:
    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.rng = random.Random(seed)
        self.filled = Filled()
        self.members: list[Row] = []
        self.webhooks: list[Row] = []
        self.exemption: Row = {}

    def text(self) -> str:
        return self.rng.choice(ODD)

    async def shop(self) -> Row:
        rng = self.rng
        shop = await factories.shop(
            self.database, locale=rng.choice(["zh-CN", "en"]), name=f"{self.text()[:40]}店", market="TMALL"
        )
        self.filled.note(IdKind.SHOP, shop)
        self.filled.words.append(shop["name"])
        kinds: list[Row] = [{}, {"active": False}, {"deleted_at": factories.now()}]
        self.webhooks = [
            await factories.webhook(self.database, shop, url=f"https://a.example/{number}", **more)
            for number, more in enumerate(kinds)
        ]
        for webhook in self.webhooks:
            self.filled.note(IdKind.WEBHOOK, webhook)
        await self.database.pool.execute(
            "UPDATE shop_stream SET head = $2 WHERE shop_id = $1", shop["id"], rng.randrange(1_000)
        )
        members = [
            await factories.member(
                self.database, shop, display_name=self.text(), active=rng.random() < 0.8, subject=f"s{number}"
            )
            for number in range(3)
        ]
        for member in members:
            self.filled.note(IdKind.STAFF_MEMBER, member)
        for _ in range(rng.randrange(4)):
            template = await factories.template(self.database, shop, title=self.text(), body=self.text())
            self.filled.note(IdKind.REPLY_TEMPLATE, template)
        self.members = members
        for _ in range(12):
            await self.order(shop, members)
        async with self.database.transaction() as connection:
            await refill.sum_up(connection, shop["id"])
        return shop

    async def order(self, shop: Row, members: list[Row]) -> None:
        rng = self.rng
        paid_at = factories.now() - rng.randrange(1, 200) * HOUR
        shipped_at = None if rng.random() < 0.2 else paid_at + rng.randrange(1, 30) * HOUR
        order = await factories.order(
            self.database,
            shop,
            buyer_id=rng.choice(["anna", "bob"]),
            buyer_nick=self.text()[:40],
            item_title=self.text(),
            quantity=rng.choice([1, 2, 2_000_000_000]),
            paid_amount=Decimal(rng.choice(["0.00", "129.00", "9999999999.99"])),
            paid_at=paid_at,
            shipped_at=shipped_at,
            picked_up_at=shipped_at + HOUR if shipped_at and rng.random() < 0.3 else None,
            refunded_at=paid_at + 40 * HOUR if rng.random() < 0.2 else None,
            urge_rounds=rng.randrange(3),
        )
        self.filled.note(IdKind.ORDER, order)
        self.filled.numbers.append((ids.encode(IdKind.SHOP, shop["id"]), order["number"]))
        self.filled.words += [order["number"], order["buyer_nick"]]
        parcels = [] if shipped_at is None else [await self.parcel(order) for _ in range(rng.randrange(1, 3))]
        statuses = rng.sample(list(TicketStatus), rng.randrange(4))
        if TicketStatus.AWAITING_REPLY in statuses and TicketStatus.REPLIED in statuses:
            statuses.remove(TicketStatus.REPLIED)  # an order has one unclosed ticket of a kind
        for status in statuses:
            await self.ticket(order, parcels, members, status)

    async def parcel(self, order: Row) -> Row:
        rng = self.rng
        parcel = await factories.parcel(
            self.database,
            order,
            carrier=rng.choice(["SF", "ZTO", self.text()[:30] or "YTO"]),
            shipped_at_estimated=rng.random() < 0.5,
            warnings=rng.sample(["CARRIER_MISMATCH", "UNKNOWN_CARRIER"], rng.randrange(3)),
        )
        self.filled.note(IdKind.PARCEL, parcel)
        self.filled.words.append(parcel["waybill_number"])
        for number in range(rng.randrange(5)):
            scan = await factories.scan(
                self.database,
                parcel,
                description=f"{self.text()}{number}",
                source="API",
                code=self.text()[:20],
            )
            self.filled.note(IdKind.TRACKING_EVENT, scan)
        return parcel

    async def ticket(self, order: Row, parcels: list[Row], members: list[Row], status: TicketStatus) -> None:
        rng = self.rng
        opened_at = factories.now() - rng.randrange(24 * 60) * timedelta(minutes=1)
        given = {
            "opened_at": opened_at,
            "updated_at": opened_at + rng.randrange(60) * timedelta(seconds=1),
            "assignee_id": rng.choice([None, *(member["id"] for member in members)]),
            "round": rng.randrange(1, 3),
        }
        if status not in UNCLOSED and rng.random() < 0.3:
            given["kind"] = "URGE_SHIPMENT"
        if status is TicketStatus.AWAITING_PICKUP or ("kind" in given and rng.random() < 0.3):
            shipped_at = opened_at - rng.choice([0, 5, 30]) * factories.HOUR
            given |= {"kind": "URGE_SHIPMENT", "shipped_at": shipped_at, "clock_started_at": shipped_at}
        if status in {TicketStatus.AWAITING_REPLY, TicketStatus.REPLIED}:
            given["money_at_risk"] = Decimal(rng.choice(["5.00", "6.45", "500.00"]))
        if status is TicketStatus.AWAITING_REPLY and rng.random() < 0.3:
            moved = opened_at + factories.DAY + factories.HOUR
            given |= {
                "deadline_at": moved,
                "deadline_steps": [opened_at + factories.DAY, moved],
                "moved_by": [rng.choice([self.exemption["id"], None])],
            }
        ticket = await factories.ticket(self.database, order, status, **given)
        self.filled.note(IdKind.TICKET, ticket)
        self.filled.words.append(ticket["number"])
        for _ in range(rng.randrange(6)):
            await self.record(ticket, parcels)
        if status is TicketStatus.ESCALATED:
            complaint = await factories.complaint(
                self.database,
                ticket,
                rng.choice(["FILED", "FILED", "SETTLED", "UPHELD", "DISMISSED"]),
                statement=rng.choice([None, self.text()]),
                proof_urls=[self.text()],
                estimated_compensation=Decimal(rng.choice(["6.45", "500.00", "497.00"])),
                filed_at=factories.now() - rng.randrange(100) * HOUR,
            )
            self.filled.note(IdKind.COMPLAINT, complaint)

    async def fact(self, record: Row, part: int) -> None:
        rng = self.rng
        handling_s = rng.choice([None, 0, 63, 64, 65, rng.randrange(200_000), 40_000_000])
        answer_s = rng.choice([None, 0, rng.randrange(50_000)])
        names = ("opened", "on_time", "decided", "kept", "promised", "escalated", "ended", "upheld", "points")
        await factories.fact(
            self.database,
            record,
            part=part,
            at=factories.now() - rng.randrange(-2_000, 20_000) * timedelta(minutes=1),
            member_id=rng.choice([None, *(member["id"] for member in self.members)]),
            handling_s=handling_s,
            bin=None if handling_s is None else figures.bin_of(handling_s),
            answer_s=answer_s,
            compensation=Decimal(rng.choice(["0.00", "5.50", "-0.05"])),
            **{name: rng.choice([-1, 0, 0, 1, 1]) for name in names},
        )

    async def record(self, ticket: Row, parcels: list[Row]) -> None:
        rng = self.rng
        action = rng.choice(ACTIONS)
        before, after = rng.sample([None, *(member["id"] for member in self.members)], 2)
        assigned = {"assignee_before_id": before, "assignee_after_id": after}
        record = await factories.record(
            self.database,
            ticket,
            action,
            note=rng.choice([None, self.text()]),
            actor_name=self.text(),
            reminder_minutes=60 if action == "REMINDED" else None,
            deadline_before=rng.choice([None, factories.now()]),
            **(assigned if action == "ASSIGNED" else {}),
        )
        self.filled.note(IdKind.FOLLOW_UP_RECORD, record)
        if rng.random() < 0.3:
            delivery = await factories.delivery(
                self.database,
                rng.choice(self.webhooks),
                record,
                **rng.choice([{}, {"status": "FAILED", "due_at": None, "last_error": self.text()}]),
            )
            self.filled.note(IdKind.WEBHOOK_DELIVERY, delivery)
        for part in range(rng.randrange(3)):
            await self.fact(record, part)
        if action == "REPLIED":
            await factories.reply(
                self.database,
                record,
                scheme_code=rng.choice(SCHEMES),
                note=rng.choice([None, self.text()]),
                promised_at=rng.choice([None, factories.now()]),
                proof_urls=[self.text() for _ in range(rng.randrange(3))],
            )
            if rng.random() < 0.7:
                card = await factories.card(self.database, record, title=self.text(), body=self.text())
                self.filled.note(IdKind.CONSUMER_CARD, card)
        if action == "WAYBILL_CHANGED" and len(parcels) > 1:
            old, new = parcels.pop(0), parcels[0]
            await factories.waybill_change(
                self.database, old, new, record_id=record["id"], reason=rng.choice([None, self.text()])
            )


async def fill(database: Database, seed: int, shops: int = 4) -> Filled:
    """Fill an empty database; the same for the same seed, but for ids and times."""
    filler = _Filler(database, seed)
    exemption = await factories.exemption(database, title=filler.text(), region="44", market="TMALL")
    filler.filled.note(IdKind.EXEMPTION, exemption)
    filler.exemption = exemption
    change = {
        "revision": 1 + await database.pool.fetchval("SELECT count(*) FROM calendar_change"),
        "exemption_id": exemption["id"],
        "affected_tickets": 7,
        "retimed_tickets": 3,
        "changed_at": factories.now(),
    }
    await factories.insert(database, "calendar_change", change)
    made = [await filler.shop() for _ in range(shops)]
    keys = [shop["id"] for shop in made]
    filled = filler.filled
    filled.viewers = [
        Viewer(ActorKind.STAFF, "s0", frozenset(keys[:1]), owner=True),
        Viewer(ActorKind.STAFF, "s1", frozenset(keys[:3])),
        Viewer(ActorKind.STAFF, "s2", frozenset()),
        Viewer(ActorKind.PLATFORM, "root"),
        Viewer(ActorKind.PLATFORM, "some", frozenset(keys[1:3])),
        Viewer(ActorKind.CONSUMER, "anna"),
        Viewer(ActorKind.CONSUMER, "nobody"),
        Viewer(ActorKind.INTEGRATION, "erp", frozenset(keys[:2])),
    ]
    return filled
