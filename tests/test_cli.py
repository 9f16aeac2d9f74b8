"""The command line as a person uses it: one process a command, its words and its exit code."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import jwt
import pytest

import embedded
from embedded import state
from running import contract
from tests import redis_nodes

ROOT = Path(__file__).parents[1]
SHOP = "shp_01900000000070008000000000000001"
KEY = "k3y-of-the-tests-" * 3


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command with only these LANSHOU_ variables set."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("LANSHOU_")}
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *words],
        env={**others, "COLUMNS": "120", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def installation(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The variables of an installation with migrated tables and no shop."""
    return {
        "LANSHOU_DATABASE_URL": database_url,
        "LANSHOU_REDIS_URL": redis_url,
        "LANSHOU_DATA": str(tmp_path / "data"),
        "LANSHOU_JWT_KEY": KEY,
    }


async def make_shop(installation: dict[str, str]) -> None:
    """Make the shop SHOP."""
    connection = await asyncpg.connect(installation["LANSHOU_DATABASE_URL"])
    await connection.execute(
        "INSERT INTO shop (id, name, market, locale, active, created_at)"
        " VALUES ('01900000-0000-7000-8000-000000000001', 'a', 'TMALL', 'zh-CN', true, now())"
    )
    await connection.execute(
        "INSERT INTO shop_stream (shop_id, head, trimmed)"
        " VALUES ('01900000-0000-7000-8000-000000000001', 0, 0)"
    )
    await connection.close()


COMMANDS = [
    *("up", "serve", "worker", "migrate", "demo", "import", "token", "figures", "doctor", "contract"),
    *("export", "evidence", "evidence-verify"),
]


def test_help_lists_every_command_in_a_blink() -> None:
    began = time.monotonic()
    shown = run("--help")
    assert shown.returncode == 0
    assert [command for command in COMMANDS if f" {command} " not in shown.stdout] == []
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "words",
    [
        ["up"],
        ["import", "orders"],
        ["import", "tracking"],
        ["token"],
        ["figures"],
        ["migrate"],
        ["worker"],
        ["export"],
        ["evidence"],
    ],
)
def test_help_teaches_with_an_example(words: list[str]) -> None:
    shown = run(*words, "--help")
    assert "python cli.py" in shown.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["serve"],
        ["worker"],
        ["demo"],
        ["token", "--role", "platform"],
        ["import", "tracking", str(ROOT / "pyproject.toml")],
    ],
)
def test_where_nothing_runs_the_line_says_how_to_start(words: list[str], tmp_path: Path) -> None:
    refused = run(*words, LANSHOU_DATA=str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"nothing runs in {tmp_path}: start it (make run)")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["up"], ["serve"], ["worker"], ["migrate"], ["doctor"], ["token", "--role", "staff"]]
)
def test_a_bad_setting_stops_every_command_with_one_line(words: list[str], tmp_path: Path) -> None:
    refused = run(*words, LANSHOU_DATA=str(tmp_path), LANSHOU_PORT="http")
    assert refused.returncode == 1
    assert refused.stderr == "LANSHOU_PORT is 'http': it must be a whole number from 1 to 65535\n"
    assert refused.stdout == ""


def test_migrate_makes_the_tables_once(empty_database_url: str, tmp_path: Path) -> None:
    first = run("migrate", LANSHOU_DATABASE_URL=empty_database_url, LANSHOU_DATA=str(tmp_path))
    second = run("migrate", LANSHOU_DATABASE_URL=empty_database_url, LANSHOU_DATA=str(tmp_path))
    assert "before there were none" in first.stdout
    assert second.stdout.startswith("The tables are at ")
    assert "before" not in second.stdout


def test_a_token_is_the_last_word_and_says_what_was_asked(installation: dict[str, str]) -> None:
    made = run("token", "--role", "platform", "--subject", "anna", "--ttl", "30m", **installation)
    claims = jwt.decode(made.stdout.split()[-1], KEY, ["HS256"], audience="lanshou", issuer="lanshou")
    assert (claims["role"], claims["sub"]) == ("platform", "anna")
    assert claims["exp"] - claims["iat"] == 30 * 60


