"""Shops, their staff, and exemptions."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db import columns
from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.shop import Market


class Shop(SQLModel, table=True):
    """A seller's shop. Fleet-wide: the platform lists all, and every other table hangs on it."""

    __tablename__ = "shop"
    __table_args__ = (
        sa.Index("ix_shop_name", sa.text("lower(name)"), "id"),
        sa.CheckConstraint("name <> ''", name="name_given"),
    )

    id: uuid.UUID = Field(sa_column=columns.key())
    name: str = Field(sa_column=columns.text())
    market: Market = Field(sa_column=columns.word(Market, "market"))
    locale: str = Field(sa_column=columns.text())
    active: bool = Field(sa_column=columns.flag(default=True))
    created_at: dt.datetime = Field(sa_column=columns.instant())


class StaffMember(SQLModel, table=True):
    """A person's membership of a shop; the same `subject` may be a member of many."""

    __tablename__ = "staff_member"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"]),
        sa.UniqueConstraint("shop_id", "subject"),
        # Fleet-wide: "which shops am I a member of" is asked by subject, before a shop is known.
        sa.Index("ix_staff_member_subject", "subject"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    subject: str = Field(sa_column=columns.text())
    display_name: str = Field(sa_column=columns.text())
    owner: bool = Field(sa_column=columns.flag())
    active: bool = Field(sa_column=columns.flag(default=True))
    created_at: dt.datetime = Field(sa_column=columns.instant())


class Exemption(SQLModel, table=True):
    """A dated relief from deadlines (`domain.md §5`). Fleet-wide: one notice covers many shops."""

    __tablename__ = "exemption"
    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="window_in_order"),
        sa.CheckConstraint("region is null or region ~ '^[0-9]{1,6}$'", name="region_code"),
        sa.Index("ix_exemption_window", "starts_at", "ends_at"),
    )

    id: uuid.UUID = Field(sa_column=columns.key())
    title: str = Field(sa_column=columns.text())
    market: Market | None = Field(sa_column=columns.word(Market, "market", optional=True))
    region: str | None = Field(sa_column=columns.text(optional=True))
    end: ExemptionEnd = Field(sa_column=columns.word(ExemptionEnd, "exemption_end"))
    basis: ExemptionBasis = Field(sa_column=columns.word(ExemptionBasis, "exemption_basis"))
    starts_at: dt.datetime = Field(sa_column=columns.instant())
    ends_at: dt.datetime = Field(sa_column=columns.instant())
    latest_at: dt.datetime = Field(sa_column=columns.instant())
    created_at: dt.datetime = Field(sa_column=columns.instant())
