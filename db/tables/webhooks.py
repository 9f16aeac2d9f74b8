"""Webhooks, and the outbox of what is to be told to them."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel

from db import columns
from domain.cards import DeliveryStatus
from domain.webhooks import WebhookEvent


class Webhook(SQLModel, table=True):
    """Where a shop wants to be told. A deleted one is only marked: deliveries may be written meanwhile."""

    __tablename__ = "webhook"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"]),
        sa.CheckConstraint("cardinality(events) > 0", name="has_events"),
        sa.CheckConstraint("octet_length(secret) BETWEEN 24 AND 64", name="secret_length"),
        sa.CheckConstraint("(old_secret IS NULL) = (old_secret_until IS NULL)", name="old_secret_ends"),
        sa.CheckConstraint("failures >= 0", name="failures_not_negative"),
        sa.Index("ix_webhook_id", "id"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    url: str = Field(sa_column=columns.text())
    events: list[WebhookEvent] = Field(
        sa_column=sa.Column(
            postgresql.ARRAY(columns.enum_type(WebhookEvent, "webhook_event")), nullable=False
        )
    )
    active: bool = Field(sa_column=columns.flag(default=True))
    secret: bytes = Field(sa_column=sa.Column(sa.LargeBinary(), nullable=False))
    old_secret: bytes | None = Field(sa_column=sa.Column(sa.LargeBinary(), nullable=True))
    old_secret_until: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    failures: int = Field(sa_column=columns.whole(default=0))
    created_at: dt.datetime = Field(sa_column=columns.instant())
    deleted_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))


class WebhookDelivery(SQLModel, table=True):
    """One event of one record for one webhook: the outbox, and afterwards the log.

    `due_at` is when to try next, null when there is nothing more to do; while a sender holds it (`lease`) it
    is when that lease ends. `attempts` counts all, `failures` those since it was last queued.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id", "webhook_id"], ["webhook.shop_id", "webhook.id"]),
        sa.ForeignKeyConstraint(
            ["shop_id", "record_id"], ["follow_up_record.shop_id", "follow_up_record.id"]
        ),
        sa.UniqueConstraint("shop_id", "record_id", "webhook_id", "event"),
        sa.CheckConstraint("(status = 'PENDING') = (due_at IS NOT NULL)", name="pending_is_due"),
        sa.CheckConstraint("lease IS NULL OR due_at IS NOT NULL", name="lease_ends"),
        sa.CheckConstraint("attempts >= failures AND failures >= 0", name="counts_in_order"),
        sa.Index("ix_webhook_delivery_id", "id"),
        sa.Index("ix_webhook_delivery_webhook_id", "shop_id", "webhook_id", "created_at", "id"),
        sa.Index(
            "ix_webhook_delivery_due",
            "shop_id",
            "webhook_id",
            "due_at",
            postgresql_where=sa.text("due_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_webhook_delivery_leased",
            "shop_id",
            "webhook_id",
            postgresql_where=sa.text("lease IS NOT NULL"),
        ),
        # Fleet-wide: giving up and tidying walk every shop's deliveries.
        sa.Index(
            "ix_webhook_delivery_queued_at", "queued_at", postgresql_where=sa.text("due_at IS NOT NULL")
        ),
        sa.Index("ix_webhook_delivery_created_at", "created_at", postgresql_where=sa.text("due_at IS NULL")),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    webhook_id: uuid.UUID = Field(sa_column=columns.ref())
    record_id: uuid.UUID = Field(sa_column=columns.ref())
    event: WebhookEvent = Field(sa_column=columns.word(WebhookEvent, "webhook_event"))
    status: DeliveryStatus = Field(sa_column=columns.word(DeliveryStatus, "delivery_status"))
    attempts: int = Field(sa_column=columns.whole(default=0))
    failures: int = Field(sa_column=columns.whole(default=0))
    created_at: dt.datetime = Field(sa_column=columns.instant())
    queued_at: dt.datetime = Field(sa_column=columns.instant())
    due_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    lease: uuid.UUID | None = Field(sa_column=columns.ref(optional=True))
    last_attempt_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    last_status_code: int | None = Field(sa_column=columns.whole(optional=True))
    last_error: str | None = Field(sa_column=columns.text(optional=True))
