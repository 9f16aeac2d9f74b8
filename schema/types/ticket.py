"""Tickets."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import strawberry

from domain import sla
from domain.exemptions import Path
from domain.ids import IdKind
from domain.shop import Market
from domain.ticket import CRITICAL_UNDER, WARNING_UNDER
from domain.ticket_words import TicketKind, TicketOutcome, TicketStatus, Urgency
from resolvers.plan.binding import NOW
from resolvers.plan.declared import Rows
from resolvers.plan.operation import Operation
from resolvers.plan.values import instant, milliseconds, moment
from resolvers.reads import listings
from schema.fields import column, connection, expression, many, one, python
from schema.types.complaint import Complaint, ConsumerCard
from schema.types.deadline import DeadlineExplanation
from schema.types.follow_up import FollowUpRecordConnection
from schema.types.node import Node, PageInfo
from schema.types.order import Order
from schema.types.reply import LOCALE, MARKET, ReplyScheme
from schema.types.shop import SEES_STAFF, Shop, StaffMember

_OPEN = "{t}.status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')"
_URGENCY = f"""CASE
 WHEN NOT {_OPEN} OR {{t}}.deadline_at IS NULL THEN 'NONE'
 WHEN {{t}}.deadline_at <= {NOW} THEN 'OVERDUE'
 WHEN {{t}}.deadline_at < {NOW} + interval '{CRITICAL_UNDER.total_seconds():.0f} s' THEN 'CRITICAL'
 WHEN {{t}}.deadline_at < {NOW} + interval '{WARNING_UNDER.total_seconds():.0f} s' THEN 'WARNING'
 ELSE 'NORMAL' END"""
_ANSWERABLE = f"CASE WHEN {_OPEN} AND {{t}}.deadline_at > {NOW} THEN {{t}}.kind END"
_STOPPED = (
    "CASE WHEN {t}.replied_at IS NULL OR {t}.kind = 'URGE_SHIPMENT' THEN {t}.completed_at"
    " ELSE {t}.replied_at END"
)
"""A reply stops the clock of an urge for pickup only."""
_MOVED = (
    f"json_build_array(ARRAY(SELECT {milliseconds('d')} FROM unnest({{t}}.deadline_steps) d), {{t}}.moved_by)"
)
_SHIPPED_IN = f"CASE WHEN {{t}}.shipped_at IS NOT NULL THEN {MARKET} END"


def _explanation(  # noqa: PLR0917 - the inputs of a statement, in their order
    asked: Operation,
    started: int,
    deadline: int | None,
    stopped: int | None,
    version: int,
    moved: tuple[list[int], list[str | None]],
    shipped_in: str | None,
) -> DeadlineExplanation:
    """`shipped_in`: the market of a ticket whose clock runs, or ran, from shipping; else None."""
    window = None if shipped_in is None else asked.book.version(Market(shipped_in), version).pickup_window
    found = sla.explain(
        started_at=moment(started),
        deadline_at=instant(deadline),
        stopped_at=instant(stopped),
        policy_version=version,
        path=_path(*moved),
        pickup_window=window,
    )
    return DeadlineExplanation(row=found)


def _path(steps: list[int], moved_by: list[str | None]) -> Path | None:
    movers = tuple(None if each is None else UUID(each) for each in moved_by)
    return Path(tuple(moment(each) for each in steps), movers) if steps else None


def _available(
    asked: Operation, kind: str | None, locale: str, market: str, version: int
) -> list[ReplyScheme]:
    policy = asked.book.version(Market(market), version)
    schemes = () if kind is None else policy.schemes_for(TicketKind(kind))
    return [ReplyScheme(scheme=scheme, locale=locale) for scheme in schemes]


@strawberry.type(description="工单: a buyer's urge, with its clock.")
class Ticket(Node):
    """A buyer's urge, with its clock."""

    rows: ClassVar[Rows] = Rows("ticket", IdKind.TICKET, indexed_by_id=True)
    number: str = column("A number for people to say.")
    kind: TicketKind = column("What the buyer urges.")
    status: TicketStatus = column("Where it stands.")
    outcome: TicketOutcome | None = column("How it ended; null until it is closed.")
    version: int = column(
        "Grows by one with every change a reader of the ticket must know (not with reminders and notes);"
        " send it back as expectedVersion."
    )
    round: int = column("1 for the first urge of the order, 2 when it was urged again …")
    policy_version: int = column("The version of the policy that it is timed by.")
    opened_at: datetime = column("When the buyer urged.")
    updated_at: datetime = column("When it last changed.")
    deadline_at: datetime | None = column(
        "The running clock; kept as it was when the ticket is closed by it; null while the clock is stopped."
    )
    promised_pickup_at: datetime | None = column("When the seller promised the pickup.")
    promise_ends_at: datetime | None = column(
        "Until when the reply holds, whether a time was promised or not."
    )
    promise_broken_at: datetime | None = column("When the promise ended without a pickup.")
    replied_at: datetime | None = column("When the seller last replied.")
    completed_at: datetime | None = column("When it was completed or withdrawn.")
    escalated_at: datetime | None = column("When the complaint was filed.")

    shop: Shop = one("The shop that has to act.", {"id": "{t}.shop_id"})
    order: Order = one("The order that was urged.", {"shop_id": "{t}.shop_id", "id": "{t}.order_id"})
    assignee: StaffMember | None = one(
        "Who works on it; null for nobody. Null for a consumer.",
        {"shop_id": "{t}.shop_id", "id": "{t}.assignee_id"},
    )
    urgency: Urgency = expression("Where the clock stands now.", _URGENCY)
    money_at_risk: Decimal | None = column(
        "What a complaint would cost; 0.00 when closed. Null for a consumer.", seen_by=SEES_STAFF
    )
    deadline_explanation: DeadlineExplanation = python(
        "Why the clock stands where it does.",
        _explanation,
        milliseconds("{t}.clock_started_at"),
        milliseconds("{t}.deadline_at"),
        milliseconds(_STOPPED),
        "{t}.policy_version",
        _MOVED,
        _SHIPPED_IN,
    )
    available_replies: list[ReplyScheme] = python(
        "How it may be replied to now; empty when it takes no reply, or none of yours.",
        _available,
        _ANSWERABLE,
        LOCALE,
        MARKET,
        "{t}.policy_version",
        seen_by=SEES_STAFF,
        else_="'[]'::json",
    )
    follow_ups: FollowUpRecordConnection = connection(
        "跟进记录: what happened to it, the first first; a consumer sees what concerns buyers.",
        listings.follow_ups,
        size=50,
        both_ways=True,
    )
    cards: list[ConsumerCard] = many(
        "What the buyer was shown in the seller's name, the first first.",
        {"shop_id": "{t}.shop_id", "ticket_id": "{t}.id"},
        order="{r}.created_at, {r}.id",
    )
    complaint: Complaint | None = one(
        "The complaint of its last round. Null for a consumer.",
        {"shop_id": "{t}.shop_id", "ticket_id": "{t}.id"},
        last="round",
    )


@strawberry.type(description="A ticket in a list.")
class TicketEdge:
    """A ticket in a list."""

    cursor: str = strawberry.field(description="Where the ticket stands in the list.")
    node: Ticket = strawberry.field(description="The ticket.")


@strawberry.type(description="A page of tickets.")
class TicketConnection:
    """A page of tickets."""

    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    edges: list[TicketEdge] = strawberry.field(description="The tickets of the page.")
    total_count: int = strawberry.field(description="How many tickets the list has, exact up to 10,000.")
    total_count_capped: bool = strawberry.field(description="Whether there are more than `totalCount` says.")
    stream_cursor: str = strawberry.field(
        description=(
            "Where the live stream of these shops stood when the page was read, in the page's own"
            " transaction: subscribe with it and nothing is missed between page and stream."
        )
    )
