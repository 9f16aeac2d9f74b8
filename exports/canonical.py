"""JSON of which one meaning has one text: the canonical form of RFC 8785, for values without fractions."""

from __future__ import annotations

import json
from typing import Any

LARGEST = 2**53 - 1
"""Beyond it, JSON readers disagree about whole numbers."""


class NotCanonical(ValueError):
    """It is no JSON, or JSON that two readers could understand differently."""


def text(value: object) -> bytes:
    """The canonical text of a value of JSON; keys are ASCII, so their order is that of their bytes.

    Raises:
        NotCanonical: it holds a fraction, or a whole number too large.
    """
    _check(value)
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    ).encode("utf-8", "surrogatepass")


def read(data: bytes) -> Any:  # noqa: ANN401 - JSON
    """The value of a JSON text.

    Raises:
        NotCanonical: it is no JSON, names a key twice, or holds a number with a fraction or exponent.
    """
    try:
        return json.loads(data.decode(), object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse)
    except NotCanonical:
        raise
    except (ValueError, RecursionError):
        raise NotCanonical("it is no JSON in UTF-8") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("it names a key twice")
    return found


def _refuse(number: str) -> object:
    raise NotCanonical(f"it holds the number {number[:40]}")


def _check(value: object) -> None:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, float) or (isinstance(each, int) and abs(each) > LARGEST):
            raise NotCanonical(f"it holds the number {str(each)[:40]}")
