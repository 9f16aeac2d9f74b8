"""The table: every case is made here, from the schema, the rules of its fields, the roles and the states."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLNonNull, get_named_type

from tests.refusals.actors import MAY, OF_SHOP, UNKNOWN, Actor
from tests.refusals.fields import FIELDS
from tests.refusals.ground import Ground
from tests.refusals.odd import ODD
from tests.refusals.places import ABSENT, Place, at, misfits, places, spoilt
from tests.refusals.rules import Bad, Id, Parts, Rows, Rule
from tests.refusals.samples import SAMPLES, Sample
from tests.refusals.statuses import STATUSES
from tests.refusals.verdicts import (
    CONFLICT,
    FORBIDDEN,
    INPUT,
    MISSING,
    TOKEN,
    Lands,
    Unread,
    Verdict,
)

ELSEWHERE = frozenset({"recordTrackingEvents"})
"""Mutations without a thing of a shop: another shop's token does them for its own shop."""
KEY = "idempotencyKey"
ROLES = [actor for actor in Actor if actor is not Actor.BOTH]


@dataclass(frozen=True)
class Case:
    """One call, by somebody, and what it must be answered with."""

    mutation: str
    name: str
    by: Actor
    given: Any
    verdict: Verdict

    def __str__(self) -> str:
        return f"{self.mutation}, {self.name}, by {self.by}"


def rule_of(place: Place) -> Rule | None:
    """The rule of a field; None when the tables know none."""
    return next((FIELDS[name] for name in place.names if name in FIELDS), None)


def refusals(ground: Ground, mutation: str) -> list[Case]:
    """Every case of a mutation that is to be refused, keys with a key of their own: none may be kept."""
    numbers = itertools.count(1)
    found = [
        *of_type(ground, mutation),
        *of_fields(ground, mutation),
        *of_roles(ground, mutation),
        *of_states(ground, mutation, landing=False),
        *of_odd(ground, mutation),
    ]
    return [_keyed(case, next(numbers)) for case in found]


def _keyed(case: Case, number: int) -> Case:
    if isinstance(case.verdict, Unread) or KEY in case.given:
        return case
    return Case(case.mutation, case.name, case.by, {**case.given, KEY: f"key {number}"}, case.verdict)


def samples(ground: Ground, mutation: str) -> list[tuple[Sample, dict[str, Any]]]:
    """The calls of a mutation that land."""
    return [(sample, sample.given(ground)) for sample in SAMPLES[mutation]]


def _holders(ground: Ground, place: Place) -> list[tuple[Sample, dict[str, Any]]]:
    """The samples in which the field stands; an idempotency key may stand in any."""
    made = samples(ground, place.mutation)
    return [each for each in made if at(each[1], place.path) is not ABSENT or place.path == ("input", KEY)]


def of_type(ground: Ground, mutation: str) -> Iterator[Case]:
    """What does not fit the schema: missing, null, surplus, of another type. No mutation runs."""
    for place in places(mutation):
        known = [each for each in samples(ground, mutation) if at(each[1], place.path[:-1]) is not ABSENT]
        sample, given = known[0]
        for name, value in _misfits(place):
            wanted = Unread(INPUT, place.name)
            yield Case(
                mutation, f"{_shown(place)} {name}", sample.by, spoilt(given, place.path, value), wanted
            )
        inner = get_named_type(place.type)
        value = at(given, place.path)
        if isinstance(inner, GraphQLInputObjectType) and value is not ABSENT:
            path = (*place.path, "0") if isinstance(value, list) else place.path
            made = spoilt(given, (*path, "surplus"), 1)
            yield Case(
                mutation, f"{_shown(place)} with a surplus field", sample.by, made, Unread(INPUT, "surplus")
            )
    sample, given = samples(ground, mutation)[0]
    yield Case(mutation, "a surplus field", sample.by, {**given, "surplus": 1}, Unread(INPUT, "surplus"))
    for value in (None, "x", 7, []):
        yield Case(mutation, f"input is {value!r}", sample.by, value, Unread(INPUT))


def _misfits(place: Place) -> Iterator[tuple[str, Any]]:
    if isinstance(place.type, GraphQLNonNull):
        yield "missing", ABSENT
        yield "null", None
    for value in misfits(place.type):
        yield f"is {value!r}"[:60], value


def of_fields(ground: Ground, mutation: str) -> Iterator[Case]:
    """What a field's rule refuses, in every sample; a role that may not ask at all learns nothing of it."""
    outsiders = itertools.cycle(sorted(_outsiders(mutation)))
    for place in places(mutation):
        for sample, given in _holders(ground, place):
            for bad, path, row in _bad(ground, place, sample, at(given, place.path)):
                name = f"{_shown(place)} {bad.name} ({sample.name})"
                made = spoilt(given, path, bad.value)
                verdict = bad.verdict.at(*path, row=row)
                yield Case(mutation, name, sample.by, made, verdict)
                outsider = next(outsiders)
                yield Case(mutation, name, outsider, made, FORBIDDEN)


def _bad(
    ground: Ground, place: Place, sample: Sample, good: Any
) -> Iterator[tuple[Bad, tuple[str, ...], int | None]]:
    """Bad values of a field, the path they stand at, and the row that is refused, if not the whole call."""
    rule = rule_of(place)
    assert rule is not None, place.names
    row = 0 if "0" in place.path else None
    for bad in rule.bad(ground, good):
        yield bad, place.path, row
    if isinstance(rule, Rows) and rule.each is not None:
        for bad in (*rule.each.bad(ground, good[0]), *_foreign(ground, rule.each, sample, good[0])):
            yield bad, (*place.path, "0"), 0
    for bad in _foreign(ground, rule, sample, good):
        yield bad, place.path, row


