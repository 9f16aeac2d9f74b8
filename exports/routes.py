"""The addresses under /exports: what a token shows in the API, it gives here as files."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.errors import NotFound
from exports import comma_separated, keys, lists, packs, pages, words, workbook
from exports.answers import Busy, Download, attachment, refusal
from resolvers import tokens
from resolvers.context import Context
from schema import snapshots
from schema.context import Unauthenticated

if TYPE_CHECKING:
    from starlette.requests import Request

    from resolvers.context import Services

Endpoint = Callable[["Request"], Awaitable[Response]]
LISTS_AT_ONCE = 2
"""Of one process: each holds a connection and a view of the database until its client has read it all."""
WORKBOOK_ROWS = 20_000
"""Rows of a workbook over HTTP: it is made whole before its first byte can go."""
CHUNK_BYTES = 64 * 1024


class Exports:
    """The endpoints of one process."""

    def __init__(self) -> None:
        self._reader: tokens.Reader | None = None
        self._under_way = 0

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/exports/evidence-keys", evidence_keys, methods=["GET"]),
            Route("/exports/evidence/{ticket}.{form}", answering(self.evidence), methods=["GET"]),
            Route("/exports/{name}.{form}", answering(self.listing), methods=["GET"]),
        ]

    async def listing(self, request: Request) -> Response:
        """A list of what the viewer sees: parameters are the fields of its filter, and `locale`."""
        context = self._context(request)
        what, form = lists.LISTS.get(request.path_params["name"]), request.path_params["form"]
        if what is None or form not in {"csv", "xlsx"}:
            raise NotFound("export")
        locale = words.checked(request.query_params.get("locale", words.ZH))
        given = [pair for pair in request.query_params.multi_items() if pair[0] != "locale"]
        wanted = snapshots.input_of(what.takes, given)
        async with AsyncExitStack() as held:
            held.enter_context(self._slot())
            asked = (context, what, wanted, locale)
            size = None
            if form == "xlsx":
                path = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="lanshou-export-"))) / "x"
                await workbook.write(*asked, path, most=WORKBOOK_ROWS)
                size = path.stat().st_size
                chunks, media_type = _read(path), workbook.MEDIA_TYPE
            else:
                chunks, media_type = comma_separated.written(*asked), comma_separated.MEDIA_TYPE
            held.push_async_callback(chunks.aclose)
            # What is refused is refused before the answer begins.
            first = await anext(chunks)
            return Download(_after(first, chunks), held.pop_all(), f"{what.field}.{form}", media_type, size)
        raise AssertionError

    async def evidence(self, request: Request) -> Response:
        """The evidence pack of a ticket: as JSON, or as a page in the language `locale`."""
        context = self._context(request)
        form = request.path_params["form"]
        if form not in {"json", "html"}:
            raise NotFound("export")
        locale = words.checked(request.query_params.get("locale", words.ZH))
        pack = await packs.collected(context, request.path_params["ticket"])
        name = f"evidence-{pack['ticket']['number']}.{form}"
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        if form == "json":
            headers["content-disposition"] = attachment(name)
            return Response(packs.written(pack), headers=headers, media_type="application/json")
        headers["content-disposition"] = attachment(name, inline=True)
        headers["content-security-policy"] = pages.NOTHING_FROM_ELSEWHERE
        page = pages.written(pack, keys.signer(context.services.settings), locale)
        return Response(page, headers=headers, media_type=pages.MEDIA_TYPE)

    def _context(self, request: Request) -> Context:
        services: Services = request.app.state.services
        if self._reader is None:
            self._reader = tokens.Reader(services.settings)
        viewer = self._reader.of_header(request.headers.get("authorization"))
        if viewer is None:
            raise Unauthenticated
        return Context(services, viewer)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """One of the files that are made at once; raises `Busy` where there is none left."""
        if self._under_way >= LISTS_AT_ONCE:
            raise Busy("Other exports are under way: try again in a moment.")
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1


async def evidence_keys(request: Request) -> Response:
    """The public key that evidence packs are signed with, for everybody."""
    services: Services = request.app.state.services
    try:
        return JSONResponse(keys.published(keys.signer(services.settings).public))
    except keys.NoKey as error:
        return refusal(error)


def answering(endpoint: Endpoint) -> Endpoint:
    """The endpoint, whose refusals are answers too."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Exception as error:  # noqa: BLE001 - each is told by its code, and logged where nobody meant it
            return refusal(error)

    return answered


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


async def _read(path: Path) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
