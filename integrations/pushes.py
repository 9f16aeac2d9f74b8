"""What the carrier pushes have in common: scans, faulty rows, and the reading of a field."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain import carriers
from integrations import errors, texts

if TYPE_CHECKING:
    from domain.scans import Scan

MAX_CODE_CHARS = 40
MAX_CARRIER_CHARS = 64
MAX_DESCRIPTION_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that was left out: its 0-based place in the push, and why."""

    index: int
    message: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A push that was read: good rows as scans, in the order of the push, and the faulty ones."""

    scans: tuple[Scan, ...]
    problems: tuple[RowProblem, ...] = ()


def decode(document: str | bytes) -> object:
    """The JSON value of a document; raises `PushError` if it is none, or nested beyond reason."""
    try:
        value: object = json.loads(document)
    except (ValueError, RecursionError) as error:
        message = "not a JSON document"
        raise errors.PushError(message) from error
    return value


def field(row: dict[str, object], name: str, *, max_chars: int) -> str:
    """A field as text, numbers included; empty if it is absent, null or not a scalar."""
    value = row.get(name)
    if isinstance(value, str):
        return texts.storable(value, max_chars=max_chars)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)[:max_chars]
    return ""


def waybill(row: dict[str, object], *, carrier: str, number: str) -> tuple[str, str]:
    """Carrier and normalised number of a row, from the fields named; raises ValueError if unusable."""
    name = carriers.canonical(field(row, carrier, max_chars=MAX_CARRIER_CHARS))
    digits = carriers.normal_number(field(row, number, max_chars=4 * carriers.MAX_NUMBER_CHARS))
    if not name:
        message = f"no carrier in {carrier!r}"
        raise ValueError(message)
    if not carriers.is_plausible(digits):
        message = f"no waybill number in {number!r}"
        raise ValueError(message)
    return name, digits
