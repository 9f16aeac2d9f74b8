"""Webhooks: made, changed, deleted and asked for once more by a shop's owners or the platform."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any

from db import database, finding, keys, webhooks
from domain import access, ids
from domain.access import Action
from domain.errors import InvalidInput, NotFound, Problem
from domain.ids import IdKind
from domain.webhooks import MOST_WEBHOOKS, SECRET_BYTES, Reach
from resolvers import once
from resolvers.commands import Deleted, Saved, WebhookSaved

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection
    from resolvers.commands import DeleteWebhook, Redeliver, SaveWebhook
    from resolvers.context import Context

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
WAKE = 0
"""A stream position that is old news to everybody: its hint wakes the senders, and only them."""


async def save(context: Context, command: SaveWebhook) -> WebhookSaved:
    """A new webhook (`id` None; url and events required, active unless said), or a change of one.

    The secret is given when it is made or renewed, by the call that does it and never again: the same call
    sent again under its key gives none. The old one signs beside it for 24 hours (`domain.md §9`).
    """
    access.require(context.viewer, Action.MANAGE_WEBHOOKS)
    shop_id = ids.decode_as(IdKind.SHOP, command.shop_id)
    async with context.database.pool.acquire() as connection:
        found = await finding.shop(connection, context.viewer, shop_id) if shop_id else None
    if found is None:
        raise NotFound("shop", path=("input", "shopId"))
    _check(command, Reach(loopback=context.services.settings.webhooks_to_loopback))
    secret = secrets.token_bytes(SECRET_BYTES)

    async def work(connection: Connection) -> once.Done[WebhookSaved]:
        if command.id is None:
            webhook_id = await _insert(connection, found, command, secret)
        else:
            webhook_id = await _update(connection, found, command, secret)
        shown = _text(secret) if command.id is None or command.renew_secret else None
        public = ids.encode(IdKind.WEBHOOK, webhook_id)
        return once.Done(WebhookSaved(ids.encode(IdKind.SHOP, found), public, shown))

    return await once.run(
        context, command, found, result=lambda kept: WebhookSaved(**kept), work=work, keep=_without_secret
    )


async def delete(context: Context, command: DeleteWebhook) -> Deleted:
    """Delete a webhook with its deliveries; what waits for it is not sent."""
    access.require(context.viewer, Action.MANAGE_WEBHOOKS)
    webhook_id = ids.decode_as(IdKind.WEBHOOK, command.id)
    missing = NotFound("webhook", path=("input", "id"))
    async with context.database.pool.acquire() as connection:
        shop_id = await webhooks.shop_of(connection, context.viewer, webhook_id) if webhook_id else None
    if shop_id is None or webhook_id is None:
        raise missing

    async def work(connection: Connection) -> once.Done[Deleted]:
        if not await webhooks.delete(connection, shop_id, webhook_id):
            raise missing
        return once.Done(Deleted(command.id))

    return await once.run(
        context,
        command,
        shop_id,
        result=lambda kept: Deleted(str(kept["id"])),
        work=work,
        keep=lambda deleted: {"id": deleted.id},
    )


async def redeliver(context: Context, command: Redeliver) -> Saved:
    """Deliver a message once more, under its id, at once and then with all its attempts.

    A receiver that honours ids takes it only if it has not before. One that is in flight just now stays so.
    """
    access.require(context.viewer, Action.MANAGE_WEBHOOKS)
    delivery_id = ids.decode_as(IdKind.WEBHOOK_DELIVERY, command.delivery_id)
    missing = NotFound("delivery", path=("input", "deliveryId"))
    async with context.database.pool.acquire() as connection:
        shop_id = (
            await webhooks.shop_of_delivery(connection, context.viewer, delivery_id) if delivery_id else None
        )
    if shop_id is None or delivery_id is None:
        raise missing

    async def work(connection: Connection) -> once.Done[Saved]:
        if not await webhooks.redeliver(connection, shop_id, delivery_id):
            raise missing
        saved = Saved(ids.encode(IdKind.SHOP, shop_id), command.delivery_id)
        return once.Done(saved, positions=[(shop_id, WAKE)])

    return await once.run(context, command, shop_id, result=lambda kept: Saved(**kept), work=work)


async def _insert(connection: Connection, shop_id: UUID, command: SaveWebhook, secret: bytes) -> UUID:
    if await webhooks.count(connection, shop_id) >= MOST_WEBHOOKS:
        message = f"A shop has at most {MOST_WEBHOOKS} webhooks: delete one, or change one."
        raise InvalidInput([Problem("TOO_MANY", message, ("input", "shopId"))])
    webhook_id = keys.new()
    new = {
        "shop_id": shop_id,
        "id": webhook_id,
        "url": command.url,
        "events": list(dict.fromkeys(command.events or ())),
        "active": command.active is not False,
        "secret": secret,
        "failures": 0,
        "created_at": await database.now(connection),
    }
    await webhooks.insert(connection, new)
    return webhook_id


async def _update(connection: Connection, shop_id: UUID, command: SaveWebhook, secret: bytes) -> UUID:
    webhook_id = ids.decode_as(IdKind.WEBHOOK, command.id or "")
    webhook = await webhooks.lock(connection, shop_id, webhook_id) if webhook_id else None
    if webhook is None or webhook_id is None:
        raise NotFound("webhook", path=("input", "id"))
    given: dict[str, Any] = {
        "url": command.url,
        "events": None if command.events is None else dict.fromkeys(command.events),
        "active": command.active,
    }
    webhook.update({name: value for name, value in given.items() if value is not None})
    await webhooks.update(connection, shop_id, webhook_id, webhook)
    if command.renew_secret:
        await webhooks.renew(connection, shop_id, webhook_id, secret)
    return webhook_id


def _check(command: SaveWebhook, reach: Reach) -> None:
    problems = []
    if command.id is None and command.url is None:
        problems.append(Problem("REQUIRED", "A new webhook needs a url.", ("input", "url")))
    if command.url is not None:
        problem = reach.url_problem(command.url)
        problems += [] if problem is None else [problem]
    if command.events == () or (command.id is None and command.events is None):
        problems.append(Problem("REQUIRED", "A webhook is told of one event at least.", ("input", "events")))
    if problems:
        raise InvalidInput(problems)


def _text(secret: bytes) -> str:
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def _without_secret(saved: WebhookSaved) -> dict[str, Any]:
    return {"shop_id": saved.shop_id, "id": saved.id}
