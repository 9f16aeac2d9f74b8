"""Timing open tickets anew after the rules changed: a batch, a transaction, until none is left (§5).

Any number of workers may do it; a change is one worker's for the length of a batch. What is filed or replied
to meanwhile is timed by whoever does that.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from db import calendar as calendars
from db import changes, due
from domain import complaint, retiming
from domain.ticket import Change as TicketChange
from escalation.index import Entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from db.calendar import Change
    from db.database import Connection, Database
    from db.due import Locked, Step
    from db.rules import Rules
    from domain.rulebook import Rulebook
    from escalation.handling import Publish
    from escalation.index import DeadlineIndex
    from escalation.metrics import Metrics

BATCH = 75
"""Tickets a transaction: their orders and shops' streams are locked for some 25 ms, and replies wait."""


class _Done(NamedTuple):
    """What a batch came to. `after`: where the next one begins; None when the walk is over."""

    entries: list[Entry]
    positions: dict[UUID, int]
    after: Step | None


class Retiming:
    """Goes through what changes of the rules concern. `publish` tells positions and never raises."""

    def __init__(
        self, database: Database, rules: Rules, index: DeadlineIndex, metrics: Metrics, publish: Publish
    ) -> None:
        self._database = database
        self._rules = rules
        self._index = index
        self._metrics = metrics
        self._publish = publish

    async def work(self, stopping: Callable[[], bool]) -> int:
        """Walk once through what each unfinished change concerns; how many tickets were timed anew."""
        async with self._database.pool.acquire() as connection:
            revisions = await calendars.unfinished(connection)
        before = self._metrics.counters["retimed"]
        for revision in revisions:
            after: Step | None = None
            while not stopping():
                after = await self._batch(revision, after)
                if after is None:
                    break
        return self._metrics.counters["retimed"] - before

    async def _batch(self, revision: int, after: Step | None) -> Step | None:
        done = await self._database.write(lambda connection: self._retime(connection, revision, after))
        if done.entries:
            self._metrics.counters["retimed"] += len(done.entries)
            await self._index.put(done.entries)  # what it misses, the sweep enters
            await self._publish(done.positions)
        return done.after

    async def _retime(self, connection: Connection, revision: int, after: Step | None) -> _Done:
        change = await calendars.take(connection, revision)
        if change is None:
            return _Done([], {}, None)
        page = await calendars.concerned(connection, revision, after, BATCH)
        if not page:
            if after is None:
                await calendars.come_through(connection, revision, finished=change.settled)
            return _Done([], {}, None)
        batch = await due.lock(connection, [(step.shop_id, step.ticket_id) for step in page])
        book = await self._rules.at(connection, batch.revision)
        entries: list[changes.Entry] = []
        silent = []
        for each in batch.locked:
            anew = _anew(each, batch, change, book)
            if anew is None:
                continue
            if anew.records:
                policy = book.version(each.order.market, anew.ticket.policy_version)
                entry = changes.Entry(
                    before=each.ticket,
                    change=anew,
                    actor=changes.SYSTEM,
                    sale=each.sale(policy),
                    policy=policy,
                )
                entries.append(entry)
            else:
                silent.append(anew.ticket)
        await calendars.retime_silently(connection, silent)
        await calendars.advance(connection, revision, len(entries) + len(silent))
        written = await changes.apply(connection, entries, batch.now) if batch.now and entries else []
        positions: dict[UUID, int] = defaultdict(int)
        for one in written:
            positions[one.shop_id] = max(positions[one.shop_id], *one.positions)
        steps = [Entry(one.shop_id, one.ticket_id, one.next_step_at) for one in written]
        steps += [Entry(*ticket.key, ticket.next_step_at) for ticket in silent]
        return _Done(steps, positions, page[-1] if len(page) == BATCH else None)


def _anew(each: Locked, batch: due.Batch, change: Change, book: Rulebook) -> TicketChange | None:
    """A locked ticket by the rules of today; None for one whose clock does not run by older ones any more.

    The exemptions come first: what a policy never moves earlier is where they put the deadline.
    """
    ticket, number = each.ticket, change.policy_version
    stale = retiming.stale(ticket, book.revision)
    under = ticket.open and number is not None and ticket.policy_version < number
    if batch.now is None or not (stale or under):
        return None
    calendar = book.calendar(each.order)
    anew = TicketChange(ticket, ())
    if stale:
        policy = book.version(each.order.market, ticket.policy_version)
        anew = retiming.retime(ticket, calendar, now=batch.now, policy=policy)
    if under and number is not None:
        policy = book.version(each.order.market, number)
        risk = complaint.money_at_risk(complaint.violation_of(ticket), each.sale(policy), policy)
        anew = anew.then(
            retiming.put_under(anew.ticket, calendar, money_at_risk=risk, now=batch.now, policy=policy)
        )
    return anew
