"""What resolvers of one operation share: the servers, the viewer, and the reads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import strawberry

from domain.access import Viewer
from resolvers.context import Context, Services
from resolvers.reads.reads import Reads


class Unauthenticated(Exception):
    """There is no token, or not a valid one."""


def _stays_open(code: int, reason: str) -> None:
    """A plain HTTP answer ends by itself."""


@dataclass
class Asked:
    """The GraphQL context. One a request or socket; `renewed` gives one a operation."""

    services: Services
    viewer: Viewer | None
    connection_params: dict[str, Any] | None = None
    request_id: str = field(default_factory=lambda: uuid4().hex)
    end: Callable[[int, str], None] = _stays_open
    """Ends the connection with a close code and a reason; does nothing where there is no socket."""
    _reads: Reads | None = None

    @property
    def context(self) -> Context:
        """The use cases' context; raises `Unauthenticated` when nobody in particular asks."""
        if self.viewer is None:
            raise Unauthenticated
        return Context(self.services, self.viewer)

    @property
    def expires_at(self) -> datetime | None:
        """When the viewer's token ends."""
        return None if self.viewer is None else self.viewer.expires_at

    @property
    def reads(self) -> Reads:
        """The operation's reads; raises `Unauthenticated` when nobody in particular asks."""
        if self._reads is None:
            self._reads = Reads(self.context)
        return self._reads

    def forget(self) -> None:
        """Begin anew: what is read from here on is as it stands now (after a write, at each event)."""
        self._reads = None

    def renewed(self) -> "Asked":
        """The same for another operation."""
        return Asked(self.services, self.viewer, self.connection_params, end=self.end)


Info = strawberry.Info[Asked, None]
