"""First tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TYPES = {
    "actor_kind": ("CONSUMER", "STAFF", "INTEGRATION", "PLATFORM", "SYSTEM"),
    "card_kind": ("REPLY", "PICKED_UP"),
    "complaint_status": ("FILED", "SETTLED", "UPHELD", "DISMISSED"),
    "delivery_status": ("PENDING", "DELIVERED", "FAILED"),
    "exemption_basis": ("DEADLINE", "PAID_AT", "SHIP_BY"),
    "exemption_end": ("ORIGIN", "DESTINATION", "EITHER"),
    "follow_up_action": (
        "OPENED",
        "REPLIED",
        "WAYBILL_CHANGED",
        "SHIPPED",
        "PICKED_UP",
        "REFUNDED",
        "ORDER_CLOSED",
        "REMINDED",
        "DEADLINE_MOVED",
        "PROMISE_BROKEN",
        "REOPENED",
        "ASSIGNED",
        "NOTED",
        "ESCALATED",
        "COMPLAINT_STATEMENT",
        "COMPLAINT_SETTLED",
        "COMPLAINT_RULED",
        "WITHDRAWN",
    ),
    "market": ("TAOBAO", "TMALL", "GENERIC"),
    "order_status": ("PAID", "SHIPPED", "PICKED_UP", "SIGNED", "REFUNDED", "CLOSED"),
    "ticket_kind": ("URGE_PICKUP", "URGE_SHIPMENT"),
    "ticket_outcome": ("PICKED_UP", "REFUNDED", "ORDER_CLOSED", "WITHDRAWN", "COMPLAINT_FILED"),
    "ticket_status": ("AWAITING_REPLY", "REPLIED", "AWAITING_PICKUP", "COMPLETED", "ESCALATED", "WITHDRAWN"),
    "violation": ("NO_PICKUP", "LATE_SHIPMENT"),
}


def word(name: str) -> postgresql.ENUM:
    """A column type of one of TYPES, made once before the tables."""
    return postgresql.ENUM(name=name, create_type=False)


def upgrade() -> None:
    """Make every type and table."""
    for name, words in TYPES.items():
        postgresql.ENUM(*words, name=name).create(op.get_bind(), checkfirst=False)
    op.create_table(
        "event",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("action", word("follow_up_action"), nullable=False),
        sa.Column("occurred_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(ticket_id IS NULL) = (record_id IS NULL)", name=op.f("ck_event_ticket_and_record_together")
        ),
        sa.PrimaryKeyConstraint("shop_id", "position", name=op.f("pk_event")),
    )
    op.create_table(
        "exemption",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("market", word("market"), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("end", word("exemption_end"), nullable=False),
        sa.Column("basis", word("exemption_basis"), nullable=False),
        sa.Column("starts_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("latest_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "region is null or region ~ '^[0-9]{1,6}$'", name=op.f("ck_exemption_region_code")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_exemption_window_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemption")),
    )
    op.create_index("ix_exemption_window", "exemption", ["starts_at", "ends_at"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "subject", "operation", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "shop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("market", word("market"), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_shop_name_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
    )
    op.create_index("ix_shop_name", "shop", [sa.literal_column("lower(name)"), "id"], unique=False)
    op.create_table(
        "unmatched_scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text(collation="C"), nullable=False),
        sa.Column("waybill_number", sa.Text(collation="C"), nullable=False),
        sa.Column("occurred_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("received_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proves_pickup", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("audience", sa.Text(), server_default="", nullable=False),
        sa.Column("shop_ids", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmatched_scan")),
        sa.UniqueConstraint(
            "carrier",
            "waybill_number",
            "occurred_at",
            "code",
            "text_hash",
            "audience",
            name="uq_unmatched_scan_scan",
        ),
    )
    op.create_index("ix_unmatched_scan_received_at", "unmatched_scan", ["received_at"], unique=False)
    op.create_table(
        "waybill_directory",
        sa.Column("carrier", sa.Text(collation="C"), nullable=False),
        sa.Column("waybill_number", sa.Text(collation="C"), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint(
            "carrier", "waybill_number", "shop_id", "parcel_id", name=op.f("pk_waybill_directory")
        ),
    )
    op.create_table(
        "orders",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "status",
            word("order_status"),
            sa.Computed(
                "CASE\n WHEN refunded_at IS NOT NULL THEN 'REFUNDED'::order_status\n WHEN closed_at IS NOT NULL THEN 'CLOSED'::order_status\n WHEN signed_at IS NOT NULL THEN 'SIGNED'::order_status\n WHEN picked_up_at IS NOT NULL THEN 'PICKED_UP'::order_status\n WHEN shipped_at IS NOT NULL THEN 'SHIPPED'::order_status\n ELSE 'PAID'::order_status END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("buyer_id", sa.Text(collation="C"), nullable=False),
        sa.Column("buyer_nick", sa.Text(collation="C"), nullable=False),
        sa.Column("item_title", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("paid_amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("paid_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ship_by", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ship_by_given", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("picked_up_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("signed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("refunded_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("partly_refunded_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("origin_region", sa.Text(), nullable=True),
        sa.Column("destination_region", sa.Text(), nullable=True),
        sa.Column("address_key", sa.Text(), nullable=True),
        sa.Column("urge_rounds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("paid_amount >= 0", name=op.f("ck_orders_paid_amount_not_negative")),
        sa.CheckConstraint(
            "picked_up_at IS NULL OR shipped_at IS NOT NULL", name=op.f("ck_orders_picked_up_after_shipped")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_orders_quantity_positive")),
        sa.CheckConstraint("urge_rounds >= 0", name=op.f("ck_orders_urge_rounds_not_negative")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_orders_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_orders")),
        sa.UniqueConstraint("shop_id", "number", name=op.f("uq_orders_shop_id_number")),
    )
    op.create_index(
        "ix_orders_awaiting_pickup",
        "orders",
        ["shop_id", "paid_at", "id"],
        unique=False,
        postgresql_where=sa.text(
            "shipped_at IS NOT NULL AND picked_up_at IS NULL AND refunded_at IS NULL AND closed_at IS NULL"
        ),
    )
    op.create_index("ix_orders_buyer_id", "orders", ["buyer_id", "paid_at", "id"], unique=False)
    op.create_index("ix_orders_buyer_nick", "orders", ["shop_id", "buyer_nick"], unique=False)
    op.create_index("ix_orders_id", "orders", ["id"], unique=False)
    op.create_index("ix_orders_paid_at", "orders", ["shop_id", "paid_at", "id"], unique=False)
    op.create_index("ix_orders_status", "orders", ["shop_id", "status", "paid_at", "id"], unique=False)
    op.create_table(
        "shop_stream",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("head", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("trimmed", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("trimmed >= 0 AND head >= trimmed", name=op.f("ck_shop_stream_head_not_behind")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_stream_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_stream")),
    )
    op.create_table(
        "staff_member",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_staff_member_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_staff_member")),
        sa.UniqueConstraint("shop_id", "subject", name=op.f("uq_staff_member_shop_id_subject")),
    )
    op.create_index("ix_staff_member_subject", "staff_member", ["subject"], unique=False)
    op.create_table(
        "parcel",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text(collation="C"), nullable=False),
        sa.Column("waybill_number", sa.Text(collation="C"), nullable=False),
        sa.Column("shipped_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("shipped_at_estimated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("picked_up_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("signed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("replaced_by_id", sa.Uuid(), nullable=True),
        sa.Column("replaced_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("changes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("warnings", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(replaced_at IS NULL) = (replaced_by_id IS NULL)",
            name=op.f("ck_parcel_replaced_by_and_at_together"),
        ),
        sa.CheckConstraint("changes >= 0", name=op.f("ck_parcel_changes_not_negative")),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_parcel_shop_id_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "replaced_by_id"],
            ["parcel.shop_id", "parcel.id"],
            name=op.f("fk_parcel_shop_id_replaced_by_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_parcel")),
    )
    op.create_index("ix_parcel_carrier", "parcel", ["shop_id", "carrier", "order_id"], unique=False)
    op.create_index("ix_parcel_id", "parcel", ["id"], unique=False)
    op.create_index("ix_parcel_order_id", "parcel", ["shop_id", "order_id"], unique=False)
    op.create_index("ix_parcel_waybill_number", "parcel", ["shop_id", "waybill_number"], unique=False)
    op.create_index(
        "uq_parcel_current_number",
        "parcel",
        ["shop_id", "order_id", "waybill_number"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "ticket",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", word("ticket_kind"), nullable=False),
        sa.Column("status", word("ticket_status"), nullable=False),
        sa.Column("outcome", word("ticket_outcome"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("calendar_revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("clock_started_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("next_step_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_reminder_minutes", sa.Integer(), nullable=True),
        sa.Column("promised_pickup_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("promise_ends_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("promise_broken_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("replied_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("completed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("money_at_risk", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("record_count", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'ESCALATED') = (outcome IS NOT DISTINCT FROM 'COMPLAINT_FILED'::ticket_outcome) AND (status = 'ESCALATED') = (escalated_at IS NOT NULL)",
            name=op.f("ck_ticket_escalated_is_filed"),
        ),
        sa.CheckConstraint(
            "(status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED')) = (outcome IS NULL)",
            name=op.f("ck_ticket_outcome_when_closed"),
        ),
        sa.CheckConstraint(
            "(status IN ('COMPLETED', 'WITHDRAWN')) = (completed_at IS NOT NULL)",
            name=op.f("ck_ticket_completed_has_time"),
        ),
        sa.CheckConstraint(
            "NOT (status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')) OR deadline_at IS NOT NULL",
            name=op.f("ck_ticket_open_has_deadline"),
        ),
        sa.CheckConstraint(
            "NOT (status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')) OR next_step_at IS NOT NULL",
            name=op.f("ck_ticket_open_has_next_step"),
        ),
        sa.CheckConstraint(
            "status <> 'REPLIED' OR (replied_at IS NOT NULL AND promise_ends_at IS NOT NULL AND deadline_at IS NULL)",
            name=op.f("ck_ticket_replied_has_promise"),
        ),
        sa.CheckConstraint(
            "status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED') OR money_at_risk = 0",
            name=op.f("ck_ticket_closed_has_no_risk"),
        ),
        sa.CheckConstraint(
            "status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED') OR next_step_at IS NULL",
            name=op.f("ck_ticket_closed_has_no_step"),
        ),
        sa.CheckConstraint(
            "version > 0 AND round > 0 AND record_count > 0", name=op.f("ck_ticket_counts_positive")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "assignee_id"],
            ["staff_member.shop_id", "staff_member.id"],
            name=op.f("fk_ticket_shop_id_assignee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"], ["orders.shop_id", "orders.id"], name=op.f("fk_ticket_shop_id_order_id")
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("shop_id", "number", name=op.f("uq_ticket_shop_id_number")),
    )
    op.create_index(
        "ix_ticket_assignee_id",
        "ticket",
        [
            "shop_id",
            "assignee_id",
            sa.literal_column(
                "(CASE WHEN status IN ('AWAITING_REPLY', 'AWAITING_PICKUP') THEN deadline_at ELSE 'infinity'::timestamptz END)"
            ),
            "id",
        ],
        unique=False,
    )
    op.create_index("ix_ticket_escalated_at", "ticket", ["shop_id", "escalated_at"], unique=False)
    op.create_index("ix_ticket_id", "ticket", ["id"], unique=False)
    op.create_index("ix_ticket_money_at_risk", "ticket", ["shop_id", "money_at_risk", "id"], unique=False)
    op.create_index(
        "ix_ticket_next_step_at",
        "ticket",
        ["next_step_at", "shop_id", "id"],
        unique=False,
        postgresql_where=sa.text("next_step_at IS NOT NULL"),
    )
    op.create_index(
        "ix_ticket_open",
        "ticket",
        ["shop_id", "deadline_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')"),
    )
    op.create_index("ix_ticket_opened_at", "ticket", ["shop_id", "opened_at", "id"], unique=False)
    op.create_index("ix_ticket_order_id", "ticket", ["shop_id", "order_id", "opened_at", "id"], unique=False)
    op.create_index(
        "ix_ticket_queue",
        "ticket",
        [
            "shop_id",
            sa.literal_column(
                "(CASE WHEN status IN ('AWAITING_REPLY', 'AWAITING_PICKUP') THEN deadline_at ELSE 'infinity'::timestamptz END)"
            ),
            "id",
        ],
        unique=False,
    )
    op.create_index(
        "ix_ticket_queue_by_status",
        "ticket",
        [
            "shop_id",
            "status",
            sa.literal_column(
                "(CASE WHEN status IN ('AWAITING_REPLY', 'AWAITING_PICKUP') THEN deadline_at ELSE 'infinity'::timestamptz END)"
            ),
            "id",
        ],
        unique=False,
    )
    op.create_index("ix_ticket_updated_at", "ticket", ["shop_id", "updated_at", "id"], unique=False)
    op.create_index(
        "uq_ticket_unclosed",
        "ticket",
        ["shop_id", "order_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED')"),
    )
    op.create_table(
        "complaint",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("status", word("complaint_status"), nullable=False),
        sa.Column("violation", word("violation"), nullable=False),
        sa.Column("filed_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ruled_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("proof_urls", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("estimated_compensation", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("compensation", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("penalty_points", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "compensation IS NULL OR compensation >= 0", name=op.f("ck_complaint_compensation_not_negative")
        ),
        sa.CheckConstraint("penalty_points >= 0", name=op.f("ck_complaint_points_not_negative")),
        sa.ForeignKeyConstraint(
            ["shop_id", "ticket_id"],
            ["ticket.shop_id", "ticket.id"],
            name=op.f("fk_complaint_shop_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_complaint")),
        sa.UniqueConstraint(
            "shop_id", "ticket_id", "round", name=op.f("uq_complaint_shop_id_ticket_id_round")
        ),
    )
    op.create_index("ix_complaint_filed_at", "complaint", ["shop_id", "filed_at", "id"], unique=False)
    op.create_index("ix_complaint_id", "complaint", ["id"], unique=False)
    op.create_table(
        "follow_up_record",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("action", word("follow_up_action"), nullable=False),
        sa.Column("actor_kind", word("actor_kind"), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("actor_subject", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("deadline_before", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("deadline_after", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reminder_minutes", sa.Integer(), nullable=True),
        sa.CheckConstraint("position > 0", name=op.f("ck_follow_up_record_position_positive")),
        sa.ForeignKeyConstraint(
            ["shop_id", "ticket_id"],
            ["ticket.shop_id", "ticket.id"],
            name=op.f("fk_follow_up_record_shop_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_follow_up_record")),
        sa.UniqueConstraint(
            "shop_id", "ticket_id", "position", name=op.f("uq_follow_up_record_shop_id_ticket_id_position")
        ),
    )
    op.create_table(
        "tracking_event",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("received_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proves_pickup", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("counted", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("octet_length(text_hash) = 16", name=op.f("ck_tracking_event_text_hash_length")),
        sa.ForeignKeyConstraint(
            ["shop_id", "parcel_id"],
            ["parcel.shop_id", "parcel.id"],
            name=op.f("fk_tracking_event_shop_id_parcel_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_tracking_event")),
        sa.UniqueConstraint(
            "shop_id", "parcel_id", "occurred_at", "code", "text_hash", name="uq_tracking_event_scan"
        ),
    )
    op.create_index(
        "ix_tracking_event_parcel_id",
        "tracking_event",
        ["shop_id", "parcel_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_table(
        "consumer_card",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("kind", word("card_kind"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("delivery", word("delivery_status"), nullable=False),
        sa.Column("delivered_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(delivery = 'DELIVERED') = (delivered_at IS NOT NULL)",
            name=op.f("ck_consumer_card_delivered_has_time"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "record_id"],
            ["follow_up_record.shop_id", "follow_up_record.id"],
            name=op.f("fk_consumer_card_shop_id_record_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "ticket_id"],
            ["ticket.shop_id", "ticket.id"],
            name=op.f("fk_consumer_card_shop_id_ticket_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_consumer_card")),
        sa.UniqueConstraint("shop_id", "record_id", name=op.f("uq_consumer_card_shop_id_record_id")),
    )
    op.create_index(
        "ix_consumer_card_pending",
        "consumer_card",
        ["created_at", "shop_id", "id"],
        unique=False,
        postgresql_where=sa.text("delivery = 'PENDING'"),
    )
    op.create_index(
        "ix_consumer_card_ticket_id",
        "consumer_card",
        ["shop_id", "ticket_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "reply",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_code", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("promised_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("promise_ends_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("proof_urls", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "record_id"],
            ["follow_up_record.shop_id", "follow_up_record.id"],
            name=op.f("fk_reply_shop_id_record_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_reply")),
        sa.UniqueConstraint("shop_id", "record_id", name=op.f("uq_reply_shop_id_record_id")),
    )
    op.create_table(
        "waybill_change",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("from_parcel_id", sa.Uuid(), nullable=False),
        sa.Column("to_parcel_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("outside", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "from_parcel_id"],
            ["parcel.shop_id", "parcel.id"],
            name=op.f("fk_waybill_change_shop_id_from_parcel_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"],
            ["orders.shop_id", "orders.id"],
            name=op.f("fk_waybill_change_shop_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "record_id"],
            ["follow_up_record.shop_id", "follow_up_record.id"],
            name=op.f("fk_waybill_change_shop_id_record_id"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "to_parcel_id"],
            ["parcel.shop_id", "parcel.id"],
            name=op.f("fk_waybill_change_shop_id_to_parcel_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_waybill_change")),
        sa.UniqueConstraint(
            "shop_id", "from_parcel_id", name=op.f("uq_waybill_change_shop_id_from_parcel_id")
        ),
        sa.UniqueConstraint("shop_id", "to_parcel_id", name=op.f("uq_waybill_change_shop_id_to_parcel_id")),
    )
    op.create_index("ix_waybill_change_order_id", "waybill_change", ["shop_id", "order_id"], unique=False)
    op.create_index("ix_waybill_change_record_id", "waybill_change", ["shop_id", "record_id"], unique=False)


def downgrade() -> None:
    """Drop every table and type."""
    op.drop_index("ix_waybill_change_record_id", table_name="waybill_change")
    op.drop_index("ix_waybill_change_order_id", table_name="waybill_change")
    op.drop_table("waybill_change")
    op.drop_table("reply")
    op.drop_index("ix_consumer_card_ticket_id", table_name="consumer_card")
    op.drop_index(
        "ix_consumer_card_pending",
        table_name="consumer_card",
        postgresql_where=sa.text("delivery = 'PENDING'"),
    )
    op.drop_table("consumer_card")
    op.drop_index("ix_tracking_event_parcel_id", table_name="tracking_event")
    op.drop_table("tracking_event")
    op.drop_table("follow_up_record")
    op.drop_index("ix_complaint_id", table_name="complaint")
    op.drop_index("ix_complaint_filed_at", table_name="complaint")
    op.drop_table("complaint")
    op.drop_index(
        "uq_ticket_unclosed",
        table_name="ticket",
        postgresql_where=sa.text("status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED')"),
    )
    op.drop_index("ix_ticket_updated_at", table_name="ticket")
    op.drop_index("ix_ticket_queue_by_status", table_name="ticket")
    op.drop_index("ix_ticket_queue", table_name="ticket")
    op.drop_index("ix_ticket_order_id", table_name="ticket")
    op.drop_index("ix_ticket_opened_at", table_name="ticket")
    op.drop_index(
        "ix_ticket_open",
        table_name="ticket",
        postgresql_where=sa.text("status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')"),
    )
    op.drop_index(
        "ix_ticket_next_step_at", table_name="ticket", postgresql_where=sa.text("next_step_at IS NOT NULL")
    )
    op.drop_index("ix_ticket_money_at_risk", table_name="ticket")
    op.drop_index("ix_ticket_id", table_name="ticket")
    op.drop_index("ix_ticket_escalated_at", table_name="ticket")
    op.drop_index("ix_ticket_assignee_id", table_name="ticket")
    op.drop_table("ticket")
    op.drop_index(
        "uq_parcel_current_number", table_name="parcel", postgresql_where=sa.text("replaced_at IS NULL")
    )
    op.drop_index("ix_parcel_waybill_number", table_name="parcel")
    op.drop_index("ix_parcel_order_id", table_name="parcel")
    op.drop_index("ix_parcel_id", table_name="parcel")
    op.drop_index("ix_parcel_carrier", table_name="parcel")
    op.drop_table("parcel")
    op.drop_index("ix_staff_member_subject", table_name="staff_member")
    op.drop_table("staff_member")
    op.drop_table("shop_stream")
    op.drop_index("ix_orders_status", table_name="orders")
    op.drop_index("ix_orders_paid_at", table_name="orders")
    op.drop_index("ix_orders_id", table_name="orders")
    op.drop_index("ix_orders_buyer_nick", table_name="orders")
    op.drop_index("ix_orders_buyer_id", table_name="orders")
    op.drop_index(
        "ix_orders_awaiting_pickup",
        table_name="orders",
        postgresql_where=sa.text(
            "shipped_at IS NOT NULL AND picked_up_at IS NULL AND refunded_at IS NULL AND closed_at IS NULL"
        ),
    )
    op.drop_table("orders")
    op.drop_table("waybill_directory")
    op.drop_index("ix_unmatched_scan_received_at", table_name="unmatched_scan")
    op.drop_table("unmatched_scan")
    op.drop_index("ix_shop_name", table_name="shop")
    op.drop_table("shop")
    op.drop_index("ix_idempotency_key_created_at", table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_index("ix_exemption_window", table_name="exemption")
    op.drop_table("exemption")
    op.drop_table("event")
    for name in TYPES:
        postgresql.ENUM(name=name).drop(op.get_bind(), checkfirst=False)
