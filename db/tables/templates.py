"""Reply templates."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db import columns


class ReplyTemplate(SQLModel, table=True):
    """A note with variables for replies of one scheme (`domain.md §6`)."""

    __tablename__ = "reply_template"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"]),
        sa.Index("ix_reply_template_id", "id"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    title: str = Field(sa_column=columns.text())
    scheme_code: str = Field(sa_column=columns.text())
    body: str = Field(sa_column=columns.text())
    created_at: dt.datetime = Field(sa_column=columns.instant())
    updated_at: dt.datetime = Field(sa_column=columns.instant())
