"""The small size of the trial of calls that are sent again, with its known-bad control."""

import pytest

from tests.trials import sends
from tests.trials.findings import Count
from tests.trials.test_deadlines import SEED
from tests.trials.working import HONEST


@pytest.mark.trial
async def test_what_is_sent_three_times_happens_once(database_url: str) -> None:
    """60 calls in three sends each, connections cut in the middle."""
    found = await sends.sends(sends.QUICK, database_url, HONEST, SEED)
    assert not found.failed, found


@pytest.mark.trial
async def test_the_trial_of_sends_finds_out_clients_without_keys(database_url: str) -> None:
    """Notes are written three times, second replies and urges are refused."""
    found = await sends.sends(sends.QUICK, database_url, sends.KEYLESS, SEED)
    effects, *_ = found.parts
    assert isinstance(effects, Count)
    assert effects.found > sends.QUICK.calls, found
