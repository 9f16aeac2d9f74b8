"""Which fields an operation asks for."""

from collections.abc import Iterable
from typing import Any

from tests.oracle.context import Info


def mentions(info: Info, name: str) -> bool:
    """Whether the selection below this field holds a field of this name, directly or through fragments."""
    return any(_holds(field.selections, name) for field in info.selected_fields)


def _holds(selections: Iterable[Any], name: str) -> bool:
    for selection in selections:
        if getattr(selection, "name", None) == name and hasattr(selection, "arguments"):
            return True
        # Fragments belong to this level; other fields' selections do not.
        if not hasattr(selection, "arguments") and _holds(selection.selections, name):
            return True
    return False
