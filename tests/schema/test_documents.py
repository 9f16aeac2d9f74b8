"""Documents seen before are not parsed and validated again, and bad ones are never kept."""

from graphql import parse

from schema.build import schema
from schema.documents import KEPT, KEPT_CHARACTERS, LONGEST, Documents


async def run(query: str) -> list[str]:
    """The codes of the errors that an anonymous request gets."""
    result = await schema.execute(query)
    return [str((error.extensions or {}).get("code")) for error in result.errors or []]


async def test_a_good_document_is_kept_and_taken_again() -> None:
    query = "{ __typename first: __typename }"
    assert await run(query) == []
    kept = Documents.known[query]
    assert await run(query) == []
    assert Documents.known[query] is kept


async def test_what_is_kept_is_what_is_executed() -> None:
    query = "{ __typename second: __typename }"
    assert await run(query) == []
    Documents.known[query] = parse("{ instead: __typename }")
    result = await schema.execute(query)
    assert result.data == {"instead": "Query"}
    del Documents.known[query]


async def test_a_refused_document_is_refused_each_time() -> None:
    deep = "{ viewer " + "{ shops { edges { node " * 8 + "{ id }" + " } } }" * 8 + " }"
    for query in ("{ nope }", "{", deep):
        first = await run(query)
        assert first
        assert await run(query) == first
        assert query not in Documents.known


async def test_a_long_document_is_not_kept_and_the_least_used_goes_first() -> None:
    long = "{ __typename }" + " " * 30_000
    assert await run(long) == []
    assert long not in Documents.known
    for number in range(KEPT + 1):
        assert await run(f"{{ number{number}: __typename }}") == []
    assert len(Documents.known) == KEPT
    assert "{ number0: __typename }" not in Documents.known


async def test_documents_together_take_only_so_much_room() -> None:
    """Anybody may send one, token or not."""
    for number in range(KEPT_CHARACTERS // LONGEST + 2):
        query = f"{{ room{number}: __typename }}".ljust(LONGEST)
        assert await run(query) == []
        assert query in Documents.known
    assert sum(map(len, Documents.known)) <= KEPT_CHARACTERS
