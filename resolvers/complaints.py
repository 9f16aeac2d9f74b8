"""What becomes of a complaint: the seller states or settles, the platform rules (`domain.md §10`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db import complaints, finding
from domain import access, complaint, ids, ticket
from domain.access import Action
from domain.errors import NotFound
from domain.events import FollowUpAction
from domain.figures import Verdict
from domain.ids import IdKind
from resolvers import aggregate, once, tickets
from resolvers.commands import ComplaintChanged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from db.database import Connection
    from domain.complaint import Awarded, Complaint, Ending
    from domain.policy import ComplaintRates, Policy
    from resolvers.aggregate import OrderAggregate
    from resolvers.commands import RuleOnComplaint, SettleComplaint, StateComplaint
    from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class Filed:
    """A filed complaint under the lock of its order."""

    connection: Connection
    order: OrderAggregate
    complaint: Complaint
    policy: Policy

    @property
    def rates(self) -> ComplaintRates:
        """What complaints cost, by the policy of the ticket."""
        return self.policy.complaints

    async def awarded(self) -> Awarded:
        """What counts towards the caps, which nobody else changes until the commit."""
        await complaints.lock_caps(self.connection, self.order.order["shop_id"])
        since = self.order.scene.now - self.rates.points_within
        return await complaints.awarded(self.connection, self.order.order, since)

    def ended(self, ending: Ending) -> dict[str, Any]:
        """The columns of a complaint that ends so."""
        return {
            "status": ending.status,
            "violation": ending.violation,
            "compensation": ending.compensation,
            "penalty_points": ending.points,
            "reason": ending.reason,
            "ruled_at": self.order.scene.now,
        }


async def state(context: Context, command: StateComplaint) -> ComplaintChanged:
    """The seller's side, and proofs; a later statement takes its place, proofs left out stay as they are.

    Raises `NotFound`, `Forbidden`, `InvalidInput`, `IllegalTransition` once it is settled or ruled on,
    `IdempotencyConflict`; then nothing is written. So do the others here.
    """
    access.require(context.viewer, Action.WORK_COMPLAINTS)
    statement = complaint.check_statement(command.statement, command.proof_urls or ())
    proofs = {} if command.proof_urls is None else {"proof_urls": list(command.proof_urls)}

    async def stated(_: Filed) -> dict[str, Any]:
        return {"statement": statement, **proofs}

    return await _change(context, command, FollowUpAction.COMPLAINT_STATEMENT, statement, stated)


async def settle(context: Context, command: SettleComplaint) -> ComplaintChanged:
    """The seller accepts before the ruling: compensation, capped, and no points."""
    access.require(context.viewer, Action.WORK_COMPLAINTS)
    note = complaint.check_note(command.note)

    async def settled(filed: Filed) -> dict[str, Any]:
        return filed.ended(complaint.settle(filed.complaint, await filed.awarded(), filed.rates))

    return await _change(context, command, FollowUpAction.COMPLAINT_SETTLED, note, settled)


async def rule(context: Context, command: RuleOnComplaint) -> ComplaintChanged:
    """The platform upholds a complaint or dismisses it; compensation and points are capped."""
    access.require(context.viewer, Action.RULE)
    ruling = complaint.check_ruling(
        upheld=command.upheld,
        reason=command.reason,
        compensation=command.compensation,
        points=command.penalty_points,
        violation=command.violation,
    )

    async def ruled(filed: Filed) -> dict[str, Any]:
        awarded = await filed.awarded()
        sale = filed.order.sale(filed.policy)
        return filed.ended(complaint.rule(filed.complaint, ruling, sale, awarded, filed.rates))

    return await _change(context, command, FollowUpAction.COMPLAINT_RULED, ruling.reason, ruled)


async def _change(
    context: Context,
    command: StateComplaint | SettleComplaint | RuleOnComplaint,
    action: FollowUpAction,
    text: str | None,
    decide: Callable[[Filed], Awaitable[dict[str, Any]]],
) -> ComplaintChanged:
    """Write what `decide` makes of the filed complaint, with a record of its ticket that holds `text`."""
    complaint_id = ids.decode_as(IdKind.COMPLAINT, command.complaint_id)
    async with context.database.pool.acquire() as connection:
        found = await finding.complaint(connection, context.viewer, complaint_id) if complaint_id else None
    if found is None or complaint_id is None:
        raise NotFound("complaint", path=("input", "complaintId"))
    place, ticket_id = found

    async def work(connection: Connection) -> once.Done[ComplaintChanged]:
        order = await tickets.lock_one(connection, context, place)
        stored = await complaints.read(connection, place.shop_id, complaint_id)
        about = order.ticket(ticket_id)
        complaint.require_filed(stored, about)
        columns = await decide(Filed(connection, order, stored, order.scene.policy_of(about)))
        moved = ticket.complaint_moved(about, action, text, order.scene.now)
        order.change(moved, verdict=_verdict(columns))
        await complaints.update(connection, {"shop_id": place.shop_id, "id": complaint_id, **columns})
        (written,) = await aggregate.write(connection, [order])
        shop_id = ids.encode(IdKind.SHOP, place.shop_id)
        return once.Done(ComplaintChanged(shop_id, command.complaint_id, written.positions[-1]), [written])

    return await once.run(
        context, command, place.shop_id, result=lambda kept: ComplaintChanged(**kept), work=work
    )


def _verdict(columns: dict[str, Any]) -> Verdict | None:
    """How the complaint ended by these columns of it; None when it was only stated on."""
    if "status" not in columns:
        return None
    return Verdict(
        status=columns["status"], compensation=columns["compensation"], points=columns["penalty_points"]
    )
