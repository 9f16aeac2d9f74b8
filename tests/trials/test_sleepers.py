"""The small size of the trial of workers that sleep, with its known-bad control."""

import pytest

from tests.trials import sleepers
from tests.trials.findings import Count
from tests.trials.test_deadlines import SEED
from tests.trials.working import HONEST


@pytest.mark.trial
async def test_a_sleeping_worker_writes_nothing_and_holds_nobody_up(database_url: str) -> None:
    """Stopped past its lease with tickets in hand."""
    found = await sleepers.sleeper(sleepers.QUICK, database_url, HONEST, SEED)
    assert not found.failed, found


@pytest.mark.trial
async def test_the_trial_of_sleepers_finds_out_one_without_guards(database_url: str) -> None:
    """It files again what others have filed meanwhile."""
    found = await sleepers.sleeper(sleepers.QUICK, database_url, "guardless", SEED)
    [written] = [part for part in found.parts if isinstance(part, Count) and "by sleepers" in part.what]
    assert written.found, found
