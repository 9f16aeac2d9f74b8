"""The commit-ordered sequence of each shop, and the keys that make a write happen once."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel

from db import columns
from domain.events import FollowUpAction


class ShopStream(SQLModel, table=True):
    """Where a shop's stream stands; its row lock makes commit order the order of positions (§2.3)."""

    __tablename__ = "shop_stream"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"]),
        sa.CheckConstraint("trimmed >= 0 AND head >= trimmed", name="head_not_behind"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    head: int = Field(sa_column=columns.whole(default=0, big=True))
    trimmed: int = Field(sa_column=columns.whole(default=0, big=True))


class Event(SQLModel, table=True):
    """One position of a shop's stream. `ticket_id` is null for a change of an order without a ticket."""

    __tablename__ = "event"
    __table_args__ = (
        sa.CheckConstraint("(ticket_id IS NULL) = (record_id IS NULL)", name="ticket_and_record_together"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    position: int = Field(sa_column=sa.Column(sa.BigInteger(), primary_key=True, autoincrement=False))
    ticket_id: uuid.UUID | None = Field(sa_column=columns.ref(optional=True))
    record_id: uuid.UUID | None = Field(sa_column=columns.ref(optional=True))
    action: FollowUpAction = Field(sa_column=columns.word(FollowUpAction, "follow_up_action"))
    occurred_at: dt.datetime = Field(sa_column=columns.instant())


class IdempotencyKey(SQLModel, table=True):
    """A write that succeeded under a key, to be answered again; kept seven days.

    `shop_id` is all zeros for what belongs to no shop, hence no foreign key.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (sa.Index("ix_idempotency_key_created_at", "created_at"),)

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    subject: str = Field(sa_column=sa.Column(sa.Text(), primary_key=True))
    operation: str = Field(sa_column=sa.Column(sa.Text(), primary_key=True))
    key: str = Field(sa_column=sa.Column(sa.Text(), primary_key=True))
    input_hash: bytes = Field(sa_column=sa.Column(sa.LargeBinary(), nullable=False))
    outcome: dict[str, Any] | None = Field(sa_column=sa.Column(postgresql.JSONB(), nullable=True))
    created_at: dt.datetime = Field(sa_column=columns.instant())
