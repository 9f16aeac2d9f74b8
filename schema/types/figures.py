"""Figures of a shop (`domain.md §11`): the product's own estimate of what the platform counts."""

from datetime import datetime
from decimal import Decimal

import strawberry

from resolvers.reads import figures
from schema.fields import column, derived, embedded, one
from schema.types.shop import StaffMember


@strawberry.type(description="A share, with what it is made of.")
class Ratio:
    """A share."""

    numerator: int = column("How many of them.")
    denominator: int = column("Of how many.")
    value: float | None = column("Numerator through denominator; null where the denominator is 0.")


def _ratio(description: str, numerator: str, denominator: str) -> Ratio:
    above, below = f"{{t}}.{numerator}", f"{{t}}.{denominator}"
    found: Ratio = embedded(
        description,
        numerator=above,
        denominator=below,
        value=f"{above}::float8 / nullif({below}, 0)",
    )
    return found


@strawberry.type(
    description=(
        "What was counted, each thing at the moment it was recorded. Of a member: a reply is theirs who"
        " replied, a promise theirs who made it, all else theirs who had the ticket at that moment."
    )
)
class FigureSet:
    """What was counted."""

    opened: int = column("Tickets opened. Of a member: those that are assigned to them now.")
    handled: int = column(
        "Tickets first handled: by a reply that stopped the clock, by pickup, refund or closing of the order."
    )
    mean_handling_seconds: int | None = column(
        "From the opening to the first handling, on average; null where none was handled.",
        of="mean_handling_s",
    )
    p50_handling_seconds: int | None = column(
        "In so much time half of them were first handled; right within 2 %.", of="p50_handling_s"
    )
    p90_handling_seconds: int | None = column(
        "In so much time nine of ten were first handled; right within 2 %.", of="p90_handling_s"
    )
    mean_reminder_to_reply_seconds: int | None = column(
        "From the last reminder to the reply, on average; null where no reply followed a reminder.",
        of="mean_answer_s",
    )
    on_time: Ratio = _ratio(
        "Rounds handled before their window ran out, of those that were handled or ran out.",
        "on_time",
        "decided",
    )
    promise_kept: Ratio = _ratio(
        "Promises during which the ticket was completed, of those that were kept or broken.",
        "kept",
        "promised",
    )
    escalated: Ratio = _ratio(
        "Tickets whose complaint was not dismissed, of those completed or escalated (not those withdrawn).",
        "escalated",
        "ended",
    )
    platform_liability: Ratio = _ratio(
        "Complaints ruled as upheld, of the shop's orders paid in the same time.", "upheld", "paid"
    )
    compensation: Decimal = column("What settlements and rulings cost, in yuan.")
    penalty_points: int = column("Penalty points of rulings.", of="points")


@strawberry.type(description="The figures of one bucket.")
class FigureBucket:
    """The figures of one bucket."""

    since: datetime = column(
        "Where it begins, included; the first bucket at the start of the period.", name="from"
    )
    until: datetime = column("Where it ends, excluded; the last bucket at the end of the period.", name="to")
    figures: FigureSet = embedded("What was counted in it.")


@strawberry.type(description="The figures of one member.")
class StaffFigures:
    """The figures of one member."""

    staff: StaffMember = one("The member.", {"shop_id": "{t}.shop_id", "id": "{t}.member_id"})
    figures: FigureSet = embedded("What was counted for them. Paid orders are the whole shop's.")


@strawberry.type(description="What a shop did in a period: the product's own estimate.")
class ShopFigures:
    """What a shop did in a period."""

    total: FigureSet = derived("All of it.", "figure_sum", figures.TOTAL)
    by_bucket: list[FigureBucket] = derived(
        "By bucket, the first first, those in which nothing happened too; at most 400. A bucket that the"
        " period covers in part counts what lies in the period.",
        "figure_sum",
        figures.BY_BUCKET,
        order="{r}.key",
    )
    by_staff: list[StaffFigures] = derived(
        "By member, the longest known first: those for whom anything was counted.",
        "figure_sum",
        figures.BY_STAFF,
        order="{r}.created_at, {r}.member_id",
    )
