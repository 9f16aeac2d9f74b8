"""The commands that write files for people: lists, and evidence packs with their check."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from running.errors import StartError
from settings import Settings

Output = Annotated[
    Path | None, typer.Option(dir_okay=False, writable=True, help="The file. Default: standard output.")
]


class What(StrEnum):
    """The lists that can be exported."""

    TICKETS = "tickets"
    COMPLAINTS = "complaints"


class ListForm(StrEnum):
    """How a list is written."""

    CSV = "csv"
    XLSX = "xlsx"


class PackForm(StrEnum):
    """How an evidence pack is written."""

    JSON = "json"
    HTML = "html"


class Locale(StrEnum):
    """The language of headings and words."""

    ZH = "zh-CN"
    EN = "en"


def add(cli: typer.Typer) -> None:
    """Make these commands known."""
    cli.command()(export)
    cli.command()(evidence)
    cli.command("evidence-verify")(evidence_verify)


def export(  # noqa: PLR0917 - options
    what: Annotated[What, typer.Argument(help="Which list.")],
    shop: Annotated[str, typer.Option(help="Whose: a shop's ID, shp_…")],
    after: Annotated[
        str | None,
        typer.Option("--from", help="Opened (or filed) at this time or later. A date: from its beginning."),
    ] = None,
    before: Annotated[
        str | None, typer.Option("--to", help="Opened (or filed) before this. A date: before its beginning.")
    ] = None,
    form: Annotated[ListForm, typer.Option("--format", help="csv, or xlsx (needs --output).")] = ListForm.CSV,
    output: Output = None,
    locale: Annotated[Locale, typer.Option(help="The language of headings and words.")] = Locale.ZH,
) -> None:
    """Write a shop's tickets or complaints as a file for spreadsheets, as they stand at one moment.

    Times are of Asia/Shanghai. The memory it takes does not grow with the list.

    For example:

    - `python cli.py export tickets --shop shp_… --from 2026-11-01 --to 2026-12-01 --output november.csv`

    - `python cli.py export complaints --shop shp_… --format xlsx --output complaints.xlsx --locale en`
    """
    from running import exporting

    wanted = exporting.Wanted(
        what=what.value, shop=shop, after=after, before=before, form=form.value, locale=locale.value
    )
    asyncio.run(exporting.write_list(_settings(), wanted, output))


def evidence(
    ticket: Annotated[str, typer.Argument(help="A ticket's ID, tkt_…")],
    form: Annotated[PackForm, typer.Option("--format", help="json, or html to print.")] = PackForm.JSON,
    output: Output = None,
    locale: Annotated[Locale, typer.Option(help="The language of the page.")] = Locale.ZH,
) -> None:
    """Write the evidence pack of a ticket: clock, records, waybills, scans, cards, complaint; signed.

    Example: `python cli.py evidence tkt_… --format html --output evidence.html`
    """
    from running import exporting

    asyncio.run(exporting.write_evidence(_settings(), ticket, form.value, locale.value, output))


def evidence_verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A pack or a page.")],
    key: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="The public keys of who made it, saved from /exports/evidence-keys. Default: the own key.",
        ),
    ] = None,
) -> None:
    """Say whether an evidence pack or page is whole, or what in it was changed (exit code 1).

    Example: `python cli.py evidence-verify evidence.html --key evidence-keys.json`
    """
    from running import exporting, found

    verdict = exporting.verify(found.known(Settings.read()), file, key)
    if not verdict.whole:
        shown = verdict.faults[:_FAULTS_SHOWN]
        more = len(verdict.faults) - len(shown)
        lines = [f"  {fault}" for fault in shown] + ([f"  … and {more} more"] if more else [])
        raise StartError("\n".join([f"{file} is not what was signed:", *lines]))
    typer.echo(f"{file} is whole: nothing was changed since it was signed.")
    for remark in verdict.remarks:
        typer.echo(f"  {remark}")


_FAULTS_SHOWN = 20


def _settings() -> Settings:
    from running import found

    return found.settings(Settings.read())
