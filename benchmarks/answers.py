"""Whether two servers answered the same: JSON after parsing, instants by their moment, cursors as opaque."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

OPAQUE = frozenset({"cursor", "endCursor", "streamCursor"})
"""Keys whose values are every server's own; equal when both are some text, or both null."""
UNFILLED = "\x00"
"""How a value begins that PostgreSQL left to Python: bare SQL has it where ours has what Python says."""
SHOWN = 20
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)")


class Unequal(Exception):
    """A server answered something else than ours: its times would mean nothing."""

    def __init__(self, who: str, document: str, found: list[str]) -> None:
        lines = [f"{who} answers {document} otherwise than ours, at {len(found)} places:", *found[:SHOWN]]
        super().__init__("\n  ".join(lines))


def differences(ours: Any, theirs: Any, left_out: Collection[str] = ()) -> list[str]:  # noqa: ANN401 - JSON
    """Every place where `theirs` differs, as a line; `left_out`: paths (without indexes) it need not have.

    A path that is left out must really be missing, so that the list says what is so.
    """
    return list(_compare(ours, theirs, "", frozenset(left_out)))


def _compare(ours: Any, theirs: Any, path: str, left_out: frozenset[str]) -> Iterator[str]:  # noqa: ANN401
    if isinstance(theirs, str) and theirs.startswith(UNFILLED):
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        yield from _compare_objects(ours, theirs, path, left_out)
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            yield f"{path}: ours has {len(ours)} entries, theirs {len(theirs)}"
        for one, other in zip(ours, theirs, strict=False):
            yield from _compare(one, other, f"{path}[]", left_out)
    elif not _same(ours, theirs, path.rpartition(".")[2]):
        yield f"{path}: ours {_short(ours)}, theirs {_short(theirs)}"


def _compare_objects(
    ours: dict[str, Any], theirs: dict[str, Any], path: str, left_out: frozenset[str]
) -> Iterator[str]:
    for key in ours.keys() | theirs.keys():
        inner = f"{path}.{key}" if path else key
        if inner in left_out and key not in theirs:
            continue
        if inner in left_out or key not in theirs or key not in ours:
            has = "ours" if key not in theirs else "theirs"
            yield f"{inner}: only {has} has it" if inner not in left_out else f"{inner}: is not left out"
        else:
            yield from _compare(ours[key], theirs[key], inner, left_out)


def _same(ours: Any, theirs: Any, key: str) -> bool:  # noqa: ANN401
    if key in OPAQUE:
        return (ours is None) == (theirs is None) and isinstance(theirs, str | None) and theirs != ""
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    return bool(_value(ours) == _value(theirs))


def _value(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return datetime.fromisoformat(value)
    return value


def _short(value: Any) -> str:  # noqa: ANN401
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
