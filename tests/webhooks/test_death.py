"""A sender that is killed between the sending and the commit: whoever comes next sends the same id."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from datetime import timedelta

import pytest

from tests.escalation.test_main import free_port, get
from tests.webhooks.conftest import World
from tests.webhooks.receiver import listening

SENDER = """
import asyncio, sys
from datetime import timedelta
from db.rules import Rules
from domain.webhooks import Reach
from integrations import sender
from integrations.posting import Poster
sender.LEASE = timedelta(seconds=1)
async def main():
    await sender.Sender(sys.argv[1], Poster(Reach(loopback=True)), Rules()).run()
asyncio.run(main())
"""
WORKER = """
import asyncio, logging, sys
from escalation import worker
from running import sending
from settings import Settings
logging.basicConfig(level=logging.DEBUG)
asyncio.run(worker.main(Settings.read(), [sending.sender]))
"""


async def started(program: str, *arguments: str, **environment: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        *arguments,
        env={**os.environ, **environment},
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: Process, number: int) -> str:
    """End a process; what it logged."""
    process.send_signal(number)
    _, said = await process.communicate()
    return said.decode()


@pytest.mark.rule("§9.5")
async def test_a_killed_senders_messages_are_sent_again_under_the_same_id(world: World) -> None:
    async with listening(default="hang") as receiver:
        webhook = await world.webhook(receiver.url)
        [delivery] = await world.reply(webhook)
        first = await started(SENDER, world.url)
        await receiver.until(1)
        await ended(first, signal.SIGKILL)
        left = await world.delivery(delivery)
        assert (left["status"], left["attempts"], left["last_error"]) == ("PENDING", 1, None)
        assert left["due_at"] - left["last_attempt_at"] < timedelta(seconds=2)
        receiver.default = 200
        second = await started(SENDER, world.url)
        [done] = await world.until("DELIVERED", delivery)
        await ended(second, signal.SIGKILL)
    assert done["attempts"] == 2
    once, again = receiver.taken
    assert (once.id, once.verified()) == (again.id, again.verified())


async def test_a_leases_late_owner_changes_nothing(world: World) -> None:
    """The first sender's answer comes after its lease: another one has delivered meanwhile."""
    from db import keys, outbox

    webhook = await world.webhook("https://seller.example/")
    [delivery] = await world.reply(webhook)
    slow, fast = keys.new(), keys.new()
    async with world.database.transaction() as connection:
        [late] = await outbox.claim(connection, slow, healthy=9, ailing=9, lease_for=timedelta(0))
    async with world.database.transaction() as connection:
        [claim] = await outbox.claim(connection, fast, healthy=9, ailing=9, lease_for=timedelta(seconds=60))
        assert await outbox.claim(connection, slow, healthy=9, ailing=9, lease_for=timedelta(0)) == []
    async with world.database.transaction() as connection:
        await outbox.delivered(connection, claim, fast, 204)
    before = await world.delivery(delivery)
    async with world.database.transaction() as connection:
        await outbox.failed(connection, late, slow, status_code=500, error="late", pause=None)
        await outbox.delivered(connection, late, slow, 200)
    assert await world.delivery(delivery) == before
    assert (before["status"], before["last_status_code"]) == ("DELIVERED", 204)
    assert await world.card(delivery) == ("DELIVERED", True)


async def test_the_worker_sends_at_a_hint_and_shows_the_figures(world: World, redis_url: str) -> None:
    """As a process: woken over Redis, ended in time, and its log holds neither url nor secret."""
    import redis.asyncio

    port = free_port()
    async with listening() as receiver:
        webhook = await world.webhook(receiver.url)
        worker = await started(
            WORKER,
            LANSHOU_DATABASE_URL=world.url,
            LANSHOU_REDIS_URL=redis_url,
            LANSHOU_WORKER_PORT=str(port),
            LANSHOU_WEBHOOKS_TO_LOOPBACK="1",
        )
        await get(port, "/healthz")
        [delivery] = await world.reply(webhook)
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            await client.publish(f"hint:{world.shop['id'].hex}", 1)
        await world.until("DELIVERED", delivery)
        page = (await get(port, "/metrics")).text
        said = await asyncio.wait_for(ended(worker, signal.SIGTERM), 10)
    assert worker.returncode == 0
    assert 'lanshou_webhook_attempts_total{outcome="delivered"} 1\n' in page
    assert "lanshou_deadline_lateness_seconds_count" in page
    assert "hidden" not in said
    assert "127.0.0.1:" + str(receiver.port) not in said
