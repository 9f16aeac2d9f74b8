"""Orders, parcels, waybill changes and carrier scans."""

import datetime as dt
import decimal
import uuid

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import Field, SQLModel

from db import columns
from domain.order import OrderStatus

ORDER_STATUS = """CASE
 WHEN refunded_at IS NOT NULL THEN 'REFUNDED'::order_status
 WHEN closed_at IS NOT NULL THEN 'CLOSED'::order_status
 WHEN signed_at IS NOT NULL THEN 'SIGNED'::order_status
 WHEN picked_up_at IS NOT NULL THEN 'PICKED_UP'::order_status
 WHEN shipped_at IS NOT NULL THEN 'SHIPPED'::order_status
 ELSE 'PAID'::order_status END"""

AWAITING_PICKUP = (
    "shipped_at IS NOT NULL AND picked_up_at IS NULL AND refunded_at IS NULL AND closed_at IS NULL"
)


class Order(SQLModel, table=True):
    """A buyer's order. `ship_by` is the shipping limit in force, `ship_by_given` the order's own."""

    __tablename__ = "orders"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"]),
        sa.UniqueConstraint("shop_id", "number"),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("paid_amount >= 0", name="paid_amount_not_negative"),
        sa.CheckConstraint("urge_rounds >= 0", name="urge_rounds_not_negative"),
        sa.CheckConstraint("picked_up_at IS NULL OR shipped_at IS NOT NULL", name="picked_up_after_shipped"),
        sa.Index("ix_orders_paid_at", "shop_id", "paid_at", "id"),
        sa.Index("ix_orders_status", "shop_id", "status", "paid_at", "id"),
        sa.Index(
            "ix_orders_awaiting_pickup", "shop_id", "paid_at", "id", postgresql_where=sa.text(AWAITING_PICKUP)
        ),
        sa.Index("ix_orders_buyer_nick", "shop_id", "buyer_nick"),
        # A consumer sees the own orders of every shop: asked by buyer, before a shop is known.
        sa.Index("ix_orders_buyer_id", "buyer_id", "paid_at", "id"),
        sa.Index("ix_orders_id", "id"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    number: str = Field(sa_column=columns.code())
    status: OrderStatus = Field(
        sa_column=sa.Column(
            columns.enum_type(OrderStatus, "order_status"),
            sa.Computed(ORDER_STATUS, persisted=True),
            nullable=False,
        )
    )
    buyer_id: str = Field(sa_column=columns.code())
    buyer_nick: str = Field(sa_column=columns.code())
    item_title: str = Field(sa_column=columns.text())
    quantity: int = Field(sa_column=columns.whole())
    paid_amount: decimal.Decimal = Field(sa_column=columns.money())
    paid_at: dt.datetime = Field(sa_column=columns.instant())
    ship_by: dt.datetime = Field(sa_column=columns.instant())
    ship_by_given: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    shipped_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    picked_up_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    signed_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    refunded_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    partly_refunded_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    closed_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    origin_region: str | None = Field(sa_column=columns.text(optional=True))
    destination_region: str | None = Field(sa_column=columns.text(optional=True))
    address_key: str | None = Field(sa_column=columns.text(optional=True))
    urge_rounds: int = Field(sa_column=columns.whole(default=0))
    created_at: dt.datetime = Field(sa_column=columns.instant())
    updated_at: dt.datetime = Field(sa_column=columns.instant())


class Parcel(SQLModel, table=True):
    """A parcel under one waybill number; after a change the old one stays and leads to the new one."""

    __tablename__ = "parcel"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        sa.ForeignKeyConstraint(["shop_id", "replaced_by_id"], ["parcel.shop_id", "parcel.id"]),
        sa.CheckConstraint(
            "(replaced_at IS NULL) = (replaced_by_id IS NULL)", name="replaced_by_and_at_together"
        ),
        sa.CheckConstraint("changes >= 0", name="changes_not_negative"),
        sa.Index("ix_parcel_order_id", "shop_id", "order_id"),
        sa.Index("ix_parcel_waybill_number", "shop_id", "waybill_number"),
        sa.Index(
            "ix_parcel_carrier",
            "shop_id",
            "carrier",
            "order_id",
            postgresql_where=sa.text("replaced_at IS NULL"),
        ),
        sa.Index("ix_parcel_id", "id"),
        sa.Index(
            "uq_parcel_current_number",
            "shop_id",
            "order_id",
            "waybill_number",
            unique=True,
            postgresql_where=sa.text("replaced_at IS NULL"),
        ),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    order_id: uuid.UUID = Field(sa_column=columns.ref())
    carrier: str = Field(sa_column=columns.code())
    waybill_number: str = Field(sa_column=columns.code())
    shipped_at: dt.datetime = Field(sa_column=columns.instant())
    shipped_at_estimated: bool = Field(sa_column=columns.flag())
    picked_up_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    signed_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    replaced_by_id: uuid.UUID | None = Field(sa_column=columns.ref(optional=True))
    replaced_at: dt.datetime | None = Field(sa_column=columns.instant(optional=True))
    changes: int = Field(sa_column=columns.whole(default=0))
    warnings: list[str] = Field(sa_column=columns.texts())
    created_at: dt.datetime = Field(sa_column=columns.instant())


class WaybillChange(SQLModel, table=True):
    """One change of a parcel's number; `record_id` null when the order had no unclosed ticket."""

    __tablename__ = "waybill_change"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.id"]),
        sa.ForeignKeyConstraint(["shop_id", "from_parcel_id"], ["parcel.shop_id", "parcel.id"]),
        sa.ForeignKeyConstraint(["shop_id", "to_parcel_id"], ["parcel.shop_id", "parcel.id"]),
        sa.ForeignKeyConstraint(
            ["shop_id", "record_id"], ["follow_up_record.shop_id", "follow_up_record.id"]
        ),
        sa.UniqueConstraint("shop_id", "from_parcel_id"),
        sa.UniqueConstraint("shop_id", "to_parcel_id"),
        sa.Index("ix_waybill_change_record_id", "shop_id", "record_id"),
        sa.Index("ix_waybill_change_order_id", "shop_id", "order_id"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    order_id: uuid.UUID = Field(sa_column=columns.ref())
    record_id: uuid.UUID | None = Field(sa_column=columns.ref(optional=True))
    from_parcel_id: uuid.UUID = Field(sa_column=columns.ref())
    to_parcel_id: uuid.UUID = Field(sa_column=columns.ref())
    reason: str | None = Field(sa_column=columns.text(optional=True))
    outside: bool = Field(sa_column=columns.flag())
    changed_at: dt.datetime = Field(sa_column=columns.instant())


class WaybillDirectory(SQLModel, table=True):
    """Which parcels a number leads to. Fleet-wide: a carrier's scan names no shop."""

    __tablename__ = "waybill_directory"

    carrier: str = Field(sa_column=sa.Column(sa.Text(collation="C"), primary_key=True))
    waybill_number: str = Field(sa_column=sa.Column(sa.Text(collation="C"), primary_key=True))
    shop_id: uuid.UUID = Field(sa_column=columns.key())
    parcel_id: uuid.UUID = Field(sa_column=columns.key())


class TrackingEvent(SQLModel, table=True):
    """A carrier scan joined to a parcel; `counted` false when it came after the number was replaced."""

    __tablename__ = "tracking_event"
    __table_args__ = (
        sa.ForeignKeyConstraint(["shop_id", "parcel_id"], ["parcel.shop_id", "parcel.id"]),
        sa.UniqueConstraint(
            "shop_id", "parcel_id", "occurred_at", "code", "text_hash", name="uq_tracking_event_scan"
        ),
        sa.CheckConstraint("octet_length(text_hash) = 16", name="text_hash_length"),
    )

    shop_id: uuid.UUID = Field(sa_column=columns.key())
    id: uuid.UUID = Field(sa_column=columns.key())
    parcel_id: uuid.UUID = Field(sa_column=columns.ref())
    occurred_at: dt.datetime = Field(sa_column=columns.instant())
    received_at: dt.datetime = Field(sa_column=columns.instant())
    code: str = Field(sa_column=columns.text())
    description: str = Field(sa_column=columns.text())
    text_hash: bytes = Field(sa_column=sa.Column(sa.LargeBinary(), nullable=False))
    source: str = Field(sa_column=columns.text())
    proves_pickup: bool = Field(sa_column=columns.flag())
    counted: bool = Field(sa_column=columns.flag(default=True))


class UnmatchedScan(SQLModel, table=True):
    """A scan that found no parcel yet. Fleet-wide: its shop is not known.

    `audience` is a digest of the shops of the integration that told it, whose parcels alone it may join
    (`shop_ids`); '' and null for a signed hook's, which joins any (`domain.md §8`).
    """

    __tablename__ = "unmatched_scan"
    __table_args__ = (
        sa.UniqueConstraint(
            "carrier",
            "waybill_number",
            "occurred_at",
            "code",
            "text_hash",
            "audience",
            name="uq_unmatched_scan_scan",
        ),
        sa.Index("ix_unmatched_scan_received_at", "received_at"),
    )

    id: uuid.UUID = Field(sa_column=columns.key())
    carrier: str = Field(sa_column=columns.code())
    waybill_number: str = Field(sa_column=sa.Column(sa.Text(collation="C"), primary_key=True))
    occurred_at: dt.datetime = Field(sa_column=columns.instant())
    received_at: dt.datetime = Field(sa_column=columns.instant())
    code: str = Field(sa_column=columns.text())
    description: str = Field(sa_column=columns.text())
    text_hash: bytes = Field(sa_column=sa.Column(sa.LargeBinary(), nullable=False))
    source: str = Field(sa_column=columns.text())
    proves_pickup: bool = Field(sa_column=columns.flag())
    audience: str = Field(sa_column=sa.Column(sa.Text(), nullable=False, server_default=""))
    shop_ids: list[uuid.UUID] | None = Field(sa_column=sa.Column(postgresql.ARRAY(sa.Uuid()), nullable=True))
