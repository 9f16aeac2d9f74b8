"""Every rule is shown by a test, every named rule is one, and the page says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rulebook import pages, rules, shown

if TYPE_CHECKING:
    from pathlib import Path


def test_the_rules_hold_every_word_of_the_domain_in_its_order() -> None:
    """So a sentence that is added to the page has to become a rule, or be called prose."""
    texts = [line.text for line in rules.lines(rules.RULES.read_text("utf-8"))]
    assert rules.words("".join(texts)) == rules.words(rules.DOMAIN.read_text("utf-8"))


def test_ids_are_used_once_in_the_order_of_their_sections() -> None:
    found = [line.id for line in rules.lines(rules.RULES.read_text("utf-8")) if line.id is not None]
    assert len(set(found)) == len(found)
    sections = [int(rule.removeprefix("§").partition(".")[0]) for rule in found]
    assert sections == sorted(sections)
    assert set(sections) == set(range(1, 15))


def test_every_rule_is_shown_by_a_test() -> None:
    """Or waits for what is being built, with the reason."""
    named = {rule for test in shown.find() for rule in test.rules}
    assert set(rules.read()) - named == set(pages.WAITS)


def test_every_named_rule_is_one() -> None:
    known = set(rules.read())
    assert [(test.name, rule) for test in shown.find() for rule in test.rules if rule not in known] == []


def test_the_page_is_not_stale() -> None:
    """Else: `make rulebook`."""
    assert pages.PAGE.read_text("utf-8") == pages.render(rules.read(), shown.find())


def test_a_mark_is_found_and_nothing_else(tmp_path: Path) -> None:
    """The known-bad control: a mark on something that is collected no more would show nothing."""
    (tmp_path / "test_some.py").write_text(
        '@pytest.mark.rule("§1.1", "§9.9")\nasync def test_it(): ...\n'
        '@pytest.mark.parametrize("a", ["§2.2"])\ndef test_other(): ...\n'
    )
    assert [(test.name, test.rules) for test in shown.find(tmp_path)] == [("test_it", ("§1.1", "§9.9"))]


def test_a_line_that_is_neither_rule_nor_prose_is_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        rules.lines("§3 something\n")


def test_every_test_that_shows_a_rule_is_collected(request: pytest.FixtureRequest) -> None:
    """In a run of everything: what the page names is what pytest knows under that name."""
    root = request.config.rootpath
    collected = {
        (item.path.relative_to(root).as_posix(), item.originalname)
        for item in request.session.items
        if isinstance(item, pytest.Function)
    }
    files = {path for path, _ in collected}
    tests = [test for test in shown.find() if test.path in files]
    assert [test for test in tests if (test.path, test.name) not in collected] == []
