"""Cards word by word, in both languages (`domain.md §9`)."""

from datetime import UTC, datetime, timedelta

import pytest

from domain import cards
from domain.cards import Card, CardKind, Subject
from domain.replies import BY_CODE, SCHEMES, Reply, ReplyScheme
from domain.shop import LOCALES, Market
from domain.ticket_words import TicketKind

ZH = Subject(shop_name="揽胜小店", locale="zh-CN", order_number="2026112200001")
EN = Subject(shop_name="Lan Shop", locale="en", order_number="2026112200001")
EVENING = datetime(2026, 11, 22, 18, 30, 59, 999_000, tzinfo=UTC)


def _reply(code: str, *, note: str | None = None, promised_at: datetime | None = None) -> Reply:
    return Reply(BY_CODE[code], note, promised_at, promised_at or EVENING, ())


@pytest.mark.rule("§2.2")
@pytest.mark.parametrize(
    ("subject", "title", "body"),
    [
        (
            ZH,
            "揽胜小店 回复了您的催揽收（订单 2026112200001）",
            "修改运单号。\n新运单号：圆通 YT1234567890123。\n预计 2026-11-23 02:30 前揽收。\n抱歉久等",
        ),
        (
            EN,
            "Lan Shop replied about your order 2026112200001",
            "Waybill changed.\nNew waybill: 圆通 YT1234567890123.\nPickup by 2026-11-23 02:30.\n抱歉久等",
        ),
    ],
)
def test_a_reply_card_tells_scheme_waybill_time_and_note(subject: Subject, title: str, body: str) -> None:
    """Times are shown in China's time, whose next day has begun."""
    reply = _reply("CHANGE_WAYBILL", note="抱歉久等", promised_at=EVENING)
    assert cards.reply_card(subject, reply, ("圆通", "YT1234567890123")) == Card(CardKind.REPLY, title, body)


def test_a_reply_card_without_more_is_one_line() -> None:
    """A time that nobody promised is not shown as a promise."""
    assert cards.reply_card(ZH, _reply("COURIER_URGED"), None).body == "已联系快递揽收。"
    assert cards.reply_card(EN, _reply("COURIER_URGED"), None).body == "Courier urged."


@pytest.mark.rule("§2.2")
@pytest.mark.parametrize(
    ("subject", "title", "body"),
    [
        (ZH, "揽胜小店：您的包裹已揽收", "订单 2026112200001 已于 2026-11-23 02:30 由快递揽收。"),
        (
            EN,
            "Lan Shop: your parcel was picked up",
            "Order 2026112200001 was picked up by the carrier at 2026-11-23 02:30.",
        ),
    ],
)
def test_a_pickup_card_tells_when(subject: Subject, title: str, body: str) -> None:
    assert cards.pickup_card(subject, EVENING) == Card(CardKind.PICKED_UP, title, body)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.code)
@pytest.mark.parametrize("subject", [ZH, EN], ids=lambda subject: subject.locale)
def test_every_scheme_has_its_card_in_every_language(subject: Subject, scheme: ReplyScheme) -> None:
    card = cards.reply_card(subject, _reply(scheme.code, note="备注"), None)
    assert card.body.startswith(scheme.label(subject.locale))
    assert card.body.endswith("\n备注")


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        (datetime(2026, 11, 22, 15, 59, 59, 999_000, tzinfo=UTC), "2026-11-22 23:59"),
        (datetime(2026, 11, 22, 16, tzinfo=UTC), "2026-11-23 00:00"),
        (datetime(2026, 7, 1, 0, tzinfo=UTC), "2026-07-01 08:00"),
    ],
)
def test_times_are_chinas_all_year_round(instant: datetime, shown: str) -> None:
    assert shown in cards.pickup_card(ZH, instant).body
    assert instant.astimezone(cards.SHANGHAI).utcoffset() == timedelta(hours=8)


@pytest.mark.rule("§9.2")
@pytest.mark.parametrize("market", list(Market))
@pytest.mark.parametrize("locale", LOCALES)
def test_every_market_has_its_texts_in_every_language(market: Market, locale: str) -> None:
    """Each place in braces is filled in, by a kind of either urge."""
    for kind in TicketKind:
        subject = Subject("店", locale, "20261122", market, kind)
        reply = cards.reply_card(
            subject, _reply("CHANGE_WAYBILL", note="备注", promised_at=EVENING), ("a", "1")
        )
        for card in (reply, cards.pickup_card(subject, EVENING)):
            assert "20261122" in card.title + card.body
            assert "店" in card.title
            assert not set("{}") & set(card.title + card.body)


@pytest.mark.rule("§9.2")
def test_markets_speak_in_their_own_way_and_the_title_names_what_was_urged() -> None:
    def body(market: Market, locale: str = "zh-CN") -> str:
        return cards.pickup_card(Subject("店", locale, "1", market), EVENING).body

    assert body(Market.TAOBAO).startswith("亲，")
    assert body(Market.TMALL).startswith("您好，")
    assert body(Market.GENERIC) == "订单 1 已于 2026-11-23 02:30 由快递揽收。"
    assert body(Market.TAOBAO, "en") == body(Market.GENERIC, "en")
    shipment = Subject("店", "zh-CN", "1", Market.TMALL, TicketKind.URGE_SHIPMENT)
    assert "催发货" in cards.reply_card(shipment, _reply("OUT_OF_STOCK", note="x"), None).title


def test_braces_of_people_are_no_places_of_a_template() -> None:
    subject = Subject("{order}", "zh-CN", "{shop}")
    assert cards.pickup_card(subject, EVENING).title == "{order}：您的包裹已揽收"
    card = cards.reply_card(subject, _reply("COURIER_URGED", note="{0} {note} {}"), ("{x}", "{y}"))
    assert card.body.endswith("{x} {y}。\n{0} {note} {}")
