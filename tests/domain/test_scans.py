"""Which scans prove a pickup: every code of the table, and texts on both sides of the border."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import scans

PROVING_CODES = [
    "103",
    "0", "1001", "1002", "1003", "1099",
    "5", "501",
    "3", "301", "302", "303", "304", "399",
    "6", "601", "14",
    "7", "701",
    "8", "801", "10", "11", "12", "13",
    "GOT", "TRANSPORT", "DELIVERING", "SIGN", "sign", " GOT ",
]  # fmt: skip
NEVER_CODES = ["101", "102", "2", "200", "201", "210", "299", "401", "WAIT", "ACCEPT", "accept", " 101 "]
SILENT_CODES = [
    "1", "100", "104", "110", "4", "402", "9", "15", "100x", "10001", "1101", "2001", "3001", "00", "-1",
    "", scans.NO_CODE, "GOTTEN", "AGENT_SIGN", "REJECT", "１０３０",
]  # fmt: skip

PICKED_UP_TEXTS = [
    "已揽收",
    "已揽件",
    "揽收成功",
    "【样例市】快件已揽收",
    "【样例营业部】已揽件，揽件员：张三",
    "[已揽收] 样例市",
    "您的快件揽收成功，将发往下一站",
    "待揽收，已揽收",
    "预计明日送达。快件已揽收",
    "已 揽 收",
    "西安市未央区营业部已揽收",
    "【等驾坡营业部】已揽收",
    "接待中心驿站已揽收",
    "如皋市样例公司已揽收",
    "江苏无锡样例公司已揽收",
    "快件已揽收！感谢您的等待",
]
NOT_PICKED_UP_TEXTS = [
    "",
    "揽收",
    "等待揽收",
    "未揽收",
    "待揽收",
    "待揽件",
    "预计揽收",
    "预计揽收时间 18:00",
    "尚未已揽收",
    "未揽收成功",
    "揽收未成功",
    "没有已揽收的记录",
    "预计今日已揽收",
    "即将揽收成功",
    "等待揽收成功",
    "如已揽收请忽略",
    "若揽收成功，将更新物流信息",
    "请确认是否已揽收",
    "快件已揽收？",
    "揽收成功后将为您更新",
    "已揽收前请勿修改",
    "揽收成功率 99%",
    "已揽收取消",
    "不代表已揽收",
    "尚未【样例市】已揽收",
    "商家已发货，等待快递员上门揽收",
    "【样例市】您的订单已由商家下单，等待揽收",
    "快件已被【样例营业部】揽收",
    "Picked up",
]


@pytest.mark.rule("§8.7")
@pytest.mark.parametrize("text", ["", "等待揽收", "任何文字"])
@pytest.mark.parametrize("code", PROVING_CODES)
def test_a_proving_code_needs_no_text(code: str, text: str) -> None:
    assert scans.proves_pickup(code, text)


@pytest.mark.rule("§8.8")
@pytest.mark.parametrize("text", ["", *PICKED_UP_TEXTS])
@pytest.mark.parametrize("code", NEVER_CODES)
def test_a_code_that_never_proves_wins_over_any_text(code: str, text: str) -> None:
    assert not scans.proves_pickup(code, text)


@pytest.mark.parametrize("code", SILENT_CODES)
def test_any_other_code_leaves_it_to_the_text(code: str) -> None:
    assert not scans.proves_pickup(code, "等待揽收")
    assert scans.proves_pickup(code, "快件已揽收")


@pytest.mark.rule("§8.7")
@pytest.mark.parametrize("text", PICKED_UP_TEXTS)
def test_a_text_that_states_a_pickup_proves_it(text: str) -> None:
    assert scans.proves_pickup("1", text)


@pytest.mark.parametrize("text", NOT_PICKED_UP_TEXTS)
def test_a_text_that_denies_expects_or_asks_proves_nothing(text: str) -> None:
    assert not scans.proves_pickup("1", text)


@pytest.mark.parametrize("code", ["3", "301", "302", "303", "304", "SIGN", "sign"])
def test_signed(code: str) -> None:
    assert scans.proves_signed(code)


@pytest.mark.parametrize(
    "code", ["", "0", "103", "14", "501", "5", "6", "30", "3001", "GOT", "DELIVERING", "1"]
)
def test_not_signed(code: str) -> None:
    assert not scans.proves_signed(code)


@given(st.text(max_size=8), st.text(max_size=200))
def test_what_is_signed_was_picked_up(code: str, text: str) -> None:
    """No code or text, however odd, raises, and a signature always implies the pickup."""
    assert scans.proves_pickup(code, text) or not scans.proves_signed(code)


def test_a_hostile_text_is_judged_in_no_time() -> None:
    assert not scans.proves_pickup("1", "已揽收失败" * 200_000)
    assert not scans.proves_pickup("1", "【" * 1_000_000)


@pytest.mark.rule("§8.11")
def test_the_text_hash_is_the_head_of_the_sha256_of_the_description() -> None:
    scan = scans.Scan("SF", "SF1", datetime(2026, 11, 20, tzinfo=UTC), "103", "已揽收", scans.API)
    assert scan.text_hash == hashlib.sha256("已揽收".encode()).digest()[:16]
