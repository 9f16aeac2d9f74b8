"""What a plan of PostgreSQL says that it did: rows read and sorted, indexes used, tables scanned whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

GROWING = frozenset(
    {
        "ticket",
        "orders",
        "parcel",
        "tracking_event",
        "follow_up_record",
        "reply",
        "consumer_card",
        "complaint",
        "webhook_delivery",
        "waybill_change",
        "waybill_directory",
        "unmatched_scan",
        "event",
        "figure_fact",
        "figure_sum",
        "figure_time",
        "paid_day",
    }
)
"""Tables that grow with the tickets. `shop`, `shop_stream`, `staff_member`, `reply_template`, `webhook` and
`exemption` do not: a few rows a shop, which PostgreSQL rightly reads whole while there are few shops."""


@dataclass(slots=True)
class Plan:
    """`said`: what EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) gives for one statement."""

    said: dict[str, Any]
    _nodes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ms(self) -> float:
        """How long it ran."""
        return float(self.said["Execution Time"])

    @property
    def pages(self) -> int:
        """Pages of tables and indexes that were looked at."""
        root = self.said["Plan"]
        return int(root.get("Shared Hit Blocks", 0)) + int(root.get("Shared Read Blocks", 0))

    @property
    def scanned(self) -> list[str]:
        """Growing tables that were read from end to end."""
        return sorted({each["Relation Name"] for each in self._of("Seq Scan")} & GROWING)

    @property
    def rows(self) -> int:
        """Rows of growing tables that were read, those that a filter then dropped included."""
        return sum(_read(each) for each in self._walk() if each.get("Relation Name") in GROWING)

    @property
    def sorted(self) -> int:
        """The rows that the largest sort took in, over all its runs."""
        return max((_out(each["Plans"][0]) for each in self._of("Sort", "Incremental Sort")), default=0)

    @property
    def indexes(self) -> list[str]:
        """The indexes used over growing tables, those that gave most rows first."""
        found: dict[str, int] = {}
        for each in self._walk():
            if "Index Name" in each and each.get("Actual Loops", 0):
                found[each["Index Name"]] = found.get(each["Index Name"], 0) + _read(each)
        return sorted(found, key=lambda name: -found[name])

    def _of(self, *kinds: str) -> Iterator[dict[str, Any]]:
        return (each for each in self._walk() if each["Node Type"] in kinds)

    def _walk(self) -> list[dict[str, Any]]:
        if not self._nodes:
            waiting = [self.said["Plan"]]
            while waiting:
                node = waiting.pop()
                self._nodes.append(node)
                waiting += node.get("Plans", ())
        return self._nodes


def _out(node: dict[str, Any]) -> int:
    return _times(node, "Actual Rows")


def _read(node: dict[str, Any]) -> int:
    return _times(node, "Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")


def _times(node: dict[str, Any], *names: str) -> int:
    """Over all runs of a node, of which EXPLAIN gives the mean."""
    return int(sum(node.get(name, 0) for name in names) * node.get("Actual Loops", 0) + 0.5)
