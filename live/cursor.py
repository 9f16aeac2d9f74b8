"""A stream's cursor: the position of every shop of the stream, as opaque text (`architecture.md §2.3`).

Version (1 byte), CRC-32 of what follows (4), then shop (16) and position (8) of each shop in ascending
order; url-safe base64 without padding. The checksum finds damage, it is no signature: a cursor grants
nothing, as the shops that the viewer cannot see are dropped from it.
"""

from __future__ import annotations

import binascii
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SHOPS = 200
"""Shops a stream can have (`architecture.md §2.3`)."""
MAX_POSITION = 2**63 - 1
"""What PostgreSQL's bigint holds."""

_VERSION = 1
_HEAD = struct.Struct(">BI")
_ENTRY = struct.Struct(">16sQ")
_POSITION = struct.Struct(">Q")
_MAX_CHARS = (_HEAD.size + MAX_SHOPS * _ENTRY.size) * 4 // 3 + 1


class BadCursor(ValueError):
    """This is no cursor of ours, or it was damaged: subscribe again without one."""

    code = "BAD_CURSOR"

    def __init__(self) -> None:
        super().__init__("This cursor cannot be read: subscribe again without it.")


class TooManyShops(ValueError):
    """A stream of more shops than it can have; the API refuses this before it comes here."""

    def __init__(self, count: int) -> None:
        super().__init__(f"A stream can have {MAX_SHOPS} shops, not {count}.")


class Vector:
    """The positions of a stream while it moves; packed once, so that `text` is cheap after each event.

    Raises:
        TooManyShops: with more than `MAX_SHOPS` positions.
    """

    def __init__(self, positions: Mapping[UUID, int]) -> None:
        if len(positions) > MAX_SHOPS:
            raise TooManyShops(len(positions))
        shops = sorted((shop_id.bytes, position) for shop_id, position in positions.items())
        self._packed = bytearray(_HEAD.size + len(shops) * _ENTRY.size)
        self._offsets: dict[UUID, int] = {}
        for number, (shop, position) in enumerate(shops):
            offset = _HEAD.size + number * _ENTRY.size
            _ENTRY.pack_into(self._packed, offset, shop, position)
            self._offsets[UUID(bytes=shop)] = offset + 16

    def move(self, shop_id: UUID, position: int) -> None:
        """Set the position of a shop of the vector."""
        _POSITION.pack_into(self._packed, self._offsets[shop_id], position)

    def text(self) -> str:
        """The cursor of the positions as they are now."""
        _HEAD.pack_into(self._packed, 0, _VERSION, _checksum(self._packed))
        return urlsafe_b64encode(self._packed).rstrip(b"=").decode()


def encode(positions: Mapping[UUID, int]) -> str:
    """The cursor of `positions`; raises TooManyShops."""
    return Vector(positions).text()


def encode_packed(entries: bytes) -> str:
    """The cursor of positions that PostgreSQL packed: `uuid_send` and `int8send` of each shop, ascending.

    Raises:
        TooManyShops: with more than `MAX_SHOPS` positions.
    """
    count = len(entries) // _ENTRY.size
    if count > MAX_SHOPS:
        raise TooManyShops(count)
    packed = bytearray(_HEAD.size) + entries
    _HEAD.pack_into(packed, 0, _VERSION, _checksum(packed))
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(text: str) -> dict[UUID, int]:
    """The positions in a cursor.

    Raises:
        BadCursor: where `text` is anything but what `encode` gave.
    """
    if len(text) > _MAX_CHARS:
        raise BadCursor
    try:
        packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        version, checksum = _HEAD.unpack_from(packed)
        entries = list(_ENTRY.iter_unpack(memoryview(packed)[_HEAD.size :]))
    except (ValueError, struct.error):
        raise BadCursor from None
    shops = [shop for shop, _ in entries]
    if version != _VERSION or checksum != _checksum(packed) or shops != sorted(set(shops)):
        raise BadCursor
    positions = {UUID(bytes=shop): position for shop, position in entries}
    # Only one text stands for the same positions: padding, foreign letters, loose bits are refused.
    if max(positions.values(), default=0) > MAX_POSITION or encode(positions) != text:
        raise BadCursor
    return positions


def _checksum(packed: bytes | bytearray) -> int:
    return binascii.crc32(memoryview(packed)[_HEAD.size :], _VERSION)
