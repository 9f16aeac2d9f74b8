"""Reply templates: what is refused when one is saved, and what they make of a ticket (`domain.md §6`)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import templates
from domain.replies import NOTE_CHARACTERS
from domain.templates import VARIABLES, Facts

SHIPPED = datetime(2026, 11, 20, 15, 59, 59, 999_000, tzinfo=UTC)
PROMISED = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
FACTS = Facts(
    buyer_nick="小波",
    item_title="棉服",
    order_number="4000123",
    ticket_number="T261122-7K3M9QX2AB",
    shop_name="兰寿旗舰店",
    locale="zh-CN",
    waybills=(("顺丰速运", "SF1"), ("顺丰速运", "SF2")),
    shipped_at=SHIPPED,
    promised_at=PROMISED,
)
GOOD: dict[str, Any] = {"title": "催件", "scheme_code": "COURIER_URGED", "body": "您好"}


def found(**changes: Any) -> set[tuple[str, str]]:
    """(code, path) of every problem of a template."""
    return {(each.code, ".".join(each.path)) for each in templates.check(**{**GOOD, **changes})}


@pytest.mark.rule("§13.3")
@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("{{buyer_nick}}：", "小波："),
        ("{{ item_title }} {{order_number}} {{ticket_number}}", "棉服 4000123 T261122-7K3M9QX2AB"),
        ("{{carrier}} {{waybill}}", "顺丰速运 SF1、SF2"),
        ("{{shop_name}}{{shop_name}}", "兰寿旗舰店兰寿旗舰店"),
        ("{{shipped_at}} … {{promised_at}}", "2026-11-20 23:59 … 2026-11-23 00:00"),
        ("{buyer_nick} {}", "{buyer_nick} {}"),
        ("nothing", "nothing"),
    ],
)
def test_a_template_is_filled_in_with_the_tickets_values_in_chinas_time(body: str, note: str) -> None:
    assert found(body=body) == set()
    assert templates.render(body, FACTS) == (note, [])


def test_a_time_is_shown_alike_whatever_zone_it_came_in() -> None:
    elsewhere = replace(FACTS, promised_at=PROMISED.astimezone(timezone(timedelta(hours=-5))))
    assert templates.render("{{promised_at}}", elsewhere) == ("2026-11-23 00:00", [])


def test_an_english_shop_lists_in_english() -> None:
    english = replace(FACTS, locale="en")
    assert templates.render("{{waybill}}", english)[0] == "SF1, SF2"


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ("{{buyer_name}}", {("UNKNOWN_VARIABLE", "input.body")}),
        ("{{}}", {("UNKNOWN_VARIABLE", "input.body")}),
        ("{{Buyer_Nick}}", {("UNKNOWN_VARIABLE", "input.body")}),
        ("{{buyer_nick", {("BAD_VARIABLE", "input.body")}),
        ("buyer_nick}}", {("BAD_VARIABLE", "input.body")}),
        ("{{{{buyer_nick}}}}", {("BAD_VARIABLE", "input.body")}),
        ("{{a}} {{b}} {{", {("UNKNOWN_VARIABLE", "input.body"), ("BAD_VARIABLE", "input.body")}),
        ("", {("REQUIRED", "input.body")}),
        ("a\x00", {("BAD_CHARACTER", "input.body")}),
        ("x" * (NOTE_CHARACTERS + 1), {("TOO_LONG", "input.body")}),
    ],
)
def test_a_body_that_could_not_be_filled_in_is_refused(body: str, problems: set[tuple[str, str]]) -> None:
    assert found(body=body) == problems


def test_every_unknown_variable_is_named_once_and_so_are_those_there_are() -> None:
    problems = templates.check(**{**GOOD, "body": "{{x}} {{y}} {{x}} {{waybill}}"})
    assert [each.message.split(". ")[0] for each in problems] == [
        "There is no variable {{x}}",
        "There is no variable {{y}}",
    ]
    assert all("{{buyer_nick}}, {{carrier}}" in each.message for each in problems)


def test_every_faulty_field_is_named() -> None:
    assert found(title=" ", scheme_code="NONE", body=" ") == {
        ("REQUIRED", "input.title"),
        ("UNKNOWN_SCHEME", "input.schemeCode"),
        ("REQUIRED", "input.body"),
    }
    assert found(title="x" * 100, body="x" * NOTE_CHARACTERS) == set()
    assert found(title="x" * 101) == {("TOO_LONG", "input.title")}


def test_a_ticket_without_a_value_is_refused_by_the_variables_name() -> None:
    bare = replace(FACTS, waybills=(), promised_at=None)
    note, [problem] = templates.render("{{buyer_nick}} {{waybill}} {{promised_at}}", bare)
    assert (note, problem.code, problem.path) == ("", "NO_VALUE", ("input", "templateId"))
    assert problem.message.endswith("{{waybill}}, {{promised_at}}.")


def test_a_note_that_grows_too_long_is_refused_at_the_border() -> None:
    nick = replace(FACTS, buyer_nick="x" * 500)
    body = "{{buyer_nick}}" * 3
    fits = body + "y" * (NOTE_CHARACTERS - 1500)
    assert templates.render(fits, nick)[1] == []
    [problem] = templates.render(fits + "y", nick)[1]
    assert problem.code == "TOO_LONG"


TEXTS = st.text(st.characters(exclude_characters="\x00"), min_size=1, max_size=40)


@given(nick=TEXTS, title=TEXTS)
def test_what_people_wrote_is_never_read_as_a_template(nick: str, title: str) -> None:
    """A buyer called `{{waybill}}` is called so."""
    facts = replace(FACTS, buyer_nick=f"{nick}{{{{waybill}}}}", item_title=title)
    note, problems = templates.render("{{buyer_nick}}|{{item_title}}", facts)
    assert (note, problems) == (f"{nick}{{{{waybill}}}}|{title}", [])


@given(st.text(max_size=60))
def test_a_body_that_passes_the_check_can_be_filled_in(body: str) -> None:
    if not {each.code for each in templates.check(**{**GOOD, "body": body})}:
        assert templates.render(body, FACTS)[1] == []


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_has_a_value(name: str) -> None:
    note, problems = templates.render(f"{{{{{name}}}}}", FACTS)
    assert (bool(note), problems) == (True, [])
