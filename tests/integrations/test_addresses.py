"""What an address tells: its province, and whether two receivers are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import addresses


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("广东省 广州市 番禺区 样例大道88号(511400)", "44"),
        ("北京 北京市 朝阳区 样例里9号", "11"),
        ("新疆维吾尔自治区 乌鲁木齐市 天山区", "65"),
        ("内蒙古自治区呼和浩特市", "15"),
        ("黑龙江省 哈尔滨市", "23"),
        ("中国 浙江省 杭州市", "33"),
        ("中国香港特别行政区 中西区", "81"),
        ("海南省 海口市", "46"),
        ("海南藏族自治州 共和县", "63"),
        ("青海省 海南藏族自治州", "63"),
        ("  上海", "31"),
        ("杭州市 余杭区", None),
        ("***", None),
        ("", None),
    ],
)
def test_the_province_is_the_one_an_address_begins_with(address: str, code: str | None) -> None:
    assert addresses.province_code(address) == code


def test_there_are_34_provinces_each_with_its_own_code() -> None:
    assert len(addresses.PROVINCES) == len(set(addresses.PROVINCES.values())) == 34
    for name, code in addresses.PROVINCES.items():
        assert addresses.province_code(f"{name} 样例路1号") == code


KEY = addresses.address_key("张三", "13800000000", "广东省 广州市 番禺区 样例大道88号(511400)")


@pytest.mark.parametrize(
    ("receiver", "phone", "address"),
    [
        ("张三", "'13800000000", "广东省广州市番禺区样例大道88号"),
        (" 张 三", "+86 138-0000-0000", "广东省 广州市 番禺区 样例大道８８号（511400）"),
    ],
)
def test_spelling_makes_no_other_receiver(receiver: str, phone: str, address: str) -> None:
    assert addresses.address_key(receiver, phone, address) == KEY


@pytest.mark.parametrize(
    ("receiver", "phone", "address"),
    [
        ("李四", "13800000000", "广东省 广州市 番禺区 样例大道88号(511400)"),
        ("张三", "13800000001", "广东省 广州市 番禺区 样例大道88号(511400)"),
        ("张三", "13800000000", "广东省 广州市 番禺区 样例大道89号(511400)"),
    ],
)
def test_another_name_phone_or_house_is_another_receiver(receiver: str, phone: str, address: str) -> None:
    assert addresses.address_key(receiver, phone, address) != KEY


def test_without_an_address_there_is_no_key() -> None:
    assert addresses.address_key("张三", "13800000000", " ") is None


@given(st.text(), st.text(), st.text())
def test_a_key_is_32_hex_digits_or_nothing(receiver: str, phone: str, address: str) -> None:
    key = addresses.address_key(receiver, phone, address)
    assert key is None or (len(key) == addresses.KEY_CHARS and int(key, 16) >= 0)
