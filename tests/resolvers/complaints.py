"""Filed complaints, and what staff and platform do with them, for the tests of complaints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain import ids
from domain.ids import IdKind
from resolvers import commands, complaints
from tests.resolvers.world import uuid_of

if TYPE_CHECKING:
    from resolvers.context import Context
    from tests.resolvers.world import Placed, World


@dataclass(frozen=True)
class Filed:
    """A complaint that the worker filed."""

    world: World
    order: Placed
    ticket_id: str
    id: str

    async def row(self) -> dict[str, Any]:
        """The complaint as it is stored."""
        return await self.world.one("complaint", self.id)

    async def records(self) -> list[dict[str, Any]]:
        """The ticket's records after the complaint was filed."""
        return await self.world.fetch(
            "SELECT * FROM follow_up_record WHERE ticket_id = $1 AND position > 2 ORDER BY position",
            uuid_of(self.ticket_id),
        )

    async def state(
        self, statement: str = "已交快递", *, by: Context | None = None, **more: Any
    ) -> commands.ComplaintChanged:
        """Amy states the shop's side."""
        command = commands.StateComplaint(complaint_id=self.id, statement=statement, **more)
        return await complaints.state(by or self.world.staff, command)

    async def settle(self, *, by: Context | None = None, **more: Any) -> commands.ComplaintChanged:
        """Amy accepts."""
        command = commands.SettleComplaint(complaint_id=self.id, **more)
        return await complaints.settle(by or self.world.staff, command)

    async def rule(
        self, *, upheld: bool = True, reason: str = "属实", by: Context | None = None, **more: Any
    ) -> commands.ComplaintChanged:
        """The platform rules."""
        command = commands.RuleOnComplaint(complaint_id=self.id, upheld=upheld, reason=reason, **more)
        return await complaints.rule(by or self.world.platform, command)


async def filed(world: World, **changes: Any) -> Filed:
    """An order whose ticket nobody answered in time; its complaint was filed."""
    order, ticket_id = await world.urged(**changes)
    await world.run_out(ticket_id)
    await world.work(ticket_id)
    [row] = await world.fetch("SELECT id FROM complaint WHERE ticket_id = $1", uuid_of(ticket_id))
    return Filed(world, order, ticket_id, ids.encode(IdKind.COMPLAINT, row["id"]))
