"""`docs/reads.md` tells the truth: its diff applies to the source, and the fields it adds are answered."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import orjson

from db.database import Database
from tests.schema.world import furnished

ROOT = Path(__file__).parents[2]
SOURCE = ("db", "domain", "escalation", "live", "policies", "resolvers", "schema", "settings.py")
ASK = """
import asyncio, sys
import orjson
from db.database import Database
from db.rules import Rules
from domain.access import Viewer
from domain.events import ActorKind
from resolvers.context import Services
from schema.build import schema
from schema.context import Asked

async def ask(url, document):
    database = await Database.connect(url)
    context = Asked(Services(None, database, None, None, Rules()), Viewer(ActorKind.PLATFORM, "root"))
    result = await schema.execute(document, context_value=context)
    await database.close()
    print(orjson.dumps([result.data, [error.message for error in result.errors or []]]).decode())

asyncio.run(ask(*sys.argv[1:]))
"""


def example() -> str:
    """The diff of the page."""
    page = (ROOT / "docs" / "reads.md").read_text()
    return page.partition("```diff\n")[2].partition("```")[0]


def copied(to: Path) -> None:
    for name in SOURCE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, to)


def run(command: list[str], folder: Path, given: str = "") -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        input=given,
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_takes_ten_lines() -> None:
    added = [line for line in example().splitlines() if line.startswith("+") and line[1:2] != "+"]
    assert 0 < len(added) <= 10


async def test_what_the_example_declares_is_answered(database_url: str, tmp_path: Path) -> None:
    database = await Database.connect(database_url)
    world = await furnished(database)
    await database.close()
    copied(tmp_path)
    run(["git", "apply", "-"], tmp_path, example())
    ids = world.ours.ids
    document = f'{{ ticket(id: "{ids["Ticket"]}") {{ clockStartedAt parcels {{ id }} }} }}'
    data, errors = orjson.loads(run([sys.executable, "-c", ASK, database_url, document], tmp_path))
    assert errors == []
    assert data["ticket"]["clockStartedAt"].endswith("Z")
    assert ids["Parcel"] in {parcel["id"] for parcel in data["ticket"]["parcels"]}
