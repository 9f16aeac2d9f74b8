"""The sender of webhooks as the worker's process starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.webhooks import Reach
from integrations.posting import Poster
from integrations.sender import Sender

if TYPE_CHECKING:
    from db.rules import Rules
    from settings import Settings


def sender(settings: Settings, rules: Rules) -> Sender:
    """A sender on the database of these settings."""
    if settings.database_url is None:
        raise ValueError("a sender needs LANSHOU_DATABASE_URL")
    return Sender(settings.database_url, Poster(Reach(loopback=settings.webhooks_to_loopback)), rules)
