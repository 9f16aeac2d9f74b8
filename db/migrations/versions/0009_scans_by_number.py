"""Unmatched scans can be distributed by waybill number: their key has it."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number to the key."""
    op.drop_constraint(op.f("pk_unmatched_scan"), "unmatched_scan", type_="primary")
    op.create_primary_key(op.f("pk_unmatched_scan"), "unmatched_scan", ["id", "waybill_number"])


def downgrade() -> None:
    """Take it out again."""
    op.drop_constraint(op.f("pk_unmatched_scan"), "unmatched_scan", type_="primary")
    op.create_primary_key(op.f("pk_unmatched_scan"), "unmatched_scan", ["id"])
