"""What resolvers of one operation share: the servers, the viewer, and what is known of the document."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

import strawberry

from domain.access import Viewer
from live.subscriber import Ended
from resolvers.context import Context, Services
from resolvers.plan.cache import Entry


class Unauthenticated(Exception):
    """There is no token, or not a valid one."""


@dataclass
class Asked:
    """The GraphQL context. One a request or socket; `renewed` gives one a operation."""

    services: Services
    viewer: Viewer | None
    connection_params: dict[str, Any] | None = None
    close: Callable[[int, str], None] | None = None
    """Closes the socket with a code and a reason; None where there is no socket."""
    break_off: Callable[[], None] | None = None
    """Has an answer over HTTP end without a last message: its client is to connect again."""
    entry: Entry | None = None
    """What is known of the document."""
    refused_whole: bool = False
    """Whether the operation turned out to be none that one statement answers."""

    @cached_property
    def request_id(self) -> str:
        """What our log calls the operation, made when somebody wants to know it."""
        return uuid4().hex

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

    def ended(self, reason: Ended) -> None:
        """The hub ended the stream: close the socket, even while a send hangs."""
        if self.close is not None:
            self.close(reason.close_code, str(reason))

    async def leave(self, code: int, reason: Exception) -> None:
        """End a stream. A socket is closed; without one, `reason` is the last message, or what drops it.

        A client resumes by its cursor after a close, but takes a completed stream as its end: so on a socket
        this waits, and is cancelled with it; an answer that the hub ended breaks off (`transport.View`).
        """
        if self.close is None:
            if self.break_off is not None and isinstance(reason, Ended):
                self.break_off()
            raise reason
        self.close(code, str(reason) or "Forbidden")
        await asyncio.get_running_loop().create_future()

    def renewed(self) -> "Asked":
        """The same for another operation."""
        return Asked(
            self.services,
            self.viewer,
            self.connection_params,
            close=self.close,
            break_off=self.break_off,
            refused_whole=self.refused_whole,
        )


Info = strawberry.Info[Asked, None]
