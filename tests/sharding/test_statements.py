"""Every statement that stands in the code gives the shop, or is marked with why it asks all shards."""

from pathlib import Path

from db.sharding import DISTRIBUTED, FLEET_WIDE, REFERENCE
from tests.sharding import statements
from tests.sharding.rule import judge
from tests.sharding.sources import COLUMNS


def test_each_statement_gives_the_shop_or_is_marked() -> None:
    judged = {place: judge(text) for place, text in statements.found().statements.items()}
    assert {place: each.faults for place, each in judged.items() if each.faults} == {}
    assert len(judged) > 150


def test_every_table_has_its_place() -> None:
    assert {*DISTRIBUTED, *REFERENCE} == set(COLUMNS)


def test_no_function_makes_sql_that_is_not_looked_at() -> None:
    assert statements.found().unknown == []


def test_each_word_of_a_mark_has_its_reason_and_stands_somewhere() -> None:
    """A reason whose statement is gone is no reason."""
    assert set(statements.marked()) == set(FLEET_WIDE)


def test_the_page_lists_what_asks_every_shop() -> None:
    """Made by `python -c "from tests.sharding import statements; print(statements.table())"`."""
    page = (Path(statements.ROOT) / "docs/scale.md").read_text("utf-8")
    assert statements.table() in page
