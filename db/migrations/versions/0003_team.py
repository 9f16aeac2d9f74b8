"""Reply templates, and who was assigned by a record."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ENDS = ("before", "after")


def upgrade() -> None:
    """Make the templates' table and the two columns of ASSIGNED records."""
    op.create_table(
        "reply_template",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("scheme_code", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_reply_template_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_reply_template")),
    )
    op.create_index("ix_reply_template_id", "reply_template", ["id"], unique=False)
    for end in ENDS:
        name = f"assignee_{end}_id"
        op.add_column("follow_up_record", sa.Column(name, sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_follow_up_record_shop_id_{name}"),
            "follow_up_record",
            "staff_member",
            ["shop_id", name],
            ["shop_id", "id"],
        )
    op.create_check_constraint(
        op.f("ck_follow_up_record_assigned_to_another"),
        "follow_up_record",
        "(action = 'ASSIGNED') = (assignee_before_id IS DISTINCT FROM assignee_after_id)",
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_constraint(op.f("ck_follow_up_record_assigned_to_another"), "follow_up_record")
    for end in ENDS:
        name = f"assignee_{end}_id"
        op.drop_constraint(op.f(f"fk_follow_up_record_shop_id_{name}"), "follow_up_record")
        op.drop_column("follow_up_record", name)
    op.drop_index("ix_reply_template_id", table_name="reply_template")
    op.drop_table("reply_template")
