"""The adapter between the commands that write files and `exports`: the operator sees every shop."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from domain.errors import DomainError
from exports import comma_separated, keys, lists, packs, pages, workbook
from integrations import times
from resolvers.context import Context
from resolvers.reads import shops
from resolvers.reads.refusals import ReadRefused
from running import imports
from running.errors import StartError

if TYPE_CHECKING:
    from exports.seals import Verdict
    from settings import Settings

BETWEEN = {"tickets": ("openedAfter", "openedBefore"), "complaints": ("filedAfter", "filedBefore")}
"""The fields of a list's filter that its time is in: included, not included."""
REFUSED = (ReadRefused, DomainError, keys.NoKey, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be exported: `after` and `before` are times or dates, as people write them."""

    what: str
    shop: str
    after: str | None
    before: str | None
    form: str
    locale: str


async def write_list(settings: Settings, wanted: Wanted, output: Path | None) -> None:
    """Write a list of a shop to `output`, or to standard output; a file is there whole, or not at all.

    Raises:
        StartError: there is no such shop, a time is none, or the file cannot be written.
    """
    what, found = lists.LISTS[wanted.what], {"shopIds": [wanted.shop], **_between(wanted)}
    async with _operator(settings) as context:
        if not await shops.seen(context, [wanted.shop]):
            raise StartError(f"{wanted.shop} is no shop here")
        if wanted.form == "xlsx":
            if output is None:
                raise StartError("a workbook needs a file: --output FILE")
            with _whole(output) as path:
                await workbook.write(context, what, found, wanted.locale, path)
            return
        with _opened(output) as file:
            async for chunk in comma_separated.written(context, what, found, wanted.locale):
                file.write(chunk)


async def write_evidence(
    settings: Settings, ticket: str, form: str, locale: str, output: Path | None
) -> None:
    """Write the evidence pack of a ticket to `output`, or to standard output.

    Raises:
        StartError: there is no such ticket, no key signs, or the file cannot be written.
    """
    async with _operator(settings) as context:
        pack = await packs.collected(context, ticket)
    data = packs.written(pack) if form == "json" else pages.written(pack, keys.signer(settings), locale)
    with _opened(output) as file:
        file.write(data)


def verify(settings: Settings, path: Path, key: Path | None) -> Verdict:
    """Whether an evidence pack or page is whole, by the keys of the file `key` or by the one that signs here.

    Raises:
        StartError: the file of keys is none, or there is no key to go by.
    """
    if key is not None:
        try:
            known = keys.read(key.read_bytes())
        except ValueError as error:
            raise StartError(f"{key}: {error}") from None
    else:
        try:
            public = keys.signer(settings).public
        except keys.NoKey:
            raise StartError(
                "no key to go by: save /exports/evidence-keys of who made it, and name that file with --key"
            ) from None
        known = {keys.key_id(public): public}
    data = path.read_bytes()
    return pages.verified(data, known) if data.lstrip().startswith(b"<") else packs.verified(data, known)


def _between(wanted: Wanted) -> dict[str, str]:
    given = zip(BETWEEN[wanted.what], (wanted.after, wanted.before), strict=True)
    return {field: _instant(text) for field, text in given if text is not None}


def _instant(text: str) -> str:
    try:
        # A date stands for its beginning.
        moment = times.parse(text if ":" in text else f"{text.strip()} 00:00")
    except ValueError:
        raise StartError(f"{text!r} is no time: write it like 2026-11-01 or 2026-11-01 08:30") from None
    return times.shown(moment)


@asynccontextmanager
async def _operator(settings: Settings) -> AsyncIterator[Context]:
    async with imports.connected(settings) as services:
        try:
            yield Context(services, imports.OPERATOR)
        except REFUSED as error:
            raise StartError(str(error)) from None


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        return
    with _whole(output) as path, path.open("wb") as file:
        yield file


@contextmanager
def _whole(output: Path) -> Iterator[Path]:
    """A file beside `output` that takes its place when the block ends well, and is gone when it does not."""
    part = output.with_name(f".{output.name}.part")
    try:
        yield part
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
