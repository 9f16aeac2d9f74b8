"""What can be asked."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import strawberry

from db import tables
from domain import access, carriers, ids, sla
from domain.access import Action
from domain.exemptions import OrderFacts
from domain.ids import IdKind
from domain.periods import Bucket
from domain.shop import Market
from domain.ticket_words import TicketKind
from resolvers.reads.refusals import BadInput
from resolvers.reads.tickets import TicketOrderField
from schema.enums import Direction
from schema.filters import ComplaintFilter, OrderFilter, TicketFilter, TicketOrder
from schema.rule_inputs import DeadlinePreviewInput
from tests.oracle import selection
from tests.oracle.context import Info
from tests.oracle.fields import After, Before, First, Last, computed, given, listed
from tests.oracle.reads import complaints, figures, lists, nodes, orders, tickets
from tests.oracle.reads.paging import Window
from tests.oracle.reads.reads import Reads
from tests.oracle.types import node as node_types
from tests.oracle.types.complaint import Complaint, ComplaintConnection
from tests.oracle.types.counts import QueueCounts
from tests.oracle.types.deadline import DeadlineExplanation
from tests.oracle.types.exemption import ExemptionConnection
from tests.oracle.types.figures import ShopFigures
from tests.oracle.types.nodes import made
from tests.oracle.types.order import Order, OrderConnection
from tests.oracle.types.parcel import Carrier
from tests.oracle.types.policy import Policy
from tests.oracle.types.reply import ReplyScheme, ReplyTemplate
from tests.oracle.types.shop import ShopConnection, Viewer
from tests.oracle.types.ticket import Ticket, TicketConnection
from tests.oracle.types.webhook import Webhook

Id = Annotated[strawberry.ID, strawberry.argument(name="id", description="A public id.")]


@strawberry.type(
    description="What can be asked. A thing that you may not see is answered like one that does not exist."
)
class Query:
    """What can be asked."""

    @computed(description="Who asks.")
    def viewer(self, info: Info) -> Viewer:
        """Who asks."""
        viewer = info.context.reads.viewer
        return Viewer(subject=viewer.subject, role=viewer.role)

    @computed(description="Anything by its id.")
    async def node(self, info: Info, public_id: Id) -> node_types.Node | None:
        """Anything by its id."""
        (found,) = await nodes.find_all(info.context.reads, [public_id])
        return made(found)

    @computed(description="Anything by its id, in the order of the ids; null for what is not there.")
    async def nodes(
        self,
        info: Info,
        public_ids: Annotated[
            list[strawberry.ID], strawberry.argument(name="ids", description="Public ids; at most 200.")
        ],
    ) -> list[node_types.Node | None]:
        """Anything by its id."""
        return [made(row) for row in await nodes.find_all(info.context.reads, public_ids)]

    @computed(description="Your shops, by name; for a consumer those they bought from.")
    async def shops(
        self,
        info: Info,
        search: Annotated[
            str | None, strawberry.argument(description="What the name begins with, in any case.")
        ] = strawberry.UNSET,
        first: First = 20,
        after: After = strawberry.UNSET,
    ) -> ShopConnection:
        """The viewer's shops."""
        window = Window(first=first, after=given(after))
        return ShopConnection(page=await lists.shops(info.context.reads, given(search), window))

    @computed(description="A ticket. An integration sees none.")
    async def ticket(self, info: Info, public_id: Id) -> Ticket | None:
        """A ticket."""
        found = await nodes.ticket(info.context.reads, public_id)
        return None if found is None else Ticket(row=found)

    @computed(
        description=(
            "The queue: every ticket of the viewer's shops, by default those nearest their deadline first,"
            " those without a running clock last. For staff and platform."
        )
    )
    async def tickets(
        self,
        info: Info,
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
        reads = info.context.reads
        access.require(reads.viewer, Action.WATCH_QUEUE)
        order = order_by or TicketOrder(field=TicketOrderField.DEADLINE_AT, direction=Direction.ASC)
        page = await tickets.queue(
            reads,
            _ticket_filter(given(wanted)),
            Window(given(first), given(after), given(last), given(before)),
            order=order.field,
            descending=order.direction is Direction.DESC,
            with_stream=selection.mentions(info, "streamCursor"),
        )
        return TicketConnection(page=page)

    @computed(description="An order, by its id, or by its shop and number.")
    async def order(
        self,
        info: Info,
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
        found = await _order(info.context.reads, given(public_id), given(shop_id), given(number))
        return None if found is None else Order(row=found)

    @computed(description="Orders, the last paid first.")
    async def orders(
        self,
        info: Info,
        wanted: Annotated[
            OrderFilter | None, strawberry.argument(name="filter", description="Which.")
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> OrderConnection:
        """Orders."""
        window = Window(given(first), given(after), given(last), given(before))
        return OrderConnection(
            page=await orders.page(info.context.reads, _order_filter(given(wanted)), window)
        )

    @computed(description="A complaint. A consumer or an integration sees none.")
    async def complaint(self, info: Info, public_id: Id) -> Complaint | None:
        """A complaint."""
        found = await nodes.complaint(info.context.reads, public_id)
        return None if found is None else Complaint(row=found)

    @computed(description="Complaints, the last filed first. For staff and platform.")
    async def complaints(
        self,
        info: Info,
        wanted: Annotated[
            ComplaintFilter | None, strawberry.argument(name="filter", description="Which.")
        ] = strawberry.UNSET,
        first: First = 20,
        after: After = strawberry.UNSET,
    ) -> ComplaintConnection:
        """Complaints."""
        reads = info.context.reads
        access.require(reads.viewer, Action.WORK_COMPLAINTS)
        window = Window(first=given(first), after=given(after))
        return ComplaintConnection(
            page=await complaints.page(reads, _complaint_filter(given(wanted)), window)
        )

    @computed(description="How the queues of these shops stand, at most 200. For staff and platform.")
    async def queue_counts(
        self,
        info: Info,
        shop_ids: Annotated[
            list[strawberry.ID] | None, strawberry.argument(description="All of yours when left out.")
        ] = strawberry.UNSET,
    ) -> list[QueueCounts]:
        """How the queues of these shops stand."""
        reads = info.context.reads
        access.require(reads.viewer, Action.WATCH_QUEUE)
        return [QueueCounts(row=row) for row in await lists.queue_counts(reads, listed(shop_ids))]

    @computed(description="What a shop did in a period.")
    async def shop_figures(
        self,
        info: Info,
        shop_id: Annotated[strawberry.ID, strawberry.argument(description="The shop.")],
        since: Annotated[datetime, strawberry.argument(name="from", description="From this instant on.")],
        until: Annotated[datetime, strawberry.argument(name="to", description="Up to this instant.")],
        bucket: Annotated[
            Bucket | None, strawberry.argument(description="What it is cut into.")
        ] = Bucket.DAY,
    ) -> ShopFigures | None:
        """What a shop did in a period."""
        reads = info.context.reads
        access.require(reads.viewer, Action.WATCH_QUEUE)
        shop = ids.decode_as(IdKind.SHOP, shop_id)
        whole = await figures.of_shop(reads, shop, since, until, bucket or Bucket.DAY)
        return None if whole is None else ShopFigures(whole=whole)

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
        reads = info.context.reads
        access.require(reads.viewer, Action.WORK_TICKETS)
        found = ids.decode_as(IdKind.SHOP, shop_id)
        shop = None if found is None else await reads.shop.load(found)
        if shop is None:
            raise BadInput("There is no such shop.")
        policy = reads.book.current(Market(shop.market), await reads.now())
        return [ReplyScheme(scheme=scheme, shop_id=shop.id) for scheme in policy.schemes_for(kind)]

    @computed(description="The reply templates of a shop, by title. For staff and platform.")
    async def reply_templates(
        self,
        info: Info,
        shop_id: Annotated[strawberry.ID, strawberry.argument(description="The shop.")],
    ) -> list[ReplyTemplate]:
        """The reply templates of a shop."""
        reads = info.context.reads
        access.require(reads.viewer, Action.WORK_TICKETS)
        return [ReplyTemplate(row=row) for row in await lists.reply_templates(reads, shop_id)]

    @computed(description="The webhooks of a shop, the oldest first. For its owners and the platform.")
    async def webhooks(
        self,
        info: Info,
        shop_id: Annotated[strawberry.ID, strawberry.argument(description="The shop.")],
    ) -> list[Webhook]:
        """The webhooks of a shop."""
        reads = info.context.reads
        access.require(reads.viewer, Action.MANAGE_WEBHOOKS)
        found = ids.decode_as(IdKind.SHOP, shop_id)
        return [Webhook(row=row) for row in await lists.webhooks(reads, found)]

    @computed(description="The carriers known by name.")
    def carriers(self, info: Info) -> list[Carrier]:
        """The carriers known by name."""
        info.context.context  # noqa: B018 - refuses who is nobody
        return [Carrier(row=carrier) for carrier in carriers.CARRIERS]

    @computed(description="A version of a market's policy; null when there is no such version.")
    def policy(
        self,
        market: Annotated[Market, strawberry.argument(description="The marketplace.")],
        version: Annotated[
            int | None, strawberry.argument(description="The one in force when left out.")
        ] = strawberry.UNSET,
    ) -> Policy | None:
        """A version of a market's policy: nobody has saved one here."""
        if given(version) not in {None, 1}:
            return None
        file = Path("policies") / f"{market.value.lower()}.json"
        return Policy(market=market, document=file.read_text("utf-8"))

    @computed(description="Exemptions from deadlines, the last to begin first.")
    async def exemptions(
        self,
        info: Info,
        active_at: Annotated[
            datetime | None, strawberry.argument(description="Those whose window holds this moment.")
        ] = strawberry.UNSET,
        first: First = 20,
        after: After = strawberry.UNSET,
    ) -> ExemptionConnection:
        """Exemptions from deadlines."""
        window = Window(first=first, after=given(after))
        return ExemptionConnection(page=await lists.exemptions(info.context.reads, given(active_at), window))

    @computed(description="What a deadline would be by today's rules, and why.")
    def deadline_preview(
        self,
        info: Info,
        asked: Annotated[DeadlinePreviewInput, strawberry.argument(name="input", description="The clock.")],
    ) -> DeadlineExplanation:
        """What a deadline would be."""
        book = info.context.reads.book
        hours = 24 if asked.window_hours is None else asked.window_hours
        if not 1 <= hours <= 8760:
            raise BadInput("windowHours is between 1 and 8760.")
        paid_at, ship_by = given(asked.paid_at), given(asked.ship_by)
        order = OrderFacts(
            market=asked.market or Market.GENERIC,
            origin_region=given(asked.origin_region),
            destination_region=given(asked.destination_region),
            paid_at=paid_at,
            ship_by=ship_by or (paid_at and paid_at + timedelta(hours=48)),
        )
        found = sla.deadline(asked.start, timedelta(hours=hours), book.calendar(order), policy_version=1)
        return DeadlineExplanation(row=found)


async def _order(
    reads: Reads, public_id: str | None, shop_id: str | None, number: str | None
) -> tables.Order | None:
    if public_id is not None and shop_id is None and number is None:
        return await nodes.order(reads, public_id)
    if public_id is None and shop_id is not None and number is not None:
        found = ids.decode_as(IdKind.SHOP, shop_id)
        return None if found is None else await orders.by_number(reads, found, number)
    raise BadInput("Give id, or shopId and number.")


def _ticket_filter(wanted: TicketFilter | None) -> tickets.TicketFilter:
    if wanted is None:
        return tickets.TicketFilter()
    return tickets.TicketFilter(
        shop_ids=listed(wanted.shop_ids),
        status=listed(wanted.status),
        kind=listed(wanted.kind),
        urgency=listed(wanted.urgency),
        assignee_id=given(wanted.assignee_id),
        assigned_to_me=given(wanted.assigned_to_me),
        unassigned=given(wanted.unassigned),
        carrier=listed(wanted.carrier),
        deadline_before=given(wanted.deadline_before),
        deadline_after=given(wanted.deadline_after),
        opened_after=given(wanted.opened_after),
        opened_before=given(wanted.opened_before),
        search=given(wanted.search),
    )


def _order_filter(wanted: OrderFilter | None) -> orders.OrderFilter:
    if wanted is None:
        return orders.OrderFilter()
    return orders.OrderFilter(
        shop_ids=listed(wanted.shop_ids),
        status=listed(wanted.status),
        search=given(wanted.search),
        paid_after=given(wanted.paid_after),
        paid_before=given(wanted.paid_before),
        awaiting_pickup=given(wanted.awaiting_pickup),
    )


def _complaint_filter(wanted: ComplaintFilter | None) -> complaints.ComplaintFilter:
    if wanted is None:
        return complaints.ComplaintFilter()
    return complaints.ComplaintFilter(
        shop_ids=listed(wanted.shop_ids),
        status=listed(wanted.status),
        filed_after=given(wanted.filed_after),
        filed_before=given(wanted.filed_before),
    )
