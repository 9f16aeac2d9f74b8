"""What the buyer is shown in the seller's name (`domain.md §9`): the texts are data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING

from domain import card_templates
from domain.shop import Market
from domain.ticket_words import TicketKind

if TYPE_CHECKING:
    from datetime import datetime

    from domain.card_templates import CardTemplate
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
    """What a card is about: the shop's name, locale and market, the order's number, what was urged."""

    shop_name: str
    locale: str
    order_number: str
    market: Market = Market.GENERIC
    kind: TicketKind = TicketKind.URGE_PICKUP

    @property
    def template(self) -> CardTemplate:
        """The texts of its market and locale."""
        return card_templates.template(self.market, self.locale)


def reply_card(subject: Subject, reply: Reply, waybill: tuple[str, str] | None) -> Card:
    """The seller's reply. `waybill` is (carrier's name, number) when the reply changed it."""
    texts = subject.template
    lines = [texts.reply_scheme.format(scheme=reply.scheme.label(subject.locale))]
    if waybill is not None:
        carrier, number = waybill
        lines.append(texts.reply_waybill.format(carrier=carrier, number=number))
    if reply.promised_at is not None:
        lines.append(texts.reply_promise.format(time=shown(reply.promised_at)))
    if reply.note:
        lines.append(texts.reply_note.format(note=reply.note))
    return Card(CardKind.REPLY, _filled(texts.reply_title, subject), "\n".join(lines))


def pickup_card(subject: Subject, picked_up_at: datetime) -> Card:
    """The carrier has the parcel."""
    texts, time = subject.template, shown(picked_up_at)
    body = _filled(texts.pickup_body, subject, time=time)
    return Card(CardKind.PICKED_UP, _filled(texts.pickup_title, subject), body)


def _filled(text: str, subject: Subject, **more: str) -> str:
    urge = subject.template.urges[subject.kind]
    return text.format(shop=subject.shop_name, order=subject.order_number, urge=urge, **more)


def shown(instant: datetime) -> str:
    """A time as people read it: to the minute, in Asia/Shanghai."""
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
