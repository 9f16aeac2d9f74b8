"""Dismissing the complaints of tickets whose pickup or refund was in time but told late (`domain.md §3`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db import dismissals
from domain import complaint, dismissal
from domain.ticket_words import TicketStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from db.database import Connection
    from domain.events import FollowUpAction
    from resolvers.aggregate import OrderAggregate


def excuse(order: OrderAggregate, action: FollowUpAction, fact_at: datetime) -> None:
    """A pickup or refund came to be known: note which complaints it excuses, for `add`."""
    if action not in dismissal.REASONS:
        return
    scene = order.scene
    for each in order.tickets:
        lost = each.status is TicketStatus.ESCALATED
        if lost and complaint.excused(each, fact_at=fact_at, policy=scene.policy_of(each)):
            order.excuses[each.id] = dismissal.reason(action, fact_at, scene.shop["locale"])


async def add(connection: Connection, aggregates: Sequence[OrderAggregate]) -> None:
    """Let each excused ticket whose complaint still stands as filed record that it is dismissed.

    A complaint that was settled or ruled on stays as it is. Call it before the tickets are written.
    """
    excused = [(each, ticket_id) for each in aggregates for ticket_id in each.excuses]
    if not excused:
        return
    tickets = [(each.order["shop_id"], ticket_id) for each, ticket_id in excused]
    filed = await dismissals.filed(connection, tickets)
    for each, ticket_id in excused:
        entry = each.entries.get(ticket_id)
        filed_now = entry is not None and entry.change.files_complaint
        if filed_now or ticket_id in filed:
            why = each.excuses[ticket_id]
            each.change(dismissal.dismiss(each.ticket(ticket_id), why, each.scene.now))
