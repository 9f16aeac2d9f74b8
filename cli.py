"""The command line: `python cli.py --help`. Each command imports what it needs, so that help is instant."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from embedded.errors import EmbeddedError
from running import commands
from running.errors import StartError
from settings import Settings, SettingsError, parse_duration

Result = TypeVar("Result")

cli = typer.Typer(
    name="lanshou",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help=(
        "Lanshou: urge-pickup tickets with deadlines that always fire.\n\n"
        "Start here: **python cli.py up** runs everything on this machine. The other commands find what runs "
        "by its data folder, LANSHOU_DATA (default .lanshou)."
    ),
    epilog="Settings come from LANSHOU_… variables; docs/operations.md lists them.",
)
importing = typer.Typer(no_args_is_help=True, help="Take in orders or carrier scans from a file.")
cli.add_typer(importing, name="import")
commands.add(cli)


class Role(StrEnum):
    """Whom a token speaks for."""

    CONSUMER = "consumer"
    STAFF = "staff"
    INTEGRATION = "integration"
    PLATFORM = "platform"


class CommandError(Exception):
    """What a command says on its last line before it ends with exit code 1."""


def _settings() -> Settings:
    """Give the settings, completed with the addresses of what runs in the data folder."""
    from running import found

    return found.settings(Settings.read())


@cli.command()
def up(
    *,
    demo: Annotated[
        bool, typer.Option(help="Make demo shops the first time, and let their story go on.")
    ] = True,
) -> None:
    """Run everything here in the foreground: servers, tables, demo, web, worker.

    Where LANSHOU_DATABASE_URL or LANSHOU_REDIS_URL is not set, a private PostgreSQL or Redis is
    started and its data kept in LANSHOU_DATA. Ctrl-C ends all of it; a second start finds it again.

    For example:

    - `python cli.py up`

    - `python cli.py up --no-demo`

    - `LANSHOU_PORT=8100 LANSHOU_DATA=.lanshou-8100 python cli.py up` (a copy beside the first)

    - `LANSHOU_REPLY_WINDOW=20s python cli.py up` (watch complaints being filed)
    """
    from dataclasses import replace

    from running.printer import Printer
    from running.up import up as run

    settings = Settings.read()
    raise typer.Exit(run(replace(settings, demo=settings.demo and demo), Printer()))


@cli.command()
def serve() -> None:
    """Run the web process alone: GraphQL, hooks, console.

    Example: `LANSHOU_WEB_WORKERS=4 python cli.py serve`
    """
    from running import serving

    serving.serve(_settings())


@cli.command()
def worker() -> None:
    """Run one worker alone: it files complaints, sends reminders and webhooks, keeps the index right.

    Any number may run; each deadline is handled once.

    Example: `LANSHOU_WORKER_PORT=8002 python cli.py worker`
    """
    import uvloop

    from escalation import worker as deadlines
    from running import logs, sending

    logs.configure()
    uvloop.run(deadlines.main(_settings(), [sending.sender]))


@cli.command()
def migrate(
    *,
    citus: Annotated[
        bool, typer.Option("--citus", help="Then distribute them by shop over the nodes of a Citus cluster.")
    ] = False,
) -> None:
    """Bring the tables of the database to what this code needs.

    With `--citus`, on the coordinator: hands to Citus what it does not have yet (docs/scale.md).

    Example: `LANSHOU_DATABASE_URL=postgresql://… python cli.py migrate`
    """
    from db import citus as cluster
    from db import migrate as migrations

    settings = Settings.read()
    url = settings.database_url or _settings().database_url or ""
    before, head = migrations.current(url), migrations.head()
    if before != head:
        migrations.upgrade(url)
    typer.echo(
        f"The tables are at {head}" + ("." if before == head else f", before {before or 'there were none'}.")
    )
    if citus:
        try:
            done = asyncio.run(cluster.distribute(url))
        except cluster.CitusError as error:
            raise CommandError(str(error)) from error
        typer.echo(f"Handed to Citus: {', '.join(done)}." if done else "Citus has every table already.")


@cli.command()
def demo() -> None:
    """Make the demo shops, with orders and tickets in every state; never in production.

    `up` does it by itself at the first start. Example: `python cli.py demo`
    """
    import demo as shops

    asyncio.run(shops.seed(_not_in_production(_settings())))
    typer.echo("The demo shops are there.")


@cli.command(hidden=True)
def story() -> None:
    """Let the demo shops live: new orders, scans, urges and replies every minute."""
    import demo as shops
    from running import logs

    logs.configure()
    asyncio.run(shops.story(_not_in_production(_settings())))


@importing.command("orders")
def import_orders(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The seller's export, CSV.")],
    shop: Annotated[str, typer.Option(help="Whose orders they are: a shop's ID, shp_…")],
) -> None:
    """Take in a seller's order export; doing it twice changes nothing.

    Says how many orders were created, updated, unchanged, skipped and refused, and each refused row's
    line and reason.

    Example: `python cli.py import orders examples/data/export_order_list.sample.csv --shop shp_…`
    """
    from running import imports

    settings = _settings()
    with _progress(file) as progress:
        lines = asyncio.run(imports.orders(settings, file, shop, progress))
    typer.echo("\n".join(lines))


@importing.command("tracking")
def import_tracking(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="Kuaidi100 form bodies, one a line, or a smart-logistics JSON array.",
        ),
    ],
) -> None:
    """Take in carrier scans, in the form of the Kuaidi100 or the smart-logistics push.

    Example: `python cli.py import tracking examples/data/kuaidi100_push.sample.txt`
    """
    from running import imports

    settings = _settings()
    with _progress(file) as progress:
        lines = asyncio.run(imports.tracking(settings, file, progress))
    typer.echo("\n".join(lines))


@cli.command()
def token(
    role: Annotated[Role, typer.Option(help="Whom it speaks for.")],
    shop: Annotated[
        list[str] | None, typer.Option(help="A shop's ID, shp_…; repeat it for more. Default: every shop.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="The staff member's or buyer's name. Default: one of the demo.")
    ] = None,
    *,
    owner: Annotated[
        bool, typer.Option("--owner", help="A staff token that may also manage the shop.")
    ] = False,
    ttl: Annotated[str, typer.Option(help="How long it is good: 30m, 1h, 7d.")] = "1h",
) -> None:
    """Print a bearer token, as the last word on standard output.

    In development the staff member it names is made, if there is none.

    For example:

    - `python cli.py token --role staff --shop shp_… --owner`

    - `TOKEN=$(python cli.py token --role consumer --subject buyer-1 | tail -n1 | awk '{print $NF}')`
    """
    from domain.events import ActorKind
    from running import tokens

    try:
        lasts = parse_duration(ttl)
    except ValueError as error:
        raise CommandError(f"--ttl: {error}") from None
    if owner and role is not Role.STAFF:
        raise CommandError("--owner goes with --role staff")
    settings = _settings()
    if settings.jwt_key is None:
        raise CommandError(
            "no key signs tokens here: set LANSHOU_JWT_KEY to the one that the web process has"
        )
    kind = ActorKind(role.upper())
    made = tokens.one(settings, kind, subject, shop or [], owner=owner, ttl=lasts)
    typer.echo(asyncio.run(made))


@cli.command()
def figures(
    shop: Annotated[
        list[str] | None, typer.Option(help="A shop's ID, shp_…; repeat it for more. Default: every shop.")
    ] = None,
) -> None:
    """Make the figures of shops again from their records: for repair; they are kept right by themselves.

    A shop's changes wait meanwhile, some two minutes for a million tickets.

    Example: `python cli.py figures --shop shp_…`
    """
    from running import figures as making

    asyncio.run(making.again(_settings(), shop or [], typer.echo))


@cli.command()
def deadlines(
    ticket: Annotated[
        str | None, typer.Option(help="A ticket's ID, tkt_…: say where it stands, and why.")
    ] = None,
) -> None:
    """Show the deadline index: what waits and since when, who works, each slot. Changes nothing.

    For example:

    - `python cli.py deadlines`

    - `python cli.py deadlines --ticket tkt_…`
    """
    from running import deadlines as shown

    settings = _settings()
    lines = shown.overview(settings) if ticket is None else shown.explained(settings, ticket)
    typer.echo("\n".join(asyncio.run(lines)))


@cli.command()
def doctor() -> None:
    """Look at every connection, version, table and clock; say what is wrong and what to do.

    Ends with exit code 1 where something is wrong. Changes nothing.
    """
    from running import doctor as looking

    findings = looking.run(Settings.read())
    for finding in findings:
        typer.echo(
            f"{typer.style('ok   ', 'green') if finding.ok else typer.style('WRONG', 'red')} {finding.line}"
        )
    if wrong := sum(not finding.ok for finding in findings):
        raise CommandError(f"{wrong} of {len(findings)} checks found something wrong")


@cli.command()
def contract(
    *, check: Annotated[bool, typer.Option("--check", help="Only say whether it is up to date.")] = False
) -> None:
    """Write frontend-contract/schema.graphql, the contract with clients, from the schema."""
    from running import contract as committed

    if not check:
        committed.write()
    elif lines := committed.differences():
        typer.echo("\n".join(lines[:60]))
        raise CommandError("frontend-contract/schema.graphql is not what the schema says: run make contract")


def _not_in_production(settings: Settings) -> Settings:
    if settings.production:
        raise CommandError("demo shops have no place in production (LANSHOU_ENV)")
    return settings


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int], None]]:
    """Show on standard error how far into `file` one is; the block is given what to tell the bytes."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(file.name, total=file.stat().st_size)
        yield lambda read: bar.update(task, completed=read)


def main() -> None:
    """Run the command line; what is wrong is one line on standard error and exit code 1."""
    try:
        cli()
    except (SettingsError, StartError, EmbeddedError, CommandError) as error:
        typer.secho(str(error), err=True, fg="red")
        sys.exit(1)


if __name__ == "__main__":
    main()
