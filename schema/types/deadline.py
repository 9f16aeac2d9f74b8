"""Why a clock stands where it does."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain import sla
from resolvers.plan.refs import Ref
from schema.fields import among, computed
from schema.types.exemption import Exemption


@strawberry.type(description="A stretch of time, and what it did to the deadline.")
class DeadlineSegment:
    """A stretch of time, and what it did."""

    row: strawberry.Private[sla.Segment]
    exemption: Exemption | None = among(
        "The exemption that gave it; null for any other stretch, and once it was deleted.",
        {},
        where="{r}.id = ANY ({t}.moved_by)",
        by="exemption_id",
    )

    @property
    def exemption_id(self) -> UUID | None:
        """The exemption's id."""
        return self.row.exemption_id

    @computed(name="from", description="When the stretch begins.")
    def start(self) -> datetime:
        """When the stretch begins."""
        return self.row.start

    @computed(name="to", description="When it ends.")
    def end(self) -> datetime:
        """When it ends."""
        return self.row.end

    @computed(
        description="What it is: REPLY_WINDOW or PICKUP_WINDOW counted; RECORDED_LATE is what a shipment that"
        " was told late got; EXEMPTION moved the deadline; KEPT left it where it was, or an hour, though the"
        " rules have it earlier by now."
    )
    def reason(self) -> str:
        """What it is."""
        return self.row.reason

    @computed(description="Whether it counted towards the window.")
    def counted(self) -> bool:
        """Whether it counted."""
        return self.row.counted


def _segment(row: sla.Segment) -> DeadlineSegment:
    made = DeadlineSegment(row=row)
    found: Any = row.exemption_id and Ref("Exemption", (row.exemption_id, row.exemption_id))
    # Below the row of a ticket the plan has found it already.
    made.exemption = found
    return made


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
        return [_segment(segment) for segment in self.row.segments]
