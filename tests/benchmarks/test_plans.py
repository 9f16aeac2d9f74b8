"""The operations whose plans are timed are what their names say."""

import pytest
from graphql import parse
from graphql.validation import validate

from benchmarks import largest, plans
from schema import limits


@pytest.mark.parametrize("text", [largest.ticket(), largest.contract(), largest.allowed()])
def test_the_largest_operations_pass_every_limit_and_rule(text: str) -> None:
    document = parse(text)
    assert limits.check(document) is None
    assert len(text) <= limits.DOCUMENT_CHARACTERS
    parse(text, max_tokens=limits.DOCUMENT_TOKENS)
    assert validate(largest.GRAPHQL, document) == []


def test_the_whole_contract_is_planned_for_the_viewer_who_is_measured() -> None:
    text = largest.contract()
    assert len(plans.make(text, parse(text)).plan.sql) > 100_000


def test_one_more_of_all_of_a_ticket_is_refused() -> None:
    """The known-bad control: it is as large as it says."""
    text = largest.allowed()
    more = text.replace("query Allowed {", f"query Allowed {{ more: ticket(id: {largest.ID}) {{ ...All }}")
    assert limits.check(parse(more)) is not None


def test_fields_are_counted_where_their_fragment_is_spread() -> None:
    text = "{ a: ticket(id: 1) { ...F } b: ticket(id: 2) { ...F shop { ... on Shop { id } } } }"
    assert largest.fields(parse(f"{text} fragment F on Ticket {{ id number }}")) == 8
