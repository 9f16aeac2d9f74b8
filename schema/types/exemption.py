"""Exemptions from deadlines."""

from datetime import datetime
from typing import ClassVar

import strawberry

from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.ids import IdKind
from domain.shop import Market
from resolvers.plan.declared import Rows
from schema.fields import column
from schema.types.node import Node


@strawberry.type(
    description="不计时段: days that the platform leaves out of deadlines, for a region or everywhere."
)
class Exemption(Node):
    """A dated relief from deadlines."""

    rows: ClassVar[Rows] = Rows("exemption", IdKind.EXEMPTION, indexed_by_id=True)
    title: str = column("What the platform calls it.")
    market: Market | None = column("The marketplace it is for; null for all.")
    region: str | None = column("Prefix of a GB/T 2260 code; null for everywhere.")
    end: ExemptionEnd = column("Which end of the way lies in the region.")
    basis: ExemptionBasis = column("What has to fall between `from` and `to`.")
    starts_at: datetime = column("When it begins.", name="from")
    ends_at: datetime = column("When it ends.", name="to")
    latest_at: datetime = column("Until when a deadline that it moves is put off.")
