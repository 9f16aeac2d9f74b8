"""The small sizes of the worker's trials, with their known-bad controls."""

import pytest

from tests.trials import deadlines
from tests.trials.verdict import Verdict
from tests.trials.working import HONEST, KNOWN_BAD

SEED = 20_261_122
LATE_S = 5.0
"""More than `make trials` allows: the machine that runs the tests may be busy with others."""


@pytest.mark.trial
async def test_killed_workers_lose_and_double_nothing(database_url: str) -> None:
    """Four kill -9 of two workers while 200 tickets fall due."""
    found = await deadlines.worker_kill(deadlines.KILLS_QUICK, database_url, HONEST, SEED)
    assert found.whole, found
    assert found.max_late_s < LATE_S, found


@pytest.mark.trial
async def test_an_emptied_redis_loses_and_doubles_nothing(database_url: str) -> None:
    """Two FLUSHALL and a restored file while 200 tickets fall due and the API is in use."""
    found, late, custom = (await deadlines.redis(deadlines.FLUSHES_QUICK, database_url, HONEST, SEED)).parts
    assert isinstance(found, Verdict)
    assert found.whole, found
    assert found.max_late_s < LATE_S, late
    assert custom.passed, custom


@pytest.mark.trial
@pytest.mark.parametrize("kind", KNOWN_BAD)
async def test_the_trial_of_killed_workers_finds_out_bad_ones(database_url: str, kind: str) -> None:
    """One that removes before it writes loses, one without guards files twice."""
    found = await deadlines.worker_kill(deadlines.KILLS_QUICK, database_url, kind, SEED)
    assert (found.lost > 0) if kind == "removes-first" else (found.twice > 0), found


@pytest.mark.trial
@pytest.mark.parametrize("kind", KNOWN_BAD)
async def test_the_trial_of_an_emptied_redis_finds_out_bad_ones(database_url: str, kind: str) -> None:
    """The same two."""
    found, *_ = (await deadlines.redis(deadlines.FLUSHES_QUICK, database_url, kind, SEED)).parts
    assert isinstance(found, Verdict)
    assert (found.lost > 0) if kind == "removes-first" else (found.twice > 0), found
