"""An index range for each list that is asked for, as PostgreSQL would not find one at a million tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPEN = "status IN ('AWAITING_REPLY', 'AWAITING_PICKUP')"
UNCLOSED = "status IN ('AWAITING_REPLY', 'AWAITING_PICKUP', 'REPLIED')"
QUEUE = f"(CASE WHEN {OPEN} THEN deadline_at ELSE 'infinity'::timestamptz END)"
PERSON = "coalesce(assignee_id, '00000000-0000-0000-0000-000000000000')"


def upgrade() -> None:
    """Make what lists are read by, and drop what nothing is read by."""
    op.create_check_constraint(
        op.f("ck_ticket_completed_has_no_deadline"),
        "ticket",
        "status NOT IN ('COMPLETED', 'WITHDRAWN') OR deadline_at IS NULL",
    )
    drop("ticket", "open", "queue_by_status", "assignee_id", "escalated_at")
    op.drop_index("uq_ticket_unclosed", table_name="ticket")
    op.create_index(
        "uq_ticket_unclosed",
        "ticket",
        ["shop_id", "order_id", "kind"],
        unique=True,
        postgresql_include=["status", "deadline_at", "assignee_id", "money_at_risk"],
        postgresql_where=sa.text(UNCLOSED),
    )
    for name, key in (
        ("queue", sa.literal_column(QUEUE)),
        ("opened_at", "opened_at"),
        ("updated_at", "updated_at"),
        ("money_at_risk", "money_at_risk"),
    ):
        op.create_index(f"ix_ticket_{name}_by_status", "ticket", ["shop_id", "status", "kind", key, "id"])
    op.create_index(
        "ix_ticket_queue_by_person",
        "ticket",
        ["shop_id", sa.literal_column(PERSON), sa.literal_column(QUEUE), "id"],
    )
    op.create_index(
        "ix_ticket_assignee_id",
        "ticket",
        ["shop_id", "assignee_id"],
        postgresql_where=sa.text(f"{UNCLOSED} AND assignee_id IS NOT NULL"),
    )
    op.create_index(
        "ix_ticket_deadline_at",
        "ticket",
        ["shop_id", "deadline_at", "id"],
        postgresql_where=sa.text("deadline_at IS NOT NULL"),
    )
    op.create_index(
        "ix_ticket_escalated_at",
        "ticket",
        ["shop_id", "escalated_at"],
        postgresql_where=sa.text("escalated_at IS NOT NULL"),
    )
    drop("parcel", "carrier")
    op.create_index(
        "ix_parcel_carrier",
        "parcel",
        ["shop_id", "carrier", "order_id"],
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    # Its unique constraint begins alike, and a parcel has few scans at one moment.
    drop("tracking_event", "parcel_id")


def downgrade() -> None:
    """Go back to the indexes of the first tables."""
    op.create_index(
        "ix_tracking_event_parcel_id", "tracking_event", ["shop_id", "parcel_id", "occurred_at", "id"]
    )
    drop("parcel", "carrier")
    op.create_index("ix_parcel_carrier", "parcel", ["shop_id", "carrier", "order_id"])
    drop("ticket", "escalated_at", "deadline_at", "assignee_id", "queue_by_person")
    drop("ticket", *(f"{name}_by_status" for name in ("queue", "opened_at", "updated_at", "money_at_risk")))
    op.drop_index("uq_ticket_unclosed", table_name="ticket")
    op.create_index(
        "uq_ticket_unclosed",
        "ticket",
        ["shop_id", "order_id", "kind"],
        unique=True,
        postgresql_where=sa.text(UNCLOSED),
    )
    op.create_index("ix_ticket_escalated_at", "ticket", ["shop_id", "escalated_at"])
    for name, column in (("assignee_id", "assignee_id"), ("queue_by_status", "status")):
        op.create_index(f"ix_ticket_{name}", "ticket", ["shop_id", column, sa.literal_column(QUEUE), "id"])
    op.create_index(
        "ix_ticket_open", "ticket", ["shop_id", "deadline_at", "id"], postgresql_where=sa.text(OPEN)
    )
    op.drop_constraint(op.f("ck_ticket_completed_has_no_deadline"), "ticket")


def drop(table: str, *names: str) -> None:
    for name in names:
        op.drop_index(f"ix_{table}_{name}", table_name=table)
