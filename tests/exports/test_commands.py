"""The commands that write files, as a person uses them."""

import asyncio
import csv
import json
from pathlib import Path

import openpyxl
import pytest

from db.database import Database
from exports import keys
from tests.exports.conftest import SECRET
from tests.schema.world import World, furnished
from tests.test_cli import run


@pytest.fixture
def installation(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "LANSHOU_DATABASE_URL": database_url,
        "LANSHOU_REDIS_URL": redis_url,
        "LANSHOU_DATA": str(tmp_path / "data"),
        "LANSHOU_JWT_KEY": "k" * 40,
        "LANSHOU_EVIDENCE_KEY": SECRET,
    }


@pytest.fixture
def filled(database_url: str) -> World:
    async def fill() -> World:
        database = await Database.connect(database_url, max_connections=2)
        try:
            return await furnished(database)
        finally:
            await database.close()

    with asyncio.Runner() as runner:
        return runner.run(fill())


@pytest.mark.rule("§13.9")
def test_tickets_of_a_shop_are_written_for_a_stretch_of_time(
    installation: dict[str, str], filled: World, tmp_path: Path
) -> None:
    shop, output = filled.ours.ids["Shop"], tmp_path / "tickets.csv"
    done = run("export", "tickets", "--shop", shop, "--output", str(output), **installation)
    assert (done.returncode, done.stderr) == (0, "")
    with output.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert {row["店铺"] for row in found} == {filled.ours.shop["name"]}
    assert len(found) == 2
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []
    for given, rows in ((("--from", "2099-01-01"), 0), (("--to", "2099-01-01 08:30"), 2)):
        done = run("export", "tickets", "--shop", shop, *given, "--locale", "en", **installation)
        assert done.stdout.startswith("\ufeffTicket,Shop,")
        assert len(done.stdout.splitlines()) == 1 + rows


@pytest.mark.rule("§13.9")
def test_complaints_are_written_as_a_workbook(
    installation: dict[str, str], filled: World, tmp_path: Path
) -> None:
    output = tmp_path / "complaints.xlsx"
    words = ["export", "complaints", "--shop", filled.ours.ids["Shop"], "--format", "xlsx", "--locale", "en"]
    done = run(*words, "--output", str(output), **installation)
    assert (done.returncode, done.stderr) == (0, "")
    sheet = openpyxl.load_workbook(output).active
    assert sheet is not None
    assert [sheet["A1"].value, sheet["A2"].value] == ["Ticket", filled.ours.ticket["number"]]
    assert sheet.max_row == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["export", "tickets", "--shop", "shp_" + "0" * 32], "is no shop here"),
        (["export", "tickets", "--shop", "{shop}", "--from", "soon"], "is no time"),
        (["export", "tickets", "--shop", "{shop}", "--format", "xlsx"], "needs a file"),
        (["export", "tickets", "--shop", "{shop}", "--output", "/nowhere/x.csv"], "No such file"),
        (["evidence", "tkt_" + "0" * 32], "There is no such ticket"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_no_file(
    installation: dict[str, str], filled: World, words: list[str], said: str, tmp_path: Path
) -> None:
    shop = filled.ours.ids["Shop"]
    done = run(*(word.format(shop=shop) for word in words), **installation)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["json", "html"])
def test_evidence_is_written_and_every_change_of_it_is_told(
    installation: dict[str, str], filled: World, tmp_path: Path, form: str
) -> None:
    output = tmp_path / f"evidence.{form}"
    done = run(
        "evidence", filled.ours.ids["Ticket"], "--format", form, "--output", str(output), **installation
    )
    assert (done.returncode, done.stderr) == (0, "")
    whole = run("evidence-verify", str(output), **installation)
    assert (whole.returncode, whole.stdout.count("is whole")) == (0, 1)
    output.write_text(output.read_text().replace("明天发", "昨天发", 1))
    changed = run("evidence-verify", str(output), **installation)
    assert changed.returncode == 1
    assert ("changed: ticket.records[1]" if form == "json" else "changed: line ") in changed.stderr


def test_who_has_only_the_public_key_can_verify(
    installation: dict[str, str], filled: World, tmp_path: Path
) -> None:
    output, key = tmp_path / "evidence.json", tmp_path / "keys.json"
    run("evidence", filled.ours.ids["Ticket"], "--output", str(output), **installation)
    key.write_text(json.dumps(keys.published(keys.Signer(bytes.fromhex(SECRET)).public)))
    elsewhere = {"LANSHOU_DATA": str(tmp_path / "elsewhere")}
    assert "no key to go by" in run("evidence-verify", str(output), **elsewhere).stderr
    assert run("evidence-verify", str(output), "--key", str(key), **elsewhere).returncode == 0
    assert (
        "no set of public keys"
        in run("evidence-verify", str(output), "--key", str(output), **elsewhere).stderr
    )
    stranger = {**elsewhere, "LANSHOU_EVIDENCE_KEY": "18" * 32}
    assert "none of those trusted" in run("evidence-verify", str(output), **stranger).stderr
