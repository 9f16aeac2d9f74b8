"""How instants and money look to clients."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

FIRST_YEAR = 1970
LAST_YEAR = 2999
MONEY_DIGITS = 10
"""Digits before the point that numeric(12,2) holds."""

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
_MONEY = re.compile(rf"-?\d{{1,{MONEY_DIGITS}}}(?:\.\d{{1,2}})?", re.ASCII)


def parse_instant(value: object) -> datetime:
    """An instant of RFC 3339 text, in UTC, cut to the millisecond; raises GraphQLError for anything else."""
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise GraphQLError("DateTime is RFC 3339 text with an offset, such as 2026-11-22T08:00:00.000Z.")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, zulu, sign, offset_hours, offset_minutes = match.groups()[6:]
    milliseconds = int((fraction or "").ljust(3, "0")[:3])
    offset = timedelta()
    if zulu is None:
        if int(offset_hours) > 23 or int(offset_minutes) > 59:  # noqa: PLR2004 - a clock's
            raise GraphQLError("DateTime has an impossible offset.")
        offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes))
    try:
        local = datetime(year, month, day, hour, minute, second, milliseconds * 1000, UTC)
        instant = local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):
        raise GraphQLError("DateTime is not a moment that exists.") from None
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise GraphQLError(f"DateTime lies between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return instant


def show_instant(value: Any) -> str:  # noqa: ANN401 - graphql-core's serializer
    """UTC with milliseconds, always 24 characters."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise GraphQLError("DateTime cannot show this value.")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def parse_money(value: object) -> Decimal:
    """Yuan of text with at most two digits after the point; raises GraphQLError for anything else."""
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        raise GraphQLError('Money is text with at most two digits after the point, such as "129.00".')
    return Decimal(value).quantize(Decimal("0.01"))


def show_money(value: Any) -> str:  # noqa: ANN401 - graphql-core's serializer
    """Yuan with two digits after the point."""
    if not isinstance(value, Decimal) or not value.is_finite():
        raise GraphQLError("Money cannot show this value.")
    return f"{value:.2f}"


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description=(
            "An instant in UTC, output always with milliseconds: 2026-11-22T08:00:00.000Z; input RFC 3339"
            " with any offset and 0 to 9 fraction digits, cut to the millisecond."
        ),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=show_instant,
        parse_value=parse_instant,
    ),
    Decimal: strawberry.scalar(
        name="Money",
        description='Yuan with two digits after the point, as a string: "129.00".',
        serialize=show_money,
        parse_value=parse_money,
    ),
}