def _foreign(ground: Ground, rule: Rule, sample: Sample, good: Any) -> Iterator[Bad]:
    if isinstance(rule, Id) and sample.by is not Actor.PLATFORM:
        yield Bad("of another shop", ground.theirs[ground.name_of(good)], rule.refusal)


def _outsiders(mutation: str) -> set[Actor]:
    """Those of our shop who may not do it at all."""
    known = UNKNOWN | MAY[mutation] | set(OF_SHOP) | {Actor.PLATFORM}
    return {actor for actor in ROLES if actor not in known}


def of_roles(ground: Ground, mutation: str) -> Iterator[Case]:
    """Everybody who may not make a call."""
    for sample, given in samples(ground, mutation):
        for actor in ROLES:
            verdict = _role_verdict(mutation, sample, given, actor)
            if verdict is not None:
                yield Case(mutation, sample.name, actor, given, verdict)


def _role_verdict(mutation: str, sample: Sample, given: dict[str, Any], actor: Actor) -> Verdict | None:
    """None for those who may."""
    may = sample.only or MAY[mutation]
    if actor in UNKNOWN:
        return Unread(TOKEN)
    if actor in may | {Actor.PLATFORM} or (OF_SHOP.get(actor) in may and mutation in ELSEWHERE):
        return None
    if OF_SHOP.get(actor) in MAY[mutation]:
        if sample.foreign is not None:
            return sample.foreign
        scoped = scoped_path(mutation, given)
        if scoped is not None:
            return MISSING.at(*scoped, row=0 if "0" in scoped else None)
    return FORBIDDEN


def scoped_path(mutation: str, given: dict[str, Any]) -> tuple[str, ...] | None:
    """The field whose thing says which shop a call is about: the shop itself before all others."""
    found = []
    for place in places(mutation):
        rule, value = rule_of(place), at(given, place.path)
        if value is ABSENT:
            continue
        if isinstance(rule, Id) and rule.refusal is MISSING:
            found.append(place.path)
        elif isinstance(rule, Rows) and isinstance(rule.each, Id):
            found.append((*place.path, "0"))
    return min(found, key=lambda path: path[-1] != "shopId", default=None)


def of_states(ground: Ground, mutation: str, *, landing: bool) -> Iterator[Case]:
    """The states in which a call lands, or those in which it is refused."""
    number = ("input", "waybill", "number")
    for over in STATUSES.get(mutation, ()):
        for index, name in enumerate(over.states):
            verdict = over.verdict(name)
            if isinstance(verdict, Lands) is landing:
                sample, given = samples(ground, mutation)[0]
                made = spoilt(given, over.field, ground[name])
                if at(given, number) is not ABSENT:  # a number serves one order
                    made = spoilt(made, number, f"SF7{index:012d}")
                yield Case(mutation, name, sample.by, made, verdict)


def of_odd(ground: Ground, mutation: str) -> Iterator[Case]:
    """What is told one by one."""
    for odd in ODD:
        if odd.mutation == mutation:
            sample, given = samples(ground, mutation)[odd.sample]
            made = {**given, **odd.changes(ground)}
            yield Case(mutation, odd.when, odd.by or sample.by, made, odd.verdict)


def again(ground: Ground, mutation: str, sample: Sample) -> list[Case]:
    """A call, and the same with each field in turn changed to what is as good: all under one key."""
    given = {**sample.given(ground), KEY: "again"}
    found = [Case(mutation, sample.name, sample.by, given, Lands())]
    for place in places(mutation):
        other = _other(ground, place, sample, at(given, place.path))
        if other is not ABSENT:
            made = spoilt(given, place.path, other)
            found.append(Case(mutation, f"another {_shown(place)}", sample.by, made, CONFLICT))
    return found


def _other(ground: Ground, place: Place, sample: Sample, good: Any) -> Any:
    """Another value of a field that is as good; `ABSENT` where none is to be sent."""
    rule = rule_of(place)
    # A key is one shop's: in another shop it is another key. Rows and parts change by their fields.
    whole = isinstance(rule, Parts) or (isinstance(rule, Rows) and rule.each is None)
    if rule is None or good is ABSENT or whole or place.name in {KEY, "shopId"}:
        return ABSENT
    if place.name in sample.others:
        named = sample.others[place.name]
        other = ABSENT if named is None else ground[named]
        return [other] if isinstance(good, list) else other
    if isinstance(good, bool):
        return not good
    found = rule.another(ground)
    assert found not in (None, good), f"{place}: no other value"
    return found


def borders(ground: Ground, mutation: str) -> Iterator[Case]:
    """Values at the border of a rule that are taken, and null for a field that may be left out."""
    for place in places(mutation):
        rule = rule_of(place)
        assert rule is not None
        for sample, given in _holders(ground, place):
            for name, value in rule.taken(ground, at(given, place.path)):
                made = spoilt(given, place.path, value)
                yield Case(mutation, f"{_shown(place)} {name} ({sample.name})", sample.by, made, Lands())


def nulls(ground: Ground, mutation: str) -> Iterator[Case]:
    """Null in a field that no sample needs: it is as if left out."""
    for place in places(mutation):
        for sample, given in samples(ground, mutation):
            parent = at(given, place.path[:-1])
            if place.optional and parent is not ABSENT and at(given, place.path) is ABSENT:
                made = spoilt(given, place.path, None)
                yield Case(mutation, f"{_shown(place)} null ({sample.name})", sample.by, made, Lands())


def _shown(place: Place) -> str:
    return ".".join(place.path[1:])
