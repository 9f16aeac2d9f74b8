"""What a use case works with: the servers, the rules, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from db.database import Database
    from db.rules import Rules
    from domain.access import Viewer
    from escalation.index import DeadlineIndex
    from live.hints import Hints
    from live.hub import Hub
    from settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What lives as long as the process. `hub` is None where nothing is watched (the command line)."""

    settings: Settings
    database: Database
    index: DeadlineIndex
    hints: Hints
    rules: Rules
    hub: Hub | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The services, and the viewer whom every statement is scoped to."""

    services: Services
    viewer: Viewer

    @property
    def database(self) -> Database:
        """Where the truth is."""
        return self.services.database

    @property
    def rules(self) -> Rules:
        """The numbers of the rules, and exemptions from them."""
        return self.services.rules
