"""The worker's figures, as Prometheus reads them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from escalation.index import Counts

LATENESS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
COUNTERS = {
    "claims": "Tickets claimed from the index",
    "claims_lost": "Claims whose lease had run out when they were finished",
    "claims_given_back": "Claims given back unhandled: PostgreSQL was away, or the worker was stopped",
    "leases_returned": "Claims of workers that did not finish them in time",
    "repaired": "Tickets the sweep found missing from the index",
    "direct": "Tickets taken straight from PostgreSQL while Redis was away",
    "rebuilds": "Times the whole index was filled",
    "retimed": "Open tickets timed anew after a change of the rules",
    "batch_errors": "Batches that could not be written at once",
    "failed": "Tickets that could not be written",
}


class Metrics:
    """Counts since the start of this process."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.fates: Counter[str] = Counter()
        self._buckets = [0] * (len(LATENESS_S) + 1)
        self._late_s = 0.0

    def fired(self, late_s: float) -> None:
        """A step was done `late_s` seconds after it was due."""
        self._buckets[bisect_left(LATENESS_S, late_s)] += 1
        self._late_s += late_s

    def render(self, counts: Counts | None, *, offset_s: float, now_ms: int) -> str:
        """All of it in the text format; without the index's figures while Redis is away."""
        return "\n".join(self._lines(counts, offset_s, now_ms)) + "\n"

    def _lines(self, counts: Counts | None, offset_s: float, now_ms: int) -> Iterator[str]:
        name = "lanshou_deadline_lateness_seconds"
        yield f"# HELP {name} From due to done, by PostgreSQL's clock"
        yield f"# TYPE {name} histogram"
        total = 0
        for limit, count in zip((*LATENESS_S, "+Inf"), self._buckets, strict=True):
            total += count
            yield f'{name}_bucket{{le="{limit}"}} {total}'
        yield f"{name}_sum {self._late_s:.6f}"
        yield f"{name}_count {total}"
        yield "# TYPE lanshou_worker_tickets_total counter"
        for fate, count in sorted(self.fates.items()):
            yield f'lanshou_worker_tickets_total{{fate="{fate}"}} {count}'
        for counter, meaning in COUNTERS.items():
            yield f"# HELP lanshou_worker_{counter}_total {meaning}"
            yield f"# TYPE lanshou_worker_{counter}_total counter"
            yield f"lanshou_worker_{counter}_total {self.counters[counter]}"
        yield from _gauge(
            "lanshou_clock_offset_seconds", "PostgreSQL's clock before this machine's", offset_s
        )
        yield from _gauge("lanshou_index_up", "Whether Redis answers", int(counts is not None))
        if counts is not None:
            yield from _gauge("lanshou_index_tickets", "Tickets waiting in the index", counts.due)
            yield from _gauge("lanshou_index_claimed", "Tickets claimed by workers", counts.claimed)
            overdue_s = 0.0 if counts.oldest_ms is None else max(0, now_ms - counts.oldest_ms) / 1000
            yield from _gauge("lanshou_index_oldest_due_seconds", "How long the first has waited", overdue_s)


def _gauge(name: str, meaning: str, value: float) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} gauge"
    yield f"{name} {value}"
