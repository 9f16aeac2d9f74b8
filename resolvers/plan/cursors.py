"""Cursors that fit only the list they came from: written by PostgreSQL, read and checked here.

Hexadecimal: what the list is (a digest), the id of the row whose list it is where there is one, and the sort
keys of the row as PostgreSQL sends them, which takes a tenth of writing them as text. It is no signature: a
cursor grants nothing.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from resolvers.reads.refusals import BadCursor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolvers.plan.declared import Key, Listing

CHARACTERS = 4_000
_DIGEST = 8
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""What PostgreSQL counts microseconds from."""
_INFINITY = 2**63 - 1
_MOST_CENTS = 10**12


class _Kind(NamedTuple):
    """How a value of a type is packed, as SQL, and read back as the text of a value: (text, bytes read)."""

    packed: str
    read: Callable[[bytes], tuple[str, int]]


def fingerprint(listing: Listing) -> str:
    """What every cursor of this list, in this order, with this filter begins with."""
    return _digest(listing.about, listing.keys, listing.descending)


@lru_cache(maxsize=1_000)
def _digest(*about: object) -> str:
    text = repr(about)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_DIGEST].hex()


def sql(listing_mark: str, owner: str | None, keys: Sequence[Key]) -> str:
    """The SQL that writes the cursor of a row. `owner`: SQL of the id of the row whose list it is."""
    parts = [] if owner is None else [_KINDS["uuid"].packed.format(owner)]
    parts += [_KINDS[key.kind].packed.format(f"({key.sql})") for key in keys]
    return f"{listing_mark} || encode({' || '.join(parts)}, 'hex')"


def decode(listing: Listing, cursor: str, *, owned: bool) -> tuple[UUID | None, list[str]]:
    """The id of the row whose list it is (None unless `owned`), and the sort keys as text.

    Raises:
        BadCursor: it is not one of this list, in this order, with this filter.
    """
    refusal = BadCursor("This cursor is not one of this list, in this order, with this filter.")
    mark = fingerprint(listing)
    if len(cursor) > CHARACTERS or not cursor.startswith(mark):
        raise refusal
    try:
        packed = bytes.fromhex(cursor)
        place, found = len(mark) // 2, []
        for kind in [*(["uuid"] if owned else []), *(key.kind for key in listing.keys)]:
            text, taken = _KINDS[kind].read(packed[place:])
            found.append(text)
            place += taken
    except (ValueError, OverflowError, struct.error):
        raise refusal from None
    # Only one text stands for the same row.
    if place != len(packed) or packed.hex() != cursor:
        raise refusal
    return (UUID(found[0]), found[1:]) if owned else (None, found)


def _read_instant(packed: bytes) -> tuple[str, int]:
    (microseconds,) = struct.unpack_from(">q", packed)
    if microseconds == _INFINITY:
        return "infinity", 8
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat(), 8


def _read_money(packed: bytes) -> tuple[str, int]:
    (cents,) = struct.unpack_from(">q", packed)
    if abs(cents) >= _MOST_CENTS:
        raise ValueError(cents)
    return str(Decimal(cents).scaleb(-2)), 8


def _read_whole(packed: bytes) -> tuple[str, int]:
    return str(struct.unpack_from(">i", packed)[0]), 4


def _read_uuid(packed: bytes) -> tuple[str, int]:
    return str(UUID(bytes=packed[:16])), 16


def _read_text(packed: bytes) -> tuple[str, int]:
    (size,) = struct.unpack_from(">i", packed)
    text = packed[4 : 4 + size].decode()
    if size != len(packed[4 : 4 + size]) or "\x00" in text:
        raise ValueError(size)
    return text, 4 + size


_KINDS = {
    "timestamptz": _Kind("timestamptz_send({0})", _read_instant),
    "uuid": _Kind("uuid_send({0})", _read_uuid),
    "int": _Kind("int4send({0})", _read_whole),
    # Money, exact to its two digits.
    "numeric": _Kind("int8send(({0} * 100)::bigint)", _read_money),
    "text": _Kind("int4send(octet_length({0})) || convert_to({0}, 'UTF8')", _read_text),
}
