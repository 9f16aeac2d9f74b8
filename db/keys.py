"""New ids: UUIDv7, made by the application, so that rows written together lie together."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from uuid import UUID

SHANGHAI = ZoneInfo("Asia/Shanghai")
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 and O, no 1, I and L, no U: people read these numbers out on the telephone."""
NUMBER_LETTERS = 10


def new() -> UUID:
    """A UUIDv7."""
    return uuid7()


def ticket_number(now: datetime) -> str:
    """A number people can say: the day in Shanghai and ten letters (49 bits): `T261122-7K3M9QX2AB`."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(NUMBER_LETTERS))
    return f"T{now.astimezone(SHANGHAI):%y%m%d}-{letters}"
