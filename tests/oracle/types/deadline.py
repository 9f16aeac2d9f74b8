"""Why a clock stands where it does."""

from datetime import datetime

import strawberry

from domain import sla
from tests.oracle.context import Info
from tests.oracle.fields import computed
from tests.oracle.reads import nodes
from tests.oracle.types.exemption import Exemption


@strawberry.type(description="A stretch of time, and what it did to the deadline.")
class DeadlineSegment:
    """A stretch of time, and what it did."""

    row: strawberry.Private[sla.Segment]

    @computed(name="from", description="When the stretch begins.")
    def start(self) -> datetime:
        """When the stretch begins."""
        return self.row.start

    @computed(name="to", description="When it ends.")
    def end(self) -> datetime:
        """When it ends."""
        return self.row.end

    @computed(description="What it is: REPLY_WINDOW, PICKUP_WINDOW or RECORDED_LATE.")
    def reason(self) -> str:
        """What it is."""
        return self.row.reason

    @computed(description="The exemption that gave it; null for any other stretch.")
    async def exemption(self, info: Info) -> Exemption | None:
        """The exemption that moved the deadline."""
        if self.row.exemption_id is None:
            return None
        found = await nodes.exemption(info.context.reads, self.row.exemption_id)
        return None if found is None else Exemption(row=found)

    @computed(description="Whether it counted towards the window.")
    def counted(self) -> bool:
        """Whether it counted."""
        return self.row.counted


@strawberry.type(description="When a clock runs out, and why then.")
class DeadlineExplanation:
    """When a clock runs out, and why then."""

    row: strawberry.Private[sla.Deadline]

    @computed(description="The deadline; null when the clock was stopped before.")
    def deadline_at(self) -> datetime | None:
        """The deadline."""
        return self.row.at

    @computed(description="The version of the policy it was made with.")
    def policy_version(self) -> int:
        """The version of the policy."""
        return self.row.policy_version

    @computed(description="What led to it, in order of time.")
    def segments(self) -> list[DeadlineSegment]:
        """What led to it."""
        return [DeadlineSegment(row=segment) for segment in self.row.segments]
