"""The messages of the live queue."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.events import FollowUpAction
from schema.types.counts import QueueCounts
from schema.types.follow_up import FollowUpRecord
from schema.types.ticket import Ticket


@strawberry.type(
    description=(
        "What has a running clock, nearest first (at most 200), and where the stream stands; `truncated` when"
        " there is more: page `tickets`, whose connection carries a streamCursor."
    )
)
class DeadlineSnapshot:
    """What has a running clock now."""

    cursor: str = strawberry.field(description="Where the stream stands: resume with it.")
    server_time: datetime = strawberry.field(description="The database's clock at this message.")
    tickets: list[Ticket] = strawberry.field(
        description="Tickets with a running clock, nearest deadline first."
    )
    counts: list[QueueCounts] = strawberry.field(description="The counts of each shop.")
    truncated: bool = strawberry.field(description="Whether more clocks run than are listed.")


@strawberry.type(
    description=(
        "A change of a ticket. `ticket` is as it stands now, not as it was then: apply it if its version is"
        " not older than yours."
    )
)
class DeadlineUpdate:
    """A change of a ticket."""

    cursor: str = strawberry.field(description="Where the stream stands: resume with it.")
    server_time: datetime = strawberry.field(description="The database's clock at this message.")
    shop_id: strawberry.ID = strawberry.field(description="The shop whose stream it is in.")
    position: int = strawberry.field(description="Its place in that shop's stream.")
    action: FollowUpAction = strawberry.field(description="What happened.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    record: FollowUpRecord = strawberry.field(description="The record of it.")
    ticket: Ticket = strawberry.field(description="The ticket as it stands now.")


@strawberry.type(description="Caught up: what follows is news.")
class StreamLive:
    """Caught up."""

    cursor: str = strawberry.field(description="Where the stream stands: resume with it.")
    server_time: datetime = strawberry.field(description="The database's clock at this message.")


@strawberry.type(description="What was missed can no longer be replayed: drop what you hold and read again.")
class StreamReset:
    """What was missed cannot be replayed."""

    cursor: str = strawberry.field(description="Where the stream stands: resume with it.")
    reason: str = strawberry.field(description="Why it cannot be replayed.")


DeadlineMessage = Annotated[
    DeadlineSnapshot | DeadlineUpdate | StreamLive | StreamReset,
    strawberry.union("DeadlineMessage", description="A message of the live queue."),
]
