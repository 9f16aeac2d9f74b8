"""`python -m tests.rulebook`: write docs/rulebook.md from the rules and the tests that name them."""

from __future__ import annotations

from tests.rulebook import pages, rules, shown

if __name__ == "__main__":
    pages.PAGE.write_text(pages.render(rules.read(), shown.find()), encoding="utf-8")
