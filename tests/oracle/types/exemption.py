"""Exemptions from deadlines."""

from datetime import datetime
from typing import ClassVar

import strawberry

from db import tables
from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.ids import IdKind
from domain.shop import Market
from tests.oracle.fields import column, computed
from tests.oracle.types.node import Node


@strawberry.type(description="An exemption.")
class Exemption(Node):
    """A dated relief from deadlines."""

    id_kind: ClassVar[IdKind] = IdKind.EXEMPTION
    row: strawberry.Private[tables.Exemption]
    title: str = column("What the platform calls it.")
    market: Market | None = column("The marketplace.")
    region: str | None = column("The region.")
    end: ExemptionEnd = column("Which end.")
    basis: ExemptionBasis = column("What has to fall in it.")
    latest_at: datetime = column("Until when.")

    @computed(name="from", description="When it begins.")
    def start(self) -> datetime:
        """When it begins."""
        return self.row.starts_at

    @computed(name="to", description="When it ends.")
    def until(self) -> datetime:
        """When it ends."""
        return self.row.ends_at
