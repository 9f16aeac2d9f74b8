"""What a read refuses; each carries the code that clients see in `extensions.code`."""

from __future__ import annotations

from typing import ClassVar

from db import database

AWAY = (*database.AWAY, TimeoutError)
"""What a read or write raises while PostgreSQL cannot be reached."""


class ReadRefused(Exception):
    """A read that is not answered; the message is for the client."""

    code: ClassVar[str] = "BAD_USER_INPUT"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadInput(ReadRefused):
    """An argument cannot be used."""


class BadCursor(ReadRefused):
    """A cursor that is not one of this list in this order with this filter."""

    code = "BAD_CURSOR"


class TooMuch(ReadRefused):
    """More was asked for than one answer may hold."""

    code = "LIMIT"
