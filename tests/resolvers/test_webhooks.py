"""Webhooks: who saves what, and what is written for them together with a record (`domain.md §9, §12`)."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from db import outbox
from domain.errors import Forbidden, IdempotencyConflict, InvalidInput, NotFound
from domain.events import ActorKind
from domain.webhooks import MOST_WEBHOOKS, WebhookEvent
from resolvers import commands, webhooks
from tests.resolvers.world import World, problems, uuid_of

EVERYTHING = tuple(WebhookEvent)
URL = "https://seller.example/hooks?token=1"


def new(world: World, **more: Any) -> commands.SaveWebhook:
    return commands.SaveWebhook(**{"shop_id": world.shop_id, "url": URL, "events": EVERYTHING, **more})


async def told(world: World) -> list[str]:
    """The events written, by their record."""
    rows = await world.fetch(
        "SELECT d.event FROM webhook_delivery d JOIN follow_up_record r"
        " ON r.shop_id = d.shop_id AND r.id = d.record_id ORDER BY r.occurred_at, r.position, d.event"
    )
    return [row["event"] for row in rows]


async def test_a_new_webhook_shows_its_secret_once(world: World) -> None:
    command = new(world, events=(WebhookEvent.CARD_REPLY,) * 2, idempotency_key="k")
    saved = await webhooks.save(world.owner, command)
    row = await world.one("webhook", saved.id)
    assert saved.secret is not None
    assert saved.secret.startswith("whsec_")
    assert base64.b64decode(saved.secret.removeprefix("whsec_")) == row["secret"]
    assert (row["url"], row["active"], row["events"]) == (URL, True, ["CARD_REPLY"])
    assert await webhooks.save(world.owner, command) == replace(saved, secret=None)
    assert await world.count("webhook") == 1
    [kept] = await world.fetch("SELECT outcome::text FROM idempotency_key WHERE operation = 'SaveWebhook'")
    assert "secret" not in kept["outcome"]
    await world.refused(IdempotencyConflict, webhooks.save(world.owner, replace(command, url=URL + "2")))


async def test_a_change_keeps_what_is_left_out_and_a_renewal_keeps_the_old_secret(world: World) -> None:
    saved = await webhooks.save(world.owner, new(world))
    first = await world.one("webhook", saved.id)
    change = commands.SaveWebhook(shop_id=world.shop_id, id=saved.id, active=False)
    assert (await webhooks.save(world.platform, change)).secret is None
    renewed = await webhooks.save(world.owner, replace(change, active=None, renew_secret=True))
    row = await world.one("webhook", saved.id)
    assert (row["url"], row["events"], row["active"]) == (URL, list(EVERYTHING), False)
    assert row["old_secret"] == first["secret"] != row["secret"]
    assert renewed.secret is not None


@pytest.mark.rule("§12.4")
async def test_only_owners_and_the_platform_manage_webhooks(world: World) -> None:
    saved = await webhooks.save(world.owner, new(world))
    for who in (world.staff, world.integration, world.buyer):
        await world.refused(Forbidden, webhooks.save(who, new(world)))
        await world.refused(Forbidden, webhooks.delete(who, commands.DeleteWebhook(id=saved.id)))
        await world.refused(Forbidden, webhooks.redeliver(who, commands.Redeliver(delivery_id="dlv_1")))
    foreign = new(world, shop_id=world.other_shop_id)
    absent = new(world, shop_id="shp_" + "0" * 32)
    errors = [await world.refused(NotFound, webhooks.save(world.owner, each)) for each in (foreign, absent)]
    assert errors[0].message == errors[1].message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"url": None, "events": None}, {("REQUIRED", "input.url"), ("REQUIRED", "input.events")}),
        ({"url": "http://seller.example/"}, {("NOT_HTTPS", "input.url")}),
        (
            {"url": "https://127.0.0.1/", "events": ()},
            {("NOT_PUBLIC", "input.url"), ("REQUIRED", "input.events")},
        ),
    ],
)
async def test_faulty_webhooks_are_refused_with_every_fault(
    world: World, change: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    error = await world.refused(InvalidInput, webhooks.save(world.owner, new(world, **change)))
    assert problems(error) == expected


async def test_a_shop_has_so_many_webhooks_and_no_more(world: World) -> None:
    made = [await webhooks.save(world.owner, new(world)) for _ in range(MOST_WEBHOOKS)]
    error = await world.refused(InvalidInput, webhooks.save(world.owner, new(world)))
    assert problems(error) == {("TOO_MANY", "input.shopId")}
    await webhooks.delete(world.owner, commands.DeleteWebhook(id=made[0].id))
    await webhooks.save(world.owner, new(world))


@pytest.mark.rule("§9.3")
async def test_each_event_is_written_with_its_record(world: World) -> None:
    await webhooks.save(world.owner, new(world))
    number = "SF1999999999999"
    _, ticket_id = await world.urged(number)
    await world.reply(ticket_id)
    await world.scan(number)
    assert await told(world) == ["TICKET_OPENED", "CARD_REPLY", "CARD_PICKED_UP", "TICKET_COMPLETED"]
    _, late = await world.urged()
    await world.run_out(late)
    await world.work(late)
    assert (await told(world))[4:] == ["TICKET_OPENED", "TICKET_ESCALATED"]
    _, promised = await world.urged()
    await world.reply(promised)
    await world.run_out(promised)
    await world.work(promised)
    assert (await told(world))[6:] == ["TICKET_OPENED", "CARD_REPLY", "PROMISE_BROKEN"]


async def test_nobody_is_told_what_they_do_not_want(world: World) -> None:
    await webhooks.save(world.owner, new(world, events=(WebhookEvent.TICKET_ESCALATED,)))
    await webhooks.save(world.owner, new(world, active=False))
    gone = await webhooks.save(world.owner, new(world))
    await webhooks.delete(world.owner, commands.DeleteWebhook(id=gone.id))
    await webhooks.save(world.platform, new(world, shop_id=world.other_shop_id))
    _, ticket_id = await world.urged()
    await world.reply(ticket_id)
    assert await told(world) == []


async def test_a_record_that_is_not_written_tells_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outbox is part of the transaction: when it fails afterwards, nothing is left."""
    await webhooks.save(world.owner, new(world))
    _, ticket_id = await world.urged()
    before = await world.dump()
    queue = outbox.queue

    async def failing(*given: Any) -> None:
        await queue(*given)
        raise RuntimeError

    monkeypatch.setattr(outbox, "queue", failing)
    with pytest.raises(RuntimeError):
        await world.reply(ticket_id)
    assert await world.dump() == before


