"""The texts of cards as data: one template for each market and locale (`domain.md §9`).

Places in braces are filled in: `{shop}`, `{order}`, `{urge}` (what the buyer urged), `{scheme}`, `{carrier}`,
`{number}`, `{time}` (in China), `{note}`. What is filled in is never read as a template itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.shop import LOCALES, Market
from domain.ticket_words import TicketKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTemplate:
    """The texts of one market in one locale. Of a reply's lines those appear that have something to say."""

    reply_title: str
    reply_scheme: str
    reply_waybill: str
    reply_promise: str
    reply_note: str
    pickup_title: str
    pickup_body: str
    urges: dict[TicketKind, str]


CHINESE = CardTemplate(
    reply_title="{shop} 回复了您的{urge}（订单 {order}）",
    reply_scheme="{scheme}。",
    reply_waybill="新运单号：{carrier} {number}。",
    reply_promise="预计 {time} 前揽收。",
    reply_note="{note}",
    pickup_title="{shop}：您的包裹已揽收",
    pickup_body="订单 {order} 已于 {time} 由快递揽收。",
    urges={TicketKind.URGE_PICKUP: "催揽收", TicketKind.URGE_SHIPMENT: "催发货"},
)
ENGLISH = CardTemplate(
    reply_title="{shop} replied about your order {order}",
    reply_scheme="{scheme}.",
    reply_waybill="New waybill: {carrier} {number}.",
    reply_promise="Pickup by {time}.",
    reply_note="{note}",
    pickup_title="{shop}: your parcel was picked up",
    pickup_body="Order {order} was picked up by the carrier at {time}.",
    urges={TicketKind.URGE_PICKUP: "pickup", TicketKind.URGE_SHIPMENT: "shipment"},
)
ZH, EN = LOCALES
TEMPLATES: dict[tuple[Market, str], CardTemplate] = {
    (Market.GENERIC, ZH): CHINESE,
    (Market.GENERIC, EN): ENGLISH,
    # Taobao's sellers call their buyers 亲; Tmall's shops write like the brands they are.
    (Market.TAOBAO, ZH): replace(
        CHINESE, pickup_body="亲，您的订单 {order} 已于 {time} 由快递揽收，请留意物流信息。"
    ),
    (Market.TAOBAO, EN): ENGLISH,
    (Market.TMALL, ZH): replace(
        CHINESE, pickup_body="您好，您的订单 {order} 已于 {time} 由快递揽收，感谢您的耐心等待。"
    ),
    (Market.TMALL, EN): ENGLISH,
}


def template(market: Market, locale: str) -> CardTemplate:
    """The template of a market: English for `en…`, Chinese for any other locale, as for all texts."""
    return TEMPLATES[market, EN if locale.lower().startswith("en") else ZH]
