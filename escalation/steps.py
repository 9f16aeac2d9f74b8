"""What a clock has to do, done: one batch of tickets, one transaction (`domain.md §3, §5`)."""

from __future__ import annotations

import logging
from collections import defaultdict
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from db import changes, due
from db.database import AWAY, RETRIED
from domain import retiming
from domain import ticket as clock
from live.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from db.database import Connection, Database
    from db.due import Key
    from db.rules import Rules
    from domain.policy import Policy
    from domain.rulebook import Rulebook
    from domain.ticket import Ticket

UNREADY = (
    *AWAY,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""PostgreSQL is away, full, shutting down, not migrated or read-only: no ticket's fault."""

_log = logging.getLogger("lanshou.worker")
_failed = Throttle(_log)


class Fate(Enum):
    """What became of a ticket that was thought due."""

    FIRED = "fired"
    EARLY = "early"  # nothing is due yet, or it was handled meanwhile
    GONE = "gone"  # its clock has nothing more to do
    HELD = "held"  # somebody works on its order
    FAILED = "failed"  # it cannot be written, whatever else is in the batch


class Outcome(NamedTuple):
    """One ticket's. `next_step_at` is when to look again; `late_s` is done minus due, for FIRED."""

    key: Key
    fate: Fate
    next_step_at: datetime | None = None
    late_s: float = 0.0


class Taken(NamedTuple):
    """A batch's outcomes, in no order, and the last position each shop's stream got."""

    outcomes: list[Outcome]
    positions: dict[UUID, int]


async def take(database: Database, keys: Sequence[Key], rules: Rules) -> Taken:
    """Do what is due for these tickets, in one transaction; raises what is in `UNREADY`.

    When the batch cannot be written it is halved until the ticket at fault stands alone: that one is
    logged and left as it is, the others go on.
    """
    try:
        return await database.write(lambda connection: _take(connection, keys, rules))
    except UNREADY:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other tickets
        if len(keys) > 1:
            middle = len(keys) // 2
            first = await take(database, keys[:middle], rules)
            second = await take(database, keys[middle:], rules)
            return Taken(first.outcomes + second.outcomes, _latest(first.positions, second.positions))
        if isinstance(error, (changes.Stale, *RETRIED)):
            return Taken([Outcome(keys[0], Fate.HELD)], {})
        _failed.warning(f"ticket {keys[0][1]} of shop {keys[0][0]} cannot be written", error, trace=True)
        return Taken([Outcome(keys[0], Fate.FAILED)], {})


async def _take(connection: Connection, keys: Sequence[Key], rules: Rules) -> Taken:
    batch = await due.lock(connection, keys)
    outcomes = {key: Outcome(key, Fate.GONE) for key in keys}
    outcomes |= {key: Outcome(key, Fate.HELD) for key in batch.held}
    if batch.now is None:
        return Taken(list(outcomes.values()), {})
    book = await rules.at(connection, batch.revision)
    entries: list[changes.Entry] = []
    wrong: list[due.Correction] = []
    for each in batch.locked:
        ticket = each.ticket
        policy = book.version(each.order.market, ticket.policy_version)
        change = due_now(each, batch.now, policy, book)
        if not change.records:
            outcomes[ticket.key] = _not_due(change.ticket, batch.now, policy, wrong)
            continue
        entry = changes.Entry(
            before=ticket, change=change, actor=changes.SYSTEM, sale=each.sale(policy), policy=policy
        )
        entries.append(entry)
        late_s = (batch.now - (ticket.next_step_at or batch.now)).total_seconds()
        outcomes[ticket.key] = Outcome(ticket.key, Fate.FIRED, change.ticket.next_step_at, late_s)
    await due.correct(connection, wrong)
    written = await changes.apply(connection, entries, batch.now)
    positions: dict[UUID, int] = defaultdict(int)
    for one in written:
        positions[one.shop_id] = max(positions[one.shop_id], *one.positions)
    return Taken(list(outcomes.values()), positions)


def due_now(each: due.Locked, now: datetime, policy: Policy, book: Rulebook) -> clock.Change:
    """What the clock has to do by `now`; a ticket that was timed by older rules is timed anew first (§5)."""
    ticket = each.ticket
    anew = clock.Change(ticket, ())
    if retiming.stale(ticket, book.revision):
        anew = retiming.retime(ticket, book.calendar(each.order), now=now, policy=policy)
    elapsed = clock.elapse(anew.ticket, now, policy)
    return anew if elapsed is None else anew.then(elapsed)


def _not_due(ticket: Ticket, now: datetime, policy: Policy, wrong: list[due.Correction]) -> Outcome:
    """When to look again; a stored step that the policy in force no longer has is corrected."""
    at = ticket.next_step_at
    if at is not None and at <= now:
        at = clock.next_step(ticket, policy)
        wrong.append((ticket.shop_id, ticket.id, at))
    return Outcome(ticket.key, Fate.GONE if at is None else Fate.EARLY, at)


def _latest(first: Mapping[UUID, int], second: Mapping[UUID, int]) -> dict[UUID, int]:
    return {shop_id: max(first.get(shop_id, 0), second.get(shop_id, 0)) for shop_id in {*first, *second}}
