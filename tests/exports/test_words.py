"""Every word of the API has a text in both languages, so that a new one is not forgotten."""

from enum import StrEnum

import pytest

from domain.cards import CardKind, DeliveryStatus
from domain.complaint import ComplaintStatus, Violation
from domain.events import ActorKind, FollowUpAction
from domain.order import OrderStatus
from domain.shop import Market
from domain.ticket_words import TicketKind, TicketOutcome, TicketStatus
from exports import page_words, words

KINDS: dict[str, type[StrEnum]] = {
    "kind": TicketKind,
    "status": TicketStatus,
    "outcome": TicketOutcome,
    "complaint": ComplaintStatus,
    "violation": Violation,
    "order": OrderStatus,
    "market": Market,
    "action": FollowUpAction,
    "actor": ActorKind,
    "card": CardKind,
    "delivery": DeliveryStatus,
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_word_is_told_in_both_languages(kind: str) -> None:
    for each in KINDS[kind]:
        zh, en = (words.word(kind, each.value, locale) for locale in ("zh-CN", "en"))
        assert not zh.isascii(), each
        assert en.isascii(), each
        assert en != each.value, each


def test_a_word_without_a_text_is_shown_as_it_is_and_none_as_nothing() -> None:
    assert words.word("reason", "SOMETHING_NEW", "en") == "SOMETHING_NEW"
    assert words.word("reason", None, "en") == ""


def test_each_text_of_the_page_is_there_in_both_languages() -> None:
    both = [*page_words.TEXTS.values(), *(each for row in page_words.HEADINGS.values() for each in row)]
    assert [
        each for each in both if each[0].isascii() or not each[1].replace("“", "").replace("”", "").isascii()
    ] == []
