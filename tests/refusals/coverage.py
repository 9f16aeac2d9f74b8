"""What the tables do not know of the schema and of the rules, and what they know in vain."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from graphql import GraphQLUnionType, get_named_type

from domain.urge import UrgeRefusal
from domain.waybill import WaybillRefusal
from tests.refusals.actors import MAY, Actor
from tests.refusals.cases import again, refusals
from tests.refusals.fields import FIELDS
from tests.refusals.ground import Ground
from tests.refusals.places import ABSENT, at, mutations, places
from tests.refusals.rules import Rule
from tests.refusals.samples import SAMPLES, Sample
from tests.refusals.statuses import STATELESS, STATUSES, Over, groups, states_of
from tests.refusals.verdicts import Refused, error_types
from tests.schema.documents import TYPES

ROOT = Path(__file__).parents[2]
REASONS: dict[str, tuple[str, type[StrEnum]]] = {
    "UrgeRefused": ("refusal", UrgeRefusal),
    "WaybillRefused": ("waybillRefusal", WaybillRefusal),
}
"""Errors that say why by a word of their own, and all its words."""


@dataclass(frozen=True)
class Tables:
    """The tables that the cases are made from; a test of this check leaves something out of one."""

    samples: dict[str, tuple[Sample, ...]] = field(default_factory=lambda: SAMPLES)
    may: dict[str, frozenset[Actor]] = field(default_factory=lambda: MAY)
    rules: dict[str, Rule] = field(default_factory=lambda: FIELDS)
    statuses: dict[str, tuple[Over, ...]] = field(default_factory=lambda: STATUSES)
    stateless: dict[str, str] = field(default_factory=lambda: STATELESS)


def uncovered(ground: Ground, tables: Tables) -> list[str]:
    """Mutations, input fields and states that the tables leave out, or that there are none of."""
    of_calls: dict[str, Iterable[str]] = {
        "samples": tables.samples,
        "roles": tables.may,
        "states": [*tables.statuses, *tables.stateless],
    }
    names = set(mutations())
    found = [f"{table}: {name}" for table, known in of_calls.items() for name in sorted(names ^ set(known))]
    twice = set(tables.statuses) & set(tables.stateless)
    return [*found, *(f"states: {name}" for name in twice), *_fields(ground, tables), *_states(tables)]


def _fields(ground: Ground, tables: Tables) -> list[str]:
    found, used = [], set()
    for name in mutations():
        given = [sample.given(ground) for sample in tables.samples.get(name, ())]
        for place in places(name):
            rule = next((each for each in place.names if each in tables.rules), None)
            used.add(rule)
            found += [] if rule else [f"rules: {place.names[1]}"]
            if place.name != "idempotencyKey" and all(at(each, place.path) is ABSENT for each in given):
                found.append(f"samples: {name}({'.'.join(place.path)})")
    return [*found, *(f"rules: {name}" for name in tables.rules if name not in used)]


def _states(tables: Tables) -> list[str]:
    return [
        f"states: {mutation}({name})"
        for mutation, overs in tables.statuses.items()
        for over in overs
        for group in groups(over)
        for name in sorted(states_of(group) - set(over.states))
    ]


@dataclass(frozen=True)
class Told:
    """Which errors the cases of all mutations ask for."""

    members: dict[str, set[str]]
    problems: set[str]
    reasons: dict[str, set[str]]


def told(ground: Ground) -> Told:
    """What is asked for somewhere in the table."""
    found = Told({}, {"DUPLICATE"}, {name: set() for name in REASONS})
    for mutation in mutations():
        members = found.members.setdefault(mutation, set())
        calls = [*refusals(ground, mutation), *again(ground, mutation, SAMPLES[mutation][0])]
        for verdict in [case.verdict for case in calls if isinstance(case.verdict, Refused)]:
            members.add(verdict.member)
            found.problems.add(verdict.problem or "")
            if verdict.member in REASONS:
                found.reasons[verdict.member].add(verdict.more[REASONS[verdict.member][0]])
    return found


def promised(mutation: str) -> set[str]:
    """The typed errors of a mutation's union; none where errors stand in the payload."""
    made: Any = TYPES["Mutation"]
    payload = get_named_type(made.fields[mutation].type)
    if not isinstance(payload, GraphQLUnionType):
        return set()
    return {each.name for each in payload.types} & error_types()


def problem_codes() -> set[str]:
    """The codes of problems that stand in the product's own source."""
    found: set[str] = set()
    for folder in ("domain", "resolvers"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and _makes_problem(node.func):
                    found |= {str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant)}
    return found


def _makes_problem(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id in {"Problem", "_problem"}
