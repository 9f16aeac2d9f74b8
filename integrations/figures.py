"""The sender's figures, as Prometheus reads them."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.outbox import Waiting

SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)


class Figures:
    """Counts since the start of this process."""

    def __init__(self) -> None:
        self.delivered = 0
        self.failed = 0
        self.given_up = 0
        self._buckets = [0] * (len(SECONDS) + 1)
        self._seconds = 0.0

    def attempted(self, seconds: float, *, taken: bool) -> None:
        """An attempt came to its end."""
        self.delivered += taken
        self.failed += not taken
        self._buckets[bisect_left(SECONDS, seconds)] += 1
        self._seconds += seconds

    def render(self, waiting: Waiting | None) -> str:
        """All of it in the text format; without what waits while PostgreSQL is away."""
        return "\n".join(self._lines(waiting)) + "\n"

    def _lines(self, waiting: Waiting | None) -> Iterator[str]:
        name = "lanshou_webhook_attempt_seconds"
        yield f"# HELP {name} How long an attempt to deliver to a webhook took"
        yield f"# TYPE {name} histogram"
        total = 0
        for limit, count in zip((*SECONDS, "+Inf"), self._buckets, strict=True):
            total += count
            yield f'{name}_bucket{{le="{limit}"}} {total}'
        yield f"{name}_sum {self._seconds:.6f}"
        yield f"{name}_count {total}"
        yield "# HELP lanshou_webhook_attempts_total Attempts to deliver, by what came of them"
        yield "# TYPE lanshou_webhook_attempts_total counter"
        yield f'lanshou_webhook_attempts_total{{outcome="delivered"}} {self.delivered}'
        yield f'lanshou_webhook_attempts_total{{outcome="failed"}} {self.failed}'
        yield "# HELP lanshou_webhook_given_up_total Deliveries that will not be tried again"
        yield "# TYPE lanshou_webhook_given_up_total counter"
        yield f"lanshou_webhook_given_up_total {self.given_up}"
        if waiting is not None:
            yield "# HELP lanshou_webhook_waiting Deliveries that are not done: due now, and in all"
            yield "# TYPE lanshou_webhook_waiting gauge"
            yield f'lanshou_webhook_waiting{{which="due"}} {waiting.due}'
            yield f'lanshou_webhook_waiting{{which="all"}} {waiting.pending}'
            yield "# HELP lanshou_webhook_oldest_due_seconds How long the first that is due has waited"
            yield "# TYPE lanshou_webhook_oldest_due_seconds gauge"
            yield f"lanshou_webhook_oldest_due_seconds {max(waiting.oldest_s, 0.0):.3f}"
