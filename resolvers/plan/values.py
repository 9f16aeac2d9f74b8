"""Instants on their way from a statement to Python: exact to the millisecond, as a JSON number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(sql: str) -> str:
    """The SQL of an instant as milliseconds since 1970; null stays null."""
    return f"(extract(epoch FROM {sql}) * 1000)::bigint"


def instant(value: int | None) -> datetime | None:
    """The instant of `milliseconds`."""
    return None if value is None else _EPOCH + timedelta(milliseconds=value)


def moment(value: int) -> datetime:
    """The instant of `milliseconds` of what is never null."""
    return _EPOCH + timedelta(milliseconds=value)
