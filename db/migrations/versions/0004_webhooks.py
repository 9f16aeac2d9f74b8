"""Webhooks and their outbox; the index of pending cards, which the outbox takes the place of, goes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EVENTS = (
    "CARD_REPLY",
    "CARD_PICKED_UP",
    "TICKET_OPENED",
    "TICKET_REMINDED",
    "TICKET_ESCALATED",
    "TICKET_COMPLETED",
    "PROMISE_BROKEN",
    "COMPLAINT_RULED",
)
PENDING = "delivery = 'PENDING'"
DUE, DONE, LEASED = "due_at IS NOT NULL", "due_at IS NULL", "lease IS NOT NULL"


def enum(name: str) -> postgresql.ENUM:
    return postgresql.ENUM(name=name, create_type=False)


def upgrade() -> None:
    postgresql.ENUM(*EVENTS, name="webhook_event").create(op.get_bind(), checkfirst=False)
    op.create_table(
        "webhook",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(enum("webhook_event")), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret_until", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("cardinality(events) > 0", name=op.f("ck_webhook_has_events")),
        sa.CheckConstraint("octet_length(secret) BETWEEN 24 AND 64", name=op.f("ck_webhook_secret_length")),
        sa.CheckConstraint(
            "(old_secret IS NULL) = (old_secret_until IS NULL)", name=op.f("ck_webhook_old_secret_ends")
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_webhook_failures_not_negative")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_webhook_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_id", "webhook", ["id"])
    op.create_table(
        "webhook_delivery",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("event", enum("webhook_event"), nullable=False),
        sa.Column("status", enum("delivery_status"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("queued_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("last_attempt_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_status_code", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'PENDING') = (due_at IS NOT NULL)", name=op.f("ck_webhook_delivery_pending_is_due")
        ),
        sa.CheckConstraint(
            "lease IS NULL OR due_at IS NOT NULL", name=op.f("ck_webhook_delivery_lease_ends")
        ),
        sa.CheckConstraint(
            "attempts >= failures AND failures >= 0", name=op.f("ck_webhook_delivery_counts_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "record_id"],
            ["follow_up_record.shop_id", "follow_up_record.id"],
            name=op.f("fk_webhook_delivery_shop_id_record_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "webhook_id"],
            ["webhook.shop_id", "webhook.id"],
            name=op.f("fk_webhook_delivery_shop_id_webhook_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "shop_id",
            "record_id",
            "webhook_id",
            "event",
            name=op.f("uq_webhook_delivery_shop_id_record_id_webhook_id_event"),
        ),
    )
    op.create_index("ix_webhook_delivery_id", "webhook_delivery", ["id"])
    op.create_index(
        "ix_webhook_delivery_webhook_id", "webhook_delivery", ["shop_id", "webhook_id", "created_at", "id"]
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["shop_id", "webhook_id", "due_at"],
        postgresql_where=sa.text(DUE),
    )
    op.create_index(
        "ix_webhook_delivery_leased",
        "webhook_delivery",
        ["shop_id", "webhook_id"],
        postgresql_where=sa.text(LEASED),
    )
    op.create_index(
        "ix_webhook_delivery_queued_at", "webhook_delivery", ["queued_at"], postgresql_where=sa.text(DUE)
    )
    op.create_index(
        "ix_webhook_delivery_created_at", "webhook_delivery", ["created_at"], postgresql_where=sa.text(DONE)
    )
    op.drop_index("ix_consumer_card_pending", table_name="consumer_card", postgresql_where=sa.text(PENDING))


def downgrade() -> None:
    op.create_index(
        "ix_consumer_card_pending",
        "consumer_card",
        ["created_at", "shop_id", "id"],
        postgresql_where=sa.text(PENDING),
    )
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
    postgresql.ENUM(name="webhook_event").drop(op.get_bind(), checkfirst=False)
