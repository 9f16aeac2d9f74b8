"""What is good gets through: the calls that the table spoils, at every border, by everybody who may."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.refusals import cases
from tests.refusals.actors import MAY, Actor
from tests.refusals.cases import Case
from tests.refusals.ground import Ground
from tests.refusals.places import mutations
from tests.refusals.rows import LISTS, mixed
from tests.refusals.samples import SAMPLES
from tests.refusals.stage import Stage, answer_faults, undone
from tests.refusals.verdicts import Lands, illegal

CALLS = [(mutation, sample) for mutation, each in SAMPLES.items() for sample in each]
NAMES = [f"{mutation}: {sample.name}" for mutation, sample in CALLS]


async def landed_apart(stage: Stage, wanted: Sequence[Case]) -> list[str]:
    """What is wrong with calls that are to land, each on a ground of its own."""
    found: list[str] = []
    for case in wanted:
        async with undone(stage) as trial:
            found += map(str, await answer_faults(trial, [case]))
    return found


@pytest.mark.parametrize("mutation", mutations())
async def test_it_lands_in_every_state_that_allows_it(stage: Stage, ground: Ground, mutation: str) -> None:
    async with undone(stage) as trial:
        found = await answer_faults(trial, list(cases.of_states(ground, mutation, landing=True)))
    assert not found, "\n".join(map(str, found))


@pytest.mark.rule("§12.3", "§12.4", "§12.5", "§12.6")
@pytest.mark.parametrize("mutation", mutations())
async def test_everybody_who_may_can(stage: Stage, ground: Ground, mutation: str) -> None:
    wanted = [
        Case(mutation, sample.name, actor, given, Lands())
        for sample, given in cases.samples(ground, mutation)
        for actor in sorted((sample.only or MAY[mutation]) - {sample.by})
    ]
    assert await landed_apart(stage, wanted) == []


@pytest.mark.rule("§3.23", "§6.4", "§7.2")
@pytest.mark.parametrize("mutation", mutations())
async def test_what_stands_at_a_border_lands(stage: Stage, ground: Ground, mutation: str) -> None:
    wanted = [*cases.borders(ground, mutation), *cases.nulls(ground, mutation)]
    assert await landed_apart(stage, wanted) == []


@pytest.mark.parametrize(("mutation", "sample"), CALLS, ids=NAMES)
async def test_a_key_that_comes_again_has_no_second_effect(
    stage: Stage, ground: Ground, mutation: str, sample: Any
) -> None:
    first, *others = cases.again(ground, mutation, sample)
    async with undone(stage) as trial:
        before = await trial.snapshot()
        done = await trial.ask(first)
        assert first.verdict.faults(done, mutation) == []
        after = await trial.snapshot()
        assert after != before
        same = await trial.ask(first)
        assert _plain(same.body) == _plain(done.body)
        assert await trial.snapshot() == after
        found = await answer_faults(trial, others)
        assert not found, "\n".join(map(str, found))
        assert await trial.snapshot() == after


def _plain(body: Any) -> Any:
    """An answer without the secret, which is shown once, and without the moment of counts."""
    if isinstance(body, dict):
        return {name: _plain(each) for name, each in body.items() if name not in {"secret", "asOf"}}
    return [_plain(each) for each in body] if isinstance(body, list) else body


@pytest.mark.parametrize("mutation", LISTS)
async def test_good_rows_land_though_others_fail(stage: Stage, ground: Ground, mutation: str) -> None:
    call = mixed(ground, mutation)
    async with undone(stage) as trial:
        answer = await trial.send(mutation, call.by, call.given)
        mixed_changes = await _counts(trial)
    found = [
        f"row {index}, {verdict}: {fault}"
        for index, verdict in call.refused.items()
        for fault in verdict.faults(answer, mutation)
    ]
    assert not found, "\n".join(found)
    payload = answer.body["data"][mutation]
    rows = payload.get("results") or payload["rows"]
    assert [index for index, row in enumerate(rows) if row["error"] is not None] == list(call.refused)
    assert payload["failed"] == len(call.refused)
    async with undone(stage) as trial:
        await trial.send(mutation, call.by, call.good)
        assert await _counts(trial) == mixed_changes


async def _counts(trial: Stage) -> dict[str, int]:
    return {name: len(rows) for name, rows in (await trial.snapshot()).items() if isinstance(rows, list)}


async def test_a_scan_told_by_another_shop_joins_nothing_of_ours(stage: Stage, ground: Ground) -> None:
    """It is kept for the token's own shops: the waybill may yet be theirs (`domain.md §8`)."""
    _, given = cases.samples(ground, "recordTrackingEvents")[0]
    async with undone(stage) as trial:
        before = await trial.snapshot()
        answer = await trial.send("recordTrackingEvents", Actor.OTHER_INTEGRATION, given)
        assert answer.body["data"]["recordTrackingEvents"]["created"] == 1
        after = await trial.snapshot()
    assert {name for name in after if after[name] != before[name]} == {"unmatched_scan"}


CLOCKS = {
    "overdue ticket": ("replyToTicket", "withdrawUrge"),
    "ticket past its last promise": ("replyToTicket", "withdrawUrge"),
}
BY_CLOCK = [(name, mutation) for name, each in CLOCKS.items() for mutation in each]


@pytest.mark.rule("§3.21")
@pytest.mark.parametrize(("name", "mutation"), BY_CLOCK)
async def test_past_the_deadline_a_refusal_files_what_the_worker_would_have(
    stage: Stage, ground: Ground, name: str, mutation: str
) -> None:
    """The one refusal that writes: the clock decides, not the worker (`domain.md §3`)."""
    sample, given = cases.samples(ground, mutation)[0]
    given = {**given, "ticketId": ground[name], "expectedVersion": None}
    given = {each: value for each, value in given.items() if value is not None}
    call = Case(mutation, name, sample.by, given, illegal("ESCALATED"))
    async with undone(stage) as trial:
        await trial.work(ground[name])
        by_worker = await _counts(trial)
    async with undone(stage) as trial:
        assert await answer_faults(trial, [call]) == []
        assert await _counts(trial) == by_worker
        assert await answer_faults(trial, [call]) == []
        assert await _counts(trial) == by_worker
