"""Tickets know since when their pickup clock runs, and only those of their kind do."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CHECKS = {
    "only_pickup_waits_replied": "status <> 'REPLIED' OR kind = 'URGE_PICKUP'",
    "awaiting_pickup_is_shipped": "status <> 'AWAITING_PICKUP' OR shipped_at IS NOT NULL",
    "only_shipment_is_shipped": "shipped_at IS NULL OR kind = 'URGE_SHIPMENT'",
}


def upgrade() -> None:
    """Add the column, then what must hold of it."""
    op.add_column("ticket", sa.Column("shipped_at", sa.TIMESTAMP(timezone=True), nullable=True))
    for name, holds in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_ticket_{name}"), "ticket", holds)


def downgrade() -> None:
    """Take both away."""
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_ticket_{name}"), "ticket", type_="check")
    op.drop_column("ticket", "shipped_at")
