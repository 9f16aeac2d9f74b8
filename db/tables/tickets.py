"""Tickets and all that hangs on them."""

import datetime as dt
import decimal
import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db import columns
from domain.cards import CardKind, DeliveryStatus
from domain.complaint import ComplaintStatus, Violation
from domain.events import ActorKind, FollowUpAction
from domain.ticket_words import TicketKind, TicketOutcome, TicketStatus

OPEN = "status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')"
UNCLOSED = "status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED')"
QUEUE_ORDER = (
    "\nCASE\n"
    " WHEN status = ANY (ARRAY['AWAITING_REPLY'::ticket_status, 'AWAITING_PICKUP'::ticket_status])"
    " THEN deadline_at\n"
    " ELSE 'infinity'::timestamptz\n"
    "END"
)
"""Those without a running clock come last, also escalated tickets, which keep their deadline; a nullable
column could not be paged by keyset. Line by line as PostgreSQL prints it, or Alembic sees a difference."""
PERSON = "COALESCE(assignee_id, '00000000-0000-0000-0000-000000000000'::uuid)"
"""Whose a ticket is: an index gives no order among those that are NULL."""


class Ticket(SQLModel, table=True):
    """An urge ticket. `next_step_at` is what the deadline index in Redis is made from."""

    __tablename__ = "ticket"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        sa.ForeignKeyConstraint(["shop_id", "assignee_id"], ["staff_member.shop_id", "staff_member.id"]),
        sa.UniqueConstraint("shop_id", "number"),
        sa.CheckConstraint("version > 0 AND round > 0 AND record_count > 0", name="counts_positive"),
        sa.CheckConstraint(f"NOT ({OPEN}) OR deadline_at IS NOT NULL", name="open_has_deadline"),
        sa.CheckConstraint(f"NOT ({OPEN}) OR next_step_at IS NOT NULL", name="open_has_next_step"),
        sa.CheckConstraint(f"({UNCLOSED}) = (outcome IS NULL)", name="outcome_when_closed"),
        sa.CheckConstraint(f"{UNCLOSED} OR next_step_at IS NULL", name="closed_has_no_step"),
        sa.CheckConstraint(f"{UNCLOSED} OR money_at_risk = 0", name="closed_has_no_risk"),
        sa.CheckConstraint(
            "status <> 'REPLIED' OR (replied_at IS NOT NULL AND promise_ends_at IS NOT NULL"
            " AND deadline_at IS NULL)",
            name="replied_has_promise",
        ),
        sa.CheckConstraint("status <> 'REPLIED' OR kind = 'URGE_PICKUP'", name="only_pickup_waits_replied"),
        sa.CheckConstraint(
            "status <> 'AWAITING_PICKUP' OR shipped_at IS NOT NULL", name="awaiting_pickup_is_shipped"
        ),
        sa.CheckConstraint("shipped_at IS NULL OR kind = 'URGE_SHIPMENT'", name="only_shipment_is_shipped"),
        sa.CheckConstraint(
            "(status = 'ESCALATED') = (outcome IS NOT DISTINCT FROM 'COMPLAINT_FILED'::ticket_outcome)"
            " AND (status = 'ESCALATED') = (escalated_at IS NOT NULL)",
            name="escalated_is_filed",
        ),
        sa.CheckConstraint(
            "(status IN ('COMPLETED', 'WITHDRAWN')) = (completed_at IS NOT NULL)", name="completed_has_time"
        ),
        sa.CheckConstraint(
            "status NOT IN ('COMPLETED', 'WITHDRAWN') OR deadline_at IS NULL",
            name="completed_has_no_deadline",
        ),
        sa.CheckConstraint(
            "cardinality(moved_by) = greatest(cardinality(deadline_steps) - 1, 0)", name="step_has_mover"
        ),
        # What the counts of a queue are made of: they are read from the index alone.
        sa.Index(
            "uq_ticket_unclosed",
            "shop_id",
            "order_id",
            "kind",
            unique=True,
            postgresql_include=["status", "deadline_at", "assignee_id", "money_at_risk"],
            postgresql_where=sa.text(UNCLOSED),
        ),
        sa.Index("ix_ticket_order_id", "shop_id", "order_id", "opened_at", "id"),
        # Each order of the contract, alone and within states and kinds (`resolvers.plan.walks`).
        sa.Index("ix_ticket_queue", "shop_id", sa.text(f"({QUEUE_ORDER})"), "id"),
        sa.Index("ix_ticket_opened_at", "shop_id", "opened_at", "id"),
        sa.Index("ix_ticket_updated_at", "shop_id", "updated_at", "id"),
        sa.Index("ix_ticket_money_at_risk", "shop_id", "money_at_risk", "id"),
        sa.Index("ix_ticket_queue_by_status", "shop_id", "status", "kind", sa.text(f"({QUEUE_ORDER})"), "id"),
        sa.Index("ix_ticket_opened_at_by_status", "shop_id", "status", "kind", "opened_at", "id"),
        sa.Index("ix_ticket_updated_at_by_status", "shop_id", "status", "kind", "updated_at", "id"),
        sa.Index("ix_ticket_money_at_risk_by_status", "shop_id", "status", "kind", "money_at_risk", "id"),
        sa.Index("ix_ticket_queue_by_person", "shop_id", sa.text(PERSON), sa.text(f"({QUEUE_ORDER})"), "id"),
        sa.Index(
            "ix_ticket_assignee_id",
            "shop_id",
            "assignee_id",
            postgresql_where=sa.text(f"{UNCLOSED} AND assignee_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_ticket_deadline_at",
            "shop_id",
            "deadline_at",
            "id",
            postgresql_where=sa.text("deadline_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_ticket_escalated_at",
            "shop_id",
            "escalated_at",
            postgresql_where=sa.text("escalated_at IS NOT NULL"),
        ),
        sa.Index("ix_ticket_id", "id"),
        # Fleet-wide: the sweep and the rebuild of the deadline index walk every shop's next steps.
        sa.Index(
            "ix_ticket_next_step_at",
            "next_step_at",
            "shop_id",
            "id",
            postgresql_where=sa.text("next_step_at IS NOT NULL"),
        ),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    order_id: uuid.UUID = Field(sa_column=columns.ref())
    number: str = Field(sa_column=columns.code())
    kind: TicketKind = Field(sa_column=columns.word(TicketKind, "ticket_kind"))
    status: TicketStatus = Field(sa_column=columns.word(TicketStatus, "ticket_status"))
    outcome: TicketOutcome | None = Field(
        sa_column=columns.word(TicketOutcome, "ticket_outcome", optional=True)
    )
    version: int = Field(sa_column=columns.whole())
    round: int = Field(sa_column=columns.whole())
    policy_version: int = Field(sa_column=columns.whole())
    calendar_revision: int = Field(sa_column=columns.whole(default=0))
    assignee_id: uuid.UUID | None = Field(sa_column=columns.ref(optional=True))
    opened_at: dt.datetime = Field(sa_column=columns.instant())
    updated_at: dt.datetime = Field(sa_column=columns.instant())
    clock_started_at: dt.datetime = Field(sa_column=columns.instant())
    deadline_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    deadline_steps: list[dt.datetime] = Field(sa_column=columns.instants())
    moved_by: list[uuid.UUID | None] = Field(sa_column=columns.refs())
    next_step_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    last_reminder_minutes: int | None = Field(sa_column=columns.whole(optional=True))
    promised_pickup_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    promise_ends_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    promise_broken_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    replied_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    shipped_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    completed_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    escalated_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    money_at_risk: decimal.Decimal = Field(sa_column=columns.money())
    record_count: int = Field(sa_column=columns.whole())


_TICKET = ["ticket.shop_id", "ticket.id"]
_MEMBER = ["staff_member.shop_id", "staff_member.id"]
_RECORD = ["follow_up_record.shop_id", "follow_up_record.id"]


class FollowUpRecord(SQLModel, table=True):
    """What happened to a ticket, append-only; `position` counts 1, 2, 3 … within the ticket."""

    __tablename__ = "follow_up_record"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id", "ticket_id"], _TICKET),
        sa.ForeignKeyConstraint(["shop_id", "assignee_before_id"], _MEMBER),
        sa.ForeignKeyConstraint(["shop_id", "assignee_after_id"], _MEMBER),
        sa.UniqueConstraint("shop_id", "ticket_id", "position"),
        sa.CheckConstraint("position > 0", name="position_positive"),
        sa.CheckConstraint(
            "(action = 'ASSIGNED') = (assignee_before_id IS DISTINCT FROM assignee_after_id)",
            name="assigned_to_another",
        ),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    ticket_id: uuid.UUID = Field(sa_column=columns.ref())
    position: int = Field(sa_column=columns.whole())
    action: FollowUpAction = Field(sa_column=columns.word(FollowUpAction, "follow_up_action"))
    actor_kind: ActorKind = Field(sa_column=columns.word(ActorKind, "actor_kind"))
    actor_name: str = Field(sa_column=columns.text())
    actor_subject: str | None = Field(sa_column=columns.text(optional=True))
    occurred_at: dt.datetime = Field(sa_column=columns.instant())
    note: str | None = Field(sa_column=columns.text(optional=True))
    deadline_before: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    deadline_after: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    reminder_minutes: int | None = Field(sa_column=columns.whole(optional=True))
    assignee_before_id: uuid.UUID | None = Field(sa_column=columns.ref(optional=True))
    assignee_after_id: uuid.UUID | None = Field(sa_column=columns.ref(optional=True))


class Reply(SQLModel, table=True):
    """A seller's reply, one for a record."""

    __tablename__ = "reply"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id", "record_id"], _RECORD),
        sa.UniqueConstraint("shop_id", "record_id"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    record_id: uuid.UUID = Field(sa_column=columns.ref())
    scheme_code: str = Field(sa_column=columns.text())
    note: str | None = Field(sa_column=columns.text(optional=True))
    promised_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    promise_ends_at: dt.datetime = Field(sa_column=columns.instant())
    proof_urls: list[str] = Field(sa_column=columns.texts())


class ConsumerCard(SQLModel, table=True):
    """A card shown to the buyer in the seller's name: at most one for a record (`domain.md §9`)."""

    __tablename__ = "consumer_card"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id", "ticket_id"], _TICKET),
        sa.ForeignKeyConstraint(["shop_id", "record_id"], _RECORD),
        sa.UniqueConstraint("shop_id", "record_id"),
        sa.Index("ix_consumer_card_ticket_id", "shop_id", "ticket_id", "created_at", "id"),
        sa.CheckConstraint(
            "(delivery = 'DELIVERED') = (delivered_at IS NOT NULL)", name="delivered_has_time"
        ),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    ticket_id: uuid.UUID = Field(sa_column=columns.ref())
    record_id: uuid.UUID = Field(sa_column=columns.ref())
    kind: CardKind = Field(sa_column=columns.word(CardKind, "card_kind"))
    title: str = Field(sa_column=columns.text())
    body: str = Field(sa_column=columns.text())
    created_at: dt.datetime = Field(sa_column=columns.instant())
    delivery: DeliveryStatus = Field(sa_column=columns.word(DeliveryStatus, "delivery_status"))
    delivered_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))


class Complaint(SQLModel, table=True):
    """A complaint: one a ticket round, by its unique constraint (`architecture.md §2.4`)."""

    __tablename__ = "complaint"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id", "ticket_id"], _TICKET),
        sa.UniqueConstraint("shop_id", "ticket_id", "round"),
        sa.Index("ix_complaint_filed_at", "shop_id", "filed_at", "id"),
        sa.Index("ix_complaint_status", "shop_id", "status", "filed_at", "id"),
        sa.Index("ix_complaint_id", "id"),
        sa.Index(
            "ix_complaint_points", "shop_id", "ruled_at", postgresql_where=sa.text("penalty_points > 0")
        ),
        sa.CheckConstraint("penalty_points >= 0", name="points_not_negative"),
        sa.CheckConstraint("penalty_points = 0 OR status = 'UPHELD'", name="points_when_upheld"),
        sa.CheckConstraint("(status = 'FILED') = (ruled_at IS NULL)", name="ended_has_time"),
        sa.CheckConstraint("status <> 'FILED' OR compensation IS NULL", name="filed_costs_nothing"),
        sa.CheckConstraint(
            "status NOT IN ('SETTLED', 'UPHELD') OR compensation IS NOT NULL", name="lost_has_compensation"
        ),
        sa.CheckConstraint(
            "status NOT IN ('UPHELD', 'DISMISSED') OR reason IS NOT NULL", name="ruled_has_reason"
        ),
        sa.CheckConstraint("compensation IS NULL OR compensation >= 0", name="compensation_not_negative"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    ticket_id: uuid.UUID = Field(sa_column=columns.ref())
    round: int = Field(sa_column=columns.whole())
    status: ComplaintStatus = Field(sa_column=columns.word(ComplaintStatus, "complaint_status"))
    violation: Violation = Field(sa_column=columns.word(Violation, "violation"))
    filed_at: dt.datetime = Field(sa_column=columns.instant())
    ruled_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    statement: str | None = Field(sa_column=columns.text(optional=True))
    proof_urls: list[str] = Field(sa_column=columns.texts())
    estimated_compensation: decimal.Decimal = Field(sa_column=columns.money())
    compensation: decimal.Decimal | None = Field(sa_column=columns.money(optional=True))
    penalty_points: int = Field(sa_column=columns.whole(default=0))
    reason: str | None = Field(sa_column=columns.text(optional=True))
