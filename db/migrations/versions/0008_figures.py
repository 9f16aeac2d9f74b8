"""What shops' figures are made of. `db.migrate.upgrade` then fills them for the tickets there are."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTS = ("opened", "on_time", "decided", "kept", "promised", "escalated", "ended", "upheld", "points")
SUMS = (
    *("opened", "handled", "handling_s", "answered", "answer_s", "on_time", "decided", "kept", "promised"),
    *("escalated", "ended", "upheld", "points"),
)
ROOM = {"fillfactor": 50}


def _member() -> sa.Column[Any]:
    return sa.Column("member_id", sa.Uuid(), nullable=False)


def _hours() -> sa.Column[Any]:
    return sa.Column("hours", sa.SmallInteger(), autoincrement=False, nullable=False)


def _starts_at() -> sa.Column[Any]:
    return sa.Column("starts_at", sa.TIMESTAMP(timezone=True), nullable=False)


def _sum_table(name: str, key: Sequence[sa.Column[Any]], values: Sequence[sa.Column[Any]]) -> None:
    """A table of sums of a shop's hours, days or weeks."""
    keys = [sa.Column("shop_id", sa.Uuid(), nullable=False), *key]
    op.create_table(
        name,
        *keys,
        *values,
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f(f"fk_{name}_shop_id")),
        sa.PrimaryKeyConstraint(*(column.name for column in keys), name=op.f(f"pk_{name}")),
        postgresql_with=ROOM,
    )


def upgrade() -> None:
    """Make the facts and their sums."""
    op.create_table(
        "figure_fact",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("handling_s", sa.Integer(), nullable=True),
        sa.Column("answer_s", sa.Integer(), nullable=True),
        sa.Column("bin", sa.SmallInteger(), nullable=True),
        *(sa.Column(name, sa.SmallInteger(), nullable=False, server_default="0") for name in COUNTS),
        sa.Column("compensation", sa.Numeric(12, 2), nullable=False, server_default="0"),
        sa.CheckConstraint(
            "(bin IS NULL) = (handling_s IS NULL)", name=op.f("ck_figure_fact_handled_has_bin")
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "record_id"],
            ["follow_up_record.shop_id", "follow_up_record.id"],
            name=op.f("fk_figure_fact_shop_id_record_id"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "at", "record_id", "part", name=op.f("pk_figure_fact")),
    )
    op.create_index(
        "ix_figure_fact_handled",
        "figure_fact",
        ["shop_id", "at"],
        postgresql_include=["member_id", "bin"],
        postgresql_where=sa.text("bin IS NOT NULL"),
    )
    _sum_table(
        "figure_sum",
        [_member(), _hours(), _starts_at()],
        [
            *(sa.Column(name, sa.BigInteger(), nullable=False) for name in SUMS),
            sa.Column("compensation", sa.Numeric(12, 2), nullable=False),
        ],
    )
    _sum_table(
        "figure_time",
        [
            _member(),
            _hours(),
            _starts_at(),
            sa.Column("bin", sa.SmallInteger(), autoincrement=False, nullable=False),
        ],
        [sa.Column("handled", sa.Integer(), nullable=False)],
    )
    _sum_table("paid_day", [_starts_at()], [sa.Column("orders", sa.Integer(), nullable=False)])


def downgrade() -> None:
    """Drop them: they can be made again from the records."""
    for name in ("paid_day", "figure_time", "figure_sum", "figure_fact"):
        op.drop_table(name)
