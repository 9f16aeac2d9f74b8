"""Policy versions, revisions of the calendar, and the path a deadline came by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MARKET = postgresql.ENUM(name="market", create_type=False)
INSTANT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Make both tables, and the columns of tickets."""
    op.create_table(
        "policy",
        sa.Column("market", MARKET, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("active_from", INSTANT, nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("version > 1", name=op.f("ck_policy_version_after_shipped")),
        sa.PrimaryKeyConstraint("market", "version", name=op.f("pk_policy")),
    )
    op.create_table(
        "calendar_change",
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("exemption_id", sa.Uuid(), nullable=True),
        sa.Column("market", MARKET, nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("affected_tickets", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retimed_tickets", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.CheckConstraint("revision > 0", name=op.f("ck_calendar_change_revision_positive")),
        sa.CheckConstraint(
            "(exemption_id IS NULL) = (policy_version IS NOT NULL)"
            " AND (market IS NULL) = (policy_version IS NULL)",
            name=op.f("ck_calendar_change_exemption_or_policy"),
        ),
        sa.CheckConstraint(
            "affected_tickets >= 0 AND retimed_tickets >= 0",
            name=op.f("ck_calendar_change_counts_not_negative"),
        ),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_calendar_change")),
    )
    op.create_index("ix_calendar_change_exemption_id", "calendar_change", ["exemption_id", "revision"])
    op.create_index(
        "ix_calendar_change_unfinished",
        "calendar_change",
        ["revision"],
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.add_column(
        "ticket",
        sa.Column("deadline_steps", postgresql.ARRAY(INSTANT), server_default="{}", nullable=False),
    )
    op.add_column(
        "ticket", sa.Column("moved_by", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_ticket_step_has_mover"),
        "ticket",
        "cardinality(moved_by) = greatest(cardinality(deadline_steps) - 1, 0)",
    )


def downgrade() -> None:
    """Drop what `upgrade` made."""
    op.drop_constraint(op.f("ck_ticket_step_has_mover"), "ticket", type_="check")
    op.drop_column("ticket", "moved_by")
    op.drop_column("ticket", "deadline_steps")
    op.drop_table("calendar_change")
    op.drop_table("policy")