async def test_a_delivery_is_asked_for_once_more(world: World) -> None:
    await webhooks.save(world.owner, new(world, events=(WebhookEvent.CARD_REPLY,)))
    _, ticket_id = await world.urged()
    await world.reply(ticket_id)
    await world.fetch(
        "UPDATE webhook_delivery SET status = 'FAILED', due_at = NULL, attempts = 9, failures = 9"
    )
    await world.fetch("UPDATE consumer_card SET delivery = 'FAILED'")
    [row] = await world.fetch("SELECT id FROM webhook_delivery")
    command = commands.Redeliver(delivery_id=f"dlv_{row['id'].hex}", idempotency_key="k")
    saved = await webhooks.redeliver(world.owner, command)
    again = await world.one("webhook_delivery", saved.id)
    assert (again["status"], again["attempts"], again["failures"]) == ("PENDING", 9, 0)
    assert again["due_at"] is not None
    [card] = await world.fetch("SELECT delivery FROM consumer_card")
    assert card["delivery"] == "PENDING"
    assert await webhooks.redeliver(world.owner, command) == saved
    absent = commands.Redeliver(delivery_id="dlv_" + "0" * 32)
    await world.refused(NotFound, webhooks.redeliver(world.owner, absent))
    stranger = world.as_(ActorKind.STAFF, "zoe", [world.other_shop], owner=True)
    await world.refused(NotFound, webhooks.redeliver(stranger, replace(command, idempotency_key=None)))


async def test_a_deleted_webhook_is_gone_and_its_deletion_answers_again(world: World) -> None:
    saved = await webhooks.save(world.owner, new(world))
    command = commands.DeleteWebhook(id=saved.id, idempotency_key="k")
    assert (await webhooks.delete(world.owner, command)).id == saved.id
    assert (await webhooks.delete(world.owner, command)).id == saved.id
    await world.refused(NotFound, webhooks.delete(world.owner, replace(command, idempotency_key=None)))
    change = commands.SaveWebhook(shop_id=world.shop_id, id=saved.id, active=True)
    await world.refused(NotFound, webhooks.save(world.owner, change))
    assert (await world.one("webhook", saved.id))["id"] == uuid_of(saved.id)
