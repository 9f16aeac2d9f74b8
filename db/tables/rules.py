"""Rules that are data: policy versions, and each change of what deadlines are timed by."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db import columns
from domain.shop import Market


class PolicyVersion(SQLModel, table=True):
    """A saved version of a market's policy. Fleet-wide: it is a market's. Version 1 is in `policies/`."""

    __tablename__ = "policy"
    __table_args__ = (sa.CheckConstraint("version > 1", name="version_after_shipped"),)

    market: Market = Field(
        sa_column=sa.Column(columns.enum_type(Market, "market"), primary_key=True, nullable=False)
    )
    version: int = Field(sa_column=sa.Column(sa.Integer(), primary_key=True, autoincrement=False))
    document: str = Field(sa_column=columns.text())
    active_from: dt.datetime = Field(sa_column=columns.instant())
    saved_by: str = Field(sa_column=columns.text())
    created_at: dt.datetime = Field(sa_column=columns.instant())


class CalendarChange(SQLModel, table=True):
    """A revision of the calendar, and how far open tickets were re-timed to it. Fleet-wide, as exemptions.

    `exemption_id`: the exemption that was saved or deleted, hence no foreign key; null for a policy that was
    saved, of `market`. `finished_at` is null while tickets may be left.
    """

    __tablename__ = "calendar_change"
    __table_args__ = (
        sa.CheckConstraint("revision > 0", name="revision_positive"),
        sa.CheckConstraint(
            "(exemption_id IS NULL) = (policy_version IS NOT NULL)"
            " AND (market IS NULL) = (policy_version IS NULL)",
            name="exemption_or_policy",
        ),
        sa.CheckConstraint("affected_tickets >= 0 AND retimed_tickets >= 0", name="counts_not_negative"),
        sa.Index("ix_calendar_change_exemption_id", "exemption_id", "revision"),
        sa.Index(
            "ix_calendar_change_unfinished", "revision", postgresql_where=sa.text("finished_at IS NULL")
        ),
    )

    revision: int = Field(sa_column=sa.Column(sa.Integer(), primary_key=True, autoincrement=False))
    exemption_id: uuid.UUID | None = Field(sa_column=columns.ref(optional=True))
    market: Market | None = Field(sa_column=columns.word(Market, "market", optional=True))
    policy_version: int | None = Field(sa_column=columns.whole(optional=True))
    affected_tickets: int = Field(sa_column=columns.whole(default=0))
    retimed_tickets: int = Field(sa_column=columns.whole(default=0))
    changed_at: dt.datetime = Field(sa_column=columns.instant())
    finished_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
