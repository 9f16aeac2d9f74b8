"""The adapter between the two import commands and `resolvers.imports`."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from db.database import Database
from db.rules import Rules
from domain.access import Viewer
from domain.errors import DomainError
from domain.events import ActorKind
from escalation import index
from integrations.errors import ExportError
from live.hints import Hints
from resolvers import imports
from resolvers.context import Context, Services
from running.errors import StartError
from settings import Settings

FATES = ("CREATED", "UPDATED", "UNCHANGED", "SKIPPED", "REFUSED")
# A file of another year can be refused whole: the first lines say why, the rest would only scroll.
REMARKS_SHOWN = 40
OPERATOR = Viewer(role=ActorKind.PLATFORM, subject="command-line", shop_ids=None)


async def orders(settings: Settings, path: Path, shop: str, progress: Callable[[int], None]) -> list[str]:
    """Import a seller's export into `shop`; give the lines of the report. `progress` takes bytes read.

    Raises:
        StartError: the file is no export, or there is no such shop.
    """
    async with connected(settings) as services:
        with path.open("rb") as stream:
            try:
                report = await imports.import_orders(Context(services, OPERATOR), shop, stream, progress)
            except (ExportError, DomainError) as error:
                raise StartError(f"{path}: {error}") from None
    return _lines(path, "orders", report)


async def tracking(settings: Settings, path: Path, progress: Callable[[int], None]) -> list[str]:
    """Import a file of carrier pushes; give the lines of the report. `progress` takes bytes read."""
    async with connected(settings) as services:
        with path.open("rb") as stream:
            report = await imports.import_tracking(services, stream, progress)
    return _lines(path, "scans", report)


def _lines(path: Path, what: str, report: imports.Report) -> list[str]:
    counted = ", ".join(f"{report.counts[fate]} {fate.lower()}" for fate in FATES)
    lines = [f"{path.name}: {report.counts.total()} {what}: {counted}"]
    for remark in report.remarks[:REMARKS_SHOWN]:
        number = f" {remark.number}" if remark.number else ""
        lines.append(f"  line {remark.line}: {remark.fate.lower()}{number}: {remark.reason}")
    if len(report.remarks) > REMARKS_SHOWN:
        lines.append(f"  … and {len(report.remarks) - REMARKS_SHOWN} more")
    return lines


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Services]:
    """Connect what a use case needs; what it tells the others of (the index, hints) reaches them."""
    database = await Database.connect(settings.database_url or "", max_connections=4)
    client = index.connect(settings.redis_url or "")
    rules = Rules.with_windows(reply=settings.reply_window, pickup=settings.pickup_window)
    try:
        yield Services(settings, database, index.DeadlineIndex(client), Hints(client), rules)
    finally:
        await client.aclose()
        await database.close()
