"""What an address tells without being kept: its province, and a key equal for equal receivers."""

from __future__ import annotations

import hashlib
import re
import unicodedata

KEY_CHARS = 32

# GB/T 2260, the two digits of each province, by the beginning of its name.
PROVINCES = {
    "北京": "11", "天津": "12", "河北": "13", "山西": "14", "内蒙古": "15",
    "辽宁": "21", "吉林": "22", "黑龙江": "23",
    "上海": "31", "江苏": "32", "浙江": "33", "安徽": "34", "福建": "35", "江西": "36", "山东": "37",
    "河南": "41", "湖北": "42", "湖南": "43", "广东": "44", "广西": "45", "海南": "46",
    "重庆": "50", "四川": "51", "贵州": "52", "云南": "53", "西藏": "54",
    "陕西": "61", "甘肃": "62", "青海": "63", "宁夏": "64", "新疆": "65",
    "台湾": "71", "香港": "81", "澳门": "82",
}  # fmt: skip

# Prefectures of Qinghai that begin like another province.
_LOOKALIKES = {"海南藏族": "63", "河南蒙古族": "63"}

_BEGINNING = re.compile(f"(?:中国(?:大陆)?)?({'|'.join([*_LOOKALIKES, *PROVINCES])})")
_POSTCODE = re.compile(r"\(\d{6}\)$", re.ASCII)
_NOT_DIGIT = re.compile(r"\D", re.ASCII)


def _plain(text: str) -> str:
    """Half width, lower case, no spaces: what two spellings of one thing have in common."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def province_code(address: str) -> str | None:
    """The GB/T 2260 province digits of an address that begins with its province, or None."""
    found = _BEGINNING.match(_plain(address))
    if found is None:
        return None
    return _LOOKALIKES.get(found[1]) or PROVINCES[found[1]]


def address_key(receiver: str, phone: str, address: str) -> str | None:
    """32 hex digits, equal where receiver, phone and address are; None without an address (`domain.md §7`).

    Width, case, spaces, a postcode at the end and +86 make no difference. The address cannot be read from it.
    """
    place = _POSTCODE.sub("", _plain(address))
    if not place:
        return None
    digits = _NOT_DIGIT.sub("", unicodedata.normalize("NFKC", phone)).removeprefix("86")
    whole = "\x1f".join((_plain(receiver), digits, place))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_CHARS]
