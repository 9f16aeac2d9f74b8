"""Figures of a shop."""

from datetime import datetime
from decimal import Decimal

import strawberry

from tests.oracle.context import Info
from tests.oracle.fields import computed
from tests.oracle.reads.figures import Counted, Whole
from tests.oracle.types.node import present
from tests.oracle.types.shop import StaffMember


@strawberry.type(description="A share, with what it is made of.")
class Ratio:
    """A share."""

    numerator: int = strawberry.field(description="How many of them.")
    denominator: int = strawberry.field(description="Of how many.")

    @computed(description="Numerator through denominator.")
    def value(self) -> float | None:
        """The share."""
        return self.numerator / self.denominator if self.denominator else None


@strawberry.type(description="What was counted.")
class FigureSet:
    """What was counted."""

    counted: strawberry.Private[Counted]

    @computed(description="Tickets opened.")
    def opened(self) -> int:
        """Tickets opened."""
        return self.counted.total("opened")

    @computed(description="Tickets first handled.")
    def handled(self) -> int:
        """Tickets first handled."""
        return len(self.counted.handled)

    @computed(description="From the opening to the first handling.")
    def mean_handling_seconds(self) -> int | None:
        """From the opening to the first handling."""
        return self.counted.mean("handling_s")

    @computed(description="The median.")
    def p50_handling_seconds(self) -> int | None:
        """The median."""
        return self.counted.percentile(5)

    @computed(description="The 90th percentile.")
    def p90_handling_seconds(self) -> int | None:
        """The 90th percentile."""
        return self.counted.percentile(9)

    @computed(description="From the last reminder to the reply.")
    def mean_reminder_to_reply_seconds(self) -> int | None:
        """From the last reminder to the reply."""
        return self.counted.mean("answer_s")

    @computed(description="Rounds handled in time.")
    def on_time(self) -> Ratio:
        """Rounds handled in time."""
        return self._ratio("on_time", "decided")

    @computed(description="Promises kept.")
    def promise_kept(self) -> Ratio:
        """Promises kept."""
        return self._ratio("kept", "promised")

    @computed(description="Tickets escalated.")
    def escalated(self) -> Ratio:
        """Tickets escalated."""
        return self._ratio("escalated", "ended")

    @computed(description="Complaints upheld of orders paid.")
    def platform_liability(self) -> Ratio:
        """Complaints upheld of orders paid."""
        return Ratio(numerator=self.counted.total("upheld"), denominator=self.counted.paid)

    @computed(description="Yuan.")
    def compensation(self) -> Decimal:
        """Yuan."""
        return self.counted.compensation

    @computed(description="Points.")
    def penalty_points(self) -> int:
        """Points."""
        return self.counted.total("points")

    def _ratio(self, above: str, below: str) -> Ratio:
        return Ratio(numerator=self.counted.total(above), denominator=self.counted.total(below))


@strawberry.type(description="The figures of one bucket.")
class FigureBucket:
    """The figures of one bucket."""

    since: datetime = strawberry.field(description="Where it begins.", name="from")
    until: datetime = strawberry.field(description="Where it ends.", name="to")
    figures: FigureSet = strawberry.field(description="What was counted in it.")


@strawberry.type(description="The figures of one member.")
class StaffFigures:
    """The figures of one member."""

    staff: StaffMember = strawberry.field(description="The member.")
    figures: FigureSet = strawberry.field(description="What was counted for them.")


@strawberry.type(description="What a shop did in a period.")
class ShopFigures:
    """What a shop did in a period."""

    whole: strawberry.Private[Whole]

    @computed(description="All of it.")
    def total(self) -> FigureSet:
        """All of it."""
        return FigureSet(counted=self.whole.within(self.whole.since, self.whole.until))

    @computed(description="By bucket.")
    def by_bucket(self) -> list[FigureBucket]:
        """By bucket."""
        return [
            FigureBucket(since=since, until=until, figures=FigureSet(counted=self.whole.within(since, until)))
            for since, until in self.whole.buckets()
        ]

    @computed(description="By member.")
    async def by_staff(self, info: Info) -> list[StaffFigures]:
        """By member."""
        found = []
        for member_id, facts in self.whole.members().items():
            member = present(await info.context.reads.staff_member.load((self.whole.shop_id, member_id)))
            found.append((member, Counted(facts, len(self.whole.paid))))
        found.sort(key=lambda each: (each[0].created_at, each[0].id))
        return [
            StaffFigures(staff=StaffMember(row=member), figures=FigureSet(counted=counted))
            for member, counted in found
        ]
