"""Every statement in the code of the product: constants, what functions write out, and what builders make.

A constant counts when a function names it; one that is only a part of others does not. A function that puts
SQL together in any other way must be known here, with what it makes.
"""

from __future__ import annotations

import ast
import importlib
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import SQLModel

from db import changes, rows, tickets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
FOLDERS = ("db", "escalation", "live", "resolvers", "schema", "integrations", "running")
FILES = ("app.py", "cli.py")
BUILDERS = {
    "db/rows.py:insert_new": "rows.insertion, and ON CONFLICT",
    "db/rows.py:insertion": "for each table",
    "db/rows.py:_update": "for each table",
    "db/tickets.py:_statement": "with and without changes",
    "db/scans.py:lock_and_join": "rows.insertion, after locks of no table",
    "resolvers/reads/shops.py:seen": "recorded",
    "resolvers/reads/shops.py:market_and_locale": "recorded",
    "resolvers/reads/live.py:clocks": "recorded",
}
"""Functions that put statements together."""
PLANS = ("resolvers/plan/", "resolvers/reads/")
"""Parts of plans, which are recorded whole."""
OUTSIDE = ("db/migrations/", "db/citus.py")
"""Not sent while the product serves."""
_SQL = re.compile(r"\s*(SELECT|WITH|INSERT INTO|UPDATE|DELETE FROM)\s")


@dataclass
class Found:
    """The statements by where they stand, and functions that make others that nobody knows of."""

    statements: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


@cache
def found() -> Found:
    """All of the product."""
    all_of = Found()
    for path in _files():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(OUTSIDE):
            continue
        module = importlib.import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        _read(all_of, name, ast.parse(path.read_text("utf-8")), module)
    all_of.statements.update(built())
    return all_of


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield from (ROOT / name for name in FILES)


def _read(into: Found, name: str, tree: ast.Module, module: ModuleType) -> None:
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    named = {
        each.id
        for function in functions
        for statement in function.body
        for each in ast.walk(statement)
        if isinstance(each, ast.Name)
    }
    for constant, value in vars(module).items():
        if constant in named and _defined_here(constant, tree):
            for place, text in _texts(f"{name}:{constant}", value):
                into.statements[place] = text
    for function in functions:
        place = f"{name}:{function.name}"
        if place in BUILDERS or name.startswith(PLANS):
            continue
        for text in _written(function, module):
            if text is None:
                into.unknown.append(place)
            else:
                into.statements[f"{place}, {text.split()[0]}"] = text


def _defined_here(constant: str, tree: ast.Module) -> bool:
    targets = [
        target
        for each in tree.body
        if isinstance(each, ast.Assign | ast.AnnAssign)
        for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
    ]
    return any(isinstance(target, ast.Name) and target.id == constant for target in targets)


def _texts(place: str, value: object) -> Iterator[tuple[str, str]]:
    """The statements of a constant: itself, or those in it."""
    if isinstance(value, str) and _SQL.match(value):
        yield place, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(f"{place}[{key}]", each)
    elif isinstance(value, tuple | list):
        for number, each in enumerate(value):
            yield from _texts(f"{place}[{number}]", each)


def _written(function: ast.FunctionDef | ast.AsyncFunctionDef, module: ModuleType) -> Iterator[str | None]:
    """What a function writes out itself; None for what cannot be told without running it."""
    parts: set[int] = set()
    for each in ast.walk(function):
        if isinstance(each, ast.JoinedStr):
            parts |= {id(part) for part in ast.walk(each)} - {id(each)}
    for each in ast.walk(function):
        if id(each) in parts or not isinstance(each, ast.Constant | ast.JoinedStr):
            continue
        start = each.values[0] if isinstance(each, ast.JoinedStr) else each
        text = start.value if isinstance(start, ast.Constant) else _value(start, module)
        if isinstance(text, str) and _SQL.match(text):
            whole = _value(each, module)
            yield whole if whole is None or isinstance(whole, str) else None


def _value(node: ast.expr, module: ModuleType) -> object:
    """The value of an expression over a module's constants; None when it has others."""
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    try:
        return eval(compile(ast.Expression(inner), module.__name__, "eval"), dict(vars(module)))  # noqa: S307
    except Exception:  # noqa: BLE001 - whatever it is, the value is not a constant's
        return None


def built() -> dict[str, str]:
    """What the builders make for each table."""
    made = {}
    columns = {
        table.name: tuple(each.name for each in table.columns if each.computed is None)
        for table in SQLModel.metadata.tables.values()
    }
    for table, names in columns.items():
        made[f"rows.insertion({table})"] = rows.insertion(table, names)
        made[f"rows.insert_new({table})"] = (
            f"{rows.insertion(table, names)} ON CONFLICT DO NOTHING RETURNING 1"
        )
        if {"shop_id", "id"} <= set(names):
            made[f"rows.update({table})"] = rows._update(table, names)
    hanging = tuple((table, columns[table]) for table in ("ticket", *changes.TABLES))
    made["tickets.write(changed)"] = tickets._statement(changes=True, shapes=hanging)
    made["tickets.write(new)"] = tickets._statement(changes=False, shapes=hanging)
    return made
