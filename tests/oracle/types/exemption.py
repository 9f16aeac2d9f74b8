"""Exemptions from deadlines."""

from datetime import datetime
from typing import ClassVar

import strawberry

from db import tables
from domain.exemptions import ExemptionBasis, ExemptionEnd
from domain.ids import IdKind
from domain.shop import Market
from tests.oracle.context import Info
from tests.oracle.fields import column, computed
from tests.oracle.reads.paging import Page
from tests.oracle.types.node import Node, PageInfo, page_info


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

    @computed(description="How many open tickets its last change concerns.")
    async def affected_tickets(self, info: Info) -> int:
        """How many open tickets its last change concerns."""
        return (await info.context.reads.times_of_exemption(self.row.id))[0]

    @computed(description="How many of these have been timed anew.")
    async def retimed_tickets(self, info: Info) -> int:
        """How many of these have been timed anew."""
        return (await info.context.reads.times_of_exemption(self.row.id))[1]


@strawberry.type(description="An exemption in a list.")
class ExemptionEdge:
    """An exemption in a list."""

    cursor: str = strawberry.field(description="Where the exemption stands in the list.")
    node: Exemption = strawberry.field(description="The exemption.")


@strawberry.type(description="A page of exemptions.")
class ExemptionConnection:
    """A page of exemptions."""

    page: strawberry.Private[Page[tables.Exemption]]
    page_info: PageInfo = strawberry.field(
        resolver=page_info, description="Where the page stands in the list."
    )

    @computed(description="The exemptions of the page.")
    def edges(self) -> list[ExemptionEdge]:
        """The exemptions of the page."""
        pairs = zip(self.page.cursors, self.page.rows, strict=True)
        return [ExemptionEdge(cursor=cursor, node=Exemption(row=row)) for cursor, row in pairs]

    @computed(description="How many exemptions the list has.")
    async def total_count(self) -> int:
        """How many exemptions there are."""
        return await self.page.count()
