"""What shops' figures are made of: facts, and their sums over hours, days and weeks (`domain.md §11`)."""

import datetime as dt
import decimal
import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db import columns

ROOM = {"fillfactor": 50}
"""A sum is written again and again while its time lasts: room for that on its own page."""


def _small() -> sa.Column[int]:
    return sa.Column(sa.SmallInteger(), nullable=False, server_default="0")


class FigureFact(SQLModel, table=True):
    """One thing that counts, of a follow-up record, at its own moment; `part` tells facts of a record apart.

    `bin` (of `domain.figures.STARTS`) and `handling_s` are those of a ticket's first handling, null else;
    `answer_s`: from a reminder to the reply.
    """

    __tablename__ = "figure_fact"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["shop_id", "record_id"], ["follow_up_record.shop_id", "follow_up_record.id"]
        ),
        # Handling times of what is no whole day are read from the index alone.
        sa.Index(
            "ix_figure_fact_handled",
            "shop_id",
            "at",
            postgresql_include=["member_id", "bin"],
            postgresql_where=sa.text("bin IS NOT NULL"),
        ),
        sa.CheckConstraint("(bin IS NULL) = (handling_s IS NULL)", name="handled_has_bin"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    at: dt.datetime = Field(sa_column=sa.Column(sa.TIMESTAMP(timezone=True), primary_key=True))
    record_id: uuid.UUID = Field(sa_column=columns.key())
    part: int = Field(sa_column=sa.Column(sa.SmallInteger(), primary_key=True, autoincrement=False))
    ticket_id: uuid.UUID = Field(sa_column=columns.ref())
    member_id: uuid.UUID | None = Field(sa_column=columns.ref(optional=True))
    handling_s: int | None = Field(sa_column=columns.whole(optional=True))
    answer_s: int | None = Field(sa_column=columns.whole(optional=True))
    bin: int | None = Field(sa_column=sa.Column(sa.SmallInteger(), nullable=True))
    opened: int = Field(sa_column=_small())
    on_time: int = Field(sa_column=_small())
    decided: int = Field(sa_column=_small())
    kept: int = Field(sa_column=_small())
    promised: int = Field(sa_column=_small())
    escalated: int = Field(sa_column=_small())
    ended: int = Field(sa_column=_small())
    upheld: int = Field(sa_column=_small())
    points: int = Field(sa_column=_small())
    compensation: decimal.Decimal = Field(
        sa_column=sa.Column(sa.Numeric(12, 2), nullable=False, server_default="0")
    )


def _sum() -> sa.Column[int]:
    return sa.Column(sa.BigInteger(), nullable=False)


class FigureSum(SQLModel, table=True):
    """The sum of the facts of 1 or 24 `hours` from `starts_at` on, of a member or of the shop as a whole.

    `member_id` is all zeros for the shop, hence no foreign key. Written under the lock of the shop's stream
    row, by the statement that writes the facts.
    """

    __tablename__ = "figure_sum"
    __table_args__ = (sa.ForeignKeyConstraint(["shop_id"], ["shop.id"]), {"postgresql_with": ROOM})

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    member_id: uuid.UUID = Field(sa_column=columns.key())
    hours: int = Field(sa_column=sa.Column(sa.SmallInteger(), primary_key=True, autoincrement=False))
    starts_at: dt.datetime = Field(sa_column=sa.Column(sa.TIMESTAMP(timezone=True), primary_key=True))
    opened: int = Field(sa_column=_sum())
    handled: int = Field(sa_column=_sum())
    handling_s: int = Field(sa_column=_sum())
    answered: int = Field(sa_column=_sum())
    answer_s: int = Field(sa_column=_sum())
    on_time: int = Field(sa_column=_sum())
    decided: int = Field(sa_column=_sum())
    kept: int = Field(sa_column=_sum())
    promised: int = Field(sa_column=_sum())
    escalated: int = Field(sa_column=_sum())
    ended: int = Field(sa_column=_sum())
    upheld: int = Field(sa_column=_sum())
    points: int = Field(sa_column=_sum())
    compensation: decimal.Decimal = Field(sa_column=sa.Column(sa.Numeric(12, 2), nullable=False))


class FigureTime(SQLModel, table=True):
    """How many tickets were first handled within the times of one bin, in a day or a week of `hours`.

    `member_id` as above. A week begins on Shanghai's Monday: a season has few of them.
    """

    __tablename__ = "figure_time"
    __table_args__ = (sa.ForeignKeyConstraint(["shop_id"], ["shop.id"]), {"postgresql_with": ROOM})

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    member_id: uuid.UUID = Field(sa_column=columns.key())
    hours: int = Field(sa_column=sa.Column(sa.SmallInteger(), primary_key=True, autoincrement=False))
    starts_at: dt.datetime = Field(sa_column=sa.Column(sa.TIMESTAMP(timezone=True), primary_key=True))
    bin: int = Field(sa_column=sa.Column(sa.SmallInteger(), primary_key=True, autoincrement=False))
    handled: int = Field(sa_column=columns.whole())


class PaidDay(SQLModel, table=True):
    """How many orders of a shop were paid on a day; written by the statement that writes the orders."""

    __tablename__ = "paid_day"
    __table_args__ = (sa.ForeignKeyConstraint(["shop_id"], ["shop.id"]), {"postgresql_with": ROOM})

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    starts_at: dt.datetime = Field(sa_column=sa.Column(sa.TIMESTAMP(timezone=True), primary_key=True))
    orders: int = Field(sa_column=columns.whole())
