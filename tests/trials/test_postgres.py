"""The small size of the trial of a killed PostgreSQL, with its known-bad control."""

import pytest

from tests.trials import postgres
from tests.trials.findings import Count
from tests.trials.test_deadlines import SEED
from tests.trials.working import HONEST


@pytest.mark.trial
async def test_a_killed_postgresql_loses_and_doubles_nothing() -> None:
    """Two kill -9 under eight writers, while 100 tickets fall due."""
    found = await postgres.postgres(postgres.QUICK, "", HONEST, SEED)
    assert not found.failed, found


@pytest.mark.trial
async def test_the_trial_of_a_killed_postgresql_finds_out_one_that_forgets() -> None:
    """It acknowledges a commit before it is on its way to the disk."""
    found = await postgres.postgres(postgres.QUICK, "", postgres.FORGETFUL, SEED)
    [lost] = [part for part in found.parts if isinstance(part, Count) and part.what == "of these lost"]
    assert lost.found, found
