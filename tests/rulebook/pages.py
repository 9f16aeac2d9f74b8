"""docs/rulebook.md: each rule of docs/domain.md with the tests that show it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.rulebook.rules import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.rulebook.shown import Test

PAGE = Path(__file__).parents[2] / "docs" / "rulebook.md"
WAITS: Mapping[str, str] = {}
"""Rules that no test shows yet, and why."""
HEAD = """# The rulebook, and where it is shown
Every rule of [domain.md](domain.md) in its order, with the tests that show it: {count} rules, {tests} tests.
Made by `make rulebook` from `tests/rulebook/rules.txt`, which holds every word of that page, and from
`@pytest.mark.rule("§3.7")` on the tests; `make test` fails when a rule has no test, a test names no rule that
there is, or this page is stale.
"""


def render(rules: Mapping[str, str], tests: Sequence[Test]) -> str:
    """The page."""
    return "\n".join([HEAD.format(count=len(rules), tests=len(tests)), *_body(rules, tests)]) + "\n"


def _body(rules: Mapping[str, str], tests: Sequence[Test]) -> Iterator[str]:
    titles = dict(re.findall(r"^## (\d+)\. (.*)$", DOMAIN.read_text("utf-8"), re.MULTILINE))
    section = ""
    for rule, text in rules.items():
        number = rule.removeprefix("§").partition(".")[0]
        if number != section:
            section = number
            yield f"## §{number} {titles[number]}\n"
        yield f"**{rule}** {_plain(text)}\n"
        showing = [test for test in tests if rule in test.rules]
        for test in showing:
            yield f"- [{_title(test.name)}](../{test.path}) `{test.name}`"
        if not showing:
            yield f"- *waits: {WAITS.get(rule, 'nothing shows it')}*"
        yield ""


def _title(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def _plain(text: str) -> str:
    """The rule's words without its layout: cut from a page, its stars and ticks may have lost each other."""
    words = re.sub(r"\*\*|`", "", text).strip(" :;,")
    if words.startswith("|"):
        words = re.sub(r"[\s|]*\|[\s|]*", " · ", re.sub(r"\|-+(?=\|)", "", words).strip(" |"))
    return re.sub(r"([*_<>\[\]])", r"\\\1", words)
