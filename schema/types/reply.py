"""Replies and the schemes they follow."""

from datetime import datetime
from typing import Annotated, ClassVar

import strawberry

from domain import replies
from domain.ids import IdKind
from domain.replies import ReplyRequirement
from domain.shop import Market
from domain.ticket_words import TicketKind
from resolvers.plan.declared import Rows
from resolvers.plan.operation import Operation
from schema.fields import column, computed, given, python
from schema.types.node import Node, present

LOCALE = "(SELECT l.locale FROM shop l WHERE l.id = {t}.shop_id)"
"""The language of the row's shop."""
MARKET = "(SELECT l.market FROM shop l WHERE l.id = {t}.shop_id)"
"""The marketplace of the row's shop."""


@strawberry.type(description="One way of replying, as data.")
class ReplyScheme:
    """One way of replying."""

    scheme: strawberry.Private[replies.ReplyScheme]
    locale: strawberry.Private[str]

    @computed(description="What `ReplyToTicketInput.scheme` names it by.")
    def code(self) -> str:
        """The scheme's code."""
        return self.scheme.code

    @computed(description="Its name for people.")
    def label(
        self,
        locale: Annotated[
            str | None, strawberry.argument(description="zh-CN or en; the shop's own when left out.")
        ] = strawberry.UNSET,
    ) -> str:
        """Its name in `locale`."""
        return self.scheme.label(given(locale) or self.locale)

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

    rows: ClassVar[Rows] = Rows("reply_template", IdKind.REPLY_TEMPLATE, indexed_by_id=True)
    title: str = column("Its name in lists.")
    scheme_code: str = column("The scheme it is for.")
    body: str = column("The note, with variables such as {{buyer_nick}} in double braces.")


def _scheme(asked: Operation, code: str, locale: str, market: str) -> ReplyScheme:
    return ReplyScheme(scheme=present(asked.book.scheme(Market(market), code)), locale=locale)


@strawberry.type(description="A seller's reply.")
class Reply:
    """A seller's reply."""

    rows: ClassVar[Rows] = Rows("reply")
    note: str | None = column("What the seller wrote to the buyer.")
    promised_at: datetime | None = column(
        "When the seller promised the pickup; null when no time was named.", name="promisedPickupAt"
    )
    proof_urls: list[str] = column("https links to proofs.")
    scheme: ReplyScheme = python("The scheme it followed.", _scheme, "{t}.scheme_code", LOCALE, MARKET)
