"""What use cases, the worker, the sender and the errands send: by one shop, and only its part is touched."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import pytest

from db import due, outbox
from db.database import Database
from db.idempotency import NO_SHOP
from db.rules import Rules
from domain.webhooks import WebhookEvent
from escalation import index
from escalation.metrics import Metrics
from escalation.retiming import Retiming
from escalation.tidy import tidy
from live.hints import Hints
from resolvers import commands, complaints, exemptions, rule_commands, team, templates, tickets, webhooks
from resolvers.context import Services
from settings import Settings
from tests.resolvers import world as worlds
from tests.resolvers.world import DAY, HOUR, World, now, number_of, settle_in
from tests.sharding import partitions
from tests.sharding.rule import judge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.sharding.partitions import Ran


class Sent(NamedTuple):
    """A world in parts, its shops' parts, and what was sent there."""

    world: World
    parts: frozenset[int]
    ran: list[Ran]


@pytest.fixture
async def sent(
    empty_database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sent]:
    await partitions.make(empty_database_url)
    with partitions.heard(monkeypatch) as ran:
        opened = await Database.connect(empty_database_url)
        client = index.connect(redis_url)
        services = Services(Settings(), opened, index.DeadlineIndex(client), Hints(client), Rules())
        world = await settle_in(services, client)
        shops = (world.shop, world.other_shop, NO_SHOP)
        parts = [await partitions.part_of(empty_database_url, shop) for shop in shops]
        yield Sent(world, frozenset(parts), ran)
        await client.aclose()
        await opened.close()


async def test_no_statement_touches_a_part_of_another_shop(sent: Sent) -> None:
    await _urged_and_answered(sent.world)
    await _worked_on(sent.world)
    await _told(sent.world)
    await _ruled(sent.world)
    judged = [(judge(each.sql), each) for each in sent.ran if each.sql != worlds._END]
    assert {each.sql: found.faults for found, each in judged if found.faults} == {}
    foreign = {
        each.sql: each.parts for found, each in judged if each.touched - sent.parts and not found.marks
    }
    assert foreign == {}
    assert len({each.sql for _, each in judged}) > 70
    assert len(sent.parts) < partitions.PARTS - 3


async def test_a_statement_without_its_shop_touches_every_part(sent: Sent) -> None:
    _, ticket_id = await sent.world.urged()
    sent.ran.clear()
    await sent.world.ticket(ticket_id)
    assert sent.ran[0].touched == frozenset(range(partitions.PARTS))


async def _urged_and_answered(world: World) -> None:
    number = number_of()
    _, ticket = await world.urged(number)
    made = commands.SaveReplyTemplate(
        shop_id=world.shop_id, title="催件", scheme_code="COURIER_URGED", body="今天发"
    )
    template = (await templates.save(world.owner, made)).id
    await world.reply(ticket, template_id=template, idempotency_key="k")
    await templates.delete(world.owner, commands.DeleteReplyTemplate(id=template))
    await tickets.add_note(world.staff, commands.AddNote(ticket_id=ticket, note="记一下"))
    await world.scan(number, "101")
    await world.scan(number_of())
    await world.scan(number)
    order = await world.order()
    parcel = await world.ship(order)
    await world.change(parcel, number_of())
    _, shipment = await world.shipment_urged()
    await world.withdraw(shipment)
    _, many = await world.urged()
    await team.reply(
        world.staff, commands.ReplyToTickets(ticket_ids=(many,), scheme="COURIER_URGED", note="今天")
    )
    await world.refund(order)


async def _worked_on(world: World) -> None:
    for ending in (complaints.settle, complaints.rule):
        _, ticket = await world.urged()
        await world.run_out(ticket)
        await world.work(ticket)
        row = await world.database.pool.fetchrow(_COMPLAINT, world.shop, worlds.uuid_of(ticket))
        assert row is not None
        public = f"cmp_{row['id'].hex}"
        if ending is complaints.settle:
            await complaints.settle(world.owner, commands.SettleComplaint(complaint_id=public))
        else:
            ruling = commands.RuleOnComplaint(
                complaint_id=public, upheld=True, reason="无揽收", penalty_points=1
            )
            await complaints.rule(world.platform, ruling)
    async with world.database.transaction() as connection:
        await due.steps_until(connection, now() + DAY, 10)
        first = (await due.open_steps(connection, None, 1))[0]
        await due.open_steps(connection, first, 1)
    await tidy(world.database)


_COMPLAINT = "SELECT id FROM complaint WHERE shop_id = $1 AND ticket_id = $2"


async def _told(world: World) -> None:
    new = commands.SaveWebhook(
        shop_id=world.shop_id, url="https://seller.example/hooks", events=tuple(WebhookEvent)
    )
    saved = await webhooks.save(world.owner, new)
    for _ in range(3):
        _, ticket = await world.urged()
        await world.reply(ticket)
    lease = uuid4()
    async with world.database.transaction() as connection:
        claims = await outbox.claim(connection, lease, healthy=9, ailing=9, lease_for=timedelta(minutes=1))
        await outbox.told(connection, claims)
        await outbox.delivered(connection, claims[0], lease, 200)
        for claim, pause in zip(claims[1:3], (None, HOUR), strict=True):
            await outbox.failed(connection, claim, lease, status_code=500, error="500", pause=pause)
        await outbox.waiting(connection)
        await outbox.give_up(connection, 10)
    await webhooks.redeliver(world.owner, commands.Redeliver(delivery_id=f"dlv_{claims[1].id.hex}"))
    await webhooks.delete(world.owner, commands.DeleteWebhook(id=saved.id))
    delivered = await world.database.pool.fetchval(_DELIVERED, world.shop)
    assert delivered == 1


_DELIVERED = "SELECT count(*) FROM webhook_delivery WHERE shop_id = $1 AND status = 'DELIVERED'"


async def _ruled(world: World) -> None:
    await world.urged()
    command = rule_commands.SaveExemption(
        title="春节放假", starts_at=now() - HOUR, ends_at=now() + 2 * DAY, latest_at=now() + 7 * DAY
    )
    await exemptions.save(world.platform, command)
    retiming = Retiming(
        world.database, world.services.rules, world.services.index, Metrics(), Hints(world.redis).publish
    )
    assert await retiming.work(lambda: False) >= 1
