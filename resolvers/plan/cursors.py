"""Cursors that fit only the list they came from: written by PostgreSQL, read and checked here.

Url-safe base64 without padding of a JSON list of texts: what the list is (a digest), the id of the row whose
list it is where there is one, and the sort keys of the row. It is no signature: a cursor grants nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from resolvers.reads.refusals import BadCursor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolvers.plan.declared import Listing

CHARACTERS = 4_000

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,10}(\.\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)


def fingerprint(listing: Listing) -> str:
    """What every cursor of this list, in this order, with this filter begins with."""
    return _digest(listing.about, listing.keys, listing.descending)


@lru_cache(maxsize=1_000)
def _digest(*about: object) -> str:
    text = repr(about)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def sql(listing_mark: str, owner: str | None, keys: Sequence[str]) -> str:
    """The SQL that writes the cursor of a row. `owner`: SQL of the id of the row whose list it is."""
    parts = [
        listing_mark,
        *([] if owner is None else [f"({owner})::text"]),
        *(f"({key})::text" for key in keys),
    ]
    written = f"convert_to(json_build_array({', '.join(parts)})::text, 'UTF8')"
    return f"translate(encode({written}, 'base64'), E'+/=\\n', '-_')"


def decode(listing: Listing, cursor: str, *, owned: bool) -> tuple[UUID | None, list[str]]:
    """The id of the row whose list it is (None unless `owned`), and the sort keys as text.

    Raises:
        BadCursor: it is not one of this list, in this order, with this filter.
    """
    refusal = BadCursor("This cursor is not one of this list, in this order, with this filter.")
    if len(cursor) > CHARACTERS:
        raise refusal
    try:
        parts = orjson.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
    except (ValueError, binascii.Error):
        raise refusal from None
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise refusal
    kinds = ["text", *(["uuid"] if owned else []), *(key.kind for key in listing.keys)]
    if len(parts) != len(kinds) or parts[0] != fingerprint(listing):
        raise refusal
    if not all(_fits(value, kind) for value, kind in zip(parts, kinds, strict=True)):
        raise refusal
    return (UUID(parts[1]), parts[2:]) if owned else (None, parts[1:])


def _fits(value: str, kind: str) -> bool:
    """Whether PostgreSQL will read `value` as a `kind`: a forged cursor is refused, not an error of ours."""
    if kind == "timestamptz":
        return value == "infinity" or (_INSTANT.fullmatch(value) is not None and _is_instant(value))
    if kind == "numeric":
        return _DECIMAL.fullmatch(value) is not None
    if kind == "int":
        return _WHOLE.fullmatch(value) is not None
    if kind == "uuid":
        return _is_uuid(value)
    return "\x00" not in value


def _is_instant(value: str) -> bool:
    try:
        datetime.fromisoformat(value + ":00")
    except ValueError:
        return False
    return True


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
