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

from db import changes, orders, rows, tickets
from db.sharding import FLEET_WIDE
from tests.sharding.sources import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
FOLDERS = ("db", "escalation", "live", "resolvers", "schema", "integrations", "exports", "running")
FILES = ("app.py", "cli.py")
BUILDERS = {
    "db/rows.py:insert_new": "rows.insertion, and ON CONFLICT",
    "db/rows.py:insertion": "for each table",
    "db/rows.py:_update": "for each table",
    "db/tickets.py:_statement": "with and without changes",
    "db/orders.py:insert": "with the count of paid orders",
    "db/refill.py:sum_up": "for each table of sums; its constants stand by themselves",
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
        each.id for function in functions for each in _outside_texts(function) if isinstance(each, ast.Name)
    }
    for constant, value in vars(module).items():
        if constant in named and _defined_here(constant, tree):
            for place, text in _texts(f"{name}:{constant}", value):
                into.statements[place] = text
    for function in functions:
        place = f"{name}:{function.name}"
        if place in BUILDERS or name.startswith(PLANS):
            continue
        for number, written in enumerate(_written(function, module), 1):
            if written is None:
                into.unknown.append(place)
            else:
                into.statements[f"{place}, {number}"] = written


def _outside_texts(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without what it puts into texts: those are looked at whole."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.JoinedStr):
            yield child
            yield from _outside_texts(child)


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
    for changed in (True, False):
        for telling in (True, False):
            name = f"tickets.write({'changed' if changed else 'new'}{', told' if telling else ''})"
            made[name] = tickets._statement(hanging, changes=changed, telling=telling)
    new_orders = f"{rows.insertion('orders', columns['orders'])} RETURNING shop_id, paid_at, 1 AS orders"
    made["orders.insert"] = f"WITH new AS ({new_orders}) {orders._COUNTED}"
    for table in ("figure_sum", "figure_time", "paid_day"):
        made[f"refill.sum_up({table})"] = f"DELETE FROM {table} WHERE shop_id = $1"
    return made


def marked() -> dict[str, list[str]]:
    """The files in which each word of a mark stands."""
    places: dict[str, set[str]] = {}
    for path in _files():
        name = path.relative_to(ROOT).as_posix()
        for match in MARK.finditer(path.read_text("utf-8")):
            if match.start() and name != "db/sharding.py":
                places.setdefault(match[1], set()).add(name)
    return {word: sorted(files) for word, files in sorted(places.items())}


def table() -> str:
    """The fleet-wide statements as docs/scale.md lists them."""
    lines = ["| mark | why every shop is asked | how often | where |", "|---|---|---|---|"]
    for word, files in marked().items():
        said = FLEET_WIDE[word]
        lines.append(
            f"| `{word}` | {said.reason} | {said.often} | {', '.join(f'`{each}`' for each in files)} |"
        )
    return "\n".join(lines)
