"""The small size of the state machine, and bugs that it has to find (`quality.md §5`)."""

import pytest

from tests.model.planted import BUGS
from tests.model.running import QUICK, Stage

SEED = 20_261_125


@pytest.mark.rule("§3.6", "§3.11", "§3.12", "§3.22", "§4.1", "§7.10", "§8.12")
@pytest.mark.trial
def test_product_and_model_never_part(stage: Stage) -> None:
    """Whatever buyers, sellers, carriers, the platform and the clock do, in whatever order."""
    counts = stage.run(QUICK, seed=SEED)
    assert counts["steps"] >= QUICK.runs * QUICK.steps
    assert counts["refused"]
    assert counts["sent again"]


@pytest.mark.trial
@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    BUGS[name](monkeypatch)
    with pytest.raises(AssertionError):
        stage.run(QUICK, seed=SEED, shrinks=False)
