"""Carriers by any name, and the look of their waybill numbers (`domain.md §7`)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_NUMBER_CHARS = 40


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier: `code` is ours, `kuaidi100` and `cainiao` are what those two services call it."""

    code: str
    name_zh: str
    name_en: str
    kuaidi100: str
    cainiao: str
    pattern: str


CARRIERS: tuple[Carrier, ...] = (
    Carrier("SF", "顺丰", "SF Express", "shunfeng", "SF", r"^SF[A-Z0-9]\d{12}$"),
    Carrier("YTO", "圆通", "YTO Express", "yuantong", "YTO", r"^YT\d{13}$"),
    Carrier("ZTO", "中通", "ZTO Express", "zhongtong", "ZTO", r"^7[3-68]\d{12}$"),
    Carrier("STO", "申通", "STO Express", "shentong", "STO", r"^(77|43)\d{12,15}$"),
    Carrier("YUNDA", "韵达", "Yunda Express", "yunda", "YUNDA", r"^([34]\d{14}|5\d{12})$"),
    Carrier("JD", "京东", "JD Logistics", "jd", "LE04284890", r"^JD[A-Z0-9]{2}\d{11}$"),
    Carrier("EMS", "EMS", "China Post EMS", "ems", "EMS", r"^([981]\d{12}|P[A-Z]\d{11})$"),
    Carrier("JTSD", "极兔", "J&T Express", "jtexpress", "JTSD", r"^JT\d{13}$"),
    Carrier("DEPPON", "德邦", "Deppon Express", "debangkuaidi", "DBKD", r"^DPK\d{12}$"),
)

# Sellers' exports add one of these. 快运 is missing on purpose: it is another company's freight.
_SUFFIXES = ("快递", "速递", "速运")
# HTKY is what marketplaces still call J&T, from the network it took over.
_OTHER_NAMES = {
    "SF": ("顺丰快件", "顺丰标快", "顺丰特快"),
    "JD": ("京东物流", "JD快递", "JD物流", "JDL", "京东配送"),
    "EMS": ("邮政EMS", "中国邮政EMS", "邮政特快专递", "邮政速递物流", "中国邮政速递物流", "EMS特快专递"),
    "JTSD": ("J&T", "J&T极兔速递", "HTKY"),
    "DEPPON": ("德邦特快", "DEPPON"),
}


def _key(name: str) -> str:
    """A name without what people vary: width, case, spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _names(carrier: Carrier) -> tuple[str, ...]:
    """Every name a carrier is known by."""
    return (
        carrier.code,
        carrier.name_zh,
        carrier.name_en,
        carrier.kuaidi100,
        carrier.cainiao,
        *(carrier.name_zh + suffix for suffix in _SUFFIXES),
        *_OTHER_NAMES.get(carrier.code, ()),
    )


_BY_NAME = {_key(name): carrier for carrier in CARRIERS for name in _names(carrier)}
_PATTERNS = {carrier.code: re.compile(carrier.pattern, re.ASCII) for carrier in CARRIERS}
_PLAUSIBLE = re.compile(rf"[A-Z0-9-]{{1,{MAX_NUMBER_CHARS}}}", re.ASCII)


def find(name: str) -> Carrier | None:
    """The carrier of a code or name, whoever wrote it (ours, Kuaidi100's, Cainiao's, a seller's), or None."""
    return _BY_NAME.get(_key(name))


def canonical(name: str) -> str:
    """Our code of the carrier; an unknown name as it came, without spaces around it (`domain.md §7`)."""
    carrier = find(name)
    return name.strip() if carrier is None else carrier.code


def shown(code: str, locale: str) -> str:
    """The carrier's name in that language; an unknown one's as it is kept."""
    carrier = find(code)
    if carrier is None:
        return code
    return carrier.name_en if locale.lower().startswith("en") else carrier.name_zh


def matches(carrier: str, number: str) -> bool:
    """Whether a number looks like one of the carrier's; True when the carrier is not known.

    Formats of carriers overlap, so False is worth a warning and never a refusal (`domain.md §7`).
    """
    known = find(carrier)
    return known is None or _PATTERNS[known.code].fullmatch(normal_number(number)) is not None


def normal_number(number: str) -> str:
    """A waybill number as it is kept and compared: half width, upper case, no spaces, nothing invisible."""
    half = unicodedata.normalize("NFKC", number)
    visible = "".join(mark for mark in half if not mark.isspace() and unicodedata.category(mark) != "Cf")
    return unicodedata.normalize("NFKC", visible.upper())


def is_plausible(number: str) -> bool:
    """Whether a normalised number can be one at all: 1 to 40 of A–Z, 0–9 and hyphen."""
    return _PLAUSIBLE.fullmatch(number) is not None
