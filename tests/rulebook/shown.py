"""Which test shows which rule: what stands in `@pytest.mark.rule("§3.7")`, read from the files."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]


class Test(NamedTuple):
    """A test that shows rules; `path` from the root of the project."""

    path: str
    line: int
    name: str
    rules: tuple[str, ...]


def find(folder: Path = TESTS) -> list[Test]:
    """Every test that names a rule, by file and place."""
    found = []
    for path in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        found += [
            Test(path.relative_to(folder.parent).as_posix(), node.lineno, node.name, named)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (named := _named(node))
        ]
    return found


def _named(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    return tuple(
        str(argument.value)
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.rule"
        for argument in mark.args
        if isinstance(argument, ast.Constant)
    )
