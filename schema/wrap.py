"""Results of the use cases as payloads: what changed is named, and read as it stands when it is shown."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import strawberry

from domain import ids
from domain.errors import DomainError
from domain.ids import IdKind
from resolvers import commands, policies
from resolvers.plan.refs import Ref
from schema import errors
from schema.context import Info
from schema.enums import RecordOutcome
from schema.types import results
from schema.types.node import present
from schema.types.policy import Policy, shown

KINDS = {
    IdKind.SHOP: "Shop",
    IdKind.STAFF_MEMBER: "StaffMember",
    IdKind.PARCEL: "Parcel",
    IdKind.TICKET: "Ticket",
    IdKind.FOLLOW_UP_RECORD: "FollowUpRecord",
    IdKind.CONSUMER_CARD: "ConsumerCard",
    IdKind.REPLY_TEMPLATE: "ReplyTemplate",
    IdKind.WEBHOOK: "Webhook",
    IdKind.WEBHOOK_DELIVERY: "WebhookDelivery",
    IdKind.COMPLAINT: "Complaint",
    IdKind.EXEMPTION: "Exemption",
}
"""The types of what use cases change."""


def named(shop_id: str, public: str) -> Any:  # noqa: ANN401 - stands for the object
    """The object of a public id of that shop."""
    kind, value = present(ids.decode(public))
    return Ref(KINDS[kind], (_value(shop_id), value))


def _value(public: str) -> UUID:
    return present(ids.decode(public))[1]


def _maybe(shop_id: str, public: str | None) -> Any:  # noqa: ANN401
    return None if public is None else named(shop_id, public)


def ticket(done: commands.TicketChanged) -> results.TicketPayload:
    """A ticket that staff changed."""
    return results.TicketPayload(
        ticket=named(done.shop_id, done.ticket_id),
        record=named(done.shop_id, present(done.record_id)),
        card=_maybe(done.shop_id, done.card_id),
        position=done.position,
    )


def waybill(done: commands.WaybillChanged) -> results.ChangeWaybillPayload:
    """A parcel under another number."""
    return results.ChangeWaybillPayload(
        parcel=named(done.shop_id, done.parcel_id),
        affected_ticket=_maybe(done.shop_id, done.ticket_id),
        position=done.position,
    )


def urge(done: commands.TicketChanged) -> results.UrgePayload:
    """A ticket that the buyer changed."""
    return results.UrgePayload(ticket=named(done.shop_id, done.ticket_id), position=done.position)


def complaint(done: commands.ComplaintChanged) -> results.ComplaintPayload:
    """A complaint that was changed."""
    return results.ComplaintPayload(complaint=named(done.shop_id, done.complaint_id), position=done.position)


def saved(done: commands.Saved) -> Any:  # noqa: ANN401
    """What was saved."""
    return named(done.shop_id, done.id)


def deleted(done: commands.Deleted) -> results.Deleted:
    """What was deleted."""
    return results.Deleted(id=strawberry.ID(done.id))


async def tickets(info: Info, work: Awaitable[commands.TicketsChanged]) -> results.BulkTicketPayload:
    """What became of each ticket; a refusal of the whole call is part of the payload."""
    try:
        done = await work
    except DomainError as error:
        whole = await errors.member(error, info)
        return results.BulkTicketPayload(results=[], succeeded=0, failed=0, error=whole)
    failed = sum(row.error is not None for row in done.rows)
    return results.BulkTicketPayload(
        results=[await _ticket_row(info, row) for row in done.rows],
        succeeded=len(done.rows) - failed,
        failed=failed,
    )


async def _ticket_row(info: Info, row: commands.TicketRow) -> results.BulkTicketRow:
    error = await errors.member(row.error, info) if isinstance(row.error, DomainError) else None
    return results.BulkTicketRow(
        ticket_id=strawberry.ID(row.ticket_id),
        ticket=None if row.shop_id is None else named(row.shop_id, row.ticket_id),
        position=row.position,
        error=error,
    )


def webhook(done: commands.WebhookSaved) -> results.SavedWebhook:
    """A webhook as saved."""
    return results.SavedWebhook(webhook=named(done.shop_id, done.id), secret=done.secret)


def policy(found: policies.Shown) -> Policy:
    """A version of a policy."""
    saved = found.saved
    return shown(saved.market, saved.document, saved.active_from, found.policy)


async def recorded(info: Info, work: Awaitable[commands.Recorded]) -> results.RecordPayload:
    """What became of each row; a refusal of the whole call is part of the payload."""
    try:
        done = await work
    except DomainError as error:
        return results.RecordPayload(
            rows=[], created=0, updated=0, unchanged=0, failed=0, error=await errors.member(error, info)
        )
    return results.RecordPayload(
        rows=[await _row(info, row) for row in done.rows],
        created=done.count("CREATED"),
        updated=done.count("UPDATED"),
        unchanged=done.count("UNCHANGED"),
        failed=done.count("FAILED"),
    )


async def _row(info: Info, row: commands.RowResult) -> results.RecordRow:
    error = await errors.member(row.error, info) if isinstance(row.error, DomainError) else None
    return results.RecordRow(
        index=row.index,
        outcome=RecordOutcome(row.outcome),
        id=None if row.id is None else strawberry.ID(row.id),
        error=error,
    )
