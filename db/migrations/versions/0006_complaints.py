"""How complaints end: what a ruling may find, what an ending must hold, and how they are listed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FOUND = ("OUT_OF_STOCK", "FALSE_WAYBILL")
CHECKS = {
    "points_when_upheld": "penalty_points = 0 OR status = 'UPHELD'",
    "ended_has_time": "(status = 'FILED') = (ruled_at IS NULL)",
    "filed_costs_nothing": "status <> 'FILED' OR compensation IS NULL",
    "lost_has_compensation": "status NOT IN ('SETTLED', 'UPHELD') OR compensation IS NOT NULL",
    "ruled_has_reason": "status NOT IN ('UPHELD', 'DISMISSED') OR reason IS NOT NULL",
}
INDEXES = {
    "ix_complaint_status": ["shop_id", "status", "filed_at", "id"],
}


def upgrade() -> None:
    """Do it."""
    for word in FOUND:
        op.execute(f"ALTER TYPE violation ADD VALUE '{word}'")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_complaint_{name}"), "complaint", condition)
    for name, columns in INDEXES.items():
        op.create_index(name, "complaint", columns)
    op.create_index(
        "ix_complaint_points",
        "complaint",
        ["shop_id", "ruled_at"],
        postgresql_where=sa.text("penalty_points > 0"),
    )


def downgrade() -> None:
    """Undo it. PostgreSQL takes no word out of an enum: what was found goes back to what it was filed for."""
    op.drop_index("ix_complaint_points", table_name="complaint")
    for name in INDEXES:
        op.drop_index(name, table_name="complaint")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_complaint_{name}"), "complaint", type_="check")
    op.execute("ALTER TYPE violation RENAME TO violation_found")
    op.execute("CREATE TYPE violation AS ENUM ('NO_PICKUP', 'LATE_SHIPMENT')")
    op.execute(
        "UPDATE complaint c SET violation = CASE t.kind WHEN 'URGE_PICKUP' THEN 'NO_PICKUP'::violation_found"
        " ELSE 'LATE_SHIPMENT' END FROM ticket t WHERE t.shop_id = c.shop_id AND t.id = c.ticket_id"
        f" AND c.violation::text IN {FOUND}"
    )
    op.execute("ALTER TABLE complaint ALTER COLUMN violation TYPE violation USING violation::text::violation")
    op.execute("DROP TYPE violation_found")
