"""What was kept long enough goes, and nothing else."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from db import keys, retention, rows
from escalation.tidy import tidy
from tests import factories
from tests.escalation.conftest import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def events(world: World, shop_id: UUID, ages: Sequence[timedelta]) -> None:
    """A stream whose events are that old, the first the oldest."""
    new = [
        {"shop_id": shop_id, "position": number, "action": "REFUNDED", "occurred_at": world.now - age}
        for number, age in enumerate(ages, 1)
    ]
    async with world.database.transaction() as connection:
        await rows.insert(connection, "event", new)
        await connection.execute("UPDATE shop_stream SET head = $2 WHERE shop_id = $1", shop_id, len(ages))


async def trimmed(world: World, shop_id: UUID) -> tuple[int, list[int]]:
    [stream] = await world.rows("SELECT trimmed FROM shop_stream WHERE shop_id = $1", shop_id)
    return stream["trimmed"], [event["position"] for event in await world.events(shop_id)]


async def test_events_older_than_a_day_go(world: World) -> None:
    """And the stream says from where it can be resumed."""
    old, young, empty = world.shop_ids
    await events(world, old, [25 * HOUR, 25 * HOUR, 23 * HOUR])
    await events(world, young, [23 * HOUR, HOUR])
    assert await tidy(world.database) == 2
    assert await trimmed(world, old) == (2, [3])
    assert await trimmed(world, young) == (0, [1, 2])
    assert await trimmed(world, empty) == (0, [])
    assert await tidy(world.database) == 0


async def test_a_young_event_keeps_those_after_it(world: World) -> None:
    """A stream has no holes."""
    shop_id = world.shop_ids[0]
    await events(world, shop_id, [25 * HOUR, HOUR, 25 * HOUR])
    await tidy(world.database)
    assert await trimmed(world, shop_id) == (1, [2, 3])


async def test_only_so_many_events_of_a_shop_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However young."""
    monkeypatch.setattr(retention, "EVENTS_OF_A_SHOP", 3)
    await events(world, world.shop_ids[0], [HOUR] * 5)
    await tidy(world.database)
    assert await trimmed(world, world.shop_ids[0]) == (2, [3, 4, 5])


async def test_a_stream_in_use_is_left_for_later(world: World) -> None:
    """Deleting must not hold up a mutation, nor wait for one."""
    shop_id = world.shop_ids[0]
    await events(world, shop_id, [25 * HOUR])
    async with world.database.transaction() as connection:
        await connection.execute("SELECT FROM shop_stream WHERE shop_id = $1 FOR NO KEY UPDATE", shop_id)
        assert await tidy(world.database) == 0
    assert await tidy(world.database) == 1


async def test_no_stream_waits_for_another(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, and however much the first has to let go."""
    monkeypatch.setattr("escalation.tidy.SHOPS", 1)
    monkeypatch.setattr("escalation.tidy.STEP", 2)
    for shop_id in world.shop_ids:
        await events(world, shop_id, [25 * HOUR] * 5)
    assert await tidy(world.database) == 15


async def test_old_keys_and_scans_go(world: World) -> None:
    """Idempotency keys after seven days, unmatched scans after ninety."""
    for age in (8 * DAY, 6 * DAY):
        await world.rows(
            "INSERT INTO idempotency_key (shop_id, subject, operation, key, input_hash, created_at)"
            " VALUES ($1, 'someone', 'reply', $2, '', $3)",
            world.shop_ids[0],
            str(age),
            world.now - age,
        )
    for age in (91 * DAY, 89 * DAY):
        await world.rows(
            "INSERT INTO unmatched_scan (id, carrier, waybill_number, occurred_at, received_at, code,"
            " description, text_hash, source, proves_pickup)"
            " VALUES ($1, 'YTO', 'YT1', $2, $2, '103', '', decode(repeat('00', 16), 'hex'), 'HOOK', true)",
            keys.new(),
            world.now - age,
        )
    assert await tidy(world.database) == 2
    assert [row["key"] for row in await world.rows("SELECT key FROM idempotency_key")] == [str(6 * DAY)]
    assert len(await world.rows("SELECT FROM unmatched_scan")) == 1


async def test_old_deliveries_and_deleted_webhooks_go(world: World) -> None:
    """After thirty days, once they have come to an end; what still waits stays, and its webhook with it."""
    shop = await factories.shop(world.database)
    ticket = await factories.ticket(world.database, await factories.order(world.database, shop))
    webhooks = [
        await factories.webhook(world.database, shop, deleted_at=world.now - age)
        for age in (31 * DAY, 31 * DAY, 29 * DAY)
    ]
    for age, status, webhook in (
        (31 * DAY, "DELIVERED", webhooks[0]),
        (29 * DAY, "FAILED", webhooks[2]),
        (31 * DAY, "PENDING", webhooks[1]),
    ):
        record = await factories.record(world.database, ticket, "NOTED")
        created_at, due_at = world.now - age, world.now if status == "PENDING" else None
        given = {"status": status, "created_at": created_at, "due_at": due_at}
        await factories.delivery(world.database, webhook, record, **given)
    assert await tidy(world.database) == 2
    statuses = {row["status"] for row in await world.rows("SELECT status FROM webhook_delivery")}
    assert statuses == {"FAILED", "PENDING"}
    left = {row["id"] for row in await world.rows("SELECT id FROM webhook")}
    assert left == {webhook["id"] for webhook in webhooks[1:]}
