"""Answers over HTTP: files that come piece by piece, and refusals as the API words them."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING
from urllib.parse import quote

from graphql import GraphQLError
from starlette.responses import JSONResponse, Response, StreamingResponse

from domain.errors import NotFound
from exports.keys import NoKey
from schema import errors

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

log = logging.getLogger(__name__)

READ_WITHIN_S = 60.0
"""How long a client may leave a piece unread: the file's view of the database is kept open for it."""
STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "RATE_LIMITED": 429,
    "UNAVAILABLE": 503,
    "INTERNAL": 500,
}
"""The HTTP status of each code; 400 for any other."""


class Busy(Exception):
    """As many files are being made as this process makes at once."""


class BrokenOff(Exception):
    """A file could not be finished: the connection is dropped, so that nobody takes what came for all."""


class Download(StreamingResponse):
    """A file that comes in pieces. Where it breaks off, so does the connection: it never just ends early.

    Args:
        chunks: The pieces; the first of them was there before the answer began.
        held: What is held until the file is sent, or nobody wants it any more.
        name: What the file is called.
        media_type: What it is.
        size: Its bytes, where they are known before.
    """

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        held: AsyncExitStack,
        name: str,
        media_type: str,
        size: int | None = None,
    ) -> None:
        headers = {"content-disposition": attachment(name), "cache-control": "no-store"}
        if size is not None:
            headers["content-length"] = str(size)
        super().__init__(chunks, headers=headers, media_type=media_type)
        self._held = held
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; to HEAD only what it would be."""
        async with self._held:
            if scope["method"] == "HEAD":
                await Response(headers=dict(self.headers)).__call__(scope, receive, send)
            else:
                await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        """Send it all, or raise `BrokenOff`."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for chunk in self.body_iterator:
                async with asyncio.timeout(READ_WITHIN_S):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except Exception as error:  # noqa: BLE001 - whatever it is, the file is not whole
            # What an exception says may hold what people wrote: only its class and place are logged.
            place = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s broke off: %s\n%s", self._name, type(error).__name__, place)  # noqa: TRY400
            raise BrokenOff(self._name) from None
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def attachment(name: str, *, inline: bool = False) -> str:
    """The Content-Disposition of a file of this name."""
    return f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(name)}"


def refusal(error: Exception) -> Response:
    """Why there is no file, in the words and the shape of the API's errors."""
    told = _told(error)
    code = str((told.extensions or {})["code"])
    headers: Mapping[str, str] = {}
    if code == "UNAUTHENTICATED":
        headers = {"www-authenticate": "Bearer"}
    elif code == "RATE_LIMITED":
        headers = {"retry-after": "10"}
    return JSONResponse({"errors": [told.formatted]}, STATUS.get(code, 400), headers)


def _told(error: Exception) -> GraphQLError:
    match error:
        case NotFound():
            return GraphQLError(str(error), extensions={"code": "NOT_FOUND"})
        case Busy():
            return GraphQLError(str(error), extensions={"code": "RATE_LIMITED"})
        case NoKey():
            return GraphQLError(str(error), extensions={"code": "UNAVAILABLE"})
        case GraphQLError():
            raised = error
        case _:
            raised = GraphQLError("", original_error=error)
    return errors.finished([raised], None)[0]
