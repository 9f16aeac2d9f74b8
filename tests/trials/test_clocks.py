"""The small size of the trial of wrong clocks, with its known-bad control."""

import pytest

from tests.trials import clocks
from tests.trials.test_deadlines import LATE_S, SEED
from tests.trials.verdict import Verdict
from tests.trials.working import HONEST, OWN_CLOCK


@pytest.mark.trial
async def test_wrong_clocks_change_nothing(database_url: str) -> None:
    """Two workers and the web process, hours and days off, set six times while 200 tickets fall due."""
    ahead, seen, found, _, custom = (await clocks.clocks(clocks.QUICK, database_url, HONEST, SEED)).parts
    assert isinstance(found, Verdict)
    assert ahead.passed, ahead
    assert seen.passed, seen
    assert found.whole, found
    assert found.max_late_s < LATE_S, found
    assert custom.passed, custom


@pytest.mark.trial
async def test_the_trial_of_clocks_finds_out_a_worker_that_believes_its_own(database_url: str) -> None:
    """One an hour ahead files an hour too early."""
    _, _, found, *_ = (await clocks.clocks(clocks.QUICK, database_url, OWN_CLOCK, SEED)).parts
    assert isinstance(found, Verdict)
    assert found.early, found
