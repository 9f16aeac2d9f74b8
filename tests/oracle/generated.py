"""Operations that hypothesis-graphql writes from the SDL: what no writer of ours would think of."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from tests.oracle.operations import Asked
from tests.oracle.schema import oracle

SCALARS: dict[str, Any] = {
    "DateTime": st.sampled_from(["2026-11-22T08:00:00Z", "2026-11-22"]).map(nodes.String),
    "Money": st.just("1.00").map(nodes.String),
}


def operations(number: int, seed: int) -> list[Asked]:
    """So many operations, the same for the same seed."""
    found: list[Asked] = []

    @seeded(seed)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(queries(oracle.as_str(), custom_scalars=SCALARS))
    def collect(document: str) -> None:
        found.append(Asked(document))

    collect()
    return found
