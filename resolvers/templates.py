"""Reply templates: saved by a shop's owner or the platform, filled in for each reply (`domain.md §6`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db import database, finding, idempotency, keys, shops
from db import templates as rows
from domain import access, carriers, ids, templates
from domain.access import Action
from domain.errors import InvalidInput, NotFound, Problem
from domain.ids import IdKind
from domain.templates import MOST_TEMPLATES
from resolvers import once
from resolvers.commands import Deleted, Saved

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection
    from db.templates import Template
    from domain.ticket import Ticket
    from resolvers.aggregate import OrderAggregate
    from resolvers.commands import Delete, ReplyToTicket, SaveReplyTemplate
    from resolvers.context import Context


async def save(context: Context, command: SaveReplyTemplate) -> Saved:
    """A new template (`id` None; title, scheme and body required) or a change of one.

    Raises `Forbidden`, `NotFound`, `IdempotencyConflict`, and `InvalidInput` for anything that could not be
    filled in later: an unknown variable is named.
    """
    access.require(context.viewer, Action.MANAGE_TEMPLATES)
    shop_id = ids.decode_as(IdKind.SHOP, command.shop_id)
    async with context.database.pool.acquire() as connection:
        found = await finding.shop(connection, context.viewer, shop_id) if shop_id else None
    if found is None:
        raise NotFound("shop", path=("input", "shopId"))

    async def work(connection: Connection) -> once.Done[Saved]:
        market = await shops.market(connection, found)
        schemes = (await context.rules.now(connection)).codes(market)
        template_id = await _save(connection, found, command, schemes)
        public = ids.encode(IdKind.REPLY_TEMPLATE, template_id)
        return once.Done(Saved(ids.encode(IdKind.SHOP, found), public))

    return await once.run(context, command, found, result=lambda kept: Saved(**kept), work=work)


async def delete(context: Context, command: Delete) -> Deleted:
    """Delete a template; replies made from it stay. Raises `Forbidden`, `NotFound`, `IdempotencyConflict`.

    The key belongs to no shop: a template that is gone does not tell its shop when the call comes again.
    """
    access.require(context.viewer, Action.MANAGE_TEMPLATES)
    template_id = ids.decode_as(IdKind.REPLY_TEMPLATE, command.id)

    async def work(connection: Connection) -> once.Done[Deleted]:
        if template_id is None or not await rows.delete(connection, context.viewer, template_id):
            raise NotFound("reply template", path=("input", "id"))
        return once.Done(Deleted(command.id))

    return await once.run(
        context, command, idempotency.NO_SHOP, result=lambda kept: Deleted(**kept), work=work
    )


async def given(context: Context, public_id: str | None) -> Template | None:
    """The template that a reply names; None when it names none, or none that the viewer sees."""
    template_id = None if public_id is None else ids.decode_as(IdKind.REPLY_TEMPLATE, public_id)
    if template_id is None:
        return None
    async with context.database.pool.acquire() as connection:
        return await rows.find(connection, context.viewer, template_id)


def problems(
    public_id: str | None, template: Template | None, scheme: str, shop_id: UUID | None = None
) -> list[Problem]:
    """Why a reply may not name this template: it is none of the shop's, or written for another scheme."""
    path = ("input", "templateId")
    if public_id is None:
        return []
    if template is None or shop_id not in {None, template.shop_id}:
        return [Problem("NO_TEMPLATE", "There is no such reply template.", path)]
    if template.scheme_code != scheme:
        return [Problem("OTHER_SCHEME", f"This template is for replies by {template.scheme_code}.", path)]
    return []


def note(
    order: OrderAggregate, ticket: Ticket, command: ReplyToTicket, template: Template | None
) -> tuple[str | None, list[Problem]]:
    """The note of a reply, and why there is none: what the seller wrote, else what the template says."""
    found = problems(command.template_id, template, command.scheme, order.order["shop_id"])
    if found or template is None or (command.note or "").strip():
        return command.note, found
    scene = order.scene
    wanted = command.waybill
    shown = [(parcel["carrier"], parcel["waybill_number"]) for parcel in order.current]
    if wanted is not None:
        shown = [(carriers.canonical(wanted.carrier), carriers.normal_number(wanted.number))]
    facts = templates.Facts(
        buyer_nick=order.order["buyer_nick"],
        item_title=order.order["item_title"],
        order_number=order.order["number"],
        ticket_number=ticket.number,
        shop_name=scene.shop["name"],
        locale=scene.shop["locale"],
        waybills=[(carriers.shown(carrier, scene.shop["locale"]), number) for carrier, number in shown],
        shipped_at=order.order["shipped_at"],
        promised_at=command.promised_pickup_at,
    )
    return templates.render(template.body, facts)


async def _save(
    connection: Connection, shop_id: UUID, command: SaveReplyTemplate, schemes: tuple[str, ...]
) -> UUID:
    now = await database.now(connection)
    new = {"shop_id": shop_id, "id": keys.new(), "created_at": now}
    template: dict[str, Any] = new if command.id is None else await _known(connection, shop_id, command.id)
    for name in ("title", "scheme_code", "body"):
        value = getattr(command, name)
        if value is not None:
            template[name] = value.strip()
    found = templates.check(
        title=template.get("title", ""),
        scheme_code=template.get("scheme_code", ""),
        body=template.get("body", ""),
        schemes=schemes,
    )
    if command.id is None and not found:
        found = await _room_problems(connection, shop_id)
    if found:
        raise InvalidInput(found)
    template["updated_at"] = now
    await (rows.insert if command.id is None else rows.update)(connection, template)
    template_id: UUID = template["id"]
    return template_id


async def _known(connection: Connection, shop_id: UUID, public_id: str) -> dict[str, Any]:
    template_id = ids.decode_as(IdKind.REPLY_TEMPLATE, public_id)
    template = await rows.lock(connection, shop_id, template_id) if template_id else None
    if template is None:
        raise NotFound("reply template", path=("input", "id"))
    return template


async def _room_problems(connection: Connection, shop_id: UUID) -> list[Problem]:
    await shops.lock(connection, shop_id)  # two at once may want the last place
    if await rows.count(connection, shop_id) < MOST_TEMPLATES:
        return []
    message = f"A shop has at most {MOST_TEMPLATES} templates: delete one first."
    return [Problem("TOO_MANY", message, ("input", "title"))]
