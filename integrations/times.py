"""Times as Chinese logistics and shop systems write them: local, without a zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

# Asia/Shanghai has had this one offset since 1991, and nothing here is older: no zone database is needed.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_YEARS = range(2000, 2100)

_TIME = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})"
    r"[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


def parse(text: str) -> datetime:
    """The moment in UTC of `2026-11-19 00:25:07` and its kin; without a zone: Asia/Shanghai (`domain.md §8`).

    Takes `/` or `.` in the date, one-digit parts, no seconds (what spreadsheets leave) and ISO 8601 with a
    zone; cut to the millisecond, as everywhere. Raises ValueError for anything else, and for years before
    2000 or after 2099.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        message = f"not a time: {text[:40]!r}"
        raise ValueError(message)
    year, _, month, day, hour, minute, second, fraction, zone = found.groups()
    if int(year) not in _YEARS:
        message = f"not a time of this century: {text[:40]!r}"
        raise ValueError(message)
    micro = int((fraction or "0")[:3].ljust(3, "0")) * 1000
    return datetime(
        int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro, _zone(zone)
    ).astimezone(UTC)


def _zone(text: str | None) -> timezone:
    if text is None:
        return SHANGHAI
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def shown(moment: datetime) -> str:
    """An instant as the API writes it: UTC with milliseconds."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
