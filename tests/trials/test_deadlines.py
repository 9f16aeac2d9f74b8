"""The small sizes of the worker's trials, with their known-bad controls."""

import asyncio
from collections.abc import Iterator

import pytest

import embedded
from tests.conftest import clone
from tests.trials import deadlines, nodes
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
    """Three FLUSHALL while 200 tickets fall due."""
    found = await deadlines.flushall(deadlines.FLUSHES_QUICK, database_url, HONEST, SEED)
    assert found.whole, found
    assert found.max_late_s < LATE_S, found


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
    found = await deadlines.flushall(deadlines.FLUSHES_QUICK, database_url, kind, SEED)
    assert (found.lost > 0) if kind == "removes-first" else (found.twice > 0), found


@pytest.fixture
def database_urls(postgres: embedded.Server, migrated_template: str) -> Iterator[list[str]]:
    """Two migrated databases: these trials mostly wait, and two go at once."""
    clones = [clone(postgres.url, migrated_template) for _ in range(2)]
    yield [next(each) for each in clones]
    for each in clones:
        next(each, None)


@pytest.mark.trial
async def test_dead_nodes_of_redis_lose_and_double_nothing(database_urls: list[str]) -> None:
    """A master killed and one emptied while 200 tickets fall due, in a Cluster and under Sentinels."""
    trials = nodes.cluster, nodes.sentinel
    found = await asyncio.gather(
        *(
            trial(nodes.KILLS_QUICK, url, HONEST, SEED)
            for trial, url in zip(trials, database_urls, strict=True)
        )
    )
    assert all(each.whole for each in found), found
    assert max(each.max_late_s for each in found) < LATE_S, found


@pytest.mark.trial
async def test_the_trial_of_dead_nodes_finds_out_bad_ones(database_urls: list[str]) -> None:
    """The same two as above."""
    removes_first, guardless = await asyncio.gather(
        *(
            nodes.cluster(nodes.KILLS_QUICK, url, kind, SEED)
            for kind, url in zip(KNOWN_BAD, database_urls, strict=True)
        )
    )
    assert removes_first.lost > 0, removes_first
    assert guardless.twice > 0, guardless
