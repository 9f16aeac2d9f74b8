"""Replies and the schemes they follow."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import strawberry

from db import tables
from domain import replies
from domain.ids import IdKind
from domain.replies import ReplyRequirement
from domain.shop import Market
from domain.ticket_words import TicketKind
from tests.oracle import fields
from tests.oracle.context import Info
from tests.oracle.fields import column, computed
from tests.oracle.types.node import Node, present

DEFAULT_LOCALE = "zh-CN"


@strawberry.type(description="One way of replying, as data.")
class ReplyScheme:
    """One way of replying."""

    scheme: strawberry.Private[replies.ReplyScheme]
    shop_id: strawberry.Private[UUID | None] = None

    @computed(description="What `ReplyToTicketInput.scheme` names it by.")
    def code(self) -> str:
        """The scheme's code."""
        return self.scheme.code

    @computed(description="Its name for people.")
    async def label(
        self,
        info: Info,
        locale: Annotated[
            str | None, strawberry.argument(description="zh-CN or en; the shop's own when left out.")
        ] = strawberry.UNSET,
    ) -> str:
        """Its name in `locale`."""
        wanted = fields.given(locale)
        if wanted is None and self.shop_id is not None:
            shop = await info.context.reads.shop.load(self.shop_id)
            wanted = None if shop is None else shop.locale
        return self.scheme.label(wanted or DEFAULT_LOCALE)

    @computed(description="The kinds of ticket it answers.")
    def kinds(self) -> list[TicketKind]:
        """The kinds of ticket it answers."""
        return list(self.scheme.kinds)

    @computed(description="What a reply by it must bring.")
    def requires(self) -> list[ReplyRequirement]:
        """What a reply by it must bring."""
        return list(self.scheme.requires)

    @computed(description="The longest time it may promise, in hours; also how long it holds without one.")
    def longest_promise_hours(self) -> int:
        """The longest promise in whole hours."""
        return int(self.scheme.longest_promise.total_seconds() // 3600)

    @computed(description="Whether a reply by it stops the clock of an urge for pickup.")
    def stops_clock(self) -> bool:
        """Whether it stops an urge-pickup clock."""
        return self.scheme.stops_clock


@strawberry.type(description="A note with variables, for replies by one scheme.")
class ReplyTemplate(Node):
    """A note with variables."""

    id_kind: ClassVar[IdKind] = IdKind.REPLY_TEMPLATE
    row: strawberry.Private[tables.ReplyTemplate]
    title: str = column("Its name in lists.")
    scheme_code: str = column("The scheme it is for.")
    body: str = column("The note.")


@strawberry.type(description="A seller's reply.")
class Reply:
    """A seller's reply."""

    row: strawberry.Private[tables.Reply]
    note: str | None = column("What the seller wrote to the buyer.")
    promised_at: datetime | None = column(
        "When the seller promised the pickup; null when no time was named.", name="promisedPickupAt"
    )
    proof_urls: list[str] = column("https links to proofs.")

    @computed(description="The scheme it followed.")
    async def scheme(self, info: Info) -> ReplyScheme:
        """The scheme it followed."""
        reads, row = info.context.reads, self.row
        shop = present(await reads.shop.load(row.shop_id))
        found = present(reads.book.scheme(Market(shop.market), row.scheme_code))
        return ReplyScheme(scheme=found, shop_id=row.shop_id)
