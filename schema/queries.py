"""What can be asked. All but what Python knows by itself is read by plan: the methods name the arguments."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain import access, carriers, webhooks
from domain.access import Action
from domain.periods import Bucket
from domain.shop import Market
from domain.templates import MOST_TEMPLATES
from domain.ticket_words import TicketKind
from resolvers import exemptions, policies
from resolvers.plan import pages
from resolvers.plan.declared import ByIds, Connection, Embedded, Found, Listed, Reckoned
from resolvers.reads import figures, listings
from resolvers.reads.refusals import BadInput
from resolvers.reads.tickets import TicketOrderField
from schema import unwrap, wrap
from schema.context import Info
from schema.enums import Direction
from schema.fields import After, Before, First, Last, computed, given, planned
from schema.filters import ComplaintFilter, OrderFilter, TicketFilter, TicketOrder
from schema.rule_inputs import DeadlinePreviewInput
from schema.types import node as node_types
from schema.types.complaint import Complaint, ComplaintConnection
from schema.types.counts import QueueCounts
from schema.types.deadline import DeadlineExplanation
from schema.types.exemption import ExemptionConnection
from schema.types.figures import ShopFigures
from schema.types.order import Order, OrderConnection
from schema.types.parcel import Carrier
from schema.types.policy import Policy
from schema.types.reply import ReplyScheme, ReplyTemplate
from schema.types.shop import ShopConnection, Viewer
from schema.types.ticket import Ticket, TicketConnection
from schema.types.webhook import Webhook

Id = Annotated[strawberry.ID, strawberry.argument(name="id", description="A public id.")]
_TOO_MANY = f"At most {listings.MOST_SHOPS} shops: name them in shopIds."
_TOO_MANY_TEMPLATES = f"At most {MOST_TEMPLATES} reply templates."


@strawberry.type(
    description="What can be asked. A thing that you may not see is answered like one that does not exist."
)
class Query:
    """What can be asked."""

    @planned(description="Who asks.", said=Embedded())
    def viewer(self) -> Viewer:
        """Who asks."""
        raise NotImplementedError

    @planned(description="Anything by its id.", said=ByIds("id"))
    def node(self, public_id: Id) -> node_types.Node | None:
        """Anything by its id."""
        raise NotImplementedError

    @planned(
        description="Anything by its id, in the order of the ids; null for what is not there.",
        said=ByIds("ids", many=True),
    )
    def nodes(
        self,
        public_ids: Annotated[
            list[strawberry.ID], strawberry.argument(name="ids", description="Public ids; at most 200.")
        ],
    ) -> list[node_types.Node | None]:
        """Anything by its id."""
        raise NotImplementedError

    @planned(
        description="Your shops, by name; for a consumer those they bought from.",
        said=Connection(listings.shops, size=20),
    )
    def shops(
        self,
        search: Annotated[
            str | None, strawberry.argument(description="What the name begins with, in any case.")
        ] = strawberry.UNSET,
        first: First = 20,
        after: After = strawberry.UNSET,
    ) -> ShopConnection:
        """The viewer's shops."""
        raise NotImplementedError

    @planned(description="A ticket. An integration sees none.", said=Found(listings.ticket))
    def ticket(self, public_id: Id) -> Ticket | None:
        """A ticket."""
        raise NotImplementedError

    @planned(
        description=(
            "The queue: every ticket of the viewer's shops, by default those nearest their deadline first,"
            " those without a running clock last. For staff and platform."
        ),
        said=Connection(listings.queue, size=50, cap=pages.COUNTED_TO),
    )
    def tickets(  # noqa: PLR0917 - Strawberry passes them by name
        self,
        wanted: Annotated[
            TicketFilter | None, strawberry.argument(name="filter", description="Which.")
        ] = strawberry.UNSET,
        order_by: Annotated[
            TicketOrder | None, strawberry.argument(description="In which order.")
        ] = TicketOrder(  # noqa: B008
            field=TicketOrderField.DEADLINE_AT, direction=Direction.ASC
        ),
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> TicketConnection:
        """The queue."""
        raise NotImplementedError

    @planned(description="An order, by its id, or by its shop and number.", said=Found(listings.order))
    def order(
        self,
        public_id: Annotated[
            strawberry.ID | None, strawberry.argument(name="id", description="Its id.")
        ] = strawberry.UNSET,
        shop_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Its shop, together with `number`.")
        ] = strawberry.UNSET,
        number: Annotated[
            str | None, strawberry.argument(description="Its number in the shop, together with `shopId`.")
        ] = strawberry.UNSET,
    ) -> Order | None:
        """An order."""
        raise NotImplementedError

    @planned(
        description="Orders, the last paid first.",
        said=Connection(listings.all_orders, size=50, cap=pages.COUNTED_TO),
    )
    def orders(
        self,
        wanted: Annotated[
            OrderFilter | None, strawberry.argument(name="filter", description="Which.")
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> OrderConnection:
        """Orders."""
        raise NotImplementedError

    @planned(
        description="A complaint. A consumer or an integration sees none.", said=Found(listings.complaint)
    )
    def complaint(self, public_id: Id) -> Complaint | None:
        """A complaint."""
        raise NotImplementedError

    @planned(
        description="Complaints, the last filed first. For staff and platform.",
        said=Connection(listings.all_complaints, size=20, cap=pages.COUNTED_TO),
    )
    def complaints(
        self,
        wanted: Annotated[
            ComplaintFilter | None, strawberry.argument(name="filter", description="Which.")
        ] = strawberry.UNSET,
        first: First = 20,
        after: After = strawberry.UNSET,
    ) -> ComplaintConnection:
        """Complaints."""
        raise NotImplementedError

    @planned(
        description="How the queues of these shops stand, at most 200. For staff and platform.",
        said=Listed(
            listings.counted_shops, order="r.name, r.id", most=listings.MOST_SHOPS, refusal=_TOO_MANY
        ),
    )
    def queue_counts(
        self,
        shop_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="All of yours when left out.")
        ] = strawberry.UNSET,
    ) -> list[QueueCounts]:
        """How the queues of these shops stand."""
        raise NotImplementedError

    @planned(
        description=(
            "What a shop did in a period, whole, by bucket and by member; the product's own estimate of"
            " what the platform counts. Null for a shop that you do not see. For staff and platform."
        ),
        said=Reckoned("figure_sum", figures.asked),
    )
    def shop_figures(
        self,
        shop_id: Annotated[strawberry.ID, strawberry.argument(description="The shop.")],
        since: Annotated[
            datetime, strawberry.argument(name="from", description="From this instant on, included.")
        ],
        until: Annotated[
            datetime, strawberry.argument(name="to", description="Up to this instant, excluded.")
        ],
        bucket: Annotated[
            Bucket | None,
            strawberry.argument(
                description="What it is cut into, at Shanghai's borders; 400 buckets at most, else LIMIT."
            ),
        ] = Bucket.DAY,
    ) -> ShopFigures | None:
        """What a shop did in a period."""
        raise NotImplementedError

    @computed(
        description="The reply schemes that a shop may use for a kind of ticket. For staff and platform."
    )
    async def reply_schemes(
        self,
        info: Info,
        shop_id: Annotated[strawberry.ID, strawberry.argument(description="The shop.")],
        kind: Annotated[TicketKind, strawberry.argument(description="The kind of ticket.")],
    ) -> list[ReplyScheme]:
        """The reply schemes of a shop."""
        context = info.context.context
        access.require(context.viewer, Action.WORK_TICKETS)
        found = await policies.of_shop(context, shop_id)
        if found is None:
            raise BadInput("There is no such shop.")
        policy, locale = found
        return [ReplyScheme(scheme=scheme, locale=locale) for scheme in policy.schemes_for(kind)]

    @planned(
        description="The reply templates of a shop, by title. For staff and platform.",
        said=Listed(
            listings.reply_templates, order="r.title, r.id", most=MOST_TEMPLATES, refusal=_TOO_MANY_TEMPLATES
        ),
    )
    def reply_templates(
        self,
        shop_id: Annotated[strawberry.ID, strawberry.argument(description="The shop.")],
    ) -> list[ReplyTemplate]:
        """The reply templates of a shop."""
        raise NotImplementedError

    @planned(
        description="The webhooks of a shop, the oldest first. For its owners and the platform.",
        said=Listed(
            listings.webhooks,
            order="r.created_at, r.id",
            most=webhooks.MOST_WEBHOOKS,
            refusal="There are too many.",
        ),
    )
    def webhooks(
        self, shop_id: Annotated[strawberry.ID, strawberry.argument(description="The shop.")]
    ) -> list[Webhook]:
        """The webhooks of a shop."""
        raise NotImplementedError

    @computed(description="The carriers known by name.")
    def carriers(self, info: Info) -> list[Carrier]:
        """The carriers known by name."""
        info.context.context  # noqa: B018 - refuses who is nobody
        return [
            Carrier(code=each.code, name_zh=each.name_zh, name_en=each.name_en) for each in carriers.CARRIERS
        ]

    @computed(description="A version of a market's policy; null when there is no such version.")
    async def policy(
        self,
        info: Info,
        market: Annotated[Market, strawberry.argument(description="The marketplace.")],
        version: Annotated[
            int | None, strawberry.argument(description="The one in force when left out.")
        ] = strawberry.UNSET,
    ) -> Policy | None:
        """A version of a market's policy."""
        found = await policies.find(info.context.context, market, given(version))
        return None if found is None else wrap.policy(found)

    @planned(
        description="Exemptions from deadlines, the last to begin first.",
        said=Connection(listings.exemptions, size=20),
    )
    def exemptions(
        self,
        active_at: Annotated[
            datetime | None, strawberry.argument(description="Those whose window holds this moment.")
        ] = strawberry.UNSET,
        first: First = 20,
        after: After = strawberry.UNSET,
    ) -> ExemptionConnection:
        """Exemptions from deadlines."""
        raise NotImplementedError

    @computed(description="What a deadline would be by today's rules, and why, without changing anything.")
    async def deadline_preview(
        self,
        info: Info,
        asked: Annotated[DeadlinePreviewInput, strawberry.argument(name="input", description="The clock.")],
    ) -> DeadlineExplanation:
        """What a deadline would be."""
        found = await exemptions.preview(info.context.context, unwrap.preview(asked))
        return DeadlineExplanation(row=found)
