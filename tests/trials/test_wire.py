"""The small size of the trial of bad wires, with its known-bad controls."""

import pytest

from tests.trials import wire
from tests.trials.findings import Whole
from tests.trials.test_deadlines import SEED
from tests.trials.working import HONEST, KNOWN_BAD


@pytest.mark.trial
async def test_bad_wires_lose_and_double_nothing(database_url: str) -> None:
    """Slow and cut to both servers, half open to Redis; for PostgreSQL see tests/db/test_patience.py."""
    found = await wire.wire(wire.QUICK, database_url, HONEST, SEED)
    assert not found.failed, found


@pytest.mark.trial
@pytest.mark.parametrize("kind", KNOWN_BAD)
async def test_the_trial_of_wires_finds_out_bad_workers(database_url: str, kind: str) -> None:
    """One without a sweep never hears of what Redis was not told; one without guards files twice."""
    _, whole, *_ = (await wire.wire(wire.QUICK, database_url, kind, SEED)).parts
    assert isinstance(whole, Whole)
    found = whole.verdict
    assert (found.lost > 0) if kind == "removes-first" else (found.twice > 0), found
