"""The follow-up log is append-only: what was recorded stays as it was, whatever happens after it (§2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resolvers import commands, team, tickets
from tests.resolvers.complaints import filed
from tests.resolvers.world import DAY, World, now, sf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LOG = ("follow_up_record", "reply", "waybill_change", "event")
"""Tables that only grow. Cards and complaints have states of their own."""


async def _grows(world: World, *steps: Callable[[], Awaitable[object]]) -> None:
    """Do one thing after the other; each adds a record, and leaves all that was there as it was."""
    for number, step in enumerate(steps):
        before = await world.stored()
        await step()
        after = await world.stored()
        for table in LOG:
            assert [row for row in before[table] if row not in after[table]] == [], (number, table)
        assert len(after["follow_up_record"]) > len(before["follow_up_record"]), number


@pytest.mark.rule("§2.1")
async def test_what_is_recorded_of_a_ticket_is_never_changed(world: World) -> None:
    order = await world.order(paid_at=now() - 4 * DAY)
    parcel_id = await world.ship(order, sf(1))
    ticket_id = (await world.urge(order)).ticket_id

    async def broken() -> None:
        await world.run_out(ticket_id)
        await world.work(ticket_id)

    await _grows(
        world,
        lambda: tickets.add_note(world.staff, commands.AddNote(ticket_id=ticket_id, note="催")),
        lambda: team.assign(world.staff, commands.AssignTickets(ticket_ids=(ticket_id,), to_me=True)),
        lambda: world.change(parcel_id, sf(2)),
        lambda: world.reply(ticket_id),
        broken,
        lambda: world.urge(order),
        lambda: world.withdraw(ticket_id),
    )


@pytest.mark.rule("§2.1")
async def test_nor_is_what_was_recorded_before_its_complaint(world: World) -> None:
    complaint = await filed(world, number=sf(1))
    await _grows(
        world,
        complaint.state,
        lambda: complaint.state("另附凭证"),
        lambda: world.scan(sf(1)),
        complaint.rule,
    )
