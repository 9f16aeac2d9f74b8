"""The house rules that a reader would otherwise have to check: who imports whom, and how long things are."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ["domain", "db", "escalation", "live", "integrations", "resolvers", "schema"]
# Who puts the layers together: they may import what they start.
TOP = ["app", "cli", "running", "demo", "exports"]
OURS = {*LAYERS, *TOP, "embedded", "settings"}

# architecture.md §1; "settings" holds values only and stands beside the table, like the standard library.
MAY: dict[str, set[str]] = {
    "domain": set(),
    "db": {"domain"},
    "escalation": {"domain", "db", "live", "settings"},
    "live": {"domain", "db", "settings"},
    "integrations": {"domain", "db", "settings"},
    "resolvers": {"domain", "db", "escalation", "live", "integrations", "settings"},
    # db.database for the errors that become UNAVAILABLE, and to name the type of a connection.
    "schema": {"domain", "db.tables", "db.database", "live", "resolvers", "settings"},
    "exports": {"domain", "resolvers", "schema", "settings"},
    "embedded": set(),
    "settings": set(),
    "running": {*LAYERS, "exports", "embedded", "settings", "demo"},
    "cli": {*LAYERS, "embedded", "settings", "demo", "running"},
    "app": {*LAYERS, "exports", "settings"},
    "demo": {*LAYERS, "settings"},
}
# Each library and where it may be used; one that is not here may be used nowhere.
HOME: dict[str, set[str]] = {
    "alembic": {"db"},
    # Outside db only its errors are used: they say that PostgreSQL is away.
    "asyncpg": {"db", "running", "escalation", "live", "demo"},
    "sqlalchemy": {"db", "resolvers/plan"},
    # A table's class is a value to whoever reads rows for the types of the schema.
    "sqlmodel": {"db", "resolvers/reads", "schema/types"},
    "redis": {"escalation", "live", "running"},
    "httpx": {"integrations"},
    "standardwebhooks": {"integrations"},
    "orjson": {"db", "live", "resolvers", "schema", "demo"},
    "uuid_utils": {"db"},
    "jsonschema": {"resolvers"},
    "jwt": {"resolvers"},
    "graphql": {"schema", "resolvers/plan", "exports/answers"},
    "strawberry": {"schema"},
    "starlette": {"schema", "app", "exports"},
    "typer": {"cli", "running/commands"},
    "cryptography": {"exports"},
    "xlsxwriter": {"exports"},
    "granian": {"running"},
    "uvloop": {"cli"},
    "rich": {"running", "cli"},
    "psutil": {"embedded", "running"},
}
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def files() -> list[Path]:
    """Every Python file of the product."""
    found = [ROOT / f"{name}.py" for name in OURS] + [
        path for name in OURS for path in (ROOT / name).rglob("*.py")
    ]
    return sorted(path for path in found if path.exists())


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, also inside functions: ``from db import tickets`` gives db.tickets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def imports_for_types(tree: ast.AST) -> set[str]:
    """What stands under ``if TYPE_CHECKING:``: a library's type may be named where it may not be used."""
    return {
        module
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in node.body
        for module in imports(inner)
    }


def breaches(path: Path) -> list[str]:
    """What a file imports and may not."""
    where = path.relative_to(ROOT).with_suffix("").as_posix()
    part = where.split("/")[0]
    tree = ast.parse(path.read_text())
    types_only = imports_for_types(tree)
    found = []
    for module in imports(tree):
        top = module.split(".")[0]
        if top in sys.stdlib_module_names or top == part:
            continue
        if top in OURS:
            allowed = any(f"{module}.".startswith(f"{each}.") for each in MAY[part])
        else:
            at_home = any(f"{where}/".startswith(f"{home}/") for home in HOME.get(top, set()))
            allowed = at_home or module in types_only
        if not allowed:
            found.append(f"{path.relative_to(ROOT)} imports {module}")
    return found


def test_each_file_imports_only_what_its_layer_may() -> None:
    assert [breach for path in files() for breach in breaches(path)] == []


def test_the_check_sees_a_breach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The known-bad control: what the table forbids is found, inside a function too."""
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "domain").mkdir()
    bad = tmp_path / "domain" / "ticket.py"
    lines = ["import json", "from domain import sla", "def f():", " from db import tickets", " import redis"]
    bad.write_text("\n".join(lines))
    assert breaches(bad) == ["domain/ticket.py imports db.tickets", "domain/ticket.py imports redis"]


def test_only_settings_reads_the_environment() -> None:
    readers = [path for path in files() if "getenv" in path.read_text()]
    users = []
    for path in files():
        nodes = ast.walk(ast.parse(path.read_text()))
        if any(isinstance(node, ast.Attribute) and node.attr == "environ" for node in nodes):
            users.append(path.relative_to(ROOT).as_posix())
    assert readers == []
    # One writes it, for Granian's workers; one reads other processes' (psutil).
    assert sorted(users) == ["running/child.py", "running/serving.py", "settings.py"]


def test_no_file_and_no_function_is_too_long_to_be_read_at_once() -> None:
    long = []
    # A migration is a list of tables, made once.
    ours = [path for path in files() if "versions" not in path.parts]
    for path in [
        *ours,
        *(each for top in ("tests", "benchmarks") for each in sorted((ROOT / top).rglob("*.py"))),
    ]:
        if "node_modules" in path.parts:
            continue
        text = path.read_text()
        if (lines := len(text.splitlines())) > LONGEST_FILE:
            long.append(f"{path.relative_to(ROOT)}: {lines} lines")
        long += [
            f"{path.relative_to(ROOT)}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.end_lineno is not None
            and node.end_lineno - node.lineno >= LONGEST_FUNCTION
        ]
    assert long == []
