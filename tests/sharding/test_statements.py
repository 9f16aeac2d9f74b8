"""Every statement that stands in the code gives the shop, or is marked with why it asks all shards."""

from db.sharding import DISTRIBUTED, REFERENCE
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
