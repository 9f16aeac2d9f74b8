"""The figures of a shop, from its facts one by one; no sums of days (`domain.md §11`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from db import tables
from db.keys import SHANGHAI
from domain.figures import SHOWN
from domain.periods import MOST_BUCKETS, Bucket
from resolvers.reads.refusals import BadInput, TooMuch
from tests.oracle.reads import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tests.oracle.reads.reads import Reads

STEPS = {Bucket.HOUR: timedelta(hours=1), Bucket.DAY: timedelta(days=1), Bucket.WEEK: timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Counted:
    """The facts that lie in a piece of time, and how many orders of the shop were paid in it."""

    facts: Sequence[tables.FigureFact]
    paid: int

    def total(self, name: str) -> int:
        """The sum of a column."""
        return sum(getattr(fact, name) or 0 for fact in self.facts)

    @property
    def compensation(self) -> Decimal:
        """Yuan."""
        return sum((fact.compensation for fact in self.facts), Decimal("0.00"))

    def mean(self, name: str) -> int | None:
        """The mean of a column of seconds, where it is known."""
        known = [value for fact in self.facts if (value := getattr(fact, name)) is not None]
        return int(Decimal(sum(known)) / len(known) + Decimal("0.5")) if known else None

    @property
    def handled(self) -> list[int]:
        """The bins of the tickets that were first handled, the least first."""
        return sorted(fact.bin for fact in self.facts if fact.bin is not None)

    def percentile(self, tenths: int) -> int | None:
        """What stands for the bin of the percentile, by nearest rank."""
        bins = self.handled
        return SHOWN[bins[-(-len(bins) * tenths // 10) - 1]] if bins else None


@dataclass(frozen=True, slots=True)
class Whole:
    """All that was counted of a shop in a period."""

    shop_id: UUID
    since: datetime
    until: datetime
    bucket: Bucket
    facts: list[tables.FigureFact]
    paid: list[datetime]

    def within(self, since: datetime, until: datetime) -> Counted:
        """What was counted in a piece of it."""
        facts = [fact for fact in self.facts if since <= fact.at < until]
        return Counted(facts, sum(1 for at in self.paid if since <= at < until))

    def buckets(self) -> list[tuple[datetime, datetime]]:
        """From and to of each bucket."""
        found = []
        start = _start(self.since, self.bucket)
        while start < self.until:
            end = start + STEPS[self.bucket]
            found.append((max(start, self.since), min(end, self.until)))
            start = end
        return found

    def members(self) -> dict[UUID, list[tables.FigureFact]]:
        """The facts of each member for whom anything but nothing was counted."""
        found: dict[UUID, list[tables.FigureFact]] = {}
        for fact in self.facts:
            if fact.member_id is not None:
                found.setdefault(fact.member_id, []).append(fact)
        return {member_id: facts for member_id, facts in found.items() if _anything(Counted(facts, 0))}


async def of_shop(
    reads: Reads, shop_id: UUID | None, since: datetime, until: datetime, bucket: Bucket
) -> Whole | None:
    """What was counted of a shop that the viewer sees; raises `BadInput` and `TooMuch`."""
    if since >= until:
        raise BadInput("from must be before to.")
    if (until - _start(since, bucket)) / STEPS[bucket] > MOST_BUCKETS:
        raise TooMuch("Too many buckets.")
    shop = None if shop_id is None else await reads.shop.load(shop_id)
    if shop is None:
        return None
    statement = reads.statement()
    text = (
        f"SELECT {rows.columns(tables.FigureFact, 'r')} FROM figure_fact r"
        f" WHERE r.shop_id = {statement.bind(shop.id, 'uuid')} AND {statement.scope('figure_fact', 'r')}"
        f" AND r.at >= {statement.bind(since, 'timestamptz')}"
        f" AND r.at < {statement.bind(until, 'timestamptz')}"
    )
    found = await reads.database.pool.fetch(text, *statement.values)
    paid = await reads.database.pool.fetch(
        "SELECT paid_at FROM orders WHERE shop_id = $1 AND paid_at >= $2 AND paid_at < $3",
        shop.id,
        since,
        until,
    )
    facts = [rows.row(tables.FigureFact, record) for record in found]
    return Whole(shop.id, since, until, bucket, facts, [record["paid_at"] for record in paid])


def _start(moment: datetime, bucket: Bucket) -> datetime:
    local = moment.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
    if bucket is not Bucket.HOUR:
        local = local.replace(hour=0)
    if bucket is Bucket.WEEK:
        local -= timedelta(days=local.weekday())
    return local.astimezone(UTC)


_NAMES = ("opened", "on_time", "decided", "kept", "promised", "escalated", "ended", "upheld", "points")


def _anything(counted: Counted) -> bool:
    return (
        any(counted.total(name) for name in _NAMES)
        or bool(counted.handled)
        or counted.mean("answer_s") is not None
        or bool(counted.compensation)
    )
