"""What a demo shop's owner has set up: reply templates and webhooks; and how their receivers take it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from db import keys, outbox
from demo.goods import OWNER
from domain import ids, webhooks
from domain.events import ActorKind
from domain.ids import IdKind
from domain.policy import DEFAULT
from domain.shop import Market
from domain.webhooks import WebhookEvent
from integrations.sender import LEASE
from resolvers import commands, templates
from resolvers import webhooks as webhook_cases

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection
    from db.outbox import Claim
    from demo.clock import MovedClock
    from demo.desk import Desk

CARDS = (WebhookEvent.CARD_REPLY, WebhookEvent.CARD_PICKED_UP)
URGENT = (WebhookEvent.TICKET_ESCALATED, WebhookEvent.PROMISE_BROKEN, WebhookEvent.COMPLAINT_RULED)
"""What the shop whose receiver went away wanted to be told."""
TEMPLATES: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "COURIER_URGED": (
        {"zh-CN": "已催快递", "en": "Courier urged"},
        {
            "zh-CN": "亲爱的{{buyer_nick}}，{{carrier}}（{{waybill}}）已催促揽收，请留意物流更新。",
            "en": "Dear {{buyer_nick}}, we asked {{carrier}} ({{waybill}}) to collect it today.",
        },
    ),
    "PROMISE_PICKUP": (
        {"zh-CN": "承诺今晚揽收", "en": "Tonight"},
        {
            "zh-CN": "您的订单{{order_number}}将于{{promised_at}}前揽收。——{{shop_name}}",
            "en": "Order {{order_number}} will be collected by {{promised_at}}. {{shop_name}}",
        },
    ),
}
TAKES = timedelta(seconds=2)
"""Between a message and its arrival."""
REFUSED_AT_FIRST = 0.04
GONE_FOR = timedelta(days=3, hours=12)
"""How long the receiver of one shop's own software has not been there."""
_ANY_DUE = "SELECT EXISTS (SELECT FROM webhook_delivery WHERE due_at <= now())"
_STRANGERS = "SELECT EXISTS (SELECT FROM shop WHERE id <> ALL($1::uuid[]))"
_WEBHOOKS = "SELECT id, shop_id, url FROM webhook"


async def set_up(desk: Desk) -> dict[str, str]:
    """The shop's webhooks, and its templates by scheme code."""
    owner = desk.viewer(ActorKind.STAFF, OWNER, owner=True)
    shop_id = ids.encode(IdKind.SHOP, desk.shop_id)
    told = (
        URGENT
        if desk.stall.market is Market.TMALL
        else tuple(each for each in WebhookEvent if each not in CARDS)
    )
    # .example leads nowhere, whoever asks (RFC 2606).
    for name, events in (("cards", CARDS), ("erp", told)):
        url = f"https://{name}.{desk.stall.mark}.example/lanshou"
        await webhook_cases.save(owner, commands.SaveWebhook(shop_id=shop_id, url=url, events=events))
    made = {}
    for scheme, (titles, bodies) in TEMPLATES.items():
        command = commands.SaveReplyTemplate(
            shop_id=shop_id, title=titles[desk.locale], scheme_code=scheme, body=bodies[desk.locale]
        )
        made[scheme] = (await templates.save(owner, command)).id
    return made


@dataclass(slots=True)
class Receivers:
    """The shops' receivers: nearly always there, but one that went away some days before the end.

    What the sender does with a message, without the network: the claim, and what became of it.
    """

    clock: MovedClock
    desks: list[Desk]
    dice: random.Random
    end: datetime
    _gone: UUID | None = None
    _idle: bool = False

    async def begin(self) -> bool:
        """Look whether there are other shops: claims are the whole fleet's, and so strangers' stay the
        sender's. Gives whether the demo has the place to itself.
        """
        async with self.clock.services.database.pool.acquire() as connection:
            self._idle = await connection.fetchval(_STRANGERS, [desk.shop_id for desk in self.desks])
            found = await connection.fetch(_WEBHOOKS)
        [tmall] = [desk for desk in self.desks if desk.stall.market is Market.TMALL]
        [self._gone] = [
            row["id"] for row in found if row["shop_id"] == tmall.shop_id and "//erp." in row["url"]
        ]
        return not self._idle

    async def take(self) -> None:
        """Take what is due by now, or refuse it."""
        database = self.clock.services.database
        async with database.pool.acquire() as connection:
            if self._idle or not await connection.fetchval(_ANY_DUE):
                return
        await self.clock.to(self.clock.now + TAKES)
        while True:
            lease = keys.new()
            async with database.transaction() as connection:
                claims = await outbox.claim(connection, lease, healthy=64, ailing=16, lease_for=LEASE)
                for claim in claims:
                    await self._settle(connection, claim, lease)
            if not claims:
                return

    async def _settle(self, connection: Connection, claim: Claim, lease: UUID) -> None:
        gone = claim.webhook_id == self._gone and self.clock.now > self.end - GONE_FOR
        if not gone and self.dice.random() >= REFUSED_AT_FIRST:
            await outbox.delivered(connection, claim, lease, 200)
            return
        await outbox.failed(
            connection,
            claim,
            lease,
            status_code=None if gone else 503,
            error="could not connect" if gone else "answered 503",
            pause=webhooks.next_pause(DEFAULT.webhook_pauses, claim.failures + 1),
        )
