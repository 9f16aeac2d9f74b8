"""What happens to a ticket, named in the past tense: the actions of its follow-up records."""

from __future__ import annotations

from enum import StrEnum


class FollowUpAction(StrEnum):
    """What a follow-up record tells (`schema.graphql`)."""

    OPENED = "OPENED"
    REPLIED = "REPLIED"
    WAYBILL_CHANGED = "WAYBILL_CHANGED"
    SHIPPED = "SHIPPED"
    PICKED_UP = "PICKED_UP"
    REFUNDED = "REFUNDED"
    ORDER_CLOSED = "ORDER_CLOSED"
    REMINDED = "REMINDED"
    DEADLINE_MOVED = "DEADLINE_MOVED"
    PROMISE_BROKEN = "PROMISE_BROKEN"
    REOPENED = "REOPENED"
    ASSIGNED = "ASSIGNED"
    NOTED = "NOTED"
    ESCALATED = "ESCALATED"
    COMPLAINT_STATEMENT = "COMPLAINT_STATEMENT"
    COMPLAINT_SETTLED = "COMPLAINT_SETTLED"
    COMPLAINT_RULED = "COMPLAINT_RULED"
    WITHDRAWN = "WITHDRAWN"


class ActorKind(StrEnum):
    """Who acts; the roles of `domain.md §12`, and SYSTEM for the worker."""

    CONSUMER = "CONSUMER"
    STAFF = "STAFF"
    INTEGRATION = "INTEGRATION"
    PLATFORM = "PLATFORM"
    SYSTEM = "SYSTEM"


SHOWN_TO_CONSUMER = frozenset(
    {
        FollowUpAction.OPENED,
        FollowUpAction.REPLIED,
        FollowUpAction.WAYBILL_CHANGED,
        FollowUpAction.SHIPPED,
        FollowUpAction.PICKED_UP,
        FollowUpAction.REFUNDED,
        FollowUpAction.ORDER_CLOSED,
        FollowUpAction.ESCALATED,
        FollowUpAction.WITHDRAWN,
    }
)
"""The records a buyer may read, with the shop's name as actor (`domain.md §12`)."""

KEEPS_VERSION = frozenset({FollowUpAction.REMINDED, FollowUpAction.NOTED})
"""Records that add no version, so that an open reply form stays valid (`domain.md §5`)."""
