"""The committed contract, frontend-contract/schema.graphql, which is the schema's own text."""

import difflib
from pathlib import Path

FILE = Path(__file__).parents[1] / "frontend-contract" / "schema.graphql"


def write() -> None:
    """Write the contract anew."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(_text())


def differences() -> list[str]:
    """Give the lines in which the committed contract and the schema differ; none when they agree."""
    committed = FILE.read_text() if FILE.exists() else ""
    return list(
        difflib.unified_diff(
            committed.splitlines(),
            _text().splitlines(),
            "frontend-contract/schema.graphql",
            "the schema",
            "",
            "",
            1,
            "",
        )
    )


def _text() -> str:
    from schema import build  # noqa: PLC0415  (half a second, wanted here only)

    return build.sdl().rstrip() + "\n"
