"""Everything bad that can be sent: the contract's own error, and nothing changed."""

import pytest

from tests.refusals import cases
from tests.refusals.conftest import Fresh, faults
from tests.refusals.ground import Ground
from tests.refusals.places import mutations


@pytest.mark.rule("§6.4", "§12.8")
@pytest.mark.parametrize("mutation", mutations())
async def test_what_is_refused_is_told_why_and_changes_nothing(
    fresh: Fresh, ground: Ground, mutation: str
) -> None:
    found = await faults(fresh, cases.refusals(ground, mutation))
    assert not found, "\n".join(map(str, found))
