"""Messages reach their receivers signed, whatever receivers do, and none delays another (`domain.md §9`)."""

import asyncio
import logging
import time
from collections import deque
from datetime import timedelta

import pytest
from standardwebhooks import WebhookVerificationError

from domain import ids
from domain.ids import IdKind
from integrations import posting
from integrations import sender as senders
from tests import factories
from tests.webhooks.conftest import SOON, World
from tests.webhooks.receiver import SECRET, listening


@pytest.mark.rule("§9.3")
async def test_a_message_is_signed_and_tells_of_its_record_and_card(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with listening() as receiver, world.sending():
        [delivery] = await world.reply(await world.webhook(receiver.url))
        [done] = await world.until("DELIVERED", delivery)
        [taken] = await receiver.until(1)
    message = taken.verified()
    [card] = await world.rows("SELECT * FROM consumer_card")
    assert (message["type"], message["data"]["record"]["action"]) == ("CARD_REPLY", "REPLIED")
    card_id = ids.encode(IdKind.CONSUMER_CARD, card["id"])
    assert message["data"]["card"] == {
        "id": card_id,
        "kind": "REPLY",
        "title": card["title"],
        "body": card["body"],
    }
    assert message["data"]["order"]["buyerId"] == world.order["buyer_id"]
    assert message["data"]["ticket"]["number"] == world.ticket["number"]
    assert message["data"]["shopId"] == ids.encode(IdKind.SHOP, world.shop["id"])
    assert message["timestamp"].endswith("Z")
    assert taken.id == card_id
    assert taken.path == "/hooks?token=hidden"
    assert taken.headers["content-type"] == "application/json"
    assert (done["attempts"], done["last_status_code"], done["last_error"]) == (1, 200, None)
    assert await world.card(delivery) == ("DELIVERED", True)
    with pytest.raises(WebhookVerificationError):
        taken.verified(b"x" * 32)
    assert "hidden" not in caplog.text


@pytest.mark.rule("§9.5")
async def test_an_error_is_tried_again_under_the_same_id(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with listening(script=deque([500, "drop", 429])) as receiver, world.sending():
        [delivery] = await world.reply(await world.webhook(receiver.url))
        [done] = await world.until("DELIVERED", delivery)
    assert len(receiver.taken) == 4
    assert len({(each.id, each.body) for each in receiver.taken}) == 1
    assert all(each.verified() for each in receiver.taken)
    assert (done["attempts"], done["failures"], done["last_error"]) == (4, 0, None)
    assert "answered 500" in caplog.text
    assert "hidden" not in caplog.text
    assert "whsec" not in caplog.text
    [webhook] = await world.rows("SELECT failures FROM webhook")
    assert webhook["failures"] == 0


async def test_a_redirect_is_not_followed(world: World) -> None:
    async with (
        listening() as other,
        listening(default="redirect", elsewhere=other.url) as receiver,
        world.sending(),
    ):
        [delivery] = await world.reply(await world.webhook(receiver.url))
        [done] = await world.until("FAILED", delivery)
    assert len(receiver.taken) == done["attempts"] == 9
    assert (done["last_status_code"], done["last_error"]) == (307, "redirects are not followed")
    assert other.taken == []
    assert await world.card(delivery) == ("FAILED", False)


async def test_slow_and_dead_receivers_delay_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is sent a few at once at most, and one while it fails; the well one gets all in a moment."""
    monkeypatch.setattr(posting, "WHOLE_S", 2.0)
    async with listening(default="hang") as slow, listening() as well:
        dead = await world.webhook("http://127.0.0.1:9/")  # nothing listens there
        webhooks = [await world.webhook(slow.url), dead, await world.webhook(well.url)]
        deliveries = [await world.reply(*webhooks) for _ in range(40)]
        async with world.sending():
            begun = time.monotonic()
            await world.until("DELIVERED", *(each[2] for each in deliveries))
            assert time.monotonic() - begun < 2.0
            assert slow.most_open == 4
            await slow.until(6)
            # The first four ran out of time together: from then on one at once.
            assert slow.open <= 2
    assert len(well.taken) == 40
    statuses = await world.rows("SELECT DISTINCT webhook_id, status, last_error FROM webhook_delivery")
    assert {each["last_error"] for each in statuses} >= {"no answer in time", "could not connect", None}


@pytest.mark.parametrize(("how", "status", "code"), [("endless", "DELIVERED", 200), ("drip", "FAILED", None)])
async def test_an_answer_is_bounded_in_size_and_time(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str, status: str, code: int | None
) -> None:
    monkeypatch.setattr(posting, "WHOLE_S", 0.5)
    async with listening(default=how) as receiver:
        [delivery] = await world.reply(await world.webhook(receiver.url))
        async with world.sending():
            [done] = await world.until(status, delivery)
    assert done["last_status_code"] == code
    assert receiver.sent_bytes < 10_000_000  # what fits into the sockets' buffers


@pytest.mark.rule("§9.5")
async def test_any_number_of_senders_send_each_message_once(world: World) -> None:
    async with listening() as receiver:
        webhook = await world.webhook(receiver.url)
        deliveries = [(await world.reply(webhook))[0] for _ in range(120)]
        async with world.sending(), world.sending(), world.sending():
            await world.until("DELIVERED", *deliveries)
    assert len(receiver.taken) == len({each.id for each in receiver.taken}) == 120
    assert receiver.most_open <= 4


async def test_a_sender_looks_when_it_is_woken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "POLL_S", 60.0)
    async with listening() as receiver, world.sending() as sender:
        webhook = await world.webhook(receiver.url)
        await asyncio.sleep(0.3)  # it has looked, and found nothing
        await world.reply(webhook)
        await asyncio.sleep(0.3)
        assert receiver.taken == []
        sender.wake()
        await receiver.until(1, within_s=2)


async def test_both_secrets_sign_while_a_renewal_overlaps_and_then_the_new_one(world: World) -> None:
    old, new = SECRET, b"n" * 32
    async with listening() as receiver, world.sending():
        until = factories.now() + timedelta(hours=24)
        webhook = await world.webhook(receiver.url, secret=new, old_secret=old, old_secret_until=until)
        await world.reply(webhook)
        await receiver.until(1)
        await world.rows("UPDATE webhook SET old_secret_until = clock_timestamp()")
        await world.reply(webhook)
        both, after = await receiver.until(2)
    assert both.verified(old) == both.verified(new)
    assert both.headers["webhook-signature"].count("v1,") == 2
    assert after.verified(new)
    with pytest.raises(WebhookVerificationError):
        after.verified(old)


@pytest.mark.rule("§9.4")
async def test_a_card_is_delivered_by_one_webhook_and_failed_by_all(world: World) -> None:
    async with listening() as well, listening(default=500) as ill, listening(default=404) as bad:
        webhooks = [await world.webhook(each.url) for each in (well, ill, bad)]
        one = await world.reply(*webhooks)
        none = await world.reply(*webhooks[1:])
        async with world.sending():
            await world.until("DELIVERED", one[0])
            await world.until("FAILED", *one[1:], *none)
    assert await world.card(one[0]) == ("DELIVERED", True)
    assert await world.card(none[0]) == ("FAILED", False)


async def test_what_waits_too_long_or_for_a_deleted_webhook_is_ended(world: World) -> None:
    async with listening() as receiver:
        webhook, gone = await world.webhook(receiver.url), await world.webhook(receiver.url)
        await world.rows("UPDATE webhook SET deleted_at = now(), active = false WHERE id = $1", gone["id"])
        idle = await world.webhook(receiver.url, active=False)
        past, later = factories.now() - timedelta(hours=73), factories.now() + timedelta(hours=1)
        [old] = await world.reply(webhook, queued_at=past, due_at=later)
        [young] = await world.reply(webhook, due_at=later)
        [orphan] = await world.reply(gone)
        [waits] = await world.reply(idle)
        async with world.sending():
            await world.until("FAILED", old, orphan)
            assert await world.card(old) == await world.card(orphan) == ("FAILED", False)
            await world.until("PENDING", young, waits)
    assert receiver.taken == []


async def test_the_figures_tell_what_was_done_and_what_waits(world: World) -> None:
    async with listening(script=deque([500])) as receiver, world.sending(rules=SOON) as sender:
        webhook = await world.webhook(receiver.url)
        [delivery] = await world.reply(webhook)
        [later] = await world.reply(webhook, due_at=factories.now() + timedelta(hours=1))
        await world.until("DELIVERED", delivery)
        page = await sender.page()
    assert later["status"] == "PENDING"
    assert 'lanshou_webhook_attempts_total{outcome="delivered"} 1\n' in page
    assert 'lanshou_webhook_attempts_total{outcome="failed"} 1\n' in page
    assert 'lanshou_webhook_waiting{which="due"} 0\n' in page
    assert 'lanshou_webhook_waiting{which="all"} 1\n' in page
    assert "lanshou_webhook_attempt_seconds_count 2\n" in page
