"""The product answers like its oracle, and the comparison finds what a compiler can get wrong."""

from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLObjectType

from resolvers.plan import cache, compiler
from resolvers.plan import declared as says
from resolvers.plan.binding import Binder
from resolvers.plan.compiler import Compiler
from resolvers.plan.connections import ConnectionWriter
from schema import planned
from schema.build import schema
from tests.oracle.running import Done, few_are, run
from tests.oracle.schema import oracle

OPERATIONS = 120
UNTIL_FOUND = 3_000
"""Each planted bug is found within so many operations."""


async def compared(database_url: str, redis_url: str, operations: int, **given: Any) -> Done:
    """A run on an empty database."""
    return await run(database_url, redis_url, operations=operations, seed=7, **given)


async def test_the_product_answers_like_its_oracle(database_url: str, redis_url: str) -> None:
    done = await compared(database_url, redis_url, OPERATIONS)
    assert done.reports == []
    assert done.compared == OPERATIONS
    # Mostly answers are compared, not refusals; the words that are searched for and the clock vary a little.
    assert done.refused < OPERATIONS / 2


async def test_it_does_so_where_a_filter_leaves_too_many_rows_to_sort(
    database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planned, "DOCUMENTS", cache.Documents())
    with few_are(1):
        done = await compared(database_url, redis_url, OPERATIONS)
    assert done.reports == []


def test_the_oracle_answers_the_same_questions() -> None:
    """Every type, field and argument below Query."""
    ours, theirs = oracle._schema.type_map, schema._schema.type_map
    for name, kind in ours.items():
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            other = theirs[name]
            assert isinstance(other, GraphQLObjectType)
            assert {key: str(field.type) for key, field in kind.fields.items()} == {
                key: str(field.type) for key, field in other.fields.items()
            }
            assert {(key, *field.args) for key, field in kind.fields.items()} == {
                (key, *field.args) for key, field in other.fields.items()
            }


def drop_the_scope(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Binder, "scope", lambda *_: "true")


def mix_up_rows(patch: pytest.MonkeyPatch) -> None:
    """A to-one is joined on the wrong row: on any of the shop."""
    joined = Compiler._joined

    def wrong(self: Compiler, rows: Any, own: str, on: dict[str, str], alias: str | None) -> str:
        return joined(self, rows, own, {key: on[key] for key in on if key != "id"} or on, alias) + (
            f" AND {own}.id >= {alias}.id" if alias else ""
        )

    patch.setattr(Compiler, "_joined", wrong)


def make_something_of_nothing(patch: pytest.MonkeyPatch) -> None:
    """A to-one that is not there becomes an empty object."""
    one = Compiler.one
    wrong = compiler._WRITERS | {says.One: lambda *given: f"coalesce({one(*given)}, '{{}}'::json)"}
    patch.setattr(compiler, "_WRITERS", wrong)


def turn_backward_pages_round(patch: pytest.MonkeyPatch) -> None:
    edges = ConnectionWriter.edges

    def wrong(self: ConnectionWriter, fields: Any) -> str:
        self.page = self.page._replace(backward=False)
        return edges(self, fields)

    patch.setattr(ConnectionWriter, "edges", wrong)


def keep_a_plan_whatever_directives_say(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cache.Entry, "switches", property(lambda _: ()))


@pytest.mark.parametrize(
    "bug",
    [
        drop_the_scope,
        mix_up_rows,
        make_something_of_nothing,
        turn_backward_pages_round,
        keep_a_plan_whatever_directives_say,
    ],
)
async def test_the_comparison_finds(
    bug: Callable[[pytest.MonkeyPatch], None],
    database_url: str,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The known-bad controls: five bugs planted in the compiler."""
    monkeypatch.setattr(planned, "DOCUMENTS", cache.Documents())
    bug(monkeypatch)
    done = await compared(database_url, redis_url, UNTIL_FOUND, stop_at=1)
    assert done.reports
