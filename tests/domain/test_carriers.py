"""Carriers by the names of others, and the look of their numbers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import carriers

NAMES = {
    "SF": ["SF", "sf", "顺丰", "顺丰速运", "顺丰快递", "ＳＦ", " 顺 丰 速 运 ", "shunfeng", "SF Express"],
    "YTO": ["YTO", "圆通", "圆通速递", "圆通快递", "yuantong", "YUANTONG"],
    "ZTO": ["ZTO", "中通", "中通快递", "中通速递", "zhongtong"],
    "STO": ["STO", "申通", "申通快递", "shentong"],
    "YUNDA": ["YUNDA", "韵达", "韵达快递", "韵达速递", "yunda"],
    "JD": ["JD", "京东", "京东快递", "京东物流", "jd", "LE04284890"],
    "EMS": ["EMS", "ems", "邮政EMS", "中国邮政EMS", "ＥＭＳ", "EMS快递"],
    "JTSD": ["JTSD", "极兔", "极兔速递", "jtexpress", "J&T Express", "HTKY"],
    "DEPPON": ["DEPPON", "德邦", "德邦快递", "debangkuaidi", "DBKD"],
}

GOOD_NUMBERS = {
    "SF": ["SF1006026773546", "SFA123456789012", "ｓｆ１００６０２６７７３５４６", " SF1006 0267 73546 "],
    "YTO": ["YT6157083062288", "yt6157083062288"],
    "ZTO": ["73561253526875", "76561253526875", "78724817139147"],
    "STO": ["77342223236748", "773422232367484", "77342223236748412", "431234567890123"],
    "YUNDA": ["369990698929004", "466300973396197", "5123456789012"],
    "JD": ["JDVA12345678901", "JD0012345678901"],
    "EMS": ["9123456789012", "8123456789012", "1123456789012", "PA12345678901"],
    "JTSD": ["JT5119641341163"],
    "DEPPON": ["DPK123456789012"],
}

BAD_NUMBERS = {
    "SF": ["SF100602677354", "SF10060267735461", "YT6157083062288", "SF1006026773546X"],
    "YTO": ["YT615708306228", "6157083062288"],
    "ZTO": ["72561253526875", "77561253526875", "79561253526875", "7656125352687"],
    "STO": ["7734222323674", "773422232367484123", "443422232367484"],
    "YUNDA": ["569990698929004", "36999069892900", "4663009733961971"],
    "JD": ["JDVA1234567890", "JD123"],
    "EMS": ["2123456789012", "P123456789012"],
    "JTSD": ["JT511964134116"],
    "DEPPON": ["DPK12345678901"],
}


def each(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(code, text) for code, texts in table.items() for text in texts]


@pytest.mark.rule("§7.14")
def test_the_table_is_the_one_of_the_design() -> None:
    """Codes, in order, and that no name leads to two carriers."""
    assert [carrier.code for carrier in carriers.CARRIERS] == [
        "SF", "YTO", "ZTO", "STO", "YUNDA", "JD", "EMS", "JTSD", "DEPPON",
    ]  # fmt: skip
    for field in ("name_zh", "name_en", "kuaidi100", "cainiao", "pattern"):
        assert len({getattr(carrier, field) for carrier in carriers.CARRIERS}) == len(carriers.CARRIERS)


@pytest.mark.rule("§7.14")
@pytest.mark.parametrize("carrier", carriers.CARRIERS, ids=lambda carrier: carrier.code)
def test_each_carrier_is_found_by_all_it_is_called(carrier: carriers.Carrier) -> None:
    for name in (carrier.code, carrier.name_zh, carrier.name_en, carrier.kuaidi100, carrier.cainiao):
        assert carriers.find(name) is carrier


@pytest.mark.parametrize(("code", "name"), each(NAMES))
def test_a_carrier_is_found_however_it_is_written(code: str, name: str) -> None:
    assert carriers.canonical(name) == code


@pytest.mark.parametrize(
    "name",
    ["顺丰快运", "韵达快运", "德邦物流", "中国邮政", "邮政快递包裹", "百世快递", "S", "shunfengkuaiyun", ""],
)
def test_another_company_is_not_taken_for_a_carrier_we_know(name: str) -> None:
    assert carriers.find(name) is None


@pytest.mark.rule("§7.15")
def test_an_unknown_name_is_kept_as_it_came() -> None:
    assert carriers.canonical("  Ｘ快递 Co ") == "Ｘ快递 Co"


@pytest.mark.rule("§7.14")
@pytest.mark.parametrize(("code", "number"), each(GOOD_NUMBERS))
def test_a_number_matches_its_carrier(code: str, number: str) -> None:
    assert carriers.matches(code, number)


@pytest.mark.rule("§7.14")
@pytest.mark.parametrize(("code", "number"), each(BAD_NUMBERS))
def test_a_number_of_another_form_does_not_match(code: str, number: str) -> None:
    assert not carriers.matches(code, number)


def test_any_number_matches_a_carrier_that_is_not_known() -> None:
    assert carriers.matches("某某快递", "1")


@pytest.mark.parametrize(
    ("given_number", "normal"),
    [
        (" sf1006026773546\t", "SF1006026773546"),
        ("ＳＦ１００６", "SF1006"),
        ("SF 1006\u30000267", "SF10060267"),
        ("\ufeffSF\u200b1006", "SF1006"),
        ("jd-va－1", "JD-VA-1"),
    ],
)
def test_a_number_is_kept_half_width_upper_case_and_without_spaces(given_number: str, normal: str) -> None:
    assert carriers.normal_number(given_number) == normal


@pytest.mark.parametrize("number", ["1", "A-9", "X" * 40])
def test_a_plausible_number(number: str) -> None:
    assert carriers.is_plausible(number)


@pytest.mark.parametrize("number", ["", "X" * 41, "a1", "SF 1", "运单1", "1.0E+13", "SF1\n", "١٢٣"])
def test_an_implausible_number(number: str) -> None:
    assert not carriers.is_plausible(number)


@given(st.text())
def test_normalising_a_number_twice_changes_nothing_more(text: str) -> None:
    once = carriers.normal_number(text)
    assert carriers.normal_number(once) == once


@given(st.text() | st.sampled_from([name for names in NAMES.values() for name in names]))
def test_the_canonical_name_of_a_canonical_name_is_itself(name: str) -> None:
    once = carriers.canonical(name)
    assert carriers.canonical(once) == once


@given(st.data(), st.sampled_from(carriers.CARRIERS))
def test_whatever_fits_a_carriers_pattern_matches_it(data: st.DataObject, carrier: carriers.Carrier) -> None:
    """Numbers made from the pattern itself: plausible, unchanged by normalising, and matching."""
    number = data.draw(st.from_regex(re.compile(carrier.pattern, re.ASCII), fullmatch=True)).strip()
    assert carriers.is_plausible(number)
    assert carriers.normal_number(number) == number
    assert carriers.matches(carrier.kuaidi100, number)
