"""What a plan costs to make and to find, and how much memory a hostile client can fill: in this process, by
the schema's own cache.
"""

from __future__ import annotations

import gc
import statistics
import time
import tracemalloc
from typing import TYPE_CHECKING
from uuid import UUID

from graphql import parse
from graphql.execution.values import VariableValues, get_variable_values
from graphql.validation import validate

from benchmarks import largest
from benchmarks.documents import DETAIL, QUEUE
from benchmarks.table import table
from db.rules import Rules
from domain.access import Viewer
from domain.events import ActorKind
from resolvers.plan.cache import Documents, operation_in
from resolvers.plan.operation import Operation
from schema import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import DocumentNode

    from resolvers.plan.cache import Entry, Made

VIEWER = Viewer(ActorKind.STAFF, "bench-staff", frozenset({UUID(int=1)}), owner=True)
BOOK = Rules().book
VARIABLES = {DETAIL: {"id": f"tkt_{'0' * 32}"}}
SMALL = "{{ t{}: tickets(first: 1) {{ edges {{ node {{ id }} }} }} }}"
MEGABYTE = 1_000_000
HEAD = ("plans, in one process", "measured", "to reach")


def measure(*, quick: bool) -> list[str]:
    """A table, as lines."""
    times = 20 if quick else 100
    rows = [
        _making("the queue's page", QUEUE, times, "≤ 5 ms"),
        _making("a ticket's page", DETAIL, times),
        _making("all of a ticket", largest.ticket(), times // 4, "≤ 15 ms"),
        _making("every root field, 4 objects deep", largest.contract(), times // 4, "≤ 15 ms"),
        _making("the most that limits let through", largest.allowed(), 3),
        _finding("the queue's page", QUEUE, times * 20),
        _finding("a ticket's page", DETAIL, times * 20),
        _reading("the queue's page", QUEUE, times),
        _reading("all of a ticket", largest.ticket(), times // 4),
        _never_again(2_000 if quick else 12_000),
        _twice_each(50 if quick else 250),
    ]
    return table(HEAD, rows)


def _making(what: str, text: str, times: int, reach: str = "") -> tuple[str, ...]:
    document = parse(text)
    refusal = limits.check(document)
    if refusal is not None:
        raise refusal
    made = make(text, document)
    ms = _median_s(lambda: make(text, document), times) * 1000
    size = f"{largest.fields(document):,} fields, {len(made.plan.sql):,} characters of SQL"
    return f"make: {what} ({size})", f"{ms:.2f} ms", reach


def _finding(what: str, text: str, times: int) -> tuple[str, ...]:
    """As `schema.planned` does at each request, but for running it."""
    documents = Documents()
    documents.add(text, parse(text))
    _find(documents, documents.add(text, parse(text)), text)

    def find() -> None:
        known = documents.get(text)
        if known is None:
            raise LookupError(text)
        _find(documents, known, text)

    return f"find: {what}", f"{_median_s(find, times) * 1_000_000:.0f} µs", "≤ 50 µs"


def _reading(what: str, text: str, times: int) -> tuple[str, ...]:
    def read() -> None:
        document = parse(text)
        limits.check(document)
        validate(largest.GRAPHQL, document)

    return (
        f"before the first plan, parse, limits and rules: {what}",
        f"{_median_s(read, times) * 1000:.1f} ms",
        "",
    )


def _never_again(count: int) -> tuple[str, ...]:
    """A client that sends each document once."""
    documents = Documents()

    def send() -> None:
        for number in range(count):
            text = SMALL.format(number)
            _find(documents, documents.add(text, parse(text)), text)

    grown = _grown(send)
    return (
        f"memory: {count:,} small documents, once each",
        f"{grown / MEGABYTE:.1f} MB; {len(documents)} documents kept",
        "bounded",
    )


def _twice_each(count: int) -> tuple[str, ...]:
    """A client that fills what it can: each document twice, as large as all of a ticket."""
    documents = Documents()

    def send() -> None:
        for number in range(count):
            text = largest.ticket(f"t{number}")
            documents.add(text, parse(text))
            _find(documents, documents.add(text, parse(text)), text)

    grown = _grown(send)
    return (
        f"memory: all of a ticket, {count:,} documents twice each",
        f"{grown / MEGABYTE:.1f} MB; {len(documents)} documents kept",
        "bounded",
    )


def make(text: str, document: DocumentNode) -> Made:
    """The plan of a document that nothing is known of."""
    documents = Documents()
    return _find(documents, documents.add(text, document), text)


def _find(documents: Documents, entry: Entry, text: str) -> Made:
    node = operation_in(entry.document, None)
    if node is None:
        raise LookupError(text)
    variables = get_variable_values(largest.GRAPHQL, node.variable_definitions or (), VARIABLES.get(text, {}))
    if not isinstance(variables, VariableValues):
        raise TypeError(variables)
    operation = Operation(largest.GRAPHQL, entry.document, node, variables, VIEWER, BOOK)
    return documents.find(entry, "query", operation, lambda compiler: [compiler.root()])


def _median_s(work: Callable[[], object], times: int) -> float:
    work()
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def _grown(work: Callable[[], None]) -> int:
    """By how many bytes the process holds more after `work`."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    work()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before
