"""Members of a shop: added and changed by its owner or the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db import database, finding, keys, shops
from domain import access, ids
from domain.access import Action
from domain.errors import InvalidInput, NotFound, Problem
from domain.ids import IdKind
from domain.order import text_problem
from resolvers import once
from resolvers.commands import Saved

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection, Database
    from resolvers.commands import SaveStaffMember
    from resolvers.context import Context

SUBJECT_CHARACTERS = 200
NAME_CHARACTERS = 100


async def save(context: Context, command: SaveStaffMember) -> Saved:
    """A new member (`id` None; `subject` required, named after it, no owner, active unless said) or a change.

    A subject is a member of a shop once; it cannot be changed afterwards.
    """
    access.require(context.viewer, Action.MANAGE_STAFF)
    shop_id = ids.decode_as(IdKind.SHOP, command.shop_id)
    async with context.database.pool.acquire() as connection:
        found = await finding.shop(connection, context.viewer, shop_id) if shop_id else None
    if found is None:
        raise NotFound("shop", path=("input", "shopId"))
    _check(command)

    async def work(connection: Connection) -> once.Done[Saved]:
        if command.id is None:
            member_id = await _insert(connection, found, command)
        else:
            member_id = await _update(connection, found, command)
        public = ids.encode(IdKind.STAFF_MEMBER, member_id)
        return once.Done(Saved(ids.encode(IdKind.SHOP, found), public))

    return await once.run(context, command, found, result=lambda kept: Saved(**kept), work=work)


async def ensure_member(
    database_: Database, shop_id: UUID, subject: str, *, owner: bool, display_name: str | None = None
) -> None:
    """Make `subject` a member if it is none: what `cli.py token` does in development."""
    async with database_.transaction() as connection:
        member = {
            "shop_id": shop_id,
            "id": keys.new(),
            "subject": subject,
            "display_name": display_name or subject,
            "owner": owner,
            "active": True,
            "created_at": await database.now(connection),
        }
        await shops.insert_member(connection, member)


async def _insert(connection: Connection, shop_id: UUID, command: SaveStaffMember) -> UUID:
    subject = (command.subject or "").strip()
    member_id = keys.new()
    member = {
        "shop_id": shop_id,
        "id": member_id,
        "subject": subject,
        "display_name": (command.display_name or subject).strip(),
        "owner": bool(command.owner),
        "active": command.active is not False,
        "created_at": await database.now(connection),
    }
    if not await shops.insert_member(connection, member):
        message = "This subject is a member of the shop already: change that member by its id."
        raise InvalidInput([Problem("ALREADY_A_MEMBER", message, ("input", "subject"))])
    return member_id


async def _update(connection: Connection, shop_id: UUID, command: SaveStaffMember) -> UUID:
    member_id = ids.decode_as(IdKind.STAFF_MEMBER, command.id or "")
    member = await shops.lock_member(connection, shop_id, member_id) if member_id else None
    if member is None:
        raise NotFound("staff member", path=("input", "id"))
    if command.subject is not None and command.subject.strip() != member["subject"]:
        message = "The subject of a member stays: add a new member instead."
        raise InvalidInput([Problem("FIXED", message, ("input", "subject"))])
    given: dict[str, Any] = {
        "display_name": None if command.display_name is None else command.display_name.strip(),
        "owner": command.owner,
        "active": command.active,
    }
    member.update({name: value for name, value in given.items() if value is not None})
    await shops.update_member(connection, member)
    found: UUID = member["id"]
    return found


def _check(command: SaveStaffMember) -> None:
    problems = []
    if command.id is None and command.subject is None:
        problems.append(Problem("REQUIRED", "A new member needs a subject.", ("input", "subject")))
    limits = (
        ("subject", command.subject, SUBJECT_CHARACTERS),
        ("displayName", command.display_name, NAME_CHARACTERS),
    )
    for field, value, most in limits:
        problem = None if value is None else text_problem(field, value, most)
        if problem is not None:
            problems.append(Problem(problem.code, problem.message, ("input", field)))
    if problems:
        raise InvalidInput(problems)
