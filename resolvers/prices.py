"""What depends on an order's amount and payment, when they are corrected (`domain.md §10`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain import complaint
from domain.ticket_words import TicketStatus

if TYPE_CHECKING:
    from resolvers.aggregate import OrderAggregate


def follow(order: OrderAggregate) -> None:
    """Let what unclosed tickets risk and what filed complaints cost follow the sale."""
    for place, each in enumerate(order.tickets):
        policy = order.scene.policy_of(each)
        risk = complaint.money_at_risk(complaint.violation_of(each), order.sale(policy), policy)
        key = {"shop_id": each.shop_id, "id": each.id}
        if each.status is TicketStatus.ESCALATED:
            order.estimates.append({**key, "estimated_compensation": risk})
        elif not each.closed and each.money_at_risk != risk:
            order.repriced.append({**key, "money_at_risk": risk})
            order.tickets[place] = replace(each, money_at_risk=risk)
