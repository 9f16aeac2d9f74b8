"""Exemptions: saving and deleting them, and what a deadline would be (`domain.md §5`)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from db import calendar, database, exemptions, idempotency, keys
from domain import access, ids, sla
from domain.access import Action
from domain.errors import InvalidInput, NotFound, Problem
from domain.exemptions import TITLE_CHARACTERS, ExemptionBasis, ExemptionEnd, OrderFacts
from domain.ids import IdKind
from domain.order import text_problem
from resolvers import once
from resolvers.commands import Deleted, Saved
from resolvers.reads.refusals import BadInput

if TYPE_CHECKING:
    from uuid import UUID

    from db.database import Connection
    from db.rows import Row
    from domain.sla import Deadline
    from resolvers.context import Context
    from resolvers.rule_commands import DeleteExemption, Preview, SaveExemption

REGION = re.compile(r"[0-9]{1,6}")
LONGEST_WINDOW_H = 8760
DEFAULTS: dict[str, Any] = {
    "market": None,
    "region": None,
    "end": ExemptionEnd.EITHER,
    "basis": ExemptionBasis.DEADLINE,
}
NEEDED = {"title": "title", "starts_at": "from", "ends_at": "to", "latest_at": "latestAt"}
"""What a new exemption must say, by the names of the input."""


async def save(context: Context, command: SaveExemption) -> Saved:
    """A new exemption (`end` EITHER, `basis` DEADLINE, everywhere and for all unless said), or a change.

    The worker times the open tickets that it concerns anew; whoever is about to file does so at once.
    Raises `Forbidden`, `NotFound`, `InvalidInput`, `IdempotencyConflict`.
    """
    access.require(context.viewer, Action.SET_RULES)
    wanted = None if command.id is None else _decoded(command.id)
    given = _given(command)

    async def work(connection: Connection) -> once.Done[Saved]:
        await calendar.one_at_a_time(connection)
        now = await database.now(connection)
        if wanted is None:
            row = {**DEFAULTS, **given, "id": keys.new(), "created_at": now}
            _check(row)
            await exemptions.insert(connection, row)
        else:
            row = {**await _locked(connection, wanted), **given}
            _check(row)
            await exemptions.update(connection, row)
        await calendar.exemption_changed(connection, row["id"], now)
        return once.Done(_saved(row["id"]))

    return await once.run(context, command, idempotency.NO_SHOP, result=lambda kept: Saved(**kept), work=work)


async def delete(context: Context, command: DeleteExemption) -> Deleted:
    """Delete an exemption; what it moved is taken back, but never to less than an hour from now.

    Raises `Forbidden`, `NotFound`, `IdempotencyConflict`.
    """
    access.require(context.viewer, Action.SET_RULES)
    wanted = _decoded(command.id)

    async def work(connection: Connection) -> once.Done[Deleted]:
        await calendar.one_at_a_time(connection)
        await _locked(connection, wanted)
        await exemptions.delete(connection, wanted)
        await calendar.exemption_changed(connection, wanted, await database.now(connection))
        return once.Done(Deleted(command.id))

    return await once.run(
        context, command, idempotency.NO_SHOP, result=lambda kept: Deleted(**kept), work=work
    )


async def preview(context: Context, asked: Preview) -> Deadline:
    """What a deadline would be by the rules in force, and why; raises `BadInput`. Nothing is changed."""
    if not 1 <= asked.window_hours <= LONGEST_WINDOW_H:
        raise BadInput(f"windowHours is between 1 and {LONGEST_WINDOW_H}.")
    async with context.database.pool.acquire() as connection:
        book = await context.rules.now(connection)
        policy = book.current(asked.market, await database.now(connection))
    ship_by = asked.ship_by
    if ship_by is None and asked.paid_at is not None:
        ship_by = sla.shipping_limit(asked.paid_at, None, policy)
    order = OrderFacts(
        market=asked.market,
        origin_region=asked.origin_region,
        destination_region=asked.destination_region,
        paid_at=asked.paid_at,
        ship_by=ship_by,
    )
    window = timedelta(hours=asked.window_hours)
    try:
        return sla.deadline(asked.start, window, book.calendar(order), policy_version=policy.version)
    except OverflowError:
        raise BadInput("start is too late.") from None


async def _locked(connection: Connection, exemption_id: UUID) -> Row:
    found = await exemptions.lock(connection, exemption_id)
    if found is None:
        raise NotFound("exemption", path=("input", "id"))
    return found


def _decoded(public: str) -> UUID:
    found = ids.decode_as(IdKind.EXEMPTION, public)
    if found is None:
        raise NotFound("exemption", path=("input", "id"))
    return found


def _given(command: SaveExemption) -> dict[str, Any]:
    named = {
        "title": None if command.title is None else command.title.strip(),
        "market": command.market,
        "region": command.region,
        "end": command.end,
        "basis": command.basis,
        "starts_at": command.starts_at,
        "ends_at": command.ends_at,
        "latest_at": command.latest_at,
    }
    given = {name: value for name, value in named.items() if value is not None}
    return given | dict.fromkeys(command.cleared)


def _check(row: Row) -> None:
    """Raise `InvalidInput` for what can be no exemption, every fault named."""
    problems = [
        Problem("REQUIRED", f"A new exemption needs {name}.", ("input", name))
        for column, name in NEEDED.items()
        if row.get(column) is None
    ]
    if row.get("title") is not None:
        fault = text_problem("title", row["title"], TITLE_CHARACTERS)
        problems += [] if fault is None else [Problem(fault.code, fault.message, ("input", "title"))]
    if row["region"] is not None and not REGION.fullmatch(row["region"]):
        message = "A region is the beginning of a GB/T 2260 code, 1 to 6 digits."
        problems.append(Problem("NOT_A_REGION", message, ("input", "region")))
    starts_at, ends_at, latest_at = (row.get(name) for name in ("starts_at", "ends_at", "latest_at"))
    if starts_at is not None and ends_at is not None and starts_at >= ends_at:
        problems.append(Problem("OUT_OF_ORDER", "It ends after it begins.", ("input", "to")))
    if starts_at is not None and latest_at is not None and latest_at <= starts_at:
        message = "Until when deadlines are put off lies after its beginning."
        problems.append(Problem("OUT_OF_ORDER", message, ("input", "latestAt")))
    if problems:
        raise InvalidInput(problems)


def _saved(exemption_id: UUID) -> Saved:
    public = ids.encode(IdKind.EXEMPTION, exemption_id)
    return Saved(public, public)
