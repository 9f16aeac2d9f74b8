"""Exemptions from deadlines."""

from datetime import datetime
from typing import ClassVar

import strawberry

from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.ids import IdKind
from domain.shop import Market
from resolvers.plan.declared import Rows
from schema.fields import column, expression
from schema.types.node import Node, PageInfo

_OF_LAST_CHANGE = (
    "coalesce((SELECT c.{0} FROM calendar_change c WHERE c.exemption_id = {{t}}.id"
    " ORDER BY c.revision DESC LIMIT 1), 0)"
)


@strawberry.type(
    description="不计时段: days that the platform leaves out of deadlines, for a region or everywhere."
)
class Exemption(Node):
    """A dated relief from deadlines."""

    rows: ClassVar[Rows] = Rows("exemption", IdKind.EXEMPTION, shop_key="id", indexed_by_id=True)
    title: str = column("What the platform calls it.")
    market: Market | None = column("The marketplace it is for; null for all.")
    region: str | None = column("Prefix of a GB/T 2260 code; null for everywhere.")
    end: ExemptionEnd = column("Which end of the way lies in the region.")
    basis: ExemptionBasis = column("What has to fall between `from` and `to`.")
    starts_at: datetime = column("When it begins.", name="from")
    ends_at: datetime = column("When it ends.", name="to")
    latest_at: datetime = column("Until when a deadline that it moves is put off.")
    affected_tickets: int = expression(
        "How many open tickets its last change concerns.", _OF_LAST_CHANGE.format("affected_tickets")
    )
    retimed_tickets: int = expression(
        "How many of these have been timed anew so far.", _OF_LAST_CHANGE.format("retimed_tickets")
    )


@strawberry.type(description="An exemption in a list.")
class ExemptionEdge:
    """An exemption in a list."""

    cursor: str = strawberry.field(description="Where the exemption stands in the list.")
    node: Exemption = strawberry.field(description="The exemption.")


@strawberry.type(description="A page of exemptions.")
class ExemptionConnection:
    """A page of exemptions."""

    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    edges: list[ExemptionEdge] = strawberry.field(description="The exemptions of the page.")
    total_count: int = strawberry.field(description="How many exemptions the list has.")
