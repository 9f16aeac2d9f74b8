"""The words of a shop."""

from __future__ import annotations

from enum import StrEnum

LOCALES = ("zh-CN", "en")


class Market(StrEnum):
    """The marketplace whose rules a shop follows."""

    TAOBAO = "TAOBAO"
    TMALL = "TMALL"
    GENERIC = "GENERIC"
