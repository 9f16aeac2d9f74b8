"""Results of the use cases as payloads: what changed is read again, as it stands now."""

from collections.abc import Awaitable
from uuid import UUID

import strawberry

from domain import ids
from domain.errors import DomainError
from resolvers import commands
from schema import errors
from schema.context import Info
from schema.enums import RecordOutcome
from schema.types import results
from schema.types.node import present
from schema.types.shop import Shop, StaffMember

Key = tuple[UUID, UUID]


def _value(public: str) -> UUID:
    return present(ids.decode(public))[1]


def _key(shop_id: str, public: str) -> Key:
    return _value(shop_id), _value(public)


def _maybe_key(shop_id: str, public: str | None) -> Key | None:
    return None if public is None else _key(shop_id, public)


def ticket(info: Info, done: commands.TicketChanged) -> results.TicketPayload:
    """A ticket that staff changed."""
    info.context.forget()
    return results.TicketPayload(
        ticket_key=_key(done.shop_id, done.ticket_id),
        record_key=_key(done.shop_id, present(done.record_id)),
        card_key=_maybe_key(done.shop_id, done.card_id),
        position=done.position,
    )


def waybill(info: Info, done: commands.WaybillChanged) -> results.ChangeWaybillPayload:
    """A parcel under another number."""
    info.context.forget()
    return results.ChangeWaybillPayload(
        parcel_key=_key(done.shop_id, done.parcel_id),
        ticket_key=_maybe_key(done.shop_id, done.ticket_id),
        position=done.position,
    )


def urge(info: Info, done: commands.TicketChanged) -> results.UrgePayload:
    """A ticket that the buyer changed."""
    info.context.forget()
    return results.UrgePayload(ticket_key=_key(done.shop_id, done.ticket_id), position=done.position)


async def recorded(info: Info, work: Awaitable[commands.Recorded]) -> results.RecordPayload:
    """What became of each row; a refusal of the whole call is part of the payload."""
    try:
        done = await work
    except DomainError as error:
        return results.RecordPayload(
            rows=[], created=0, updated=0, unchanged=0, failed=0, error=await errors.member(error, info)
        )
    info.context.forget()
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


async def shop(info: Info, done: commands.Saved) -> Shop:
    """The shop as saved."""
    info.context.forget()
    return Shop(row=present(await info.context.reads.shop.load(_value(done.id))))


async def staff_member(info: Info, done: commands.Saved) -> StaffMember:
    """The member as saved."""
    info.context.forget()
    key = _key(done.shop_id, done.id)
    return StaffMember(row=present(await info.context.reads.staff_member.load(key)))