async def test_a_staff_token_names_the_shop_and_makes_the_member_it_speaks_for(
    installation: dict[str, str],
) -> None:
    await make_shop(installation)
    made = run("token", "--role", "staff", "--shop", SHOP, "--subject", "li", "--owner", **installation)
    claims = jwt.decode(made.stdout.split()[-1], KEY, ["HS256"], audience="lanshou", issuer="lanshou")
    assert (claims["role"], claims["shops"], claims["owner"]) == ("staff", [SHOP], True)
    connection = await asyncpg.connect(installation["LANSHOU_DATABASE_URL"])
    assert await connection.fetchval("SELECT owner FROM staff_member WHERE subject = 'li'") is True
    await connection.close()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--role", "staff"], "there is no shop here yet"),
        (["--role", "staff", "--shop", "shp_1"], "shp_1 is no shop here"),
        (["--role", "consumer", "--owner"], "--owner goes with --role staff"),
        (["--role", "platform", "--ttl", "soon"], "--ttl: 'soon' is no duration"),
    ],
)
def test_a_token_that_cannot_be_is_refused_in_one_line(
    words: list[str], line: str, installation: dict[str, str]
) -> None:
    refused = run("token", *words, **installation)
    assert refused.returncode == 1
    assert refused.stderr.startswith(line)
    assert refused.stdout == ""


async def test_the_samples_are_taken_in_and_a_second_time_change_nothing(
    installation: dict[str, str],
) -> None:
    await make_shop(installation)
    orders = ["import", "orders", "examples/data/export_order_list.sample.csv", "--shop", SHOP]
    first, second = run(*orders, **installation), run(*orders, **installation)
    assert not re.search(r"\b0 created", first.stdout), first.stdout + first.stderr
    assert re.search(r"\b0 created, 0 updated", second.stdout), second.stdout + second.stderr
    for sample in ("kuaidi100_push.sample.txt", "smartlogistics_push.sample.json"):
        taken = run("import", "tracking", f"examples/data/{sample}", **installation)
        assert not re.search(r"\b0 created", taken.stdout), taken.stdout + taken.stderr


async def test_a_file_that_is_no_export_is_refused_in_one_line(installation: dict[str, str]) -> None:
    await make_shop(installation)
    refused = run("import", "orders", "pyproject.toml", "--shop", SHOP, **installation)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "Traceback" not in refused.stderr


def test_doctor_finds_nothing_wrong_with_a_sound_installation(installation: dict[str, str]) -> None:
    port = str(embedded.server.any_free_port())
    looked = run("doctor", LANSHOU_PORT=port, **installation)
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert "PostgreSQL 18" in looked.stdout
    assert "WRONG" not in looked.stdout


def test_doctor_names_each_thing_that_is_wrong(empty_database_url: str, tmp_path: Path) -> None:
    looked = run(
        "doctor",
        LANSHOU_DATABASE_URL=empty_database_url,
        LANSHOU_REDIS_URL="redis://127.0.0.1:1/0",
        LANSHOU_DATA=str(tmp_path),
        LANSHOU_JWT_KEY="a" * 40,
    )
    assert looked.returncode == 1
    for line in ("tables: at nothing", "Redis does not answer", "tokens: LANSHOU_JWT_KEY is easily guessed"):
        assert f"WRONG {line}" in looked.stdout


def test_doctor_looks_at_each_node_of_a_cluster(
    installation: dict[str, str], cluster_url: str, redis_cluster: redis_nodes.Cluster
) -> None:
    looked = run("doctor", **{**installation, "LANSHOU_REDIS_URL": cluster_url})
    for node in redis_cluster.nodes:
        assert f" on 127.0.0.1:{node.port} answers" in looked.stdout


def test_a_command_finds_what_runs_by_the_data_folder(installation: dict[str, str], tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name, variable in (("postgres", "LANSHOU_DATABASE_URL"), ("redis", "LANSHOU_REDIS_URL")):
        state.record(data, name, {"url": installation[variable], "pid": None})
    (data / "jwt.key").write_text(KEY)
    made = run("token", "--role", "platform", LANSHOU_DATA=str(data))
    assert jwt.decode(made.stdout.split()[-1], KEY, ["HS256"], audience="lanshou")["role"] == "platform"


def test_the_committed_contract_is_what_the_schema_says() -> None:
    assert contract.differences() == []
