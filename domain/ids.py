"""Public ids: a prefix for the type and the UUID's 32 hex digits, such as `tkt_0193…`."""

from __future__ import annotations

import re
from enum import StrEnum
from uuid import UUID

PATTERN = re.compile(r"([a-z]{3})_([0-9a-f]{32})")


class IdKind(StrEnum):
    """The types that have public ids, by their prefix."""

    SHOP = "shp"
    STAFF_MEMBER = "stf"
    ORDER = "ord"
    PARCEL = "pcl"
    TRACKING_EVENT = "trk"
    TICKET = "tkt"
    FOLLOW_UP_RECORD = "rec"
    CONSUMER_CARD = "crd"
    COMPLAINT = "cmp"
    EXEMPTION = "exm"
    REPLY_TEMPLATE = "tpl"
    WEBHOOK = "whk"
    WEBHOOK_DELIVERY = "dlv"


def encode(kind: IdKind, value: UUID) -> str:
    """The public id of `value`."""
    return f"{kind.value}_{value.hex}"


def decode(text: str) -> tuple[IdKind, UUID] | None:
    """Kind and UUID of a public id; None when `text` is none of ours."""
    match = PATTERN.fullmatch(text)
    if match is None:
        return None
    try:
        return IdKind(match[1]), UUID(hex=match[2])
    except ValueError:
        return None


def decode_as(kind: IdKind, text: str) -> UUID | None:
    """The UUID of a public id of this kind; None when it is of another kind or none at all."""
    found = decode(text)
    return found[1] if found is not None and found[0] is kind else None
