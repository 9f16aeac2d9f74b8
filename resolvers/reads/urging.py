"""What the buyer of an order would be told: the rule's inputs from a statement, and its answers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from db import tickets
from domain import retiming, urge
from domain.exemptions import OrderFacts
from domain.shop import Market
from domain.ticket_words import TicketKind
from resolvers.plan.binding import NOW
from resolvers.plan.values import instant, milliseconds, moment

if TYPE_CHECKING:
    from domain.ticket import Ticket
    from resolvers.plan.operation import Operation

_NAMES = ", ".join(f"w.{name}" for name in tickets.COLUMNS)
_TICKETS = (
    f"(SELECT coalesce(json_agg(row_to_json(u)), '[]'::json) FROM (SELECT {_NAMES} FROM ticket w"
    " WHERE w.shop_id = {t}.shop_id AND w.order_id = {t}.id ORDER BY w.opened_at, w.id) u)"
)
_ABOUT = (
    "(SELECT json_build_array(f.market, {t}.origin_region, {t}.destination_region,"
    f" {milliseconds('{t}.paid_at')}) FROM shop f WHERE f.id = {{t}}.shop_id)"
)
# All tickets of the order, whoever asks: an integration sees whether the buyer may urge, and no ticket.
INPUTS = (
    milliseconds(NOW),
    "({t}.refunded_at IS NOT NULL OR {t}.closed_at IS NOT NULL)",
    milliseconds("{t}.shipped_at"),
    milliseconds("{t}.picked_up_at"),
    milliseconds("{t}.ship_by"),
    "{t}.urge_rounds",
    _TICKETS,
    _ABOUT,
)
"""What `decisions` takes, over the row of an order."""


def decisions(  # noqa: PLR0913, PLR0917 - the inputs of a statement, in their order
    asked: Operation,
    now: int,
    ended: bool,  # noqa: FBT001
    shipped_at: int | None,
    picked_up_at: int | None,
    ship_by: int,
    rounds: int,
    rows: list[dict[str, Any]],
    about: tuple[str, str | None, str | None, int],
) -> tuple[urge.Decision, urge.Decision]:
    """May the pickup be urged, and the shipment (`domain.md §4`)?"""
    market, origin, destination, paid_at = about
    order = OrderFacts(
        market=Market(market),
        origin_region=origin,
        destination_region=destination,
        paid_at=moment(paid_at),
        ship_by=moment(ship_by),
    )
    book, calendar = asked.book, asked.book.calendar(order)
    facts = urge.OrderFacts(
        ended=ended,
        shipped_at=instant(shipped_at),
        picked_up_at=instant(picked_up_at),
        ship_by=calendar.path(moment(ship_by)).at,
        rounds=rounds,
    )
    found = [
        retiming.by_today(
            each, calendar, now=moment(now), policy=book.version(order.market, each.policy_version)
        )
        for each in map(_ticket, rows)
    ]
    unclosed = [each for each in found if not each.closed]
    policy = (
        book.version(order.market, unclosed[0].policy_version)
        if unclosed
        else book.current(order.market, moment(now))
    )
    pickup, shipment = (
        urge.decide(kind, facts, found, now=moment(now), policy=policy)
        for kind in (TicketKind.URGE_PICKUP, TicketKind.URGE_SHIPMENT)
    )
    return pickup, shipment


def _ticket(row: dict[str, Any]) -> Ticket:
    values = dict(row)
    for name, value in row.items():
        if value is None:
            continue
        if name.endswith("_id") or name == "id":
            values[name] = UUID(value)
        elif name == "moved_by":
            values[name] = [None if each is None else UUID(each) for each in value]
        elif name == "deadline_steps":
            values[name] = [datetime.fromisoformat(each) for each in value]
        elif name.endswith("_at"):
            values[name] = datetime.fromisoformat(value)
        elif name == "money_at_risk":
            values[name] = Decimal(str(value))
    return tickets.from_row(values)
