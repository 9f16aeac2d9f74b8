"""Several servers measured in turn, in rounds, so that a slow minute of the machine falls on all of them."""

from __future__ import annotations

import itertools
import statistics
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.load import Timed

WARM_UP_S = 2.0
"""Before the first round: until the just-in-time compilers are done, and every statement is prepared."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server and what it is asked: the requests in turn, each answer holding `proof`."""

    name: str
    port: int
    requests: Sequence[bytes]
    proof: bytes


@dataclass(slots=True)
class Result:
    """What one contestant did in each round."""

    name: str
    rounds: list[Timed] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second: the median round's."""
        return statistics.median(each.rate for each in self.rounds)

    @property
    def spread(self) -> str:
        """The slowest and the fastest round."""
        rates = [each.rate for each in self.rounds]
        return f"{min(rates):,.0f}–{max(rates):,.0f}"

    def percentile_ms(self, percent: float) -> float:
        """The median over the rounds of this percentile."""
        return statistics.median(each.percentile_ms(percent) for each in self.rounds)

    def times(self, other: Result) -> float:
        """How many times the other's rate this one's is."""
        return self.rate / other.rate


async def measure(
    contestants: Sequence[Contestant], *, rounds: int, seconds: float, connections: int
) -> list[Result]:
    """Each contestant flat out for some seconds in every round, the others idle; the order rotates.

    Raises:
        WrongAnswer: an answer was not one.
    """
    results = {each.name: Result(each.name) for each in contestants}
    for each in contestants:
        await _once(each, WARM_UP_S, connections)
    for number in range(rounds):
        for each in rotated(contestants, number):
            timed = await _once(each, seconds, connections)
            results[each.name].rounds.append(timed)
        done = ", ".join(f"{each.name} {each.rounds[-1].rate:,.0f}/s" for each in results.values())
        print(f"round {number + 1} of {rounds}: {done}", file=sys.stderr)
    return list(results.values())


def rotated(contestants: Sequence[Contestant], number: int) -> list[Contestant]:
    """The contestants in the order of this round: each begins in its turn."""
    start = number % len(contestants)
    return [*contestants[start:], *contestants[:start]]


async def _once(contestant: Contestant, seconds: float, connections: int) -> Timed:
    turns = itertools.cycle(contestant.requests)
    return await load.flat_out(contestant.port, connections, seconds, lambda: next(turns), contestant.proof)
