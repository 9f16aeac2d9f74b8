"""What the buyer is shown in the seller's name (`domain.md §9`): one template a kind and locale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from domain.replies import Reply

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Fixed: no summer time since 1991, and no need of a time zone database."""


class CardKind(StrEnum):
    """What a card tells."""

    REPLY = "REPLY"
    PICKED_UP = "PICKED_UP"


class DeliveryStatus(StrEnum):
    """How far a card or webhook has come."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the buyer reads it."""

    kind: CardKind
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a card is about: the shop's name and locale, the order's number."""

    shop_name: str
    locale: str
    order_number: str


def reply_card(subject: Subject, reply: Reply, waybill: tuple[str, str] | None) -> Card:
    """The seller's reply. `waybill` is (carrier's name, number) when the reply changed it."""
    english = subject.locale.lower().startswith("en")
    label = reply.scheme.label(subject.locale)
    lines = [f"{label}." if english else f"{label}。"]
    if waybill is not None:
        carrier, number = waybill
        lines.append(f"New waybill: {carrier} {number}." if english else f"新运单号：{carrier} {number}。")
    if reply.promised_at is not None:
        time = shown(reply.promised_at)
        lines.append(f"Pickup by {time}." if english else f"预计 {time} 前揽收。")
    if reply.note:
        lines.append(reply.note)
    if english:
        title = f"{subject.shop_name} replied about your order {subject.order_number}"
    else:
        title = f"{subject.shop_name} 回复了您的催揽收（订单 {subject.order_number}）"
    return Card(CardKind.REPLY, title, "\n".join(lines))


def pickup_card(subject: Subject, picked_up_at: datetime) -> Card:
    """The carrier has the parcel."""
    time = shown(picked_up_at)
    if subject.locale.lower().startswith("en"):
        title = f"{subject.shop_name}: your parcel was picked up"
        return Card(
            CardKind.PICKED_UP, title, f"Order {subject.order_number} was picked up by the carrier at {time}."
        )
    title = f"{subject.shop_name}：您的包裹已揽收"
    return Card(CardKind.PICKED_UP, title, f"订单 {subject.order_number} 已于 {time} 由快递揽收。")


def shown(instant: datetime) -> str:
    """A time as people read it: to the minute, in Asia/Shanghai."""
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
